"""Models and layers in whatever form they come."""

from __future__ import annotations

from typing import Any

import pytest

from support.small_models import build_tiny
from xai_cam.errors import InputError, ModelError
from xai_cam.models.given import as_network, as_size, find_layer, find_layers, input_shape
from xai_cam.models.network import Network


@pytest.fixture(scope="module")
def network(tiny_model: Any) -> Network:
    return Network(tiny_model)


def test_a_network_stays_as_it_is(network: Network) -> None:
    assert as_network(network, (1, 1)) is network and input_shape(network) == (16, 16, 3)


def test_the_size_of_an_open_model() -> None:
    import keras

    inputs = keras.Input((None, 16, 3))
    maps = keras.layers.Conv2D(2, 3)(inputs)
    model = keras.Model(inputs, keras.layers.GlobalMaxPooling2D()(maps))
    assert input_shape(model) == (None, 16, 3)
    assert as_network(model, (9.0, 16)).input_shape == (9, 16, 3)
    assert as_size(None) is None
    for wrong in (9, (9,), (0, 9), ("9", 9), (True, 9), (9, 9, 3)):
        with pytest.raises(InputError, match="`size`"):
            as_network(model, wrong)


def test_layers_by_name_number_and_as_themselves(network: Network) -> None:
    layer = network.model.get_layer("conv_1")
    for given in ("conv_1", 1, 1.0, -5, layer, network.find("conv_1")):
        assert find_layer(network, given).path == "conv_1"
    assert [info.path for info in find_layers(network, ["conv_2", 1, layer])] == ["conv_2", "conv_1"]
    for default in (None, [], [None]):
        assert [info.path for info in find_layers(network, default)] == ["conv_2"]


def test_a_layer_inside_another_model() -> None:
    import keras

    inner = build_tiny()
    outer = Network(keras.Sequential([keras.Input((16, 16, 3)), inner]))
    assert find_layer(outer, inner.get_layer("conv_1")).path == "tiny/conv_1"


def test_layers_that_are_none(network: Network) -> None:
    for wrong, message in (
        (9, "no layer 9: its 6"),
        (0, "The model's input"),
        (build_tiny().layers[1], "not one of"),
    ):
        with pytest.raises(ModelError, match=message):
            find_layer(network, wrong)
    for odd in (1.5, True, object(), ["conv_1"]):
        with pytest.raises(InputError, match="is not a layer"):
            find_layer(network, odd)
