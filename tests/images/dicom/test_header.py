"""What a file says of its pixels."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

from support.dicom_files import dataset
from xai_cam.errors import ImageError
from xai_cam.images.dicom.header import Header, read_header, spacing_of

PIXELS = np.zeros((2, 3, 4), np.int16)


def header(pixels: np.ndarray | None = PIXELS, without: str = "", **elements: Any) -> Header:
    found = dataset(pixels, **elements)
    for name, value in elements.items():  # the builder knows better
        setattr(found, name, value)
    if without:
        delattr(found, without)
    file = io.BytesIO()
    found.save_as(file, enforce_file_format=True)
    return read_header(file, len(file.getvalue()))[0]


def test_sizes_and_kinds() -> None:
    found = header(BitsStored=12, HighBit=11)
    assert (found.rows, found.columns, found.frames, found.samples) == (3, 4, 2, 1)
    assert (found.allocated, found.stored, found.signed, found.floats) == (16, 12, True, 0)
    assert (found.colours, found.grey, found.values, found.ends) == ("MONOCHROME2", True, 12, (-2048, 2047))
    assert found.pixels.length == 2 * 3 * 4 * 2


def test_what_may_be_missing() -> None:
    assert header(without="PhotometricInterpretation").colours == "MONOCHROME2"
    assert header(without="HighBit").stored == 16
    assert header(without="BitsStored", HighBit=15).stored == 16
    assert header(without="NumberOfFrames").frames == 1
    assert header(NumberOfFrames=0).frames == 1
    assert not header(without="PixelRepresentation").signed


@pytest.mark.parametrize(
    ("elements", "words"),
    [
        ({"without": "Rows"}, "it has no Rows"),
        ({"Columns": 0}, "it has no Columns"),
        ({"without": "BitsAllocated"}, "it has no Bits Allocated"),
        ({"BitsAllocated": 12}, "its pixels have 16 of 12 bits"),
        ({"BitsStored": 17}, "its pixels have 17 of 16 bits"),
        ({"HighBit": 14}, "do not lie in the lowest bits"),
        ({"PhotometricInterpretation": "DOE JOHN"}, "its colours are of a kind that is not read"),
        ({"PhotometricInterpretation": "RGB"}, "its colours are of a kind that is not read"),
        (
            {"PhotometricInterpretation": "YBR_PARTIAL_420", "SamplesPerPixel": 3},
            "of a kind that is not read",
        ),
        ({"SamplesPerPixel": 4}, "its colours are of a kind that is not read"),
        ({"pixels": None}, "it holds no picture"),
    ],
)
def test_what_is_not_read(elements: dict[str, Any], words: str) -> None:
    with pytest.raises(ImageError, match=words) as caught:
        header(**elements)
    assert "DOE" not in caught.value.message


@pytest.mark.parametrize(
    ("elements", "sides"),
    [
        ({}, None),
        ({"PixelSpacing": ["0.5", "0.5"]}, None),
        ({"PixelSpacing": ["0.5", "0.501"]}, None),
        ({"PixelSpacing": ["0.5", "0.25"]}, (0.5, 0.25)),
        ({"ImagerPixelSpacing": ["1", "2"]}, (1, 2)),
        ({"PixelAspectRatio": ["1", "2"]}, (1, 2)),
        ({"PixelSpacing": ["1", "1"], "ImagerPixelSpacing": ["1", "2"]}, None),
    ],
)
def test_the_shape_of_pixels(elements: dict[str, Any], sides: tuple[float, float] | None) -> None:
    assert spacing_of(header(**elements).elements) == sides
