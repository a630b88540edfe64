"""From pictures to what a model takes, and back to where its pixels lie."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support.small_models import build_tiny
from xai_cam import explain, prepare
from xai_cam.errors import ImageError, InputError
from xai_cam.images.fitting import fit_picture
from xai_cam.images.picture import Region
from xai_cam.images.readers import read_image

RED = np.zeros((20, 40, 3), np.uint8)
RED[..., 0], RED[:, 20:, 2] = 200, 100


def test_values_are_scaled_as_asked(tiny_model: Any) -> None:
    """One colour on each half; the ends of a row lie inside a half, whatever the filter of the resize."""
    for name, order, expected in (
        ("raw", None, (200, 0, 0)),
        ("unit", None, (200 / 255, 0, 0)),
        ("signed", None, (200 / 127.5 - 1, -1, -1)),
        ("caffe", None, (-103.939, -116.779, 200 - 123.68)),
        ("raw", "bgr", (0, 0, 200)),
    ):
        found = prepare(tiny_model, RED, name, channel_order=order)
        assert found.shape == (1, 16, 16, 3) and found.dtype == np.float32
        np.testing.assert_allclose(found[0][8, 0], expected, rtol=1e-5)
    assert found.preprocessing.channel_order == "bgr" and found.reason == "requested"


def test_it_works_as_an_array(tiny_model: Any) -> None:
    found = prepare(tiny_model, [RED, RED[:, ::-1]], "unit")
    array = np.asarray(found)
    assert (len(found), found.ndim, array.dtype) == (2, 4, np.float32) and array is found.values
    np.testing.assert_array_equal(np.stack([*found]), array)
    np.testing.assert_array_equal(found[1], array[1])
    assert np.asarray(found, np.float64).dtype == np.float64
    assert np.array(found) is not found.values
    with pytest.raises(ValueError, match="copy"):
        found.__array__(np.float64, copy=False)
    assert repr(found) == "<Prepared images, 2 x 16 x 16 x 3, Preprocessing unit, rgb (requested)>"


@pytest.mark.parametrize(
    ("fit", "region"),
    [
        ("stretch", Region(0, 0, 20, 40)),
        ("crop", Region(0, 10, 20, 30)),
        ("letterbox", Region(-10, 0, 30, 40)),
    ],
)
def test_it_remembers_where_the_pixels_lie(tiny_model: Any, fit: str, region: Region) -> None:
    found = prepare(tiny_model, RED, "unit", fit=fit)
    assert found.regions == [region] and found.paths == [None]
    np.testing.assert_array_equal(found.pixels[0], RED)
    drawn = found.overlay(np.ones((2, 2), np.float32), opacity=1.0)
    outside = np.zeros((20, 40), bool) if fit != "crop" else np.ones((20, 40), bool)
    outside[:, 10:30] = False
    np.testing.assert_array_equal(drawn[outside], RED[outside])
    assert (drawn[~outside] != RED[~outside]).any(axis=-1).all()


def test_an_explanation_is_drawn_into_its_own_picture(tiny_model: Any) -> None:
    pictures = [np.full((10, 10, 3), level, np.uint8) for level in (0, 90, 250)]
    found = prepare(tiny_model, pictures, "raw")
    maps = explain(tiny_model, found, "conv_1", batch_size=2, engine="tensorflow")
    assert [e.image for e in maps] == [0, 1, 2]
    for number, one in enumerate(maps):
        own = one.overlay(pictures[number])
        np.testing.assert_array_equal(found.overlay(one), own)
        np.testing.assert_array_equal(found.overlay(one, -1), one.overlay(pictures[2]))
    for wrong in (3, -4, 1.5, True):
        with pytest.raises(InputError, match="no image"):
            found.overlay(maps[0], wrong)
    with pytest.raises(InputError, match="Unknown colour map 'blues'"):
        found.overlay(maps[0], colormap="blues")


def test_files_of_a_folder(tiny_model: Any, tmp_path: Path, make_photo: Callable[..., Path]) -> None:
    paths = [make_photo(tmp_path / name, (10 + i, 12), seed=i) for i, name in enumerate(("b.png", "a.png"))]
    found = prepare(tiny_model, tmp_path, "unit")
    assert found.paths == paths[::-1]
    assert [p.shape for p in found.pixels] == [(11, 12, 3), (10, 12, 3)]
    (tmp_path / "c.png").write_bytes(b"nothing")
    with pytest.raises(ImageError, match=r"c\.png: "):
        prepare(tiny_model, tmp_path)


def test_what_auto_chose_is_told(tiny_model: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = prepare(tiny_model, RED)
        assert [r.getMessage() for r in caplog.records] == [
            f"Preprocessing unit, rgb ({found.reason}); stretch, resized with bilinear."
        ]
        prepare(tiny_model, RED, "unit")
    assert len(caplog.records) == 1, "what was asked for is no news"


def test_a_grey_model_and_a_path_to_one(model_files: Callable[..., tuple[Path, Path]]) -> None:
    """ITU-R 601: 0.299 R + 0.587 G + 0.114 B."""
    found = prepare(model_files(channels=1)[0], Image.fromarray(RED), "raw")
    assert found.shape == (1, 16, 16, 1)
    assert found[0][0, 0, 0] == pytest.approx(0.299 * 200, abs=1)
    assert found[0][0, -1, 0] == pytest.approx(0.299 * 200 + 0.114 * 100, abs=1)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"preprocess": "imagenet"}, "imagenet"),
        ({"fit": "pad"}, "`fit` is 'pad'"),
        ({"channel_order": "brg"}, "`channel_order` is 'brg'"),
        ({"size": 16}, "`size`"),
        ({"resize_with": "hamming"}, "`resize_with` is 'hamming'. Use bilinear, nearest"),
        ({"window": (4095, 0)}, "`window` runs from 4095 to 0"),
        ({"window": (0, 4095), "depth": 12}, "`window` and `depth` both"),
    ],
)
def test_what_makes_no_sense(tiny_model: Any, asked: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        prepare(tiny_model, RED, **asked)


def test_a_model_of_five_channels() -> None:
    model = build_tiny(channels=5)
    bands = np.random.default_rng(0).normal(size=(2, 16, 16, 5)).astype(np.float32)
    found = prepare(model, bands, show_bands=2)
    np.testing.assert_allclose(found.values, bands, atol=1e-6)
    assert found.pixels[1].shape == (16, 16, 3) and (found.pixels[1] == found.pixels[1][..., :1]).all()
    for form in (bands[0], np.moveaxis(bands[0], 2, 0), [bands[0]], bands[0].astype("f8")):
        np.testing.assert_allclose(prepare(model, form).values, bands[:1], atol=1e-6)
    with pytest.raises(ImageError, match="Image 0: it has 3 channels, and the model takes 5"):
        prepare(model, RED)
    with pytest.raises(ImageError, match=r"Image 0: its values are whole numbers of 16 bits from 0 to 9"):
        prepare(model, np.full((16, 16, 5), [0, 3, 5, 7, 9], np.uint16))
    scaled = prepare(model, np.full((16, 16, 5), 5000, np.uint16), window=(0, 10000))
    np.testing.assert_allclose(scaled.values, 0.5)
    stored = prepare(model, np.full((16, 16, 5), 5000, np.uint16), "raw")
    assert (stored.values == 5000).all()


def test_a_model_of_several_outputs() -> None:
    import keras

    inputs = keras.Input((16, 16, 3))
    maps = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(2, 3)(inputs))
    outputs = [keras.layers.Dense(3, activation="softmax")(maps) for _ in range(2)]
    found = prepare(keras.Model(inputs, outputs), RED, "unit")
    np.testing.assert_array_equal(found.values, prepare(build_tiny(), RED, "unit").values)


def test_files_are_decoded_and_fitted_as_the_commands_do_it(
    tiny_model: Any, tmp_path: Path, make_photo: Callable[..., Path]
) -> None:
    photo = make_photo(tmp_path / "a.jpg", size=(31, 47))
    for fit in ("stretch", "crop", "letterbox"):
        found = prepare(tiny_model, photo, "torch", fit=fit)
        pixels, region = fit_picture(read_image(photo), (16, 16), 3, fit)
        np.testing.assert_array_equal(found[0], found.preprocessing.apply(pixels))
        assert found.regions == [region]


def test_overlays_that_cannot_be_drawn(tiny_model: Any) -> None:
    prepared = prepare(tiny_model, np.zeros((16, 16, 3), np.uint8))
    saliency_map = np.zeros((4, 4), np.float32)
    for arguments, message in (
        (([saliency_map],), "A list of maps is given"),
        ((saliency_map, 1), "There is no image 1"),
        ((saliency_map, 0, "turbo", 3), "`opacity` is 3"),
        ((saliency_map, 0, "nacre"), "Unknown colour map"),
    ):
        with pytest.raises(InputError, match=message):
            prepared.overlay(*arguments)


# --- Grey values and filters -------------------------------------------------------------------------


def test_a_grey_of_twelve_bits_is_told_and_read(
    tiny_model: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    stored = np.linspace(0, 4031, 16 * 16).reshape(16, 16).astype(np.uint16)
    for name in ("a.png", "b.png"):
        Image.fromarray(stored).save(tmp_path / name)
    narrow = prepare(tiny_model, tmp_path, "unit")
    first, both = [record.getMessage() for record in caplog.records]
    assert "a.png: its input covers 0.062 of the range" in first and "`depth=12`" in first
    assert both.startswith("2 of 2 images cover less than a tenth")
    np.testing.assert_allclose(narrow[0][..., 0], stored / 65535, rtol=1e-5)
    caplog.clear()
    for asked in ({"depth": 12}, {"window": (0, 4095)}):
        found = prepare(tiny_model, tmp_path, "unit", **asked)  # type: ignore[arg-type]
        np.testing.assert_allclose(found[0][..., 0], stored / 4095, rtol=1e-5)
        np.testing.assert_array_equal(found.pixels[0][..., 0], np.rint(stored * (255 / 4095)))
    assert not caplog.records


def test_a_dark_photo_is_told_by_the_same_rule(tiny_model: Any, caplog: pytest.LogCaptureFixture) -> None:
    ramp = np.linspace(0, 1, 256).reshape(16, 16, 1).repeat(3, axis=2)
    prepare(tiny_model, (ramp * 40).astype(np.uint8), "raw")
    assert not caplog.records
    prepare(tiny_model, (ramp * 20).astype(np.uint8), "raw")
    assert "covers 0.078 of the range that the model expects (0 to 255). A dark or flat" in caplog.text


def test_nearest_is_what_keras_loads(
    tiny_model: Any, tmp_path: Path, make_photo: Callable[..., Path]
) -> None:
    import keras

    path = make_photo(tmp_path / "a.png", size=(41, 53))
    expected = np.asarray(keras.utils.load_img(path, target_size=(16, 16)))
    np.testing.assert_array_equal(prepare(tiny_model, path, "raw", resize_with="nearest")[0], expected)


def test_large_jpegs_are_shrunk_where_that_is_asked_for(tiny_model: Any, tmp_path: Path) -> None:
    ramp = np.add.outer(np.arange(120), np.arange(96))[..., None].repeat(3, 2).astype(np.uint8)
    Image.fromarray(ramp).save(tmp_path / "a.jpg", quality=95)
    whole, small = (
        prepare(tiny_model, tmp_path / "a.jpg", "raw", shrink_on_load=asked) for asked in (False, True)
    )
    height, width, _ = whole.pixels[0].shape
    assert small.pixels[0].shape == (60, 48, 3) and (height, width) == (120, 96)
    assert small.regions == [Region(0, 0, 60, 48)] and small.overlay(np.ones((2, 2)), index=0).shape == (
        60,
        48,
        3,
    )
    assert np.abs(small.values - whole.values).max() <= 2
