"""Boxes in Pascal VOC's XML: pixels are counted from 1, and nothing that a file declares is expanded."""

from __future__ import annotations

from pathlib import Path

import pytest

from xai_cam.errors import ImageError
from xai_cam.images.boxes.box import Drawn, TrueBox
from xai_cam.images.boxes.voc import MAX_BYTES, read_voc

CAT = """  <object>
    <name>cat</name><pose>Left</pose>
    <part><name>head</name><bndbox><xmin>5</xmin><ymin>5</ymin><xmax>6</xmax><ymax>6</ymax></bndbox></part>
    <bndbox><xmax>30</xmax><xmin> 11 </xmin><ymin>21</ymin><ymax>40.5</ymax></bndbox>
  </object>
"""
SIZE = "  <size><width>60</width><height>50</height><depth>3</depth></size>\n"

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE annotation [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    + "]><annotation><filename>&i;</filename></annotation>"
)
OUTSIDE = (
    '<!DOCTYPE annotation [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    "<annotation><object><name>&x;</name></object></annotation>"
)


def read(folder: Path, text: str | bytes) -> Drawn:
    path = folder / "a.xml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_voc(path)


def test_objects_of_a_picture(tmp_path: Path) -> None:
    """Pixels 11 to 30, counted from 1 are 10 to 30 from edge to edge; parts are passed over."""
    dog = CAT.replace("cat", "dog").replace("30<", "31<")
    found = read(tmp_path, f"<annotation>\n{SIZE}{CAT}{dog}</annotation>")
    assert found.boxes == (
        TrueBox((10, 20, 30, 40.5), "cat", "line 3"),
        TrueBox((10, 20, 31, 40.5), "dog", "line 8"),
    )
    assert found.size == (50, 60)


def test_what_need_not_be_there(tmp_path: Path) -> None:
    assert read(tmp_path, "<annotation/>") == Drawn((), None)
    none = SIZE.replace("60", "0").replace("50", "0")
    assert read(tmp_path, f"<annotation>{none}</annotation>").size is None
    nameless = CAT.replace("<name>cat</name>", "")
    assert read(tmp_path, f"<annotation>{nameless}</annotation>").boxes[0].kind == ""
    text = f'<?xml version="1.0" encoding="iso-8859-1"?><annotation>{CAT.replace("cat", "ché")}</annotation>'
    assert read(tmp_path, text.encode("latin-1")).boxes[0].kind == "ché"
    assert read(tmp_path, f"<annotation>{CAT}</annotation>".encode("utf-16")).boxes[0].kind == "cat"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB, "declares a document type"),
        (OUTSIDE, "declares a document type"),
        ("<annotation><filename>&x;</filename></annotation>", "undefined entity"),
        ("<html/>", "it begins with 'html'"),
        ("", "no element found"),
        ("image,x0\n", "syntax error|not well-formed"),
        (f"<annotation>{CAT}", "no element found"),
        ("<annotation>" + "<a>" * 100, "lie too deep"),
        ("<annotation><object><name>cat</name></object></annotation>", "the object in line 1 has no bndbox"),
        (f"<annotation>{CAT.replace('40.5', 'low')}</annotation>", "the object in line 1 has no bndbox"),
        (f"<annotation>{CAT.replace('40.5', '1e999')}</annotation>", "the object in line 1 has no bndbox"),
        (f"<annotation>{CAT.replace('40.5', '1e99')}</annotation>", "no picture is large enough"),
        (f"<annotation>\n{CAT.replace('40.5', '20')}</annotation>", r"\(line 2\), which is empty"),
        (f"<annotation>{CAT.replace('40.5', '2')}</annotation>", r"\(line 1\), which ends before it begins"),
        ('<?xml version="1.0" encoding="nothing"?><annotation/>', "unknown encoding"),
        (b'<?xml version="1.0" encoding="utf-7"?><annotation/>', "no file of Pascal VOC"),
        ("<annotation>" + " " * MAX_BYTES, "larger than 1 MB"),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(ImageError, match=message):
        read(tmp_path, text)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"its boxes .*none\.xml cannot be read"):
        read_voc(tmp_path / "none.xml")
