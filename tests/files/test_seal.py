"""A file knows whether it is still what was written, whoever kept what it says of itself."""

from __future__ import annotations

import hashlib
import io
import json
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin, features

from xai_cam.errors import XaiCamError
from xai_cam.files.current import is_current
from xai_cam.files.provenance import (
    encode_array,
    encode_moving,
    encode_picture,
    is_own_output,
    read_provenance,
)
from xai_cam.files.seal import BLANK, KEY, is_intact, seal

SAID: dict[str, Any] = {"tool": "xai-cam 1", "class_name": f'猫 "{KEY}": "{BLANK}', "request": "abc"}
PIXELS = np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8)
ARRAY = np.random.default_rng(0).random((70, 90), np.float32)
FRAMES = [(PIXELS, 100), (255 - PIXELS, 200)]

webp = pytest.mark.skipif(not features.check("webp"), reason="this Pillow has no WebP")

WRITERS: dict[str, Callable[[], bytes]] = {
    "png": lambda: encode_picture(PIXELS, SAID, "png"),
    "jpg": lambda: encode_picture(PIXELS, SAID, "jpg"),
    "npy": lambda: encode_array(ARRAY, SAID),
    "gif": lambda: encode_moving(FRAMES, SAID, "gif"),
    "webp": lambda: encode_moving(FRAMES, SAID, "webp"),
}
KINDS = [pytest.param(kind, marks=webp if kind == "webp" else ()) for kind in WRITERS]


@pytest.fixture(params=KINDS)
def written(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A file of each kind."""
    path = tmp_path / f"a.{request.param}"
    path.write_bytes(WRITERS[request.param]())
    return path


def test_what_was_written_is_intact(written: Path) -> None:
    assert is_intact(written)
    assert read_provenance(written) == SAID, "the seal is no word of the provenance"
    assert is_current(written, "abc") and not is_current(written, "abd")


def test_every_byte_counts(written: Path) -> None:
    """But for the checksum of a PNG's text, which says nothing that the text does not."""
    data = written.read_bytes()
    checksum = range(0)
    if written.suffix == ".png":
        end = 33 + 8 + int.from_bytes(data[33:37], "big")
        checksum = range(end, end + 4)
    rng = np.random.default_rng(1)
    for at in {0, len(data) - 1, *rng.integers(0, len(data), 150).tolist()} - set(checksum):
        spoilt = bytearray(data)
        spoilt[at] ^= 1 << int(rng.integers(8))
        written.write_bytes(spoilt)
        assert not is_intact(written), at
    for cut in (0, 1, 100, len(data) // 2, len(data) - 1):
        written.write_bytes(data[:cut])
        assert not is_intact(written), cut
    for longer in (data + b"\0", b"\0" + data, data + data):
        written.write_bytes(longer)
        assert not is_intact(written)


def test_the_hash_is_that_of_the_other_bytes(tmp_path: Path) -> None:
    """As anybody can work it out by hand."""
    array = encode_array(ARRAY, SAID)
    digits = json.loads(array.rpartition(b"\nxai-cam ")[2])[KEY].encode()
    at = array.rindex(digits)
    assert hashlib.sha256(array[:at] + array[at + 64 :]).hexdigest().encode() == digits
    png = encode_picture(PIXELS, SAID, "png")
    with Image.open(io.BytesIO(png)) as image:
        digits = json.loads(image.text["xai-cam"])[KEY].encode()  # type: ignore[attr-defined]
    at, end = png.index(digits), 33 + 8 + int.from_bytes(png[33:37], "big")
    assert hashlib.sha256(png[:at] + png[at + 64 : end] + png[end + 4 :]).hexdigest().encode() == digits
    assert zlib.crc32(png[37:end]).to_bytes(4, "big") == png[end : end + 4], "readers look at it"


def edited(path: Path) -> None:
    """Another pixel, or value, by a program that keeps what the file says of itself."""
    if path.suffix == ".npy":
        data = bytearray(path.read_bytes())
        data[200:204] = np.float32(7).tobytes()
        path.write_bytes(data)
        return
    with Image.open(path) as image:
        image.load()
        info, picture = dict(image.info), image.convert("RGB")
        exif = image.getexif()
    picture.putpixel((3, 3), (1, 2, 3))
    if path.suffix == ".png":
        texts = PngImagePlugin.PngInfo()
        texts.add_itxt("xai-cam", info["xai-cam"])
        picture.save(path, pnginfo=texts)
    elif path.suffix in (".jpg", ".gif"):
        picture.save(path, comment=info["comment"])
    else:
        picture.save(path, exif=exif)


def test_an_edited_file_says_the_same_and_is_not_intact(written: Path) -> None:
    edited(written)
    assert read_provenance(written) == SAID, "the programs keep it"
    assert not is_intact(written) and not is_current(written, "abc")


def test_what_has_no_seal_is_not_intact(tmp_path: Path) -> None:
    """Files of others, of earlier versions, and what is no file."""
    Image.fromarray(PIXELS).save(tmp_path / "other.png")
    texts = PngImagePlugin.PngInfo()
    texts.add_itxt("xai-cam", json.dumps(SAID))
    Image.fromarray(PIXELS).save(tmp_path / "earlier.png", pnginfo=texts)
    np.save(tmp_path / "plain.npy", ARRAY)
    (tmp_path / "empty.png").touch()
    (tmp_path / "folder.png").mkdir()
    for name in ("other.png", "earlier.png", "plain.npy", "empty.png", "folder.png", "missing.png"):
        assert not is_intact(tmp_path / name), name


def test_values_that_spell_a_seal_are_left_alone() -> None:
    """An array's data stand in front of its provenance."""
    spelt = f'{{"{KEY}": "{BLANK}"}}'.encode().ljust(96)
    array = np.frombuffer(spelt * 20, np.uint8)
    kept = np.load(io.BytesIO(encode_array(array, SAID)))
    np.testing.assert_array_equal(kept, array)


def test_large_files_are_read_in_blocks(tmp_path: Path) -> None:
    path = tmp_path / "large.npy"
    data = encode_array(np.zeros((600, 1000), np.float32), SAID)
    path.write_bytes(data)
    assert len(data) > 2 << 20 and is_intact(path)
    assert seal(data) == data, "sealed twice is sealed once"


@pytest.mark.parametrize("suffix", ["npy", "png", "gif", "webp"])
def test_many_outputs_with_long_names_are_told(tmp_path: Path, suffix: str) -> None:
    told = {"request": "r", "outputs": [f"o{number}" + "y" * 1800 for number in range(300)]}
    pixels = np.zeros((4, 4, 3), np.uint8)
    if suffix == "npy":
        data = encode_array(pixels, told)
    elif suffix == "png":
        data = encode_picture(pixels, told, suffix)
    elif suffix == "webp" and not features.check("webp"):
        pytest.skip("Pillow was built without WebP")
    else:
        data = encode_moving([(pixels, 50), (pixels + 1, 50)], told, suffix)
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(data)
    assert read_provenance(path) == told
    assert is_current(path, "r") and is_own_output(path)


def test_what_would_not_be_found_again_is_not_written() -> None:
    with pytest.raises(XaiCamError, match="longer than 1 MB"):
        encode_array(np.zeros(3), {"outputs": ["y" * 1800] * 600})
