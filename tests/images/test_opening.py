"""What a picture would cost is known before it is decoded, and too much is refused in words."""

from __future__ import annotations

import io
import os
import re
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support.systems import pipe
from xai_cam.errors import ImageError
from xai_cam.images import opening
from xai_cam.images.opening import decoding_bytes, opened

NOISE = np.random.default_rng(5).integers(0, 256, (20, 30, 3), dtype=np.uint8)


def refusal(path: Path, max_pixels: int | None = 1000) -> str:
    with pytest.raises(ImageError) as caught, opened(path, max_pixels) as image:
        image.load()
    return caught.value.message


def saved(path: Path, image: Image.Image, file_format: str, **options: object) -> Path:
    image.save(path, file_format, **options)
    return path


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF"])
def test_the_limit_is_the_callers(tmp_path: Path, file_format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """600 pixels. Pillow's own limit, which a program may have set, neither counts nor is it touched."""
    path = saved(tmp_path / "a", Image.fromarray(NOISE), file_format)
    for allowed in (600, None):
        with opened(path, allowed) as image:
            assert image.size == (30, 20)
    found = refusal(path, 599)
    assert "it has 30 x 20 pixels, more than 599" in found and "`max_pixels`" in found
    if file_format in ("PNG", "JPEG", "BMP"):  # in the others Pillow looks at it again
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
        with opened(path, 600) as image:
            image.load()
        assert Image.MAX_IMAGE_PIXELS == 10


@pytest.mark.parametrize(
    ("mode", "file_format", "bytes_of_pixel"),
    [
        *(("1", "PNG", 4), ("L", "PNG", 4), ("P", "PNG", 4), ("RGB", "PNG", 7), ("RGBA", "PNG", 7)),
        *(("I;16", "PNG", 7), ("F", "TIFF", 9), ("L", "JPEG", 4), ("CMYK", "JPEG", 7)),
    ],
)
def test_the_cost_follows_from_the_header(
    tmp_path: Path, mode: str, file_format: str, bytes_of_pixel: int
) -> None:
    """As Pillow stores it, and as it is kept then: three colours, or a level and what is shown of it."""
    if mode == "I;16":
        image = Image.fromarray(NOISE[..., 0].astype(np.uint16))
    else:
        image = Image.fromarray(NOISE).convert("L" if mode == "F" else "RGB").convert(mode)
    with opened(saved(tmp_path / "a", image, file_format)) as found:
        if found.mode != "I":  # as older Pillow reads 16 bits
            assert decoding_bytes(found) == bytes_of_pixel * 600


def test_a_progressive_jpeg_and_a_webp_cost_more(tmp_path: Path) -> None:
    """All coefficients are held, two bytes each; an animation has two canvases."""
    image = Image.fromarray(NOISE)
    with opened(saved(tmp_path / "a", image, "JPEG", progressive=True)) as found:
        assert decoding_bytes(found) == (4 + 6) * 600
    with opened(saved(tmp_path / "b", image, "WEBP")) as found:
        assert decoding_bytes(found) == (4 + 12) * 600


def scan_bomb(scans: int) -> bytes:
    """A progressive JPEG whose last scan comes again and again, as long as the file goes on."""
    file = io.BytesIO()
    Image.fromarray(NOISE).save(file, "JPEG", progressive=True)
    data = file.getvalue()
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * scans + data[-2:]


def test_a_jpeg_of_many_scans_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(scan_bomb(20))
    with opened(path) as image:
        image.load()
    path.write_bytes(scan_bomb(3000))
    assert "scans, more than 100" in refusal(path, None)


def test_a_tiff_of_one_huge_tile_is_refused(tmp_path: Path) -> None:
    """A tile is decoded whole: this one of a picture of 600 pixels has 4 billion."""
    path = saved(tmp_path / "a.tif", Image.fromarray(NOISE[..., 0]), "TIFF", compression="tiff_deflate")
    data = path.read_bytes()
    place = struct.unpack("<I", data[4:8])[0]
    count = struct.unpack("<H", data[place : place + 2])[0]
    tags = [data[place + 2 + 12 * i : place + 14 + 12 * i] for i in range(count)]
    tags += [struct.pack("<HHII", tag, 4, 1, 65536) for tag in (322, 323)]
    tags.sort(key=lambda tag: struct.unpack("<H", tag[:2]))
    ifd = struct.pack("<H", len(tags)) + b"".join(tags) + bytes(4)
    path.write_bytes(data[:4] + struct.pack("<I", len(data)) + data[8:] + ifd)
    assert "its tiles have 65,536 x 65,536 pixels, more than 1,000" in refusal(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names")
def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    pipe(tmp_path / "a.png")
    assert "it is a pipe" in refusal(tmp_path / "a.png")
    assert "it is a device" in refusal(Path("/dev/zero"))
    assert "it is a folder" in refusal(tmp_path)


# --- Shapes that cost more than their pixels ----------------------------------------------------------


@pytest.mark.parametrize("size", [(1_000_001, 1), (1, 1_000_001)])
def test_a_side_has_a_limit_of_its_own(tmp_path: Path, size: tuple[int, int]) -> None:
    """Even where any number of pixels is allowed: 1 x 200,000,000 took 12 bytes a pixel."""
    path = saved(tmp_path / "a.png", Image.new("1", size), "PNG")
    for allowed in (None, 10**9):
        found = refusal(path, allowed)
        assert f"it has {size[0]:,} x {size[1]:,} pixels" in found and "no side may have more" in found
    shorter = saved(tmp_path / "b.png", Image.new("1", [min(side, 1_000_000) for side in size]), "PNG")
    with opened(shorter, 10**6) as image:
        image.load()


def tiff(width: int, height: int, parts: int, tiles: bool) -> bytes:
    """A TIFF of grey, each of whose parts is its first byte."""
    own = [(322, 1), (323, 1), (324, 0), (325, 0)] if tiles else [(273, 0), (278, 1), (279, 0)]
    tags = sorted([(256, width), (257, height), (258, 8), (259, 1), (262, 1), (277, 1), *own])
    lists = 8 + 2 + 12 * len(tags) + 4
    entries = b""
    for tag, value in tags:
        many = tag in (273, 279, 324, 325)
        place = lists + (4 * parts if tag in (279, 325) else 0)
        entries += struct.pack("<HHII", tag, 4, parts if many else 1, place if many else value)
    directory = struct.pack("<H", len(tags)) + entries + bytes(4)
    places, sizes = struct.pack("<I", 8) * parts, struct.pack("<I", width if not tiles else 1) * parts
    return b"II*\0" + struct.pack("<I", 8) + directory + places + sizes


@pytest.mark.parametrize("tiles", [True, False])
def test_a_tiff_in_far_too_many_parts(tmp_path: Path, tiles: bool) -> None:
    """10,000 are few, whatever the picture; of 100 x 101 pixels each may be a tile of its own else."""
    path = tmp_path / "a.tif"
    width = 100 if tiles else 1
    path.write_bytes(tiff(width, 101 if tiles else 10_001, 10_001 if not tiles else 10_100, tiles))
    assert re.search(r"it lies in 10,(001|100) tiles or strips, far too many", refusal(path, 10**9))
    path.write_bytes(tiff(width, 100 if tiles else 10_000, 10_000, tiles))
    with opened(path, 10**9) as image:
        image.load()


def test_a_large_tiff_may_have_many_strips(tmp_path: Path) -> None:
    """One for each of 12,000 rows of 300 pixels."""
    path = saved(tmp_path / "a.tif", Image.new("L", (300, 12_000)), "TIFF", tiffinfo={278: 1})
    with opened(path, 10**9) as image:
        assert len(image.tag_v2[273]) == 12_000  # type: ignore[attr-defined]
        image.load()


def test_millions_of_parts_are_not_even_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow would make an object of each: 2,000,000 took 4 s and 600 MB as the file was opened."""
    path = tmp_path / "a.tif"
    path.write_bytes(tiff(2000, 1000, 1_000_001, True))
    monkeypatch.setattr(opening, "identified", lambda _: pytest.fail("opened"))
    assert "it lies in 1,000,001 tiles or strips: a decompression bomb" in refusal(path, 10**9)


@pytest.mark.parametrize("big", [True, False])
@pytest.mark.parametrize("order", "<>")
def test_parts_are_counted_in_each_kind_of_tiff(tmp_path: Path, order: str, big: bool) -> None:
    mark, number, place = (43, "Q", 16) if big else (42, "H", 8)
    head = struct.pack(order + "2sH", b"II" if order == "<" else b"MM", mark)
    head += struct.pack(order + "HHQ", 8, 0, place) if big else struct.pack(order + "I", place)
    entries = struct.pack(order + number, 1) + struct.pack(
        order + ("HHQ8x" if big else "HHI4x"), 273, 4, 10**7
    )
    path = tmp_path / "a.tif"
    path.write_bytes(head + entries)
    assert "it lies in 10,000,000 tiles or strips" in refusal(path)
    for end in range(4, len(head + entries)):
        path.write_bytes((head + entries)[:end])
        assert "tiles or strips" not in refusal(path)
