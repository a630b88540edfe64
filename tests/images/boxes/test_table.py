"""Boxes in tables: what columns may be called, and what a row may not hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import systems
from xai_cam.errors import InputError
from xai_cam.images.boxes.box import Drawn, TrueBox
from xai_cam.images.boxes.table import read_box_table


def read(folder: Path, text: str, encoding: str = "utf-8") -> dict[str, Drawn]:
    path = folder / "b.csv"
    path.write_bytes(text.encode(encoding))
    return read_box_table(path)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", ",;\t")
def test_rows_of_boxes(tmp_path: Path, delimiter: str, encoding: str) -> None:
    text = "Image,x0,y0,x1,y1,class\r\na/b.png,1,2,3,4.5,cat\r\n\r\nc.png,0,0,9,9,\r\na/b.png,5,5,6,6,dog\r\n"
    found = read(tmp_path, text.replace(",", delimiter), encoding)
    assert found == {
        "a/b.png": Drawn(
            (TrueBox((1, 2, 3, 4.5), "cat", "line 2"), TrueBox((5, 5, 6, 6), "dog", "line 5")), None
        ),
        "c.png": Drawn((TrueBox((0, 0, 9, 9), "", "line 4"),), None),
    }


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("image,class,left,top,right,bottom", "a,cat,1,2,4,6"),
        ("filename,width,height,class,xmin,ymin,xmax,ymax", "a,99,99,cat,1,2,4,6"),
        ("x,y,width,height,label,file", "1,2,3,4,cat,a"),
        ("x,y,w,h,category,path", "1,2,3,4,cat,a"),
    ],
)
def test_names_of_columns(tmp_path: Path, header: str, row: str) -> None:
    assert read(tmp_path, f"{header}\n{row}\n") == {"a": Drawn((TrueBox((1, 2, 4, 6), "cat", "line 2"),))}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"The header of .* \(empty\) does not name the image"),
        ("image,x0,y0\na,1,2\n", "does not name the image and the four edges"),
        ("x0,y0,x1,y1\n1,2,3,4\n", "does not name the image"),
        ("image,x0,y0,x1,y1\n", "no row below its header"),
        ("image,x0,y0,x1,y1\na,1,2,3,4\n,1,2,3,4\n", r"Line 3 of .* names no image"),
        ("image,x0,y0,x1,y1\na,1,2,3\n", "y1 in line 2 of .* is ''"),
        ("image,x0,y0,x1,y1\na,1,two,3,4\n", "y0 in line 2 of .* is 'two'"),
        ("image,x0,y0,x1,y1\na,1,nan,3,4\n", "y0 in line 2 of .* is 'nan'"),
        ("image,x0,y0,x1,y1\na,1,2,1e999,4\n", "x1 in line 2 of .* is '1e999'"),
        ("image,x0,y0,x1,y1\na,1,2,1e300,4\n", r"1e\+300, 4 \(line 2\), which no picture is large enough"),
        ("image,x0,y0,x1,y1\na,3,2,3,4\n", r"\(line 2\), which is empty"),
        ("image,x0,y0,x1,y1\na,1,2,3,4\na,4,2,3,4\n", r"\(line 3\), which ends before it begins"),
        ("image,x,y,w,h\na,4,2,-3,4\n", r"4, 2, 1, 6 \(line 2\), which ends before it begins"),
        ("image,x0,y0,x1,y1\na,1,2,3,\0\n", "zero bytes"),
        (
            "image,x0,y0,x1,y1\na,1,2,3,4\na,1,5,2,30,40\n",
            "Line 3 of .* more cells .* a decimal comma splits",
        ),
        ("image,x0,y0,x1,y1,X0\na,1,2,3,4,0\n", "has 2 columns called 'x0'. Rename all but one"),
        ("image,x0,y0,x1,y1,class,class\na,1,2,3,4,b,c\n", "has 2 columns called 'class'"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)


def test_files_that_are_no_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="Cannot read the boxes in"):
        read_box_table(tmp_path / "none.csv")
    with pytest.raises(InputError, match="no text in UTF-8, from line 2 on"):
        read(tmp_path, "image,x0,y0,x1,y1\ncafé,1,2,3,4\n", "latin-1")
    monkeypatch.setattr("xai_cam.images.boxes.table.MAX_BYTES", 20)
    with pytest.raises(InputError, match="is larger than"):
        read(tmp_path, "image,x0,y0,x1,y1\na,1,2,3,4\n")


def test_a_cell_without_end_is_a_message(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="field larger than field limit"):
        read(tmp_path, "image,x0,y0,x1,y1\n" + "a" * 200_000 + ",1,2,3,4\n")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    systems.pipe(path)
    with pytest.raises(InputError, match="it is a pipe"):
        read_box_table(path)
