"""Look-up tables."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.errors import ImageError
from xai_cam.images.dicom.elements import Element, Elements
from xai_cam.images.dicom.tables import level_table

FORM, VALUES = 0x00283002, 0x00283006


def item(form: list[int], data: bytes, kind: str = "US", order: str = "<") -> Elements:
    numbers = np.array(form).astype(order + "u2").tobytes()
    return {FORM: Element(kind, order, numbers), VALUES: Element("OW", order, data)}


def test_entries_of_sixteen_bits() -> None:
    table = level_table(item([3, 5, 12], b"\0\0\xff\7\xff\x0f"), signed=False)
    assert table.apply(np.array([-7.0, 5, 6, 6.4, 7, 99])).tolist() == [0, 0, 2047, 2047, 4095, 4095]
    assert table.highest == 4095


def test_the_other_order_of_bytes() -> None:
    table = level_table(item([1, 0, 12], b"\1\2", order=">"), signed=False)
    assert table.apply(np.zeros(1)).tolist() == [0x102]


def test_two_entries_of_eight_bits_share_a_number() -> None:
    assert level_table(item([3, 0, 8], b"\1\2\3\0"), False).entries.tolist() == [1, 2, 3]
    assert level_table(item([3, 0, 8], b"\2\1\0\3", order=">"), False).entries.tolist() == [1, 2, 3]


def test_the_first_number_may_have_a_sign() -> None:
    assert level_table(item([2, 65534, 8], b"\1\2", kind="SS"), False).form.first == -2
    assert level_table(item([2, 65534, 8], b"\1\2", kind=""), True).form.first == -2
    assert level_table(item([2, 65534, 8], b"\1\2", kind=""), False).form.first == 65534


def test_no_entries_stand_for_65536() -> None:
    table = level_table(item([0, 0, 16], np.arange(65536, dtype="<u2").tobytes()), False)
    assert table.apply(np.array([65535.0])).tolist() == [65535]


@pytest.mark.parametrize(
    "form", [b"1\\0\\4294967304", b"1\\0\\65544", b"1\\1e300\\8", b"1e300\\0\\8", b"2\\0\\-65528"]
)
def test_digits_beyond_sixteen_bits(form: bytes) -> None:
    """Two to the power of such bits has a billion digits."""
    with pytest.raises(ImageError, match="no form that makes sense"):
        level_table({FORM: Element("DS", "<", form), VALUES: Element("OW", "<", b"\1\0" * 8)}, False)


@pytest.mark.parametrize(
    ("form", "data", "words"),
    [
        ([3, 0, 12], b"\0" * 5, "breaks off"),
        ([3, 0, 0], b"\0" * 6, "no form that makes sense"),
        ([3, 0, 17], b"\0" * 6, "no form that makes sense"),
        ([3, 0], b"\0" * 6, "no form that makes sense"),
    ],
)
def test_damage(form: list[int], data: bytes, words: str) -> None:
    with pytest.raises(ImageError, match=words):
        level_table(item(form, data), False)
