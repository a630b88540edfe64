"""Pictures are identified by what they hold, however large they say they are."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, UnidentifiedImageError

from xai_cam.files.identified import FORMATS, identified
from xai_cam.files.png import encode_png
from xai_cam.files.provenance import read_provenance


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "DIB"])
def test_formats(name: str) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (5, 4)).save(buffer, name)
    buffer.seek(0)
    image = identified(buffer)
    assert (image.format, image.size) == (name, (5, 4))
    buffer.seek(0)
    with pytest.raises(UnidentifiedImageError):
        identified(buffer, [other for other in FORMATS if other != name])


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"])
def test_what_is_none(data: bytes) -> None:
    with pytest.raises(UnidentifiedImageError):
        identified(io.BytesIO(data))


def test_an_output_larger_than_pillow_likes_is_known_as_ours(tmp_path: Path) -> None:
    small = encode_png(np.zeros((2, 3, 3), np.uint8), "xai-cam", '{"request": "a"}')
    header = struct.pack(">II", 20_000, 15_000) + small[24:29]
    large = small[:16] + header + struct.pack(">I", zlib.crc32(b"IHDR" + header)) + small[33:]
    (tmp_path / "large.png").write_bytes(large)
    with pytest.raises(Image.DecompressionBombError):
        Image.open(tmp_path / "large.png")
    assert read_provenance(tmp_path / "large.png") == {"request": "a"}
