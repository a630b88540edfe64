"""Names that belong to images: the longest end of a path counts, and nothing is guessed between two."""

from __future__ import annotations

from pathlib import Path

import pytest

from xai_cam.errors import XaiCamError
from xai_cam.images.by_name import ByName
from xai_cam.images.finding import ImageFile


def by_name(names: list[str], *images: str, across: bool = False) -> tuple[ByName, list[ImageFile]]:
    files = [ImageFile(Path(image), Path(image).parent) for image in images]
    return ByName(names, files, "t.csv has", "row", lambda number: f"line {number + 2}", across), files


@pytest.mark.parametrize(
    "name",
    [
        "photos/a/cat.png",
        "a/cat.png",
        "cat.png",
        "cat",
        "a/cat",
        "./a/cat.png",
        "a\\cat.png",
        "cat.png ",
    ],
)
def test_names_of_an_image(name: str) -> None:
    names, (image,) = by_name(["dog.png", name], "photos/a/cat.png")
    assert names.find(image) == 1


@pytest.mark.parametrize(
    "name",
    ["at.png", "cat.jpg", "a/cat.TIF", "b/cat.png", "cat.png/a", "cat.v2", "cat.csv", "", "photos", "a"],
)
def test_names_of_others(name: str) -> None:
    names, (image,) = by_name([name], "photos/a/cat.png")
    with pytest.raises(XaiCamError, match=r"t\.csv has no row of this name"):
        names.find(image)


@pytest.mark.parametrize("name", ["cat.TIF", "cat.jpg ", "a/cat.npy", "cat.nii.gz"])
def test_names_of_files_of_other_kinds(name: str) -> None:
    names, (image,) = by_name(["dog.png", name], "photos/a/cat.png", across=True)
    assert names.find(image) == 1


@pytest.mark.parametrize("image", ["x/a.nii.gz", "x/a.NII", "x/a.npy", "x/a.dcm"])
def test_files_of_all_kinds_have_a_name_without_suffix(image: str) -> None:
    names, (file,) = by_name(["b", "a"], image)
    assert names.find(file) == 1


def test_a_longer_name_goes_before_a_shorter_one_and_a_whole_one_before_one_without_suffix() -> None:
    names, images = by_name(
        ["cat.png", "a/cat.png", "dog", "dog.png"], "x/a/cat.png", "x/b/cat.png", "x/dog.png"
    )
    assert [names.find(image) for image in images] == [1, 0, 3]


def test_dots_are_part_of_a_name() -> None:
    names, images = by_name(["1.2.840", "1.2"], "x/1.2.840.png", "x/1.2.jpg")
    assert [names.find(image) for image in images] == [0, 1]


def test_several_of_one_name() -> None:
    names, (image,) = by_name(["cat.png", "dog", "cat.png"], "x/cat.png")
    with pytest.raises(XaiCamError, match=r"2 rows of this name \(line 2 and line 4\)"):
        names.find(image)


def test_one_name_of_several_images() -> None:
    names, images = by_name(["cat", "dog"], "x/a/cat.png", "x/b/cat.png", "x/dog.png")
    for image in images[:2]:
        with pytest.raises(XaiCamError, match=r"one row for 2 images of this name \(line 2\)"):
            names.find(image)
    assert names.find(images[2]) == 1
