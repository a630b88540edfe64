"""Folders as they are gone through: what is taken, what is passed over and named, what cannot be listed."""

from __future__ import annotations

import os
from itertools import product
from pathlib import Path

import pytest

from support.systems import link, pipe, unlistable
from xai_cam.images.finding import Found, find_images
from xai_cam.images.folders import WAY_OUT, FolderWalk, is_image, is_inside, natural_key, natural_order

OUTSIDE = {"sub/private.png", "file.png", "cats/more/m.png"}

CLOSED = "the folder cannot be listed (Permission denied)"


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with links out of it and within it; what they lead to lies beside it."""
    for name in (
        "photos/a.png",
        "photos/cats/b.png",
        "photos/.kept/d.png",
        "other/private.png",
        "more/m.png",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    links = {
        "sub": "../other",
        "file.png": "../other/private.png",
        "kept": ".kept",
        "cats/more": "../../more",
    }
    for name, target in links.items():
        link(tmp_path / "photos" / name, target)
    return tmp_path / "photos"


def names(found: Found) -> list[str]:
    return [image.path.relative_to("photos").as_posix() for image in found.images]


@pytest.fixture
def closed(photos: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One of the folders may not be listed, whoever runs the tests."""
    unlistable(monkeypatch, "cats")
    return photos / "cats"


# --- Links -------------------------------------------------------------------------------------------


def test_links_out_of_the_folder_are_named_and_not_followed(photos: Path) -> None:
    found = find_images(["photos"], recursive=True)
    assert names(found) == ["a.png", "cats/b.png", "kept/d.png"]
    ways = [Path("photos", name) for name in ("file.png", "sub", "cats/more")]
    assert found.passed_over == dict.fromkeys(ways, WAY_OUT)
    assert found.notices == [
        f"Left out {', '.join(map(str, ways))}: a link out of the folder is followed with "
        "`follow_links=True` alone."
    ]


def test_links_are_followed_where_it_is_asked(photos: Path) -> None:
    found = find_images(["photos"], recursive=True, follow_links=True)
    inside = ["a.png", "file.png", "cats/b.png", "kept/d.png"]
    assert not found.passed_over and set(names(found)) == {*inside, "cats/more/m.png", "sub/private.png"}
    assert {image.path.name for image in found.images if image.outside} == {"m.png", "private.png"}


def test_a_file_lies_where_its_link_is_named(photos: Path) -> None:
    """Without the sub-folders nothing leads away but single files, whose outputs stay here."""
    assert names(find_images(["photos"])) == ["a.png", "file.png"]
    assert names(find_images(["photos/file.png", "photos/sub"])) == ["file.png", "sub/private.png"]
    assert not any(image.outside for image in find_images(["photos/file.png", "photos/sub"]).images)


def test_the_named_folder_may_be_a_link_itself(photos: Path) -> None:
    link(Path("way"), "photos")
    found = find_images(["way"], recursive=True)
    assert [image.path.as_posix() for image in found.images][:2] == ["way/a.png", "way/cats/b.png"]


@pytest.mark.parametrize(("follow", "taken"), [(False, set()), (True, OUTSIDE)])
@pytest.mark.parametrize("pattern", ["photos/**", "photos/**/*.png"])
def test_two_stars_are_as_sub_folders(photos: Path, pattern: str, follow: bool, taken: set[str]) -> None:
    found = find_images([pattern], follow_links=follow)
    assert (
        {"a.png", "cats/b.png"} | taken <= set(names(found)) <= {"a.png", "cats/b.png", "kept/d.png"} | taken
    )
    assert follow or {Path("photos/sub"), Path("photos/file.png")} <= set(found.passed_over)
    assert {image.path.name for image in found.images if image.outside} == (
        {"private.png", "m.png"} if follow else set()
    )


@pytest.mark.parametrize("argument", ["photos", "photos/**", "photos/**/*.png"])
def test_circles_of_links_end_at_once(photos: Path, argument: str) -> None:
    for name in ("one", "two", "three"):
        link(photos / name, ".")
        link(photos / "cats" / name, "..")
    assert names(find_images([argument], recursive=True)) == ["a.png", "cats/b.png", "kept/d.png"]


def test_a_name_that_only_begins_like_the_folder_is_not_inside(tmp_path: Path) -> None:
    real = os.path.realpath(tmp_path / "photos")
    assert is_inside(tmp_path / "photos" / "a" / "..", real) and is_inside(tmp_path / "photos" / "a", real)
    assert not is_inside(tmp_path / "photos2", real) and not is_inside(tmp_path, real)
    assert is_inside(tmp_path, os.path.realpath(os.sep))


# --- What is no file ----------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
@pytest.mark.parametrize("argument", ["photos", "photos/*", "photos/**"])
def test_what_is_no_file_is_left_out_and_named(photos: Path, argument: str) -> None:
    pipe(photos / "x.png")
    pipe(photos / "control")
    link(photos / "zero.png", "/dev/zero")
    found = find_images([argument])
    assert not {"x.png", "zero.png", "control"} & set(names(found))
    assert f"Left out {Path('photos/x.png')} (a pipe), {Path('photos/zero.png')} (a device)." in found.notices


def test_of_many_only_some_are_named() -> None:
    passed = {Path(f"{number}.png"): "a pipe" for number in range(2000)}
    told = "Left out 0.png (a pipe), 1.png (a pipe), 2.png (a pipe) and 1,997 more."
    assert Found(passed_over=passed).notices == [told]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_what_is_named_by_itself_fails(photos: Path) -> None:
    pipe(photos / "x.png")
    link(photos / "gone.png", "nowhere.png")
    link(photos / "loop.png", "loop.png")
    found = find_images([f"photos/{name}.png" for name in ("x", "gone", "loop")])
    assert not found.images and list(found.failures.values()) == [
        "it cannot be read, because it is a pipe",
        "it is a link to a file that does not exist",
        "it is a link that leads back to itself",
    ]


def test_links_to_nothing_are_images_that_fail_in_their_turn(photos: Path) -> None:
    link(photos / "gone.png", "nowhere.png")
    link(photos / "loop.png", "loop.png")
    found = find_images(["photos"], recursive=True)
    assert {"gone.png", "loop.png"} <= set(names(found))


# --- Folders that cannot be listed ----------------------------------------------------------------------


@pytest.mark.parametrize("argument", ["photos", "photos/**", "photos/**/*.png"])
def test_a_folder_that_cannot_be_listed_is_a_failure(closed: Path, argument: str) -> None:
    found = find_images([argument], recursive=True)
    assert found.failures == {Path("photos/cats"): CLOSED}
    assert "a.png" in names(found)


@pytest.mark.parametrize("argument", ["photos/cats", "photos/cats/*", "photos/cats/*.png"])
def test_so_is_one_that_is_named(closed: Path, argument: str) -> None:
    assert find_images([argument]).failures == {Path("photos/cats"): CLOSED}


def test_a_glob_without_matches_fails_by_its_own_name(photos: Path) -> None:
    for pattern in ("photos/*.gif", "nowhere/*.png"):
        assert find_images([pattern]).failures == {Path(pattern): "there is no such file"}


def test_names() -> None:
    assert is_image(Path("a.JPG")) and not is_image(Path(".a.jpg")) and not is_image(Path("a.txt"))
    assert sorted(["b10", "b9", "a"], key=natural_order) == ["a", "b9", "b10"]


def test_names_in_a_folder_are_sorted_as_paths_are() -> None:
    parts = ["a", "b", "_", "0", "1", "9", "10", "007", "00", "é", "\x01", "\x02", " ", "~", "\udcff", "猫"]
    names = {"".join(some) for length in range(4) for some in product(parts, repeat=length)}
    assert sorted(names, key=natural_key) == sorted(names, key=natural_order)
    long = [f"{one}{'9' * 200}{other}" for one in ("", "0") for other in ("", "0", "a")]
    assert sorted(long, key=natural_key) == sorted(long, key=natural_order)


def test_many_levels_are_gone_through(tmp_path: Path) -> None:
    """More than Python calls itself."""
    folder = tmp_path
    for _ in range(30):
        folder = folder.joinpath(*["d"] * 5)
    folder.mkdir(parents=True)
    (folder / "a.png").write_bytes(b"")
    assert [path.name for path in FolderWalk(recursive=True).pictures(tmp_path)] == ["a.png"]


def test_a_folder_is_entered_under_its_own_name_and_not_a_links(tmp_path: Path) -> None:
    """`latest` may lead elsewhere tomorrow."""
    for place in ("run5/a.png", "run6/b.png"):
        (tmp_path / place).parent.mkdir()
        (tmp_path / place).touch()
    link(tmp_path / "latest", tmp_path / "run5")
    found = FolderWalk(recursive=True).pictures(tmp_path)
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["run5/a.png", "run6/b.png"]
