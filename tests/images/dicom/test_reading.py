"""Frames of DICOM files as pictures: what is decoded, and what is said of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from support.dicom_files import dataset, dicom_file, write
from xai_cam.errors import ImageError, InputError, UnfitImageError
from xai_cam.images.dicom.reading import read_dicom
from xai_cam.images.picture import Picture
from xai_cam.images.reading import Reading

SYNTAXES = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
    RLELossless,
)
RANDOM = np.random.default_rng(0)


def read(path: Path, **asked: Any) -> Picture:
    return read_dicom(path, lambda _: None, Reading(**asked))


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16])
def test_grey_of_every_syntax_and_frame(syntax: str, dtype: Any, tmp_path: Path) -> None:
    """Frames of an odd number of bytes too."""
    ends = np.iinfo(dtype)
    stored = RANDOM.integers(ends.min, ends.max, (3, 5, 7), endpoint=True).astype(dtype)
    path = dicom_file(tmp_path / "a.dcm", stored, syntax)
    for frame in range(3):
        found = read(path, frame=frame + 1)
        wanted = (stored[frame].astype(float) - ends.min) / (ends.max - int(ends.min)) * 255
        np.testing.assert_allclose(found.values, wanted, atol=2e-5)
        np.testing.assert_array_equal(found.pixels, np.rint(found.values)[..., None].repeat(3, -1))
        assert found.facts is not None
        assert found.facts.columns["frame"] == frame + 1


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_single_bits_that_begin_within_a_byte(syntax: str, tmp_path: Path) -> None:
    bits = RANDOM.integers(0, 2, (3, 3, 5)).astype(np.uint8)
    found = dataset(bits, syntax, BitsAllocated=1, BitsStored=1)
    found.PixelData = np.packbits(bits, bitorder="little").tobytes()
    path = write(tmp_path / "a.dcm", found)
    for frame in range(3):
        np.testing.assert_array_equal(read(path, frame=frame + 1).values, 255 * bits[frame])


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_colours(syntax: str, tmp_path: Path) -> None:
    stored = RANDOM.integers(0, 256, (2, 3, 5, 3)).astype(np.uint8)
    path = dicom_file(tmp_path / "a.dcm", stored, syntax, SamplesPerPixel=3)
    found = read(path, frame=2)
    np.testing.assert_array_equal(found.values, stored[1])
    assert found.pixels.dtype == np.uint8
    assert found.facts is not None
    assert found.facts.columns == {"frame": 2}


def test_planes_of_colours_behind_each_other(tmp_path: Path) -> None:
    stored = RANDOM.integers(0, 256, (3, 5, 3)).astype(np.uint8)
    found = dataset(stored, SamplesPerPixel=3, PlanarConfiguration=1)
    found.PixelData = np.moveaxis(stored, -1, 0).tobytes() + b"\0"
    np.testing.assert_array_equal(read(write(tmp_path / "a.dcm", found)).values, stored)


def test_colours_of_ten_bits(tmp_path: Path) -> None:
    stored = np.array([[[0, 512, 1023]]], np.uint16)
    path = dicom_file(tmp_path / "a.dcm", stored, SamplesPerPixel=3, BitsStored=10)
    assert read(path).values.tolist() == [[[0, 128, 255]]]


def test_luminance_and_colour_differences(tmp_path: Path) -> None:
    """White, and the red of ITU-R BT.601: Y 76.2, Cb 85, Cr 255."""
    stored = np.array([[[255, 128, 128], [76, 85, 255]]], np.uint8)
    path = dicom_file(tmp_path / "a.dcm", stored, SamplesPerPixel=3, PhotometricInterpretation="YBR_FULL")
    white, red = read(path).values[0].astype(int)
    assert white.tolist() == [255, 255, 255]
    assert np.abs(red - [255, 0, 0]).max() <= 1


def test_numbers_of_colours(tmp_path: Path) -> None:
    palette = {
        f"{colour}PaletteColorLookupTable{part}": value
        for colour, entries in (("Red", [10, 0, 255]), ("Green", [20, 1, 254]), ("Blue", [30, 2, 253]))
        for part, value in (
            ("Descriptor", [3, 1, 16]),
            ("Data", (257 * np.array(entries, "<u2")).astype("<u2").tobytes()),
        )
    }
    stored = np.array([[0, 1, 2, 3, 9]], np.uint8)
    path = dicom_file(tmp_path / "a.dcm", stored, PhotometricInterpretation="PALETTE COLOR", **palette)
    first, last = [10, 20, 30], [255, 254, 253]
    assert read(path).values.tolist() == [[first, first, [0, 1, 2], last, last]]


def test_unused_bits_do_not_count(tmp_path: Path) -> None:
    stored = np.array([[0x0FFF, 0xF000, 0xF800]], np.uint16)
    path = dicom_file(tmp_path / "a.dcm", stored, BitsStored=12)
    np.testing.assert_allclose(read(path).values[0], [255, 0, 2048 / 4095 * 255], atol=2e-5)


def test_enhanced_files_say_it_frame_by_frame(tmp_path: Path) -> None:
    from pydicom.dataset import Dataset

    def group(sequence: str, **elements: str) -> Dataset:
        item, outer = Dataset(), Dataset()
        for name, value in elements.items():
            setattr(item, name, value)
        setattr(outer, sequence, [item])
        return outer

    def of_frame(intercept: str) -> Dataset:
        return group("PixelValueTransformationSequence", RescaleSlope="1", RescaleIntercept=intercept)

    shared = group("FrameVOILUTSequence", WindowCenter="100.5", WindowWidth="101")
    path = dicom_file(
        tmp_path / "a.dcm",
        np.full((2, 1, 1), 50, np.uint8),
        SharedFunctionalGroupsSequence=[shared],
        PerFrameFunctionalGroupsSequence=[of_frame("0"), of_frame("50")],
    )
    assert [read(path, frame=n).values.item() for n in (1, 2)] == [0, 127.5]
    assert read(path).facts.columns["window"] == "50:150"  # type: ignore[union-attr]


def test_a_frame_that_is_not_there(tmp_path: Path) -> None:
    path = dicom_file(tmp_path / "a.dcm", np.zeros((2, 3, 4), np.uint8))
    with pytest.raises(ImageError, match="it has 2 frames, and none of number 3"):
        read(path, frame=3)
    with pytest.raises(InputError, match="counted from 1"):
        read(path, frame=0)


def test_what_is_said_of_a_file(tmp_path: Path) -> None:
    found = dataset(
        np.zeros((2, 3, 4), np.int16), BitsStored=12, BurnedInAnnotation="YES", PixelSpacing=["2", "0.5"]
    )
    found.add_new(0x60020010, "US", 3)
    facts = read(write(tmp_path / "a.dcm", found)).facts
    assert facts is not None
    assert facts.remarks == {
        "have several frames": "it has 2 frames, of which the first is taken; `frame=N` takes another",
        "name no window": (
            "it names no window: all values that its 12 bits can hold, -2048 to 2047, became black to "
            "white; `window=(low, high)` takes any two"
        ),
        "have pixels that are not square": (
            "its pixels are 4 times as high as wide; they are taken as they are stored, not resampled"
        ),
        "have overlays": "it has overlays, which are not drawn",
        "may show whose they are": (
            "it says that letters are burned into its pixels (BurnedInAnnotation): they may name the "
            "patient, and whatever is drawn of it shows them"
        ),
    }


def test_nothing_is_said_of_an_ordinary_one(tmp_path: Path) -> None:
    path = dicom_file(
        tmp_path / "a.dcm",
        np.zeros((3, 4), np.uint8),
        BurnedInAnnotation="NO",
        PixelSpacing=["0.5", "0.5"],
        WindowCenter="100",
        WindowWidth="200",
    )
    facts = read(path).facts
    assert facts is not None
    assert (dict(facts.remarks), facts.columns) == ({}, {"frame": 1, "window": "0:199"})


def test_no_preamble(tmp_path: Path) -> None:
    """As old devices wrote it: neither preamble nor what describes the file."""
    stored = np.arange(12, dtype=np.uint8).reshape(3, 4)
    whole = dicom_file(tmp_path / "a.dcm", stored, ImplicitVRLittleEndian).read_bytes()
    start = whole.index(b"\x08\x00\x16\x00")
    (tmp_path / "bare").write_bytes(whole[start:])
    assert read(tmp_path / "bare").values.tolist() == stored.tolist()


def test_no_pixels(tmp_path: Path) -> None:
    path = dicom_file(tmp_path / "a.dcm", None, ContentLabel="REPORT")
    with pytest.raises(ImageError, match="it holds no picture: a DICOM file without pixels"):
        read(path)


def test_memory_is_asked_for_before_it_is_taken(tmp_path: Path) -> None:
    path = dicom_file(tmp_path / "a.dcm", np.zeros((30, 40), np.uint16))
    asked: list[int] = []
    read_dicom(path, asked.append, Reading())
    assert asked == [30 * 40 * (2 * 2 + 5)]


def test_a_model_of_other_channels_takes_none(tmp_path: Path) -> None:
    path = dicom_file(tmp_path / "a.dcm", np.zeros((3, 4), np.uint8))
    assert read(path, channels=3).size == read(path, channels=1).size == (3, 4)
    with pytest.raises(UnfitImageError, match="it has 1 channel, and the model takes 4"):
        read(path, channels=4)
