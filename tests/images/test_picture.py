"""Pictures of every kind come out as they look; what is damaged is refused with a reason."""

from __future__ import annotations

import io
import random
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from xai_cam.errors import ImageError
from xai_cam.images.fitting import fit_picture
from xai_cam.images.picture import Picture
from xai_cam.images.readers import read_image

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def encode(image: Image.Image, file_format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def read(tmp_path: Path, image: Image.Image, file_format: str, **options: Any) -> Picture:
    """The picture that comes back from a file of that format (its name says nothing)."""
    path = tmp_path / "picture.bin"
    path.write_bytes(encode(image, file_format, **options))
    return read_image(path)


def quarters() -> np.ndarray:
    """Red, green / blue, white: 16 x 24."""
    return np.array([[RED, GREEN], [BLUE, WHITE]], np.uint8).repeat(8, 0).repeat(12, 1)


# --- Formats -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("file_format", ["PNG", "BMP", "TIFF", "GIF"])
def test_lossless_formats_keep_every_pixel(tmp_path: Path, file_format: str) -> None:
    picture = read(tmp_path, Image.fromarray(quarters()), file_format)
    np.testing.assert_array_equal(picture.pixels, quarters())
    np.testing.assert_array_equal(picture.values, quarters())
    assert picture.size == (16, 24)


@pytest.mark.parametrize(("file_format", "options"), [("JPEG", {"subsampling": 0}), ("WEBP", {})])
def test_lossy_formats_keep_the_colours(tmp_path: Path, file_format: str, options: dict[str, int]) -> None:
    picture = read(tmp_path, Image.fromarray(quarters()), file_format, quality=95, **options)
    for centre, colour in zip([(4, 6), (4, 18), (12, 6), (12, 18)], [RED, GREEN, BLUE, WHITE], strict=True):
        np.testing.assert_allclose(picture.pixels[centre], colour, atol=12)


@pytest.mark.parametrize("file_format", ["GIF", "TIFF", "PNG", "WEBP"])
def test_of_several_frames_the_first_is_taken(tmp_path: Path, file_format: str) -> None:
    frames = [Image.new("RGB", (8, 6), colour) for colour in (RED, BLUE, GREEN)]
    options = {"lossless": True} if file_format == "WEBP" else {}
    picture = read(tmp_path, frames[0], file_format, save_all=True, append_images=frames[1:], **options)
    np.testing.assert_array_equal(picture.pixels, np.full((6, 8, 3), RED))


@pytest.mark.parametrize("name", ["Рабочий стол/фото 猫.png", "a photo.jpg", "no suffix", "x.txt"])
def test_the_content_counts_not_the_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(encode(Image.fromarray(quarters()), "PNG"))
    np.testing.assert_array_equal(read_image(path).pixels, quarters())


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_rotation_is_applied(tmp_path: Path, file_format: str, orientation: int) -> None:
    """By the EXIF table: where the file's row 0 and column 0 are to be shown."""
    shown = np.array([[0, 60, 120], [180, 210, 240]], np.uint8).repeat(16, 0).repeat(16, 1)
    stored = {
        1: shown,  # row 0 on top, column 0 on the left
        2: shown[:, ::-1],  # top, right
        3: shown[::-1, ::-1],  # bottom, right
        4: shown[::-1],  # bottom, left
        5: shown.T,  # left, top
        6: shown.T[::-1],  # right, top: the file's rows are the columns shown, from the right
        7: shown.T[::-1, ::-1],  # right, bottom
        8: shown.T[:, ::-1],  # left, bottom
    }[orientation]
    exif = Image.Exif()
    exif[274] = orientation
    options = {"lossless": True} if file_format == "WEBP" else {}
    image = Image.fromarray(np.ascontiguousarray(stored)).convert("RGB")
    picture = read(tmp_path, image, file_format, exif=exif, **options)
    assert picture.size == (32, 48)
    np.testing.assert_allclose(picture.pixels[..., 0], shown, atol=3)


# --- Kinds of pixels ---------------------------------------------------------------------------------


def test_transparent_pixels_are_put_on_white(tmp_path: Path) -> None:
    """Half-transparent black: 255 * (1 - 128 / 255) = 127."""
    rgba = Image.fromarray(np.array([[[255, 0, 0, 255], [255, 0, 0, 0], [0, 0, 0, 128]]], np.uint8))
    pixels = read(tmp_path, rgba, "PNG").pixels[0]
    np.testing.assert_array_equal(pixels, [RED, WHITE, (127, 127, 127)])
    grey = Image.fromarray(np.array([[[90, 255], [90, 0], [0, 128]]], np.uint8), "LA")
    pixels = read(tmp_path, grey, "PNG").pixels[0]
    np.testing.assert_array_equal(pixels[:, 0], [90, 255, 127])


def test_palettes_with_and_without_transparency(tmp_path: Path) -> None:
    image = Image.fromarray(np.array([[0, 1, 2]], np.uint8), "P")
    image.putpalette([*RED, *GREEN, *BLUE])
    np.testing.assert_array_equal(read(tmp_path, image, "PNG").pixels[0], [RED, GREEN, BLUE])
    for see_through in (1, bytes([255, 0, 255])):
        pixels = read(tmp_path, image, "PNG", transparency=see_through).pixels[0]
        np.testing.assert_array_equal(pixels, [RED, WHITE, BLUE])
    np.testing.assert_array_equal(read(tmp_path, image, "GIF", transparency=1).pixels[0], [RED, WHITE, BLUE])


def test_red_in_a_cmyk_jpeg_stays_red(tmp_path: Path) -> None:
    cmyk = Image.new("CMYK", (16, 16), (0, 255, 255, 0))  # no cyan, all magenta and yellow
    pixels = read(tmp_path, cmyk, "JPEG", quality=95).pixels
    assert pixels[..., 0].min() > 200
    assert pixels[..., 1:].max() < 60


def test_one_bit(tmp_path: Path) -> None:
    bits = np.eye(5, dtype=bool)
    picture = read(tmp_path, Image.fromarray(bits), "PNG")
    np.testing.assert_array_equal(picture.pixels[..., 2], bits * 255)


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_eight_bit_grey_is_grey_for_both_kinds_of_model(tmp_path: Path, file_format: str) -> None:
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    picture = read(tmp_path, Image.fromarray(ramp), file_format)
    np.testing.assert_array_equal(picture.pixels, np.stack([ramp] * 3, -1))
    np.testing.assert_array_equal(fit_picture(picture, (16, 16), 1)[0][..., 0], ramp)
    np.testing.assert_array_equal(fit_picture(picture, (16, 16), 3)[0], np.stack([ramp] * 3, -1))


def test_colours_become_grey_by_itu_r_601() -> None:
    pixels = np.array([[RED, GREEN, BLUE, WHITE]], np.uint8)
    grey, _ = fit_picture(Picture(pixels, pixels), (1, 4), 1)
    np.testing.assert_allclose(grey[0, :, 0], 255 * np.array([0.299, 0.587, 0.114, 1]), atol=0.51)


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_a_sixteen_bit_ramp_stays_a_ramp(tmp_path: Path, file_format: str) -> None:
    """Tools that cut it off at 255 show 99.6 % of it in white."""
    ramp = (np.arange(1024) * 64 + 63).astype(np.uint16).reshape(4, 256)
    picture = read(tmp_path, Image.fromarray(ramp), file_format)
    assert ramp.max() == 65535
    assert picture.values.max() == 255
    np.testing.assert_allclose(picture.values, ramp / 257.0, rtol=1e-6)
    assert (np.diff(picture.values.ravel()) > 0).all()
    assert (np.diff(picture.pixels[..., 0].ravel().astype(int)) >= 0).all()
    assert 120 < picture.pixels.mean() < 135
    values, _ = fit_picture(picture, (4, 256), 1)
    assert (np.diff(values.ravel()) > 0).all()


@pytest.mark.parametrize(
    ("values", "factor"),
    [
        (np.array([[0.0, 0.25, 1.0]], np.float32), 255.0),
        (np.array([[0.0, 100.5, 255.0]], np.float32), 1.0),
        (np.array([[0.0, 257.0, 65535.0]], np.float32), 1 / 257),
        (np.array([[0, 100, 255]], np.int32), 1.0),
        (np.array([[0, 514, 65535]], np.int32), 1 / 257),
    ],
)
def test_deep_grey_is_scaled_by_its_range(tmp_path: Path, values: np.ndarray, factor: float) -> None:
    picture = read(tmp_path, Image.fromarray(values), "TIFF")
    np.testing.assert_allclose(picture.values, values * factor, rtol=1e-6)
    np.testing.assert_array_equal(picture.pixels[..., 1], np.rint(values * factor))


@pytest.mark.parametrize("wrong", [-1.0, 65536.0, float("nan"), float("inf")])
def test_deep_grey_out_of_range_is_refused(tmp_path: Path, wrong: float) -> None:
    with pytest.raises(ImageError, match="grey values"):
        read(tmp_path, Image.fromarray(np.array([[0.5, wrong]], np.float32)), "TIFF")


# --- Bad files ---------------------------------------------------------------------------------------


def png_header(width: int, height: int) -> bytes:
    """A PNG that declares a size and holds nearly nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99))


PHOTO = Image.fromarray(np.random.default_rng(1).integers(0, 255, (40, 50, 3), np.uint8))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"this is text\n" * 9, "not an image file"),
        (encode(PHOTO, "JPEG")[:700], "damaged"),
        (encode(PHOTO, "PNG")[:900], "damaged"),
        (png_header(60000, 60000), "bomb"),
        (png_header(64, 64), "damaged"),
    ],
)
def test_bad_files_are_refused_with_a_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "bad.png"
    path.write_bytes(content)
    with pytest.raises(ImageError, match=reason):
        read_image(path)


def test_large_pictures_are_read_without_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    """Pillow warns above a number of pixels and refuses above twice that."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1999)
    assert read(tmp_path, PHOTO, "PNG").size == (40, 50)
    assert not recwarn.list


def test_odd_tags_beside_the_rotation_do_no_harm(tmp_path: Path) -> None:
    """A resolution of the type "undefined" (7) in place of a fraction (5): Pillow cannot write it again."""
    exif = Image.Exif()
    exif[274], exif[282] = 6, 72.0
    data = encode(PHOTO, "JPEG", exif=exif)
    order = "<" if b"II*\0" in data else ">"
    fraction, undefined = (struct.pack(f"{order}HHI", 282, kind, 1) for kind in (5, 7))
    assert data.count(fraction) == 1
    path = tmp_path / "a.jpg"
    path.write_bytes(data.replace(fraction, undefined))
    assert read_image(path).size == (50, 40)


def test_folders_and_missing_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="no such file"):
        read_image(tmp_path / "missing.jpg")
    with pytest.raises(ImageError, match="cannot be read"):
        read_image(tmp_path)
    with pytest.raises(ImageError):
        read_image(tmp_path / ("x" * 300))


@pytest.mark.parametrize("file_format", ["EPS", "PPM", "PCX"])
def test_formats_that_were_not_promised_are_no_pictures(tmp_path: Path, file_format: str) -> None:
    """Pillow hands PostScript to another program; nothing of a stranger's picture is run."""
    path = tmp_path / "named.png"
    path.write_bytes(encode(PHOTO, file_format))
    with pytest.raises(ImageError, match="not an image file"):
        read_image(path)


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "GIF", "TIFF", "WEBP"])
def test_damage_of_any_kind_is_an_image_error_at_most(tmp_path: Path, file_format: str) -> None:
    """200 files with some bytes changed, or cut short: one that stops a run over thousands is too many."""
    exif = Image.Exif()
    exif[274] = 6
    options = {"exif": exif} if file_format in ("JPEG", "PNG", "WEBP") else {}
    good = encode(PHOTO.resize((12, 10)), file_format, **options)
    chance, path, refused = random.Random(file_format), tmp_path / "fuzzed", 0
    for turn in range(200):
        data = bytearray(good[: chance.randrange(1, len(good))] if turn % 4 == 0 else good)
        for _ in range(0 if turn % 4 == 0 else chance.choice((1, 3, 10))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data)
        try:
            picture = read_image(path)
            assert picture.pixels.shape == (*picture.size, 3)
        except ImageError as error:
            refused += 1
            assert error.message
    assert refused > 20
