"""Pictures from files, folders, Pillow and arrays: which, in which order, and what their pixels are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from xai_cam.errors import ImageError, InputError, NoImagesError
from xai_cam.images.readers import read_image
from xai_cam.images.reading import Reading
from xai_cam.images.sources import decode_array, find_sources

RGB = np.random.default_rng(0).integers(0, 256, (4, 6, 3), np.uint8)


def test_files_folders_and_globs(tmp_path: Path, make_photo: Callable[..., Path]) -> None:
    for name in ("b.png", "a.png", "deep/c.png"):
        make_photo(tmp_path / "p" / name)
    (tmp_path / "p" / "notes.txt").write_text("no picture", encoding="utf-8")

    def names(images: Any, recursive: bool = False) -> list[str]:
        return [source.path.name for source in find_sources(images, recursive) if source.path]

    folder = tmp_path / "p"
    assert names(folder) == names(str(folder)) == ["a.png", "b.png"]
    assert names(folder, True) == ["a.png", "b.png", "c.png"]
    assert names([folder / "b.png", str(folder / "a.png")]) == ["b.png", "a.png"]
    assert names(str(folder / "**" / "*.png")) == ["a.png", "b.png", "c.png"]


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"gone\.jpg: there is no such file"):
        find_sources([tmp_path / "gone.jpg"])
    for none in (tmp_path, [], np.empty((0, 4, 6, 3))):
        with pytest.raises(NoImagesError, match="No image found"):
            find_sources(none)
    with pytest.raises(InputError, match="not an array of numbers"):
        find_sources({"a": RGB})


def test_an_image_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"no picture at all")
    for images, name in ((tmp_path / "bad.png", r"bad\.png: "), ([RGB, np.zeros(7)], "Image 1: ")):
        with pytest.raises(ImageError, match=name):
            [source.read() for source in find_sources(images)]


def test_one_picture_in_many_forms(tmp_path: Path) -> None:
    import tensorflow as tf

    Image.fromarray(RGB).save(tmp_path / "a.png")
    dataset = tf.data.Dataset.from_tensor_slices(RGB[None])
    arrays = [RGB, RGB[None], RGB.astype(int), RGB / 255.0, RGB.astype("f4"), RGB.astype(np.uint16) * 257]
    for form in (tmp_path / "a.png", Image.fromarray(RGB), tf.constant(RGB), dataset, *arrays):
        (source,) = find_sources(form)
        np.testing.assert_array_equal(source.read().pixels, RGB)
    assert [source.name for source in find_sources([RGB, Image.fromarray(RGB)])] == ["Image 0", "Image 1"]


def test_exif_turns_an_image_of_pillow_as_it_turns_its_file(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter to the right
    Image.fromarray(RGB).save(tmp_path / "turned.png", exif=exif)
    by_file = read_image(tmp_path / "turned.png").pixels
    (source,) = find_sources(Image.open(tmp_path / "turned.png"))
    np.testing.assert_array_equal(source.read().pixels, by_file)
    np.testing.assert_array_equal(by_file, np.rot90(RGB, -1))


def test_arrays_of_grey() -> None:
    grey = RGB[..., 0]
    for plane in (grey, grey[..., None], grey.astype(np.int64)):
        np.testing.assert_array_equal(decode_array(plane).pixels, np.repeat(grey[..., None], 3, 2))
    deep = decode_array(np.array([[0, 257, 400]], np.uint16))
    np.testing.assert_allclose(deep.values, [[0, 1, 400 / 257]], rtol=1e-6)
    np.testing.assert_array_equal(decode_array(np.eye(2, dtype=bool)).pixels[..., 0], [[255, 0], [0, 255]])
    np.testing.assert_array_equal(decode_array(np.eye(2, dtype=int)).pixels[..., 0], [[1, 0], [0, 1]])
    (three,) = {len(find_sources(np.zeros((3, 8, 9))))}
    assert three == 3, "(n, H, W): several grey pictures"


def test_transparency_is_put_on_white() -> None:
    clear = np.zeros((1, 2, 4), np.uint8)
    clear[0, 1] = (10, 20, 30, 255)
    np.testing.assert_array_equal(decode_array(clear).pixels, [[[255, 255, 255], [10, 20, 30]]])


@pytest.mark.parametrize(
    "wrong", [np.zeros((2, 2, 2)), np.zeros(4), np.zeros((0, 3, 3)), np.full((2, 2), -1.0)]
)
def test_arrays_that_are_no_picture(wrong: np.ndarray) -> None:
    with pytest.raises(ImageError):
        decode_array(wrong)


def test_a_picture_of_many_channels_is_no_stack_of_grey_ones() -> None:
    (one,) = find_sources(np.zeros((64, 64, 7), np.uint8))
    with pytest.raises(ImageError, match="64 x 64 x 7 are not a picture"):
        one.read()
    assert len(find_sources(np.zeros((7, 64, 64), np.uint8))) == 7


def test_an_array_is_a_single_frame() -> None:
    (source,) = find_sources(RGB)
    np.testing.assert_array_equal(source.read(Reading(frame=1)).pixels, RGB)
    with pytest.raises(ImageError, match="it has a single frame, and none of number 2"):
        source.read(Reading(frame=2))
