"""Frames are checked before memory is taken; what is missing to decompress them is named."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, features
from pydicom.encaps import encapsulate, encapsulate_extended
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLSLossless,
    RLELossless,
)

from support.dicom_files import dataset, dicom_file, jpeg_of, write
from xai_cam.errors import ImageError, MissingReaderError
from xai_cam.images.dicom.reading import read_dicom
from xai_cam.images.picture import Picture
from xai_cam.images.reading import Reading

SMOOTH = np.add.outer(np.arange(0, 160, 4), np.arange(0, 96, 4)).astype(np.uint8)


def read(path: Path, **asked: Any) -> Picture:
    return read_dicom(path, lambda _: None, Reading(**asked))


def compressed(
    path: Path, syntax: str, frames: list[bytes], pixels: np.ndarray = SMOOTH, **elements: Any
) -> Path:
    """A file of frames that are compressed already."""
    found = dataset(pixels, **elements)
    found.file_meta.TransferSyntaxUID = UID(syntax)
    found.PixelData = encapsulate(frames, has_bot=elements.get("NumberOfFrames", 1) == 1)
    found["PixelData"].VR = "OB"
    return write(path, found)


def test_jpeg(tmp_path: Path) -> None:
    path = dicom_file(tmp_path / "a.dcm", SMOOTH, JPEGBaseline8Bit)
    by_pillow = np.asarray(Image.open(io.BytesIO(jpeg_of(SMOOTH))))
    np.testing.assert_array_equal(read(path).values, by_pillow)


@pytest.mark.skipif(not features.check_codec("jpg_2000"), reason="this Pillow reads no JPEG 2000")
def test_jpeg_2000(tmp_path: Path) -> None:
    stored = SMOOTH.astype(np.uint16) * 16
    file = io.BytesIO()
    Image.fromarray(stored).save(file, "JPEG2000", no_jp2=True)
    path = compressed(tmp_path / "a.dcm", JPEG2000Lossless, [file.getvalue()], stored)
    np.testing.assert_allclose(read(path).values, stored / 257, atol=2e-5)


@pytest.mark.parametrize("extended", [False, True])
def test_one_of_several_compressed_frames(extended: bool, tmp_path: Path) -> None:
    """With a table of where they begin, and without one."""
    pixels = [SMOOTH, 255 - SMOOTH, SMOOTH // 2]
    found = dataset(np.stack(pixels))
    found.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    if extended:
        data, found.ExtendedOffsetTable, found.ExtendedOffsetTableLengths = encapsulate_extended(
            [jpeg_of(one) for one in pixels]
        )
        found.PixelData = data
    else:
        found.PixelData = encapsulate([jpeg_of(one) for one in pixels], has_bot=False)
    found["PixelData"].VR = "OB"
    path = write(tmp_path / "a.dcm", found)
    for number, one in enumerate(pixels, 1):
        assert np.abs(read(path, frame=number).values - one).max() <= 3


@pytest.mark.parametrize(
    ("syntax", "name", "packages"),
    [
        (JPEGLSLossless, "JPEG-LS Lossless", "pylibjpeg and pylibjpeg-libjpeg"),
        (JPEGExtended12Bit, r"JPEG Extended \(12 bits\)", "pylibjpeg and pylibjpeg-libjpeg"),
        (UID("1.2.840.10008.1.2.4.201"), "HTJ2K Lossless", "pylibjpeg and pylibjpeg-openjpeg"),
    ],
)
def test_what_nothing_here_reads(
    syntax: str, name: str, packages: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The syntax is named, and which package reads it; another time it may be there."""
    from pydicom.pixels.decoders.base import get_decoder

    monkeypatch.setattr(get_decoder(syntax), "_available", {})
    path = compressed(tmp_path / "a.dcm", syntax, [jpeg_of(SMOOTH)])
    with pytest.raises(MissingReaderError, match=f"{name} is read by {packages}, run `.*pip.* pylibjpeg"):
        read(path)


def test_what_pillow_gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """JPEG of 12 bits has a decoder here, which is for 8."""
    from pydicom.pixels.decoders.base import get_decoder

    decoder = get_decoder(JPEGExtended12Bit)
    only = {"pillow": decoder._available["pillow"]}
    monkeypatch.setattr(decoder, "_available", only)
    monkeypatch.setattr("xai_cam.images.dicom.frames.is_there", lambda _: False)
    path = compressed(tmp_path / "a.dcm", JPEGExtended12Bit, [jpeg_of(SMOOTH)], BitsStored=7)
    with pytest.raises(MissingReaderError, match="with what is installed: JPEG Extended"):
        read(path)


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.1", DeflatedExplicitVRLittleEndian])
def test_more_pixels_than_bytes(syntax: str, tmp_path: Path) -> None:
    path = dicom_file(tmp_path / "a.dcm", np.zeros((2, 3, 4), np.uint8), syntax)
    found = dataset(np.zeros((2, 3, 4), np.uint8), syntax, Rows=60_000, Columns=3_000)
    with pytest.raises(
        ImageError, match="declares 2 frames of 3,000 x 60,000 pixels, and has bytes for fewer"
    ):
        read(write(path, found))


def test_a_file_that_was_cut_off(tmp_path: Path) -> None:
    path = dicom_file(tmp_path / "a.dcm", SMOOTH)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(ImageError, match="has bytes for fewer"):
        read(path)


def test_too_many_pixels(tmp_path: Path) -> None:
    path = dicom_file(tmp_path / "a.dcm", SMOOTH)
    with pytest.raises(ImageError, match="it has 24 x 40 pixels, more than 959"):
        read(path, max_pixels=959)
    assert read(path, max_pixels=960).size == (40, 24)


def test_few_bytes_of_rle_stand_for_few_pixels(tmp_path: Path) -> None:
    header = struct.pack("<16L", 1, 64, *[0] * 14)
    path = compressed(tmp_path / "a.dcm", RLELossless, [header + b"\x81\0" * 9], Rows=9_000, Columns=9_000)
    with pytest.raises(ImageError, match="its compressed pixels are too few"):
        read(path)


@pytest.mark.parametrize("syntax", [JPEGBaseline8Bit, JPEG2000Lossless])
def test_a_codestream_of_another_size_is_not_decoded(syntax: str, tmp_path: Path) -> None:
    """It may be far larger than the file says."""
    file = io.BytesIO()
    large = Image.new("L", (999, 999))
    large.save(
        file, **({"format": "JPEG"} if syntax == JPEGBaseline8Bit else {"format": "JPEG2000", "no_jp2": True})
    )
    path = compressed(tmp_path / "a.dcm", syntax, [file.getvalue()])
    with pytest.raises(ImageError, match="have another size than it says"):
        read(path)


@pytest.mark.parametrize("syntax", [JPEGBaseline8Bit, JPEG2000Lossless, RLELossless])
@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"\xff\x4f\xff\x51" + b"\0" * 9, b"DOE^JOHN" * 99])
def test_damaged_codestreams(syntax: str, data: bytes, tmp_path: Path) -> None:
    path = compressed(tmp_path / "a.dcm", syntax, [data or b"\0\0"])
    with pytest.raises(ImageError) as caught:
        read(path)
    assert "DOE" not in caught.value.message


def test_a_jpeg_of_thousands_of_scans(tmp_path: Path) -> None:
    scan = b"\xff\xda\0\x08\x01\x01\x11\0\x3f\0"
    path = compressed(tmp_path / "a.dcm", JPEGBaseline8Bit, [jpeg_of(SMOOTH)[:-2] + 101 * scan + b"\xff\xd9"])
    with pytest.raises(ImageError, match="compressed in more than 100 scans"):
        read(path)
