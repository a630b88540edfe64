"""Which pictures the arguments stand for."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.systems import link
from xai_cam.images.finding import Found, find_images

TREE = (
    *("b.png", "a.JPG", "notes.txt", ".hidden.png", "Thumbs.db", "desktop.ini", ".DS_Store"),
    *("cats/2.jpeg", "cats/10.webp", "cats/kittens/k.tif", "dogs/d.gif", ".cache/c.png", "фото/猫.bmp"),
)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files above in `photos`, empty; the current folder is the one around it."""
    for name in TREE:
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(found: Found) -> list[str]:
    return [image.path.as_posix() for image in found.images]


def places(found: Found) -> list[str]:
    """Where each picture goes below an output folder."""
    return [(image.folder / image.path.name).as_posix() for image in found.images]


def test_a_folder_without_its_sub_folders(tree: Path) -> None:
    """Hidden files and those that systems leave about are no pictures; suffixes in capitals are."""
    assert names(find_images(["photos"])) == ["photos/a.JPG", "photos/b.png"]


def test_a_folder_with_its_sub_folders_in_order(tree: Path) -> None:
    found = find_images(["photos"], recursive=True)
    inside = [
        "a.JPG",
        "b.png",
        "cats/2.jpeg",
        "cats/10.webp",
        "cats/kittens/k.tif",
        "dogs/d.gif",
        "фото/猫.bmp",
    ]
    assert places(found) == inside
    assert names(found) == [f"photos/{name}" for name in inside]


def test_the_order_of_the_arguments_is_kept(tree: Path) -> None:
    found = find_images(["photos/dogs", "photos/b.png", "photos/cats"])
    assert names(found) == ["photos/dogs/d.gif", "photos/b.png", "photos/cats/2.jpeg", "photos/cats/10.webp"]
    assert places(found) == ["d.gif", "b.png", "2.jpeg", "10.webp"]


def test_a_file_named_by_itself_is_tried_whatever_its_name(tree: Path) -> None:
    assert names(find_images(["photos/notes.txt", "photos/.hidden.png"])) == [
        "photos/notes.txt",
        "photos/.hidden.png",
    ]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("photos/*.png", ["b.png"]),
        ("photos/*", ["a.JPG", "b.png", "cats/2.jpeg", "cats/10.webp", "dogs/d.gif", "фото/猫.bmp"]),
        ("photos/*/*.jp*g", ["cats/2.jpeg"]),
        ("photos/**/*.[tgb]i[fm]*", ["cats/kittens/k.tif", "dogs/d.gif"]),
        ("photos/**/k.*", ["cats/kittens/k.tif"]),
        ("photos/cats/?.jpeg", ["2.jpeg"]),
        ("photos/c*/kittens", ["cats/kittens/k.tif"]),
    ],
)
def test_globs(tree: Path, pattern: str, expected: list[str]) -> None:
    """They keep the tree below their fixed part, for files and folders alike."""
    assert sorted(places(find_images([pattern]))) == sorted(expected)
    assert sorted(places(find_images([str(tree / pattern)]))) == sorted(expected)


def test_two_stars_keep_the_tree(tree: Path) -> None:
    assert sorted(places(find_images(["photos/**"]))) == sorted(
        places(find_images(["photos"], recursive=True))
    )


def test_names_that_only_look_like_globs(tree: Path) -> None:
    for name in ("a[1].jpg", "a1.jpg", "what?.jpg", "x[y]/in.png"):
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_bytes(b"")
    assert names(find_images(["a[1].jpg"])) == ["a[1].jpg"]
    assert names(find_images(["what?.jpg"])) == ["what?.jpg"]
    assert places(find_images(["x[y]"])) == ["in.png"]
    assert names(find_images(["a[12].jpg"])) == ["a1.jpg"]


@pytest.mark.parametrize(
    ("include", "exclude", "expected"),
    [
        (("*.png",), (), ["b.png"]),
        (("*.png", "*.gif"), (), ["b.png", "dogs/d.gif"]),
        (("cats/*",), (), ["cats/2.jpeg", "cats/10.webp", "cats/kittens/k.tif"]),
        (("k.tif", "d.gif"), (), ["cats/kittens/k.tif", "dogs/d.gif"]),
        (("cats/*",), ("*.webp", "*/kittens/*"), ["cats/2.jpeg"]),
        ((), ("cats*", "b.*", "фото/*"), ["a.JPG", "dogs/d.gif"]),
    ],
)
def test_include_and_exclude(
    tree: Path, include: tuple[str, ...], exclude: tuple[str, ...], expected: list[str]
) -> None:
    """On the name, or on the path below the folder."""
    assert places(find_images(["photos"], True, include, exclude)) == expected


def test_every_picture_is_taken_once(tree: Path) -> None:
    link(tree / "photos" / "link", tree / "photos" / "cats")
    ways = ["photos/cats/2.jpeg", "photos/cats", str(tree / "photos/cats"), "photos/cats/*.jpeg"]
    ways += ["./photos/dogs/../cats/2.jpeg", "photos/link/2.jpeg"]
    assert names(find_images(ways)) == ["photos/cats/2.jpeg", "photos/cats/10.webp"]


def test_folders_behind_links_are_entered_where_it_is_asked_and_circles_end(
    tree: Path, tmp_path: Path
) -> None:
    """Data sets are often split by links to the folders of their classes."""
    for name in ("circle", "above"):
        link(tree / "photos" / "cats" / name, tree / "photos")
    (tmp_path / "split").mkdir()
    link(tmp_path / "split" / "tom", tree / "photos" / "cats")
    found = places(find_images([str(tmp_path / "split")], recursive=True, follow_links=True))
    assert {place for place in found if place.count("/") == 1} == {"tom/10.webp", "tom/2.jpeg"}
    assert len(found) == len(places(find_images(["photos"], recursive=True)))


def test_missing_files_are_listed(tree: Path) -> None:
    long = "x" * 300
    found = find_images(["gone.jpg", "photos/b.png", "gone/", long, "photos/b.png/x.jpg"])
    paths = [Path("gone.jpg"), Path("gone"), Path(long), Path("photos/b.png/x.jpg")]
    assert found.failures == dict.fromkeys(paths, "there is no such file")
    assert names(found) == ["photos/b.png"]


def test_own_outputs_are_counted_and_left_out(tree: Path) -> None:
    found = find_images(
        ["photos", "photos/b.png"], recursive=True, is_own_output=lambda path: path.stem in ("b", "k")
    )
    assert found.own_outputs == 2
    assert places(found) == ["a.JPG", "cats/2.jpeg", "cats/10.webp", "dogs/d.gif", "фото/猫.bmp"]


PLAIN = ["img02.png", "img2.png", "img10.png", "img10a.png", "img10b3.png"]
IN_FOLDERS = ["b9/x.png", "b10/x.png"]


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("photos", PLAIN + IN_FOLDERS),
        ("photos/*", IN_FOLDERS + PLAIN),
        ("photos/**/*.png", IN_FOLDERS + PLAIN),
    ],
)
def test_numbers_in_names_count_as_numbers(
    argument: str, expected: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in file managers: 2 before 10, in folders too; equal numbers by their characters."""
    for name in reversed(expected):
        (tmp_path / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "photos" / name).write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    found = find_images([argument], recursive=True).images
    assert [image.path.as_posix() for image in found] == [f"photos/{name}" for name in expected]
