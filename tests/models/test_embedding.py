"""Embeddings of images, and what cannot be compared with."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from support.target_networks import X, model, network
from xai_cam.errors import InputError
from xai_cam.models.embedding import embed
from xai_cam.models.input.inputs import Inputs
from xai_cam.models.known.network import KnownNetwork, record_of
from xai_cam.models.network import Network


def test_the_output_itself() -> None:
    found = embed(network("embedding"), Inputs(X[1:2]))
    np.testing.assert_allclose(found, np.asarray(model("embedding")(X))[1], rtol=1e-5)


def test_of_maps_the_means_over_places() -> None:
    image = keras.Input((12, 12, 3))
    made = keras.Model(image, layers.Conv2D(4, 3, activation="relu")(image))
    found = embed(Network(made), Inputs(X[:1]))
    np.testing.assert_allclose(found, np.asarray(made(X[:1])).mean((0, 1, 2)), rtol=1e-5)


def test_one_image_that_says_something() -> None:
    with pytest.raises(InputError, match="`like` holds 2 images"):
        embed(network("embedding"), Inputs(X[:2]))
    image = keras.Input((12, 12, 3))
    silent = layers.Dense(4, kernel_initializer="zeros")(layers.Flatten()(layers.Conv2D(2, 3)(image)))
    with pytest.raises(InputError, match="is 0 or not finite"):
        embed(Network(keras.Model(image, silent)), Inputs(X[:1]))


def test_that_of_a_known_network_is_computed_once() -> None:
    live, expected = network("embedding"), np.asarray(model("embedding")(X))[1]
    opened: list[Network] = []

    def open_it() -> Network:
        opened.append(network("embedding"))
        return opened[-1]

    known = KnownNetwork(record_of(live), "embedding", open_it)
    for _ in range(2):
        np.testing.assert_allclose(embed(known, Inputs(X[1:2])), expected, rtol=1e-5)
    again = KnownNetwork(record_of(live), "embedding", lambda: pytest.fail("it is opened"))
    np.testing.assert_allclose(embed(again, Inputs(X[1:2])), expected, rtol=1e-5)
    assert len(opened) == 1
    with pytest.raises(pytest.fail.Exception, match="it is opened"):
        embed(again, Inputs(X[:1]))
