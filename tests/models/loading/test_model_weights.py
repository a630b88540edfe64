"""The weights of a model with the layers around them."""

from __future__ import annotations

import keras

from xai_cam.models.loading.model_weights import model_layers, without_sequentials

make = keras.layers


def test_names_of_the_layers_around_a_weight():
    """Those inside of a model by name, those inside of another layer by the attribute that holds them too."""
    inner = keras.Sequential([keras.Input((4, 3)), make.Dense(2, name="d")], name="inner")
    image = keras.Input((4, 3))
    x = make.Bidirectional(make.LSTM(2, return_sequences=True, name="l"), name="two")(inner(image))
    found = model_layers(keras.Model(image, x).layers)
    assert [(w.chain, w.attributes, w.name) for w in found["inner"]] == [
        (("inner", "d"), ("inner", "d"), "kernel"),
        (("inner", "d"), ("inner", "d"), "bias"),
    ]
    assert {w.attributes for w in found["two"]} == {
        ("two", "forward_layer", "cell"),
        ("two", "backward_layer", "cell"),
    }
    assert found["two"][0].chain[1] == "forward_l" and found["two"][0].shape == (2, 8)


def test_cells_of_a_list_go_by_their_numbers():
    image = keras.Input((4, 3))
    model = keras.Model(image, make.RNN([make.LSTMCell(2), make.GRUCell(2)], name="rnn")(image))
    attributes = {w.attributes for w in model_layers(model.layers)["rnn"]}
    assert attributes == {("rnn", "cell", "cells/0"), ("rnn", "cell", "cells/1")}


def test_a_depthwise_kernel_has_the_name_of_keras_2():
    model = keras.Sequential([keras.Input((4, 4, 3)), make.DepthwiseConv2D(3, name="c")])
    assert [w.name for w in model_layers(model.layers)["c"]] == ["depthwise_kernel", "bias"]


def test_sequentials_give_way_to_their_layers():
    block = keras.Sequential([keras.Input((3,)), make.Dense(2, name="a")])
    model = keras.Sequential([keras.Input((3,)), block, make.Dense(2, name="b")])
    assert [layer.name for layer in without_sequentials(model)] == ["a", "b"]
