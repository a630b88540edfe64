"""Which pictures URLs stand for, as paths of a disk do, and how many requests that takes."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from support.s3_server import S3Server
from xai_cam.errors import ImageError
from xai_cam.files.provenance import encode_picture, is_own_output
from xai_cam.files.stores.paths import StorePath
from xai_cam.images.finding import Found, find_images
from xai_cam.images.in_stores import objects_like
from xai_cam.images.readers import read_image
from xai_cam.images.sources import find_sources

TREE = (
    *("b.png", "a.JPG", "notes.txt", ".hidden.png", "cats/2.jpeg", "cats/10.webp"),
    *("cats/kittens/k.tif", "dogs/d.gif", ".cache/c.png"),
)


@pytest.fixture
def tree(s3: S3Server, tmp_path: Path) -> Path:
    """The same files in the bucket and on the disk, below `photos`."""
    for name in TREE:
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"1")
        s3.put(f"bucket/photos/{name}", b"1")
    s3.forget()
    return tmp_path


NOT_LISTED = "it cannot be listed (the store refuses it: there are no rights to it)"


def places(found: Found, top: str) -> list[tuple[str, str]]:
    return [(str(image.path).removeprefix(top), image.folder.as_posix()) for image in found.images]


@pytest.mark.parametrize("recursive", [False, True])
@pytest.mark.parametrize(
    "argument",
    [
        *("", "/", "/*.png", "/*", "/**", "/**/*.webp", "/cats", "/cats/*", "/*/*.jpeg", "/[ab].*", "/c*"),
        "/**/kittens",
    ],
)
def test_urls_stand_for_what_paths_do(tree: Path, argument: str, recursive: bool) -> None:
    of_disk = find_images([f"{tree}/photos{argument}"], recursive)
    of_store = find_images([f"s3://bucket/photos{argument}"], recursive)
    assert places(of_store, "s3://bucket") == places(of_disk, str(tree))
    assert bool(of_store.failures) == bool(of_disk.failures)


def test_include_and_exclude(tree: Path) -> None:
    found = find_images(["s3://bucket/photos"], True, include=("cats/*", "*.png"), exclude=("*.webp",))
    assert [image.path.name for image in found.images] == ["b.png", "2.jpeg", "k.tif"]


def test_a_tree_is_one_listing(tree: Path, s3: S3Server) -> None:
    find_images(["s3://bucket/photos/"], recursive=True)
    assert s3.asked == ["LIST /bucket photos/"]


def test_named_pictures_are_not_asked_about(s3: S3Server) -> None:
    found = find_images([f"s3://bucket/{number}.png" for number in range(50)])
    assert len(found.images) == 50 and not s3.asked


def test_an_object_that_is_named_counts_whatever_its_suffix(s3: S3Server) -> None:
    s3.put("bucket/photos/scan", b"1")
    found = find_images(["s3://bucket/photos/scan"])
    assert [str(image.path) for image in found.images] == ["s3://bucket/photos/scan"]


def test_what_is_not_there(s3: S3Server) -> None:
    found = find_images(["s3://bucket/none/", "s3://bucket/*.png", "s3://other/"])
    assert list(map(str, found.failures)) == ["s3://bucket/none", "s3://bucket/*.png", "s3://other"]
    assert set(found.failures.values()) == {"there is no such object"}


def test_what_may_not_be_listed(s3: S3Server) -> None:
    s3.fail("403", "LIST", times=9)
    for url in ("s3://bucket/photos/", "s3://bucket/photos"):
        found = find_images([url])
        assert found.failures == {StorePath("s3://bucket/photos"): NOT_LISTED}
        assert list(found.refused) == list(found.failures)


def test_what_may_be_listed_and_not_asked_about(tree: Path, s3: S3Server) -> None:
    s3.fail("403", "HEAD", times=9)
    assert [image.path.name for image in find_images(["s3://bucket/photos"]).images] == ["a.JPG", "b.png"]


def test_sub_folders_that_are_not_looked_into(tree: Path, s3: S3Server) -> None:
    """The one listing tells of them; hidden ones count no more than on a disk."""
    s3.put("bucket/photos/dogs/.hidden/c.png", b"1")
    s3.put("bucket/photos/empty/", b"")  # as some tools make a folder
    for url, closed in (
        ("s3://bucket/photos/", ["s3://bucket/photos"]),
        ("s3://bucket/photos/cats/", ["s3://bucket/photos/cats"]),
        ("s3://bucket/photos/dogs/", []),
    ):
        s3.forget()
        assert list(map(str, find_images([url]).closed)) == closed
        assert len(s3.asked) == 1 == s3.count("LIST")
        assert find_images([url], recursive=True).closed == []
    assert find_images(["s3://bucket/photos/*.png"]).closed == [], "a glob names what it is about"


def test_a_folder_with_signs_of_a_glob_and_sub_folders_alone(s3: S3Server) -> None:
    s3.put("bucket/photos[1]/cats/a.png", b"1")
    found = find_images(["s3://bucket/photos[1]/"])
    assert list(map(str, found.closed)) == ["s3://bucket/photos[1]"] and not found.failures


def names_in(url: str, recursive: bool = False) -> list[str]:
    return [str(i.path).removeprefix("s3://bucket/photos/") for i in find_images([url], recursive).images]


def test_a_name_with_signs_of_a_glob_is_taken_as_it_is(s3: S3Server) -> None:
    for name in ("a[1].png", "a1.png", "q?.png", "qu.png", "cats[1]/b.png", "cats1/c.png", "cats[1]/*/d.png"):
        s3.put(f"bucket/photos/{name}", b"1")
    s3.forget()
    assert names_in("s3://bucket/photos/a[1].png") == ["a[1].png"] and s3.count("LIST") == 0
    assert names_in("s3://bucket/photos/q?.png") == ["q?.png"]
    assert names_in("s3://bucket/photos/q?.*") == ["q?.png", "qu.png"]
    for folder in ("s3://bucket/photos/cats[1]", "s3://bucket/photos/cats[1]/"):
        assert names_in(folder) == ["cats[1]/b.png"]
        assert names_in(folder, recursive=True) == ["cats[1]/b.png", "cats[1]/*/d.png"]
    assert names_in("s3://bucket/photos/cats[12]/") == ["cats1/c.png"], (
        "a glob, where there is no such folder"
    )
    assert names_in("s3://bucket/photos/cats[12]") == ["cats1/c.png"]


def test_a_folder_with_signs_of_a_glob_and_no_picture_in_it(s3: S3Server) -> None:
    for name in ("notes[1]/a.txt", "notes1/b.png"):
        s3.put(f"bucket/photos/{name}", b"1")
    assert names_in("s3://bucket/photos/notes[1]/") == []
    assert names_in("s3://bucket/photos/notes[12]/") == ["notes1/b.png"]


@pytest.mark.parametrize(
    "name", ["photos//a.png", "photos/./a.png", "photos/../a.png", "photos/a?versionId=1.png"]
)
def test_keys_that_are_no_paths_are_told(s3: S3Server, name: str) -> None:
    s3.put(f"bucket/{name}", b"1")
    s3.put("bucket/photos/b.png", b"1")
    found = find_images(["s3://bucket/photos"], recursive=True)
    assert [image.path.name for image in found.images] == ["b.png"]
    (notice,) = found.notices_on_passed_over
    assert notice.endswith("(an object whose name is no path).")


def picture_of_ours() -> bytes:
    import numpy as np

    return encode_picture(np.zeros((4, 4, 3), np.uint8), {"tool": "xai-cam"}, "png")


def test_own_outputs_are_no_pictures_and_cost_no_request_where_they_are_known(s3: S3Server) -> None:
    from xai_cam.files.stores.paths import StorePath
    from xai_cam.files.stores.uploads import upload

    s3.put("bucket/photos/cat.png", b"1")
    upload(StorePath("s3://bucket/photos/cat_grad-cam.png"), picture_of_ours())
    s3.forget()
    found = find_images(["s3://bucket/photos/"], is_own_output=is_own_output)
    assert [image.path.name for image in found.images] == ["cat.png"] and found.own_outputs == 1
    assert s3.asked == ["LIST /bucket photos/"]


def test_own_outputs_of_another_machine_are_looked_into_once(s3: S3Server) -> None:
    """They are told by what they hold: a picture of another with such a name counts."""
    for name in ("dog.png", "dog_2.png", "IMG_1.png"):
        s3.put(f"bucket/photos/{name}", b"1")
    s3.put("bucket/photos/dog_hires-cam.png", picture_of_ours())
    s3.forget()
    for gets in (3, 0):  # the start of both, and the rest of ours
        found = find_images(["s3://bucket/photos/"], is_own_output=is_own_output)
        assert [image.path.name for image in found.images] == ["IMG_1.png", "dog.png", "dog_2.png"]
        assert s3.count("GET") == gets
        s3.forget()


def test_pictures_of_a_store_in_python(s3: S3Server) -> None:
    """One request for each, and its name in front of what is wrong with it."""
    s3.put("bucket/photos/a.png", picture_of_others())
    (source,) = find_sources("s3://bucket/photos/a.png")
    assert source.name == "s3://bucket/photos/a.png"
    s3.forget()
    assert source.read().pixels.shape == (4, 4, 3) and s3.asked == ["GET /bucket/photos/a.png"]
    assert read_image("s3://bucket/photos/a.png").pixels.shape == (4, 4, 3)
    (missing,) = find_sources("s3://bucket/photos/b.png")
    with pytest.raises(ImageError, match=r"s3://bucket/photos/b\.png: there is no such object"):
        missing.read()
    with pytest.raises(ImageError, match="there is no such object"):
        read_image("s3://bucket/photos/b.png")


def picture_of_others() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (4, 4)).save(file, "PNG")
    return file.getvalue()


def test_a_store_that_does_not_answer_says_nothing_of_what_is_ours(s3: S3Server) -> None:
    s3.put("bucket/photos/fox.png", b"1")
    s3.put("bucket/photos/fox_hires-cam.png", picture_of_ours())
    s3.fail("503", "GET", "fox_hires", times=4)
    found = find_images(["s3://bucket/photos/"], is_own_output=is_own_output)
    assert list(map(str, found.failures)) == ["s3://bucket/photos/fox_hires-cam.png"]
    assert [image.path.name for image in found.images] == ["fox.png"]
    found = find_images(["s3://bucket/photos/"], is_own_output=is_own_output)
    assert not found.failures and found.own_outputs == 1


def test_objects_of_any_kind_by_name_and_glob(s3: S3Server) -> None:
    for key in ("run/rows-1.csv", "run/rows-10.csv", "run/rows-2.csv", "run/a/rows-3.csv", "run/rows[1].csv"):
        s3.put(f"bucket/{key}", b"1")
    s3.forget()

    def found(pattern: str) -> list[str]:
        return [path.key.removeprefix("bucket/run/") for path in objects_like(StorePath("s3:", pattern))]

    assert found("bucket/run/rows-*.csv") == ["rows-1.csv", "rows-2.csv", "rows-10.csv"]
    assert found("bucket/run/*/rows-?.csv") == ["a/rows-3.csv"] and found("bucket/run/no-*.csv") == []
    assert found("bucket/run/rows[1].csv") == ["rows[1].csv"]
    assert s3.count("LIST") == 4 and len(s3.asked) == 4
    assert found("bucket/run/rows-1.csv") == ["rows-1.csv"] and found("bucket/run") == []
