"""Elements of a file: those that are wanted, and no others."""

from __future__ import annotations

import io
import struct

import pytest

from xai_cam.errors import ImageError
from xai_cam.images.dicom.elements import MAX_VALUE, UNDEFINED, Elements, Encoding, Walk, Wanted
from xai_cam.images.dicom.streams import FileStream

ROWS, NAME, SEQUENCE, PIXELS = 0x00280010, 0x00100010, 0x52009229, 0x7FE00010
ITEM, ITEM_ENDS, SEQUENCE_ENDS = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD


def element(tag: int, value: bytes = b"", kind: str = "US", length: int | None = None) -> bytes:
    """An element whose kind is named, of little-endian numbers."""
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
    length = len(value) if length is None else length
    if tag >> 16 == 0xFFFE or not kind:
        return head + struct.pack("<L", length) + value
    if kind in ("OB", "OW", "SQ", "UN", "UT"):
        return head + kind.encode() + b"\0\0" + struct.pack("<L", length) + value
    return head + kind.encode() + struct.pack("<H", length) + value


def walk(
    data: bytes, wanted: Wanted, explicit: bool = True, chosen: dict[int, int] | None = None
) -> Elements:
    stream = FileStream(io.BytesIO(data), len(data))
    return Walk(stream, Encoding(explicit), chosen or {}).read(wanted)


def test_only_what_is_wanted_is_kept() -> None:
    data = element(NAME, b"DOE^JOHN", "PN") + element(ROWS, b"\3\0")
    found = walk(data, {ROWS: None})
    assert set(found) == {ROWS}
    assert (found[ROWS].kind, found[ROWS].value) == ("US", b"\3\0")


def test_pixels_are_found_and_not_read() -> None:
    data = element(ROWS, b"\3\0") + element(PIXELS, b"abcd", "OW") + element(0x7FE10010, b"?" * 9, "UT")
    found = walk(data, {})
    assert (found[PIXELS].place, found[PIXELS].length, found[PIXELS].value) == (22, 4, b"")


@pytest.mark.parametrize("length", [None, UNDEFINED])
@pytest.mark.parametrize("kind", ["SQ", "UN", ""])
def test_sequences_and_their_items(kind: str, length: int | None) -> None:
    """Of lengths that are given or not; of unknown kind they hold elements without kinds."""
    inner = "" if kind in ("UN", "") else "US"
    ends = b"" if length is None else element(ITEM_ENDS)
    name = element(NAME, b"DOE", "PN" if inner else "")
    both = [name + element(ROWS, bytes([n, 0]), inner) + ends for n in (5, 6)]
    items = b"".join(element(ITEM, one, length=length) for one in both)
    data = element(SEQUENCE, items + (element(SEQUENCE_ENDS) if length else b""), kind, length)
    data += element(ROWS, b"\3\0", "US" if kind else "")
    found = walk(data, {SEQUENCE: {ROWS: None}, ROWS: None}, explicit=bool(kind))
    assert [item[ROWS].value for item in found[SEQUENCE].items] == [b"\5\0", b"\6\0"]
    assert [set(item) for item in found[SEQUENCE].items] == [{ROWS}, {ROWS}]
    assert found[ROWS].value == b"\3\0"
    only = walk(data, {SEQUENCE: {ROWS: None}}, explicit=bool(kind), chosen={SEQUENCE: 1})
    assert [item[ROWS].value for item in only[SEQUENCE].items] == [b"\6\0"]


def test_pixels_of_an_icon_are_not_those_of_the_picture() -> None:
    """Compressed ones lie in items that hold no elements."""
    fragments = element(ITEM) + element(ITEM, b"\xff\xd8not elements\xff\xd9") + element(SEQUENCE_ENDS)
    icon = element(ITEM, element(PIXELS, fragments, "OB", UNDEFINED))
    data = element(0x00880200, icon, "SQ", UNDEFINED) + element(SEQUENCE_ENDS)
    found = walk(data + element(ROWS, b"\3\0") + element(PIXELS, b"", "OB", UNDEFINED), {ROWS: None})
    assert set(found) == {ROWS, PIXELS}
    assert found[PIXELS].place == len(data) + 10 + 12


def test_a_group_by_itself() -> None:
    data = element(0x00020010, b"1.2\0", "UI") + element(ROWS, b"\3\0")
    stream = FileStream(io.BytesIO(data), len(data))
    assert set(Walk(stream, Encoding()).read_group(2, {0x00020010: None})) == {0x00020010}
    assert stream.place == 12


def nested(depth: int) -> bytes:
    return (element(SEQUENCE, b"", "SQ", UNDEFINED) + element(ITEM, b"", length=UNDEFINED)) * depth


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (element(ROWS, b"\3\0")[:-1], "it ends where more is announced"),
        (element(ROWS, b"\3\0", length=60_000), "it ends where more is announced"),
        (nested(100_000), "its sequences lie in each other without end"),
        (element(SEQUENCE, element(ROWS, b"\3\0"), "SQ", UNDEFINED), "something else than items"),
        (element(ROWS, b"\0" * (MAX_VALUE + 1), "UT"), "far more than it may have"),
    ],
    ids=["cut", "too long", "without end", "no items", "large"],
)
def test_damage(data: bytes, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        walk(data, {ROWS: None})
