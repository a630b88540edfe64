"""Numbers and known words of elements."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.errors import ImageError
from xai_cam.images.dicom.elements import Element
from xai_cam.images.dicom.numbers import number, numbers, whole, word

TAG = 0x00281050


def found(value: bytes, kind: str = "", order: str = "<") -> dict[int, Element]:
    return {TAG: Element(kind, order, value)}


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (b"40\\-1.5e2 ", "DS", [40, -150]),
        (b" 7\0", "IS", [7]),
        (b"", "DS", []),
        (b"\\3", "DS", [3]),
        (b"\1\0\xff\xff", "US", [1, 65535]),
        (b"\1\0\xff\xff", "SS", [1, -1]),
        (b"\0\0", "US", [0]),
        (b"  ", "US", [0x2020]),
        (b"\0\0\0\0\0\0\xf8\x3f", "FD", [1.5]),
    ],
)
def test_numbers(value: bytes, kind: str, expected: list[float]) -> None:
    """By the kind that the file names, or else by that of the standard."""
    other = "US" if kind in ("DS", "IS") else "DS"
    assert numbers(found(value, kind), TAG, "window", other) == expected
    assert numbers(found(value), TAG, "window", kind) == expected


def test_the_other_order_of_bytes() -> None:
    assert numbers(found(b"\0\1", "US", ">"), TAG, "Rows", "US") == [1]


def test_none_is_none() -> None:
    assert number({}, TAG, "window", "DS") is None
    assert whole({}, TAG, "Rows") is None
    assert whole(found(b"3.0", "DS"), TAG, "Rows") == 3


@pytest.mark.parametrize("value", [b"DOE^JOHN", b"nan", b"inf", b"1,5", b"1 2"])
def test_what_is_no_number_is_not_repeated(value: bytes) -> None:
    with pytest.raises(ImageError) as caught:
        numbers(found(value), TAG, "window", "DS")
    assert caught.value.message == "the DICOM file is damaged: its window is no number"
    assert caught.value.__context__ is None or value.decode() not in repr(caught.value.__cause__)


def test_no_whole_number() -> None:
    with pytest.raises(ImageError, match="its Rows is no whole number"):
        whole(found(b"3.5", "DS"), TAG, "Rows")


@pytest.mark.parametrize("value", [b"1e300", b"-1e300", b"4294967296"])
def test_a_whole_number_has_32_bits(value: bytes) -> None:
    with pytest.raises(ImageError, match="its Rows is no whole number"):
        whole(found(value, "DS"), TAG, "Rows")
    assert whole(found(b"4294967295", "DS"), TAG, "Rows") == 2**32 - 1


@pytest.mark.parametrize("value", [np.inf, np.nan, 8e18])
def test_a_kind_that_is_named_wrongly(value: float) -> None:
    with pytest.raises(ImageError, match="its Rows is no whole number"):
        whole(found(np.float64(value).tobytes(), "FD"), TAG, "Rows")


def test_odd_bytes() -> None:
    with pytest.raises(ImageError, match="its Rows is no number"):
        whole(found(b"\1\0\2"), TAG, "Rows")


def test_words_are_known_ones_or_none() -> None:
    assert word(found(b"sigmoid "), TAG, ("LINEAR", "SIGMOID")) == "SIGMOID"
    assert word(found(b"YES\\NO\0"), TAG, ("YES",)) == "YES"
    assert word(found(b"DOE^JOHN"), TAG, ("YES",)) == ""
    assert word({}, TAG, ("YES",)) == ""
