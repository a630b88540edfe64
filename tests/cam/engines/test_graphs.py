"""The graphs of a layer, on a model of which everything is known by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from xai_cam.cam.engines.graphs import Graphs
from xai_cam.cam.engines.perturbed import DIMMED
from xai_cam.cam.engines.questions import PREDICTED, ranked
from xai_cam.cam.engines.whole_graphs import WholeGraphs
from xai_cam.models.network import Network

X = np.arange(2 * 2 * 2, dtype=np.float32).reshape(2, 2, 2, 1) / 4
KERNEL = np.array([1, -2], np.float32)
HEAD = np.array([[1, 0, 2], [0, 3, 1]], np.float32)
"""Two maps, x and -2 x; three logits of their means a and b: a, 3 b and 2 a + b."""


@pytest.fixture(scope="module")
def graphs() -> Graphs:
    import keras

    layers = keras.layers
    inputs = keras.Input((2, 2, 1))
    maps = layers.Conv2D(2, 1, use_bias=False, name="maps")(inputs)
    outputs = layers.Dense(3, use_bias=False, name="head")(layers.GlobalAveragePooling2D()(maps))
    model = keras.Model(inputs, outputs)
    model.get_layer("maps").set_weights([KERNEL[None, None, None]])
    model.get_layer("head").set_weights([HEAD])
    network = Network(model)
    return Graphs(network, network.find("maps"))


@pytest.fixture(scope="module")
def whole(graphs: Graphs) -> WholeGraphs:
    return WholeGraphs(graphs, [graphs.target_layer])


def softmax(z: np.ndarray) -> np.ndarray:
    powers = np.exp(z)
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def logits_of(maps: np.ndarray) -> np.ndarray:
    return np.asarray(maps.mean(axis=(1, 2)) @ HEAD)


def test_forward(whole: WholeGraphs) -> None:
    activations, logits, probabilities, output, predicted = (np.asarray(a) for a in whole.forward(X))
    np.testing.assert_allclose(activations, X * KERNEL, rtol=1e-6)
    np.testing.assert_allclose(logits, logits_of(X * KERNEL), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(output, logits)
    np.testing.assert_allclose(probabilities, softmax(logits), rtol=1e-5)
    assert predicted[:, 0].tolist() == logits.argmax(axis=1).tolist()


def test_gradients_of_classes_and_of_ranks(whole: WholeGraphs) -> None:
    """d z_c / d A_k is the weight of the head over the 4 places, at each of them."""
    asked = np.array([[2, PREDICTED, ranked(2)], [0, PREDICTED, ranked(1)]], np.int32)
    *_, gradients = whole.gradients("logit", 3)(X, asked)
    order = np.argsort(-np.asarray(whole.forward(X)[1]), axis=1, kind="stable")
    meant = np.array([[2, order[0, 0], order[0, 2]], [0, order[1, 0], order[1, 1]]])
    expected = np.broadcast_to((HEAD.T[meant] / 4).transpose(1, 0, 2)[:, :, None, None], (3, 2, 2, 2, 2))
    np.testing.assert_allclose(gradients, expected, rtol=1e-6)


def test_ablated(graphs: Graphs) -> None:
    """Without map 0 of image 1, and without map 1 of image 0: its mean is taken out of the logits."""
    maps = X * KERNEL
    classes = np.array([[0, 2], [1, 2]], np.int32)
    found = np.asarray(graphs.ablated(X, maps, np.array([[1, 0], [0, 1]], np.int32), classes))
    for row, (image, channel) in enumerate([(1, 0), (0, 1)]):
        without = maps[image].copy()
        without[..., channel] = 0
        z = logits_of(without[None])[0]
        np.testing.assert_allclose(found[0, row], z[classes[image]], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(found[1, row], softmax(z)[classes[image]], rtol=1e-5)


@pytest.mark.parametrize("spread", [False, True])
def test_positions(graphs: Graphs, spread: bool) -> None:
    """Position 1 of image 1, at the top on the right, and position 2 of image 0 below on the left."""
    maps, classes = X * KERNEL, np.array([[0, 2], [1, 2]], np.int32)
    asked = graphs.spread_positions if spread else graphs.positions
    found = np.asarray(asked(X, maps, np.array([[1, 1], [0, 2]], np.int32), classes))
    near = np.array([[2, 4], [1, 2]]) / 16 if spread else np.array([[0, 1], [0, 0]])
    for row, (image, kept) in enumerate([(1, near), (0, near[::-1, ::-1])]):
        z = logits_of((maps[image] * kept[..., None])[None])[0]
        np.testing.assert_allclose(found[0, row], z[classes[image]], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(found[1, row], softmax(z)[classes[image]], rtol=1e-5)


def test_masked(graphs: Graphs) -> None:
    """Maps of the input's size; the mask of image 0 by its map -2 x is 1 where x is 0, and 0 at its end."""
    maps = (X * KERNEL).transpose(0, 3, 1, 2)
    eye = np.eye(2, dtype=np.float32)
    classes = np.array([[0, 1, 2], [0, 1, 2]], np.int32)
    found = np.asarray(graphs.masked(X, maps, eye, eye, np.array([[0, 1]], np.int32), classes))
    mask = np.array([[1, 2 / 3], [1 / 3, 0]])[None, ..., None]
    np.testing.assert_allclose(found[0, 0], logits_of(X[:1] * mask * KERNEL)[0], rtol=1e-5, atol=1e-6)


def test_perturbed(graphs: Graphs) -> None:
    """Of two pictures, two pixels of the one in the other; and the second of them, dimmed."""
    planes = np.array([[[0, 1], [2, 3]], [[1, 0.5], [0, 0.25]]], np.float32)
    rows = np.array([[1, 0, 1, 0, 2], [0, 1, 1, 1, DIMMED]], np.int32)
    found: Any = graphs.perturbed(np.moveaxis(X, -1, 1), planes, rows, np.array([[2, 0], [1, 1]], np.int32))
    upper = np.array([[True, True], [False, False]])[..., None]
    made = np.stack([np.where(upper, X[0], X[1]), X[1] * planes[1][..., None]])
    logits = logits_of(made * KERNEL)
    expected = softmax(logits)
    np.testing.assert_allclose(found, [[expected[0, [1, 1]], expected[1, [2, 0]]]], rtol=1e-5)
    classes = np.array([[2, 0], [1, 1]], np.int32)
    found = graphs.perturbed_logits(np.moveaxis(X, -1, 1), planes, rows, classes)
    np.testing.assert_allclose(found, [[logits[0, [1, 1]], logits[1, [2, 0]]]], rtol=1e-5)
