"""A second picture is fitted to its own input, and scaled as that input expects."""

from __future__ import annotations

from typing import Any

import keras
import pytest

from xai_cam.errors import InputError
from xai_cam.models.input.model_inputs import ModelInput
from xai_cam.models.input.preprocessing import Preprocessing
from xai_cam.models.input.views import view_of
from xai_cam.models.network import Network

TORCH = Preprocessing("torch", "rgb", "requested")


@pytest.fixture(scope="module")
def network() -> Network:
    """A photo, a grey picture that the model scales itself, and a number."""
    photo, grey = keras.Input((16, 16, 3), name="photo"), keras.Input((12, 10, 1), name="grey")
    age = keras.Input((1,), name="age")
    seen: list[Any] = [
        keras.layers.Conv2D(2, 3)(photo),
        keras.layers.Conv2D(2, 3)(keras.layers.Rescaling(1 / 255)(grey)),
    ]
    joined = keras.layers.Concatenate()([*map(keras.layers.GlobalAveragePooling2D(), seen), age])
    model = keras.Model([photo, grey, age], keras.layers.Dense(2, activation="softmax")(joined))
    return Network(model, image_input="photo")


def test_scaled_as_its_own_graph_says(network: Network) -> None:
    view = view_of(network, None, network.extras[0])
    assert (view.size, view.channels, view.channels_first) == ((12, 10), 1, False)
    assert view.preprocessing.name == "raw" and "rescaling" in view.preprocessing.reason
    assert str(view).startswith("raw, grey (the graph expects 0 to 255")


def test_scaled_as_asked(network: Network) -> None:
    photo = ModelInput("photo", (16, 16, 3))
    assert view_of(network, TORCH, photo).preprocessing is TORCH
    assert view_of(network, TORCH, network.extras[0]).preprocessing.name == "raw", "torch is for colours"
    assert view_of(network, None, photo).preprocessing.name == "unit"


def test_open_sides_are_those_of_the_image(network: Network) -> None:
    assert view_of(network, TORCH, ModelInput("any", (None, 9, None))).size == (16, 9)
    assert view_of(network, TORCH, ModelInput("any", (None, 9, None))).channels == 3


def test_what_takes_no_pictures(network: Network) -> None:
    with pytest.raises(InputError, match="`extra` age is a folder of pictures, and the model takes age"):
        view_of(network, None, network.extras[1])


def test_bands_are_a_view_as_any_other(network: Network) -> None:
    view = view_of(network, None, ModelInput("bands", (8, 8, 5)))
    assert (view.size, view.channels, view.preprocessing.name) == ((8, 8), 5, "unit")
