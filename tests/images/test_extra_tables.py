"""Tables of numbers for images: delimiters, columns, and what a cell may not hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from support import systems
from xai_cam.errors import InputError, XaiCamError
from xai_cam.images.extra_tables import ExtraTable, number_of, read_extra_table
from xai_cam.images.finding import ImageFile

IMAGES = [ImageFile(Path("x") / name, Path()) for name in ("a.png", "b.png", "c.png")]


def table(folder: Path, text: str, *columns: str, encoding: str = "utf-8") -> ExtraTable:
    path = folder / "t.csv"
    path.write_bytes(text.encode(encoding))
    return read_extra_table(path, columns, IMAGES)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", ",;\t")
def test_a_number_for_each_image(tmp_path: Path, delimiter: str, encoding: str) -> None:
    text = "who,age,size\r\na,63,1.5\r\n\r\nb.png,7,-2e3\r\n".replace(",", delimiter)
    found = table(tmp_path, text, "age", encoding=encoding)
    assert [found.of(image).tolist() for image in IMAGES[:2]] == [63.0, 7.0]
    both = table(tmp_path, text, "size", "age", encoding=encoding)
    assert both.of(IMAGES[1]).tolist() == [-2000.0, 7.0] and both.of(IMAGES[1]).dtype == np.float64
    with pytest.raises(XaiCamError, match=r"t\.csv has no row of this name"):
        found.of(IMAGES[2])


def test_the_column_of_images_may_stand_anywhere(tmp_path: Path) -> None:
    found = table(tmp_path, "age,Filename\n5,a.png\n6,'b.png\n", "age")
    assert found.of(IMAGES[0]) == 5


def test_empty_cells_beyond_the_header(tmp_path: Path) -> None:
    assert table(tmp_path, "image,age\na,63,, \n", "age").of(IMAGES[0]) == 63


def test_lines_are_named(tmp_path: Path) -> None:
    found = table(tmp_path, "image,age\na,1\n\nb,2\na.png,3\na.png,4\n", "age")
    with pytest.raises(XaiCamError, match=r"2 rows of this name \(line 5 and line 6\)"):
        found.of(IMAGES[0])
    assert found.of(IMAGES[1]) == 2


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("", "has no age for b.png. Fill in the number"),
        ("male", "age of b.png is 'male' in t.csv. Write a number; for a category"),
        ("1,5", "is '1,5' in t.csv. Write a number, with a point: 1.5"),
        ("1,000", "is '1,000' in t.csv. Write a number without commas"),
        ("nan", "is 'nan'"),
        ("1_000", "is '1_000'"),
    ],
)
def test_a_cell_without_a_number_fails_its_image(tmp_path: Path, cell: str, said: str) -> None:
    found = table(tmp_path, f"image;age\na;1\nb;{cell}\n", "age")
    assert found.of(IMAGES[0]) == 1
    with pytest.raises(XaiCamError) as raised:
        found.of(IMAGES[1])
    assert said in raised.value.message and not isinstance(raised.value, InputError)


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("image,sex\na,m\nb,f\n", "sex", "holds no numbers, but 'm'. Write numbers; for a category"),
        ("image,age\na,\nb,\n", "age", "The column 'age' of .* is empty"),
        ("image,age\na,1\n", "agee", "has no column 'agee'. Nearest: age"),
        ("image\na\n", "age", "it has no other column"),
        ("image,age,age\na,1,2\n", "age", "2 columns called 'age'"),
        ("image,age\n", "age", "no row below its header"),
        ("", "age", "t.csv is empty"),
        ("image,age\na,\0\n", "age", "zero bytes"),
        ("image,age\na,1\nb,63,5\n", "age", "Line 3 of .* more cells than its header .* decimal comma"),
        ("image,age,\na,63,5\n", "age", "Line 2 of .* more cells than its header"),
    ],
)
def test_what_is_wrong_for_all_is_refused_at_once(tmp_path: Path, text: str, column: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        table(tmp_path, text, column)


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Cannot read the table"):
        read_extra_table(tmp_path / "missing.csv", ["age"], IMAGES)
    systems.pipe(tmp_path / "pipe.csv")
    with pytest.raises(InputError, match="because it is a pipe"):
        read_extra_table(tmp_path / "pipe.csv", ["age"], IMAGES)


def test_numbers() -> None:
    found = [number_of(text) for text in ("1", " -2.5 ", "1e3", "inf", "nan", "", "0x1", "1,5", "1_0")]
    assert found == [1, -2.5, 1000, None, None, None, None, None, None]
