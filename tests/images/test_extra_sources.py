"""What a text stands for: numbers, a table, an array, or a folder of pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support import systems
from xai_cam.errors import InputError, XaiCamError
from xai_cam.images.extra_sources import (
    Column,
    Constant,
    ExtraSource,
    Rows,
    Views,
    file_in,
    folders_in,
    in_words,
    source_of,
    split_extra,
)
from xai_cam.images.finding import ImageFile

IMAGES = [ImageFile(Path("x") / name, Path()) for name in ("a.png", "b.png", "c.png")]


def source(value: object, images: list[ImageFile] = IMAGES) -> ExtraSource:
    return source_of("age", str(value), images)


def test_numbers() -> None:
    assert isinstance(source("63"), Constant)
    assert source("63").of(IMAGES[0]) == np.float64(63) and np.shape(source("63").of(IMAGES[0])) == ()
    assert np.array_equal(source("-0.1,2e3, 3").of(IMAGES[1]), [-0.1, 2000, 3])
    assert source("0.1,2").told == "0.1,2" and source("0.1,2").files == []


def test_a_table(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("image,age,x\na,1,2\nb,3,4\n", encoding="utf-8")
    found = source(f"{path}:age, x")
    assert isinstance(found, Column) and np.array_equal(found.of(IMAGES[1]), [3, 4])
    assert found.told == f"the columns age, x of {path.name}, by the names of the images"
    assert found.files == [path]
    for value in (path, f"{path}:", f"{path}:age,"):
        with pytest.raises(InputError, match="of which no column is named"):
            source(value)


def test_a_row_of_an_array_for_each_image(tmp_path: Path) -> None:
    np.save(tmp_path / "m.npy", np.arange(6).reshape(3, 2))
    found = source(tmp_path / "m.npy")
    assert isinstance(found, Rows) and [found.of(image).tolist() for image in IMAGES] == [
        [0, 1],
        [2, 3],
        [4, 5],
    ]
    assert found.told == "the rows of m.npy, in the order of the images from a.png to c.png"
    assert found.files == [tmp_path / "m.npy"]
    with pytest.raises(XaiCamError, match=r"of which d\.png is none"):
        found.of(ImageFile(Path("x/d.png"), Path()))


@pytest.mark.parametrize("values", [np.arange(4), np.arange(4).reshape(1, 4)])
def test_an_array_for_all(tmp_path: Path, values: np.ndarray) -> None:
    np.save(tmp_path / "m.npy", values)
    found = source(tmp_path / "m.npy")
    assert isinstance(found, Constant) and found.of(IMAGES[2]).tolist() == [0, 1, 2, 3]
    assert found.told == "all of m.npy, for each image" and found.files == [tmp_path / "m.npy"]


def test_pictures_of_the_same_names(tmp_path: Path) -> None:
    (tmp_path / "left" / "below").mkdir(parents=True)
    for name in ("a.png", "b.jpg", "below/c.png"):
        Image.new("L", (2, 2)).save(tmp_path / "left" / name)
    Image.new("L", (2, 2)).save(tmp_path / "elsewhere.png")
    systems.link(tmp_path / "left" / "out.png", tmp_path / "elsewhere.png")
    found = source(tmp_path / "left")
    assert isinstance(found, Views)
    assert [found.of(image) for image in IMAGES[:2]] == [tmp_path / "left/a.png", tmp_path / "left/b.jpg"]
    with pytest.raises(XaiCamError, match="left has no picture of this name"):
        found.of(IMAGES[2])  # that of the folder `below` is another's
    assert found.told == "the picture of the same name in left"
    assert set(found.files) == {tmp_path / "left" / name for name in ("a.png", "b.jpg", "below/c.png")}
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no picture in the folder"):
        source(tmp_path / "empty")


@pytest.mark.parametrize("value", ["male", "no/such", "x.txt", "1;2", "1,x"])
def test_what_is_nothing(value: str) -> None:
    with pytest.raises(InputError, match=r"neither a number nor a folder.*for a category"):
        source(value)


def test_the_file_in_a_text(tmp_path: Path) -> None:
    texts = ("63", "1,2", "t.csv:age", "C:\\x\\T.CSV:a,b", "m.npy", "left")
    assert [file_in(text) for text in texts] == [None, None, "t.csv", "C:\\x\\T.CSV", "m.npy", "left"]
    assert folders_in([("a", "1"), ("b", str(tmp_path)), ("c", "t.csv:age")]) == [tmp_path]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("age = 63", ("age", "63")),
        ("a=b=63", ("a=b", "63")),
        ("a=b=1,2", ("a=b", "1,2")),
        ("a=b=old", ("a", "b=old")),
        ("a=b=t.csv:age", ("a=b", "t.csv:age")),
        ("a=d=1/t.csv:age", ("a", "d=1/t.csv:age")),
        ("a=b=//host/share", ("a=b", "//host/share")),
        ("=3", ("", "3")),
        ("a=", ("a", "")),
        ("a", ("a", "")),
    ],
)
def test_names_and_files_may_hold_equals_signs(tmp_path: Path, text: str, expected: tuple[str, str]) -> None:
    (tmp_path / "d=1").mkdir()
    for name in ("t.csv", "d=1/t.csv"):
        (tmp_path / name).write_text("image,age\n", encoding="utf-8")
    assert split_extra(text, tmp_path) == expected


def test_numbers_in_words() -> None:
    assert in_words(np.array(63.0)) == "63" and in_words(np.array([0.1, -2])) == "0.1,-2"
    assert in_words(np.array([0.3], np.float32)) == "0.3"
    assert in_words(np.zeros((3, 4))) == "3 x 4 numbers"
