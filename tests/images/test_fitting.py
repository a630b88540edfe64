"""Filters that resize pictures: those of Keras' `load_img`, Pillow and OpenCV, by the same names."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from xai_cam.images.fitting import FITS, fit_picture, shrunk
from xai_cam.images.picture import Region
from xai_cam.images.readers import read_image
from xai_cam.images.resampling import FILTERS

PILLOW = {
    "bilinear": Image.Resampling.BILINEAR,
    "nearest": Image.Resampling.NEAREST,
    "area": Image.Resampling.BOX,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    """A picture in colour of 37 x 50, in which every pixel counts."""
    pixels = np.random.default_rng(0).integers(0, 256, (37, 50, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    return tmp_path / "a.png"


def test_bilinear_is_the_default(noise: Path) -> None:
    picture = read_image(noise)
    assert next(iter(FILTERS)) == "bilinear"
    np.testing.assert_array_equal(
        fit_picture(picture, (16, 16), 3)[0], fit_picture(picture, (16, 16), 3, "stretch", "bilinear")[0]
    )


@pytest.mark.parametrize("size", [(16, 16), (13, 41), (80, 61)])
@pytest.mark.parametrize("name", ["nearest", "bilinear", "bicubic", "lanczos"])
@pytest.mark.parametrize(("channels", "mode"), [(3, "rgb"), (1, "grayscale")])
def test_keras_reads_the_same_pixels(
    noise: Path, size: tuple[int, int], name: str, channels: int, mode: str
) -> None:
    import keras

    expected = keras.utils.load_img(noise, color_mode=mode, target_size=size, interpolation=name)
    found, _ = fit_picture(read_image(noise), size, channels, "stretch", name)
    np.testing.assert_array_equal(found, np.asarray(expected, np.float32).reshape(found.shape))


@pytest.mark.parametrize("factor", [2, 3, 5])
def test_area_is_the_mean_of_whole_blocks(factor: int) -> None:
    """As Pillow's BOX and OpenCV's INTER_AREA have it, to the rounding."""
    pixels = np.random.default_rng(1).integers(0, 256, (6 * factor, 4 * factor, 3), dtype=np.uint8)
    from xai_cam.images.picture import Picture

    found, _ = fit_picture(Picture(pixels, pixels), (6, 4), 3, "stretch", "area")
    blocks = pixels.reshape(6, factor, 4, factor, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(found, blocks, atol=1)
    np.testing.assert_allclose(found, cv2.resize(pixels, (4, 6), interpolation=cv2.INTER_AREA), atol=1)
    np.testing.assert_array_equal(found, Image.fromarray(pixels).resize((4, 6), Image.Resampling.BOX))


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("fit", FITS)
def test_every_fit_takes_every_filter(noise: Path, fit: str, name: str) -> None:
    """Of 37 x 50: 37 x 37 in the centre, or 12 x 16 between bars of 2 rows."""
    image = Image.open(noise)
    found, _ = fit_picture(read_image(noise), (16, 16), 3, fit, name)
    if fit == "letterbox":
        expected = np.zeros((16, 16, 3), np.uint8)
        expected[2:14] = image.resize((16, 12), PILLOW[name])
    else:
        box = (6.5, 0, 43.5, 37) if fit == "crop" else None
        expected = np.asarray(image.resize((16, 16), PILLOW[name], box=box))
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize("channels", [1, 3])
def test_deep_grey_keeps_its_steps_and_its_range(tmp_path: Path, name: str, channels: int) -> None:
    """An edge between black and white, where bicubic and Lanczos would reach beyond both."""
    stored = np.zeros((9, 30), np.uint16)
    stored[:, 13:] = 65535
    stored[:, :4] = 257 // 2  # less than a step of 8 bits
    Image.fromarray(stored).save(tmp_path / "a.png")
    found, _ = fit_picture(read_image(tmp_path / "a.png"), (9, 21), channels, "stretch", name)
    plane = np.asarray(Image.fromarray(stored.astype(np.float32) / 257).resize((21, 9), PILLOW[name]))
    np.testing.assert_allclose(found, np.repeat(plane.clip(0, 255)[..., None], channels, 2), atol=1e-4)
    assert found.min() == 0 and found.max() == 255 and (found % 1).any()


def test_a_large_picture_is_shrunk_with_its_region() -> None:
    """40 x 20 to 10 x 5: means of whole blocks, and all places a quarter as far."""
    pixels = np.random.default_rng(2).integers(0, 256, (40, 20, 3), dtype=np.uint8)
    small, region = shrunk(pixels, Region(4, 8, 40, 20), 10)
    np.testing.assert_allclose(small, pixels.reshape(10, 4, 5, 4, 3).mean(axis=(1, 3)), atol=1)
    assert region == Region(1, 2, 10, 5)
    assert shrunk(pixels, region, 40)[0] is pixels
