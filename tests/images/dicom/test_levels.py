"""Levels by the formulas of the standard (PS3.3, C.11), here as loops over single values."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.dicom_files import dicom_file, table
from xai_cam.errors import ImageError
from xai_cam.images.dicom.reading import read_dicom
from xai_cam.images.reading import Reading

STORED = np.array([[0, 1, 900, 1023, 1024, 1025, 1100, 1424, 2000, 4095]], np.uint16)


def levels(path: Path, reading: Reading | None = None) -> np.ndarray:
    return read_dicom(path, lambda _: None, reading or Reading()).values


def linear(x: float, c: float, w: float) -> float:
    """C.11.2.1.2.1, with 0 and 255 for the ends of the output."""
    if x <= c - 0.5 - (w - 1) / 2:
        return 0.0
    if x > c - 0.5 + (w - 1) / 2:
        return 255.0
    return ((x - (c - 0.5)) / (w - 1) + 0.5) * 255


def linear_exact(x: float, c: float, w: float) -> float:
    """C.11.2.1.3.2."""
    if x <= c - w / 2:
        return 0.0
    if x > c + w / 2:
        return 255.0
    return ((x - c) / w + 0.5) * 255


def sigmoid(x: float, c: float, w: float) -> float:
    """C.11.2.1.3.1."""
    return 255 / (1 + math.exp(-4 * (x - c) / w))


@pytest.mark.parametrize(
    ("name", "function"), [("LINEAR", linear), ("LINEAR_EXACT", linear_exact), ("SIGMOID", sigmoid)]
)
@pytest.mark.parametrize("photometric", ["MONOCHROME2", "MONOCHROME1"])
def test_windows_of_the_file(name: str, function: Any, photometric: str, tmp_path: Path) -> None:
    """The first of two windows, of values that are rescaled before."""
    path = dicom_file(
        tmp_path / "a.dcm",
        STORED,
        BitsStored=12,
        RescaleSlope="0.5",
        RescaleIntercept="-500",
        WindowCenter=["40", "600"],
        WindowWidth=["400", "1600"],
        VOILUTFunction=name,
        PhotometricInterpretation=photometric,
    )
    expected = np.array([[function(0.5 * int(x) - 500, 40.0, 400.0) for x in STORED[0]]])
    if photometric == "MONOCHROME1":
        expected = 255 - expected
    found = levels(path)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=2e-5)
    assert not np.array_equal(found, np.rint(found)), "levels are not rounded"


def test_no_function_is_linear_and_width_1_is_a_step(tmp_path: Path) -> None:
    path = dicom_file(tmp_path / "a.dcm", STORED, WindowCenter="1024", WindowWidth="1")
    assert levels(path)[0].tolist() == [linear(float(x), 1024, 1.0000001) for x in STORED[0]]
    assert levels(path)[0].tolist() == [0, 0, 0, 0, 255, 255, 255, 255, 255, 255]


def test_a_window_that_is_asked_for_is_of_rescaled_values(tmp_path: Path) -> None:
    path = dicom_file(
        tmp_path / "a.dcm",
        STORED,
        RescaleSlope="2",
        RescaleIntercept="-2048",
        WindowCenter="0",
        WindowWidth="10",
    )
    found = levels(path, Reading(window=(-1000, 1000)))
    wanted = [255 * min(max((2 * int(x) - 2048 + 1000) / 2000, 0), 1) for x in STORED[0]]
    np.testing.assert_allclose(found[0], wanted, atol=2e-5)


@pytest.mark.parametrize("dtype", [np.int16, np.uint16, np.int8, np.uint8, np.int32])
def test_without_a_window_all_that_the_bits_can_hold(dtype: Any, tmp_path: Path) -> None:
    bits = 8 * np.dtype(dtype).itemsize - (2 if np.dtype(dtype).itemsize > 1 else 0)
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if np.dtype(dtype).kind == "i" else (0, 2**bits - 1)
    stored = np.array([[low, low + 1, (low + high) // 2, high - 1, high]], dtype)
    path = dicom_file(tmp_path / "a.dcm", stored, BitsStored=bits)
    wanted = [255 * (int(x) - low) / (high - low) for x in stored[0]]
    np.testing.assert_allclose(levels(path)[0], wanted, rtol=1e-6, atol=1e-5)


def test_a_negative_slope(tmp_path: Path) -> None:
    path = dicom_file(
        tmp_path / "a.dcm", np.array([[0, 255]], np.uint8), RescaleSlope="-1", RescaleIntercept="0"
    )
    assert levels(path)[0].tolist() == [255, 0]


def test_depth_is_of_stored_values(tmp_path: Path) -> None:
    elements = {"RescaleSlope": "3", "RescaleIntercept": "7", "WindowCenter": "9", "WindowWidth": "9"}
    grey = dicom_file(tmp_path / "a.dcm", STORED, **elements)
    np.testing.assert_allclose(levels(grey, Reading(depth=12))[0], STORED[0] * (255 / 4095), atol=2e-5)
    signed = dicom_file(tmp_path / "b.dcm", np.array([[-2048, 0, 2047]], np.int16), **elements)
    np.testing.assert_allclose(levels(signed, Reading(depth=12))[0], [0, 2048 / 4095 * 255, 255], atol=2e-5)
    eight = dicom_file(tmp_path / "c.dcm", np.array([[0, 3, 255]], np.uint8))
    assert levels(eight, Reading(depth=12))[0].tolist() == [0, 3, 255]


def test_a_table_in_place_of_slope_and_intercept(tmp_path: Path) -> None:
    """Numbers before the first entry get it, those behind the last one that (C.11.1.1)."""
    stored = np.array([[0, 2, 3, 4, 9]], np.uint8)
    path = dicom_file(tmp_path / "a.dcm", stored, ModalityLUTSequence=[table([1000, 2000, 65535], 2, 16)])
    np.testing.assert_allclose(levels(path)[0], [1000 / 257, 1000 / 257, 2000 / 257, 255, 255], atol=2e-5)


def test_a_table_in_place_of_a_window(tmp_path: Path) -> None:
    stored = np.array([[-5, -3, -2, -1, 0, 7]], np.int16)
    tables = [table([0, 511, 1023], -2, 10, signed=True), table([9, 9, 9], 0, 10)]
    path = dicom_file(tmp_path / "a.dcm", stored, VOILUTSequence=tables, WindowCenter="1", WindowWidth="2")
    np.testing.assert_allclose(levels(path)[0], [0, 0, 0, 511 / 1023 * 255, 255, 255], atol=2e-5)


def test_a_window_that_makes_no_sense_is_none(tmp_path: Path) -> None:
    path = dicom_file(tmp_path / "a.dcm", np.array([[0, 255]], np.uint8), WindowCenter="1", WindowWidth="0")
    assert levels(path)[0].tolist() == [0, 255]


@pytest.mark.parametrize(
    ("elements", "words"),
    [
        (
            {"WindowCenter": "5", "WindowWidth": "9", "VOILUTFunction": "CURVED"},
            "none of the functions LINEAR",
        ),
        ({"RescaleSlope": "0", "RescaleIntercept": "4"}, "its slope makes all values equal"),
    ],
)
def test_what_has_no_levels(elements: dict[str, Any], words: str, tmp_path: Path) -> None:
    path = dicom_file(tmp_path / "a.dcm", np.array([[0, 255]], np.uint8), **elements)
    with pytest.raises(ImageError, match=words) as caught:
        levels(path)
    assert "window=(low, high)" in caught.value.message
    assert "CURVED" not in caught.value.message
    assert levels(path, Reading(window=(0, 9))).shape == (1, 2)


def test_floating_point_numbers_need_a_window(tmp_path: Path) -> None:
    from support.dicom_files import dataset, write

    found = dataset(np.zeros((1, 3), np.uint8))
    del found.PixelData, found.BitsStored, found.HighBit, found.PixelRepresentation
    found.BitsAllocated = 32
    found.FloatPixelData = np.array([-1, 0.5, 3], "<f4").tobytes()
    path = write(tmp_path / "a.dcm", found)
    with pytest.raises(ImageError, match="floating-point numbers, and it names no window"):
        levels(path)
    np.testing.assert_allclose(levels(path, Reading(window=(0, 1)))[0], [0, 127.5, 255])
    found.FloatPixelData = np.array([math.nan, 0.5, 3], "<f4").tobytes()
    with pytest.raises(ImageError, match="NaN"):
        levels(write(path, found), Reading(window=(0, 1)))


def test_pydicom_computes_the_same(tmp_path: Path) -> None:
    """Its functions end at the values that the bits can hold; ours at 0 and 255."""
    from pydicom import dcmread
    from pydicom.pixels import apply_modality_lut, apply_windowing

    stored = np.random.default_rng(0).integers(-2048, 2048, (9, 11)).astype(np.int16)
    path = dicom_file(
        tmp_path / "a.dcm",
        stored,
        BitsStored=12,
        RescaleSlope="1.5",
        RescaleIntercept="-10",
        WindowCenter="40",
        WindowWidth="380",
    )
    scan = dcmread(path)
    theirs = apply_windowing(apply_modality_lut(scan.pixel_array, scan), scan)
    low, high = -2048 * 1.5 - 10, 2047 * 1.5 - 10
    np.testing.assert_allclose(levels(path), (theirs - low) / (high - low) * 255, atol=1e-4)
