"""How a DICOM file begins."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from xai_cam.images.dicom.magic import is_bare, is_dicom


def test_the_magic_stands_behind_128_bytes() -> None:
    assert is_dicom(b"\0" * 128 + b"DICM")
    assert is_dicom(b"II*\0" + b"x" * 124 + b"DICM\2\0")
    assert not is_dicom(b"DICM")
    assert not is_dicom(b"\0" * 127 + b"DICM\0")


@pytest.mark.parametrize(
    "head",
    [
        b"\x08\0\x05\0\x0a\0\0\0ISO_IR 100",  # without kinds
        b"\x08\0\x16\0UI\x1a\0",
        b"\x02\0\0\0UL\4\0",
        b"\0\x08\0\x16UI\0\x1a",  # the other order of bytes
    ],
)
def test_files_without_a_preamble(head: bytes) -> None:
    assert is_bare(head)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "TIFF", "GIF", "WEBP", "TGA", "ICO", "PPM", "PCX"])
def test_pictures_are_none(kind: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (16, 16)).save(file, kind)
    assert not is_bare(file.getvalue()[:512])
    assert not is_dicom(file.getvalue()[:512])
