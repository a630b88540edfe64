"""Which pictures are outputs: they are known by what is inside them, and others cost one short read."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from xai_cam.files.provenance import KEY, encode_array, encode_picture, is_own_output

MADE_BY = {"tool": "xai-cam 1", "class_name": "猫"}
FLAT = np.full((12, 17, 3), 90, np.uint8)
NOISE = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
FIRST_KILOBYTE = 1024


def foreign(pixels: np.ndarray = NOISE, file_format: str = "PNG", **options: Any) -> bytes:
    """A picture as another program writes it."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, file_format, **options)
    return buffer.getvalue()


def with_text(key: str, text: str) -> bytes:
    """A PNG of another program with a text of its own in front of the pixels."""
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text(key, text)
    return foreign(pnginfo=chunks)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def spelling(text: bytes) -> bytes:
    """A grey PNG of one row, neither filtered nor compressed, whose pixels are the bytes of `text`."""
    header = struct.pack(">IIBBBBB", len(text), 1, 8, 0, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(b"\0" + text, 0)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in chunks)


# --- Known by what is inside -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("a_grad-cam.png", True),
        ("a_grad-cam_cat.jpg", True),
        ("a_layer_score-cam-official_2.JPEG", True),
        ("a.png", True),  # whatever it is called
        ("a_grad-cam.webp", True),
        ("a_grad-cam.bmp", False),  # never written, so never looked into
    ],
)
@pytest.mark.parametrize("pixels", [FLAT, NOISE], ids=["flat", "noise"])  # the two are coded differently
def test_own_outputs_are_known_by_what_they_say_of_themselves(
    tmp_path: Path, name: str, own: bool, pixels: np.ndarray
) -> None:
    kind = "png" if name.endswith("png") else "jpg"
    (tmp_path / name).write_bytes(encode_picture(pixels, MADE_BY, kind))
    assert is_own_output(tmp_path / name) is own


@pytest.mark.parametrize("kind", ["png", "jpg"])
def test_an_output_that_was_renamed_is_still_known(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a_grad-cam.{kind}"
    path.write_bytes(encode_picture(NOISE, MADE_BY, kind))
    (tmp_path / "other").mkdir()
    for name in (f"holiday.{kind}", f"HOLIDAY.{kind.upper()}", f"other/фото.{kind}"):
        path = path.rename(tmp_path / name)
        assert is_own_output(path)


def test_a_jpeg_with_the_suffix_of_a_png_is_known(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encode_picture(NOISE, MADE_BY, "jpg"))
    assert is_own_output(path)


@pytest.mark.parametrize("kind", ["png", "jpg"])
def test_an_output_with_much_to_say_is_known(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    path.write_bytes(encode_picture(NOISE, MADE_BY | {"class_name": "a" * 5000}, kind))
    assert is_own_output(path)


# --- Pictures of others ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        b"xai-cam",
        b'xai-cam {"tool": "xai-cam 1"}',
        chunk(b"iTXt", b'xai-cam\0\0\0\0\0{"tool": "xai-cam 1"}'),
    ],
    ids=["the key", "as in a comment", "as a chunk"],
)
def test_pixels_that_happen_to_spell_the_key_are_not_taken_for_provenance(
    tmp_path: Path, text: bytes
) -> None:
    path = tmp_path / "a_grad-cam.png"
    path.write_bytes(spelling(text))
    with Image.open(path) as image:
        assert image.tobytes() == text
    assert KEY.encode() in path.read_bytes()[:FIRST_KILOBYTE]
    assert not is_own_output(path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a_grad-cam.png", with_text("x", "y")),
        ("a.png", with_text("Comment", 'xai-cam {"tool": "xai-cam 1"}')),
        ("a.png", with_text(KEY, "no JSON")),
        ("a.jpg", foreign(file_format="JPEG", comment=b"made with xai-cam")),
        ("a.jpg", foreign(file_format="JPEG", comment=b"xai-cam is nice")),
        ("a_grad-cam.jpg", foreign(file_format="JPEG")),
        ("a.png", b""),
        ("a.png", b"xai-cam"),
    ],
)
def test_a_file_that_only_speaks_of_us_is_no_output(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    assert not is_own_output(tmp_path / name)


def test_maps_as_arrays_are_known_too(tmp_path: Path) -> None:
    """They lie beside pictures, and arrays can be images."""
    (tmp_path / "a.npy").write_bytes(encode_array(FLAT, MADE_BY))
    np.save(tmp_path / "b.npy", FLAT)
    assert is_own_output(tmp_path / "a.npy") and not is_own_output(tmp_path / "b.npy")


def test_what_cannot_be_read_is_no_output(tmp_path: Path) -> None:
    (tmp_path / "folder.png").mkdir()
    assert not is_own_output(tmp_path / "folder.png")
    assert not is_own_output(tmp_path / "missing.png")


# --- What it costs -----------------------------------------------------------------------------------


class Counted(io.FileIO):
    """A file that adds what is asked of the system to `sizes`."""

    sizes: list[int]

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(-1 if size is None else size)
        self.sizes.append(len(data))
        return data

    def readinto(self, buffer: Any, /) -> int:
        size = super().readinto(buffer)
        self.sizes.append(size)
        return size


@pytest.fixture
def cost_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], int]:
    """How many bytes are read of a picture of others, below any buffer; Pillow may not open it at all."""

    def ask(path: Path) -> int:
        sizes: list[int] = []

        def counted(path: Path, buffering: int = -1) -> Any:
            raw = Counted(path, "r")
            raw.sizes = sizes
            return io.BufferedReader(raw) if buffering else raw

        def refuse(*_: Any, **__: Any) -> None:
            raise AssertionError("Pillow opened a picture of others")

        with monkeypatch.context() as patch:
            patch.setattr("xai_cam.files.provenance.open_regular", counted)
            patch.setattr(Image, "open", refuse)
            assert not is_own_output(path)
        return sum(sizes)

    return ask


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("large.png", foreign()),
        ("large.jpg", foreign(file_format="JPEG", quality=100)),
        ("a_grad-cam.png", foreign()),
        ("hidden.png", foreign() + b"xai-cam"),  # behind the first kilobyte
    ],
)
def test_of_a_picture_of_others_the_first_kilobyte_is_read(
    tmp_path: Path, cost_of: Callable[[Path], int], name: str, content: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert path.stat().st_size > 4 * FIRST_KILOBYTE
    assert cost_of(path) == FIRST_KILOBYTE


@pytest.mark.parametrize("name", ["a.bmp", "a.txt", "a"])
def test_of_a_file_of_another_kind_nothing_is_read(
    tmp_path: Path, cost_of: Callable[[Path], int], name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(encode_picture(FLAT, MADE_BY, "png"))
    assert cost_of(path) == 0
