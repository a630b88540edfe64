"""Several layers from one pass: at each what a tape of its own says, whatever feeds what."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from support.contract import with_weights
from xai_cam.cam.engines.graphs import Graphs
from xai_cam.cam.engines.whole_graphs import WholeGraphs
from xai_cam.errors import ModelError
from xai_cam.models.network import Network

layers = keras.layers
X = np.random.default_rng(0).normal(0, 1, (3, 12, 10, 3)).astype(np.float32)
CLASSES = np.array([[0, 1], [3, 2], [1, 1]], np.int32)


def branching() -> dict[str, Any]:
    """The parts of a network that forks behind its first layer, and where a branch joins in again."""
    return {
        "first": layers.Conv2D(4, 3, padding="same", activation="tanh", name="first"),
        "left": layers.Conv2D(5, 3, padding="same", activation="tanh", name="left"),
        "right": layers.Conv2D(3, 3, padding="same", activation="tanh", name="right"),
        "last": layers.Conv2D(6, 3, activation="tanh", name="last"),
        "head": layers.Dense(4, name="head"),
    }


def run(parts: dict[str, Any], x: Any, watch: Any = lambda name, y: y) -> Any:
    """Logits; `watch` gets the output of each layer."""
    first = watch("first", parts["first"](x))
    left, right = watch("left", parts["left"](first)), watch("right", parts["right"](first))
    last = watch("last", parts["last"](layers.Concatenate()([left, first])))
    flat = layers.Concatenate()([layers.GlobalAveragePooling2D()(one) for one in (last, right)])
    return parts["head"](flat)


@pytest.fixture(scope="module")
def whole() -> tuple[dict[str, Any], Network]:
    parts, image = branching(), keras.Input(X.shape[1:])
    return parts, Network(with_weights(keras.Model(image, run(parts, image))))


def by_a_tape_of_its_own(parts: dict[str, Any], name: str, column: int) -> tuple[np.ndarray, np.ndarray]:
    """Activations of one layer, and the gradients of one column of `CLASSES`."""
    found: list[Any] = []
    with tf.GradientTape() as tape:

        def watch(at: str, y: Any) -> Any:
            if at == name:
                tape.watch(y)
                found.append(y)
            return y

        logits = run(parts, tf.constant(X), watch)
        score = tf.reduce_sum(tf.gather(logits, CLASSES[:, column], axis=1, batch_dims=1))
    return found[0].numpy(), tape.gradient(score, found[0]).numpy()


@pytest.mark.parametrize("names", [["first", "left", "right", "last"], ["last", "first"], ["right"]])
def test_gradients_at_layers_that_feed_each_other(
    whole: tuple[dict[str, Any], Network], names: list[str]
) -> None:
    """At each the total gradient: all ways that lead on from there count, those through the others too."""
    parts, network = whole
    at = [network.find(name) for name in names]
    graphs = WholeGraphs(Graphs(network, at[-1]), at)
    answers = [np.asarray(one) for one in graphs.gradients("logit", 2)(X, CLASSES)]
    activations, logits = answers[: len(names)], answers[len(names)]
    np.testing.assert_allclose(logits, np.asarray(network.model(X)), rtol=1e-4, atol=1e-5)
    for name, found, gradients in zip(names, activations, answers[-len(names) :], strict=True):
        for column in range(2):
            maps, exact = by_a_tape_of_its_own(parts, name, column)
            np.testing.assert_allclose(found, maps, rtol=1e-4, atol=1e-5)
            np.testing.assert_allclose(gradients[column], exact, rtol=1e-4, atol=1e-6)
    forward = [np.asarray(one) for one in graphs.forward(X)]
    for one, other in zip(forward, answers, strict=False):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


def test_calls_of_a_shared_layer() -> None:
    """Of z = k (k x): dz/dx is k k, dz/d(k x) is k, and dz/dz is 1, each over the four places."""
    shared, image = layers.Conv2D(1, 1, use_bias=False, name="shared"), keras.Input((2, 2, 1))
    model = keras.Model(image, layers.GlobalAveragePooling2D()(shared(shared(image))))
    shared.set_weights([np.full((1, 1, 1, 1), 3, np.float32)])
    found = [Network(model, call=call, head="regression").find("shared") for call in (1, 2)]
    network = Network(model, head="regression")
    graphs = WholeGraphs(Graphs(network, found[0]), found)
    x = np.arange(4, dtype=np.float32).reshape(1, 2, 2, 1)
    answers = [np.asarray(one) for one in graphs.gradients("logit", 1)(x, np.zeros((1, 1), np.int32))]
    for number, (activations, gradients) in enumerate(zip(answers[:2], answers[-2:], strict=True), 1):
        np.testing.assert_allclose(activations, 3**number * x)
        np.testing.assert_allclose(gradients, np.full((1, 1, 2, 2, 1), 3 ** (2 - number) / 4))


def test_the_layer_without_influence_is_named() -> None:
    image = keras.Input(X.shape[1:])
    used = layers.Conv2D(2, 3, name="used")(image)
    unused = layers.GlobalAveragePooling2D()(layers.Conv2D(2, 3, name="unused")(image))
    outputs = layers.Dense(4)(layers.GlobalAveragePooling2D()(used)) + keras.ops.stop_gradient(unused)[:, :1]
    network = Network(keras.Model(image, outputs))
    at = [network.find(name) for name in ("used", "unused")]
    with pytest.raises(ModelError, match="Layer 'unused' has no influence"):
        WholeGraphs(Graphs(network, at[0]), at).gradients("logit", 2)(X, CLASSES)
