"""Arrays as volumes, and volumes at the size that a model takes; expected numbers by loops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from xai_cam.errors import ImageError
from xai_cam.images.picture import Region
from xai_cam.images.readers import read_file
from xai_cam.images.reading import Reading
from xai_cam.images.resampling import FILTERS
from xai_cam.images.volumes import fit_volume, picture_of_volume, volume_sides

OF_VOLUMES = Reading(channels=1, planes=4)


def read(path: Path, reading: Reading = OF_VOLUMES):
    return read_file(path, lambda _: None, reading)


def test_the_sides_of_arrays():
    assert volume_sides((4, 6, 5)) == (4, 6, 5, 1)
    assert volume_sides((4, 6, 5, 3)) == volume_sides((1, 4, 6, 5, 3)) == (4, 6, 5, 3)
    for shape, words in {
        (6, 5): "its shape is 6 x 5: a volume is slices x height x width",
        (2, 4, 6, 5, 1): "it holds 2 volumes",
        (4, 0, 5): "its shape is 4 x 0 x 5",
    }.items():
        with pytest.raises(ImageError, match=words):
            volume_sides(shape)


def test_arrays_of_floats_stay_what_they_are(tmp_path: Path):
    stored = np.random.default_rng(0).normal(0, 3, (4, 6, 5)).astype(np.float32)
    np.save(tmp_path / "a.npy", stored)
    picture = read(tmp_path / "a.npy")
    np.testing.assert_array_equal(picture.values[..., 0], stored)
    assert picture.pixels.shape == (4, 6, 5, 3) and picture.size == (6, 5) and picture.white == 1


def test_films_of_bytes_show_their_own_pixels(tmp_path: Path):
    frames = np.random.default_rng(0).integers(0, 256, (4, 6, 5, 3), np.uint8)
    np.save(tmp_path / "film.npy", frames)
    picture = read(tmp_path / "film.npy", Reading(channels=3, planes=4))
    assert (picture.pixels == frames).all() and (picture.values == frames).all() and not picture.notes


def test_pages_of_a_tiff_are_slices(tmp_path: Path):
    tifffile = pytest.importorskip("tifffile")
    pages = np.arange(4 * 6 * 5, dtype=np.uint8).reshape(4, 6, 5)
    tifffile.imwrite(tmp_path / "a.tif", pages, photometric="minisblack")
    assert (read(tmp_path / "a.tif").values[..., 0] == pages).all()


def test_what_does_not_fit_the_model(tmp_path: Path):
    from PIL import Image

    Image.new("L", (5, 6)).save(tmp_path / "a.png")
    with pytest.raises(ImageError, match="it is a picture, and the model takes volumes or films of 4 slices"):
        read(tmp_path / "a.png")
    np.save(tmp_path / "a.npy", np.zeros((4, 6, 5, 2)))
    with pytest.raises(ImageError, match="it has 2 channels, and the model takes 1"):
        read(tmp_path / "a.npy")
    np.save(tmp_path / "nan.npy", np.full((4, 6, 5), np.nan))
    with pytest.raises(ImageError, match="holds NaN"):
        read(tmp_path / "nan.npy")
    with pytest.raises(ImageError, match="holds 4 images"):  # for a model of pictures
        read(tmp_path / "a.npy", Reading(channels=2))


def triangle(values: np.ndarray, size: int) -> np.ndarray:
    """Linear along the first axis: a triangle around each new centre, as wide as the coarser step."""
    step = len(values) / size
    wide = max(step, 1.0)
    found = []
    for i in range(size):
        centre = (i + 0.5) * step
        weights = np.array([max(0.0, 1 - abs(j + 0.5 - centre) / wide) for j in range(len(values))])
        found.append(np.tensordot(weights / weights.sum(), values, 1))
    return np.array(found)


def along(axis: int, values: np.ndarray, size: int) -> np.ndarray:
    return np.moveaxis(triangle(np.moveaxis(values, axis, 0), size), 0, axis)


@pytest.mark.parametrize("size", [(4, 6, 5), (8, 6, 5), (2, 3, 10), (7, 12, 3)])
def test_other_sizes_are_trilinear(size: tuple[int, int, int]):
    stored = np.random.default_rng(1).uniform(-1, 1, (4, 6, 5)).astype(np.float32)
    values, region = fit_volume(picture_of_volume(stored[..., None], OF_VOLUMES), size, 1, "stretch")
    expected = along(2, along(1, along(0, stored.astype(np.float64), size[0]), size[1]), size[2])
    np.testing.assert_allclose(values[..., 0], expected, atol=1e-5)
    assert region == Region(0, 0, 6, 5, 0, 4)


def test_crops_and_letterboxes_are_within_slices():
    stored = np.ones((4, 6, 4, 1), np.float32)
    picture = picture_of_volume(stored, OF_VOLUMES)
    cropped, region = fit_volume(picture, (2, 4, 4), 1, "crop")
    assert region == Region(1, 0, 5, 4, 0, 4) and (cropped == 1).all() and cropped.shape == (2, 4, 4, 1)
    boxed, region = fit_volume(picture, (4, 6, 6), 1, "letterbox")
    assert region == Region(0, -1, 6, 5, 0, 4) and not boxed[:, :, 0].any() and (boxed[:, :, 1:5] == 1).all()
    assert fit_volume(picture, (3, 6, 4), 1, "stretch", list(FILTERS)[1])[0].shape == (3, 6, 4, 1)
