"""What is watched: images as the model takes them, one class of each, models of every kind."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support.small_models import build_held
from support.training import X, build
from xai_cam import prepare
from xai_cam.errors import InputError
from xai_cam.keras.watched import MAX_IMAGES, Wanted, Watched


def watched(model: Any, images: Any = X[:3], target_class: Any = "predicted", labels: Any = None) -> Watched:
    return Watched.of(model, Wanted(images, None, ["grad-cam"], target_class, labels, "auto"))


@pytest.fixture(scope="module")
def model() -> Any:
    return build()


def captions(found: Watched) -> list[str]:
    return [cell.caption for cell in found.look()["grad-cam at conv_2"]]


def test_a_model_of_several_inputs() -> None:
    model, ages = build_held(), np.array([-2.0, 3.0], np.float32)
    images = np.random.default_rng(0).normal(0, 1, (2, 16, 16, 3)).astype(np.float32)
    scores = np.asarray(model([images, ages[:, None]]))
    expected = [f"class {row.argmax()} {row.max():.2f}" for row in scores]
    asked: dict[str, Any] = {"layer": None, "methods": ["grad-cam"], "target_class": None, "labels": None}
    for wanted in (
        Wanted({"image": images, "age": ages}, **asked, preprocess="auto"),
        Wanted(images, **asked, preprocess="auto", extra={"age": ages}),
    ):
        wanted.check()
        found = Watched.of(model, wanted)
        assert [cell.caption for cell in found.look()["grad-cam at conv_1"]] == expected
    with pytest.raises(InputError, match="no input to watch"):
        Wanted({}, **asked, preprocess="auto").check()


def test_captions_name_class_and_probability(model: Any) -> None:
    scores = np.asarray(model(X[:3]))
    assert captions(watched(model, labels=["ant", "bee"])) == [
        f"{['ant', 'bee'][row.argmax()]} {row.max():.2f}" for row in scores
    ]
    assert captions(watched(model, target_class=np.array([0, 1, 1]))) == [
        f"class {c} {row[c]:.2f}" for c, row in zip((0, 1, 1), scores, strict=True)
    ]
    assert captions(watched(model, target_class="bee", labels=["ant", "bee"]))[0].startswith("bee ")


@pytest.mark.parametrize("target_class", ["top2", [0, 1], np.zeros((3, 2), int)])
def test_one_class_of_each_image(model: Any, target_class: Any) -> None:
    with pytest.raises(InputError, match="one class of each image"):
        watched(model, target_class=target_class)


def test_prepared_images_and_datasets(model: Any) -> None:
    import tensorflow as tf

    pixels = (255 * X[:2]).astype(np.uint8)
    images = prepare(model, list(pixels), "unit")
    found = watched(model, images)
    np.testing.assert_array_equal(found.values.images, images.values)
    dataset = tf.data.Dataset.from_tensor_slices((X[:2], [0, 1]))
    np.testing.assert_array_equal(watched(model, dataset).values.images, X[:2])


def test_files_and_images_of_pillow(model: Any, tmp_path: Path, make_photo: Callable[..., Path]) -> None:
    """They are scaled as `prepare` does; the overlay lies on the original picture."""
    photo = make_photo(tmp_path / "cat.png", size=(20, 40))
    with Image.open(photo) as opened:
        pillow = opened.convert("RGB")
    expected = prepare(model, photo, "signed").values
    for images in (str(photo), [photo], pillow, [pillow], tmp_path):
        found = Watched.of(model, Wanted(images, None, ["grad-cam"], None, None, "signed"))
        np.testing.assert_array_equal(found.values.images, expected)
        assert found.pictures[0].pixels.shape == (72, 144, 3)


def test_of_many_images_the_first_are_drawn(model: Any, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = watched(model, X, np.arange(len(X)) % 2)
    assert len(found.values) == len(found.pictures) == MAX_IMAGES and len(captions(found)) == MAX_IMAGES
    assert f"the first {MAX_IMAGES} are drawn" in caplog.text


def test_a_subclassed_model() -> None:
    import keras

    class Own(keras.Model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.conv_2 = keras.layers.Conv2D(4, 3, activation="relu", name="conv_2")
            self.pool = keras.layers.GlobalAveragePooling2D()
            self.head = keras.layers.Dense(2, activation="softmax")

        def call(self, x: Any) -> Any:
            return self.head(self.pool(self.conv_2(x)))

    model = Own()
    model(X[:1])
    assert len(captions(watched(model))) == 3
