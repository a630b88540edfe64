"""Palettes, also those that are told in segments (PS3.3, C.7.9.2)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from xai_cam.errors import ImageError
from xai_cam.images.dicom.elements import Element
from xai_cam.images.dicom.header import PALETTE_FORMS, PALETTE_SEGMENTS, PALETTE_VALUES, Header
from xai_cam.images.dicom.palette import coloured, eight_bits


def header(tags: tuple[int, ...], data: bytes, form: list[int]) -> Header:
    """A file whose three tables are the same."""
    forms = np.array(form, "<u2").tobytes()
    elements = {tag: Element("US", "<", forms) for tag in PALETTE_FORMS}
    elements |= {tag: Element("OW", "<", data) for tag in tags}
    without: Any = None
    return Header(without, elements, 0, without, 1, 1, 1, 1, "PALETTE COLOR", 8, 8, False, 0)


def shown(numbers: list[int], tags: tuple[int, ...], data: bytes, form: list[int]) -> list[int]:
    found = coloured(header(tags, data, form), np.array([numbers], np.uint8))
    assert (found[..., 0] == found[..., 1]).all()
    assert (found[..., 0] == found[..., 2]).all()
    return found[0, :, 0].tolist()  # type: ignore[no-any-return]


def test_entries_of_eight_bits() -> None:
    assert shown([0, 1, 2, 3], PALETTE_VALUES, b"\7\x10\xff\0", [3, 1, 8]) == [7, 7, 16, 255]


def test_entries_of_eight_bits_that_are_called_sixteen() -> None:
    assert shown([0, 1], PALETTE_VALUES, b"\7\xff", [2, 0, 16]) == [7, 255]


def test_segments_of_sixteen_bits() -> None:
    """Two entries as they are, two on a line to 65535, and the line once more, from there to there."""
    words = [0, 2, 0, 32767, 1, 2, 65535, 2, 1, 8, 0]
    data = np.array(words, "<u2").tobytes()
    assert shown([0, 1, 2, 3, 4, 5], PALETTE_SEGMENTS, data, [6, 0, 16]) == [0, 127, 191, 255, 255, 255]


def test_segments_of_eight_bits() -> None:
    data = bytes([0, 2, 10, 20, 1, 4, 60, 2, 1, 0, 0, 0, 0]) + b"\0"
    wanted = [10, 20, 30, 40, 50, 60, 10, 20]
    assert shown(list(range(8)), PALETTE_SEGMENTS, data, [8, 0, 8]) == wanted


@pytest.mark.parametrize(
    "words",
    [
        [1, 65535, 9],  # a line from nowhere
        [0, 1, 5, 1, 65535, 9],  # more than there may be
        [0, 1, 5, *[1, 65535, 9] * 40_000],  # a bomb
        [0, 4, 1, 2],  # cut
        [0, 3, 1, 2, 3],  # too few
        [3, 4, 1, 2, 3, 4],  # no kind
        [0, 2, 1, 2, 2, 1, 7, 0],  # a place within a segment
        [0, 2, 1, 2, 2, 2, 8, 0],  # itself
    ],
)
def test_damaged_segments(words: list[int]) -> None:
    with pytest.raises(ImageError, match="its palette"):
        shown([0], PALETTE_SEGMENTS, np.array(words, "<u2").tobytes(), [4, 0, 16])


def test_no_palette() -> None:
    with pytest.raises(ImageError, match="its palette is missing"):
        shown([0], (), b"", [4, 0, 16])


def test_colours_of_other_depths() -> None:
    assert eight_bits(np.array([0, 255], np.uint8), 8).tolist() == [0, 255]
    assert eight_bits(np.array([0, 2048, 4095], np.uint16), 12).tolist() == [0, 128, 255]
    assert eight_bits(np.array([0, 2**32 - 1], np.uint32), 32).tolist() == [0, 255]
