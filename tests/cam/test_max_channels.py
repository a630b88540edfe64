"""Methods that run the model for each channel: ablation against the oracle, and --max-channels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle import cams
from oracle.network import Network, read_network
from support.small_models import build_tiny, save_model, shared
from xai_cam import Explainer, explain, load_model
from xai_cam.cam.engines.questions import live_channels
from xai_cam.errors import InputError

X = np.random.default_rng(6).normal(0, 1, (3, 16, 16, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Network]:
    files = save_model(build_tiny(), tmp_path_factory.mktemp("channels"))
    return load_model(*files), read_network(*files)


def ablated(explainer: Explainer, x: np.ndarray, classes: list[int]) -> Any:
    engine = explainer.engine
    before = engine.forward(x)
    every = np.tile(np.array(classes, np.int32), (len(x), 1))
    return engine.ablated_scores(x, before, every, live_channels(before.activations))


@pytest.mark.parametrize("chunk_size", [1, 5, 64])
@pytest.mark.parametrize("layer", ["conv_1", "conv_2"])
def test_ablated_scores_equal_the_oracle(pair: tuple[Any, Network], layer: str, chunk_size: int):
    model, network = pair
    found = ablated(Explainer(model, layer, chunk_size=chunk_size), X, [2, 0])
    for i, x in enumerate(X):
        for column, target in enumerate((2, 0)):
            expected, _ = cams.ablated_scores(network, x, layer, target)
            np.testing.assert_allclose(found.logits[i, column], expected, rtol=1e-4, atol=1e-4)


def test_ablated_probabilities(pair: tuple[Any, Network]):
    """All logits of an ablated run together make its probabilities."""
    found = ablated(Explainer(pair[0]), X, [0, 1, 2])
    powers = np.exp(found.logits.astype(float))
    np.testing.assert_allclose(
        found.probabilities, powers / powers.sum(axis=1, keepdims=True), rtol=1e-4, atol=1e-6
    )


def test_the_layers_in_front_are_not_run():
    import keras
    import tensorflow as tf

    class Checked(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            number = tf.cast(tf.reduce_any(tf.math.is_nan(x)), tf.int32)
            return x + tf.gather(tf.zeros(1), number)  # of NaN: element 1 of 1, which fails

    inner = build_tiny()
    model = keras.Sequential([keras.Input((16, 16, 3)), Checked(), inner])
    model.build((None, 16, 16, 3))
    explainer = Explainer(model, "conv_2")
    before = explainer.engine.forward(X)
    asked = np.zeros((3, 1), np.int32), live_channels(before.activations)
    expected = explainer.engine.ablated_scores(X, before, *asked).logits
    broken = np.full_like(X, np.nan)
    np.testing.assert_array_equal(explainer.engine.ablated_scores(broken, before, *asked).logits, expected)
    with pytest.raises(Exception, match=r"is not in \[0, 1\)"):
        explainer.engine.forward(broken)


def test_what_leads_past_the_layer_is_run():
    """A residual block: only the branch through the layer is altered."""
    import keras

    inputs = keras.Input((16, 16, 3))
    start = keras.layers.Conv2D(4, 3, padding="same", name="start")(inputs)
    branch = keras.layers.Conv2D(4, 3, padding="same", name="branch")(start)
    total = keras.layers.Add()([start, branch])
    outputs = keras.layers.Dense(2, name="head")(keras.layers.GlobalAveragePooling2D()(total))
    model = keras.Model(inputs, outputs)
    found = ablated(Explainer(model, "branch"), X, [1]).logits[:, 0]
    first = model.get_layer("start")(X).numpy()
    second = model.get_layer("branch")(first).numpy()
    kernel, bias = model.get_layer("head").get_weights()
    for k in range(4):
        without = second.copy()
        without[..., k] = 0
        expected = (first + without).mean(axis=(1, 2)) @ kernel + bias
        np.testing.assert_allclose(found[:, k], expected[:, 1], rtol=1e-4, atol=1e-5)


def test_a_shared_layer_is_ablated_where_it_is_called_last():
    import keras

    shared_layer = keras.layers.Conv2D(3, 3, padding="same", activation="relu", name="twice")
    inputs = keras.Input((16, 16, 3))
    pooled = keras.layers.GlobalAveragePooling2D()(shared_layer(shared_layer(inputs)))
    model = keras.Model(inputs, keras.layers.Dense(2, name="head")(pooled))
    shared_layer.set_weights(
        [np.random.default_rng(0).normal(0, 0.4, w.shape) for w in shared_layer.get_weights()]
    )
    found = ablated(Explainer(model, "twice"), X, [0]).logits[:, 0]
    last = shared_layer(shared_layer(X)).numpy()
    kernel, bias = model.get_layer("head").get_weights()
    for k in range(3):
        without = last.copy()
        without[..., k] = 0
        expected = (without.mean(axis=(1, 2)) @ kernel + bias)[:, 0]
        live = last[..., k].max((1, 2)) > last[..., k].min((1, 2))
        np.testing.assert_allclose(found[live, k], expected[live], rtol=1e-4, atol=1e-5)


@pytest.mark.zoo
def test_ablated_logits_of_a_real_classifier():
    folder = shared("zoo/imagenet_mobilenet_v1_025_224")
    with np.load(folder / "reference.npz") as file:
        expected = file["conv_pw_13_relu/ablated_logit"]
        x, target = file["input_uint8"].astype(np.float32) / 127.5 - 1, file["target_class"][:, None]
    engine = Explainer(load_model(folder / "model.json"), "conv_pw_13_relu").engine
    before = engine.forward(x)
    found = engine.ablated_scores(x, before, target, live_channels(before.activations)).logits[:, 0]
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-3 * np.nanmax(np.abs(expected)))


# --- --max-channels ----------------------------------------------------------------------------------


def test_the_channels_that_vary_most():
    maps = np.zeros((2, 2, 2, 4), np.float32)
    maps[0, 0, 0] = [1, 5, 0, 5]  # deviations in the ratio 1 : 5 : constant : 5
    maps[1, 0, 0] = [3, 2, 9, 1]
    maps[:, :, :, 2] += 7  # a constant does not matter
    found = live_channels(maps, 2)
    np.testing.assert_array_equal(found, [[False, True, False, True], [True, False, True, False]])
    np.testing.assert_array_equal(live_channels(maps, 1)[0], [False, True, False, False])  # the first of two
    np.testing.assert_array_equal(live_channels(maps, 99), live_channels(maps))
    assert live_channels(maps, 4).sum() == 7  # never a constant one


@pytest.mark.parametrize("method", ["score-cam", "score-cam-official", "ablation-cam"])
@pytest.mark.parametrize("most", [1, 3])
def test_maps_of_few_channels(pair: tuple[Any, Network], method: str, most: int):
    model, network = pair
    for x, found in zip(X, explain(model, X, "conv_2", method, 1, max_channels=most), strict=True):
        activations = network.output(x[None], "conv_2")[0]
        order = sorted(range(8), key=lambda k: -np.std(activations[..., k]))
        logits, probabilities = cams.masked_scores(network, x, "conv_2", 1)
        without, score = cams.ablated_scores(network, x, "conv_2", 1)
        for scores in (logits, probabilities, without):
            scores[order[most:]] = np.nan
        expected = {
            "score-cam": lambda a: cams.score_cam(a, logits),  # noqa: B023
            "score-cam-official": lambda a: cams.score_cam_official(a, probabilities),  # noqa: B023
            "ablation-cam": lambda a: cams.ablation_cam(a, without, score),  # noqa: B023
        }[method](activations)
        np.testing.assert_allclose(found.cam, expected, rtol=0, atol=1e-4 * max(expected.max(), 1e-6))


def test_few_channels_cost_few_forwards(tiny_model: Any, monkeypatch: pytest.MonkeyPatch):
    explainer = Explainer(tiny_model, chunk_size=1, max_channels=2, engine="tensorflow")
    engine: Any = explainer.engine
    calls: list[int] = []
    masked = engine._masked
    monkeypatch.setattr(engine, "_masked", lambda *a: (calls.append(1), masked(*a))[1])
    explainer.explain(X, ["score-cam", "score-cam-official"])
    assert len(calls) == 2 * len(X)


def test_too_many_top_classes(tiny_model: Any):
    with pytest.raises(InputError, match="top4"):
        explain(tiny_model, X, method="ablation-cam", target_class="top4")
