"""How pictures are fed to a model: what was asked for, what the model tells, and what is said of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from support.small_models import build_tiny
from xai_cam.errors import InputError, ModelError
from xai_cam.models.feeding import Feeding, FeedingRequest
from xai_cam.models.head import Head
from xai_cam.models.preprocessing import Preprocessing

LABELS = ("ant", "bee", "cat")
RANKING = ((2, 0.625), (0, 0.25), (1, 0.125), (3, 0.0))


def feeding(channels: int, name: str, order: str, fit: str = "stretch") -> Feeding:
    network: Any = SimpleNamespace(input_shape=(4, 4, channels), head=Head(4, "softmax"))
    return Feeding(network, Preprocessing(name, order, "asked for"), fit)


@pytest.mark.parametrize(
    ("channels", "labels", "expected"),
    [
        (3, LABELS, "unit, bgr (asked for). First image a.png: input -1 to 0.333, predicted cat 0.625, ant"),
        (1, None, "unit, grey (asked for). First image a.png: input -1 to 0.333, predicted 2 0.625, 0"),
    ],
)
def test_the_first_image_shows_what_was_fed(
    channels: int, labels: tuple[str, ...] | None, expected: str
) -> None:
    """Three classes are told, and three digits of a number."""
    said = feeding(channels, "unit", "bgr").describe_first("a.png", (-1, 1 / 3), RANKING, labels)
    third = "bee" if labels else "1"
    assert said == f"Preprocessing {expected} 0.25, {third} 0.125."


def test_three_words_say_how_a_model_is_fed() -> None:
    assert feeding(3, "caffe", "bgr", "letterbox").describe() == "caffe bgr letterbox"


def test_what_was_asked_for_is_taken(tiny_model: Any) -> None:
    found = FeedingRequest("signed", "bgr", "crop", labels=LABELS).open(tiny_model)
    assert found.describe() == "signed bgr crop" and found.labels == LABELS
    assert found.network.input_shape == (16, 16, 3)
    assert found.preprocessing.apply(np.full((1, 1, 3), [0, 127.5, 255])).tolist() == [[[1, 0, -1]]]


def test_a_model_with_an_open_input_takes_the_size_asked_for() -> None:
    import keras

    inputs = keras.Input((None, None, 3))
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(2, 3)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(3, "softmax")(x))
    assert FeedingRequest(size=(20, 30)).open(model).network.input_shape == (20, 30, 3)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (FeedingRequest(labels=("ant", "bee")), "The labels name 2 classes, the model has 3"),
        (FeedingRequest("bright"), "Unknown preprocessing 'bright'"),
    ],
)
def test_what_does_not_fit_is_refused(request_: FeedingRequest, said: str, tiny_model: Any) -> None:
    with pytest.raises(InputError, match=said):
        request_.open(tiny_model)


def test_a_model_that_takes_no_pictures_is_refused() -> None:
    with pytest.raises(ModelError, match="takes 4 channels"):
        FeedingRequest().open(build_tiny(channels=4))
