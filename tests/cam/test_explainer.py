"""From files to maps: parity with the NumPy oracle, and what must not change a map."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
import pytest

from oracle.cams import cam_of
from oracle.network import Network, read_network
from support.small_models import build_tiny, save_model
from xai_cam import METHODS, Explainer, explain, load_model
from xai_cam.cam.engines.questions import live_channels
from xai_cam.errors import InputError

METHOD_NAMES = [name for name, method in METHODS.items() if method.needs_layer]


def pictures(n: int = 3, channels: int = 3, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, (n, 16, 16, channels)).astype(np.float32)


def test_methods_with_and_without_a_layer_of_a_function_of_an_output_without_a_head() -> None:
    """Of boxes, as a detector gives them: nobody could say what the columns of this output are."""
    import keras

    image = keras.Input((16, 16, 3))
    maps = keras.layers.Conv2D(4, 3, name="maps", activation="relu")(image)
    boxes = keras.layers.Reshape((7, 7, 4, 4))(
        keras.layers.AveragePooling2D(2)(keras.layers.Conv2D(16, 1)(maps))
    )
    explainer = Explainer(keras.Model(image, boxes), "maps", engine="tensorflow", target=_total)
    found = explainer.explain(pictures(1), ["grad-cam", "saliency"])[0]
    assert [(one.method, one.layer) for one in found] == [("grad-cam", "maps"), ("saliency", "")]


def _total(boxes: Any) -> Any:
    import tensorflow as tf

    return tf.reduce_sum(tf.reshape(boxes, (tf.shape(boxes)[0], -1)), axis=1)


def close(found: np.ndarray, expected: np.ndarray, tolerance: float = 1e-4) -> None:
    assert found.dtype == np.float32 and found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance * max(np.abs(expected).max(), 1e-6))


def with_dead_channel(bias: float = 0.0) -> Any:
    """The tiny model, with channel 2 of `conv_2` constant."""
    model = build_tiny()
    kernel, biases = model.get_layer("conv_2").get_weights()
    kernel[..., 2], biases[2] = 0, bias
    model.get_layer("conv_2").set_weights([kernel, biases])
    return model


def write(kind: str, folder: Path) -> tuple[Path, Path]:
    """A small classifier: `softmax`, `linear`, `sigmoid` (one unit), or `legacy`, which Keras 2 wrote."""
    units, activation = {"softmax": (3, "softmax"), "linear": (3, None), "sigmoid": (1, "sigmoid")}.get(
        kind, (3, "softmax")
    )
    if kind != "legacy":
        return save_model(build_tiny(units, activation), folder)
    tf_keras = pytest.importorskip("tf_keras")
    make = tf_keras.layers
    model = tf_keras.Sequential(
        [
            make.Conv2D(6, 3, padding="same", activation="relu", name="conv_1", input_shape=(16, 16, 3)),
            make.MaxPooling2D(2),
            make.Conv2D(8, 3, use_bias=False),
            make.BatchNormalization(),
            make.ReLU(name="conv_2"),
            make.Flatten(),
            make.Dense(3, activation="softmax"),
        ]
    )
    rng = np.random.default_rng(3)
    model.set_weights([rng.uniform(0.1, 1, w.shape) - 0.5 * (w.ndim > 1) for w in model.get_weights()])
    folder.mkdir(exist_ok=True)
    (folder / "m.json").write_text(model.to_json(), encoding="utf-8")
    model.save_weights(folder / "w.h5")
    return folder / "m.json", folder / "w.h5"


# --- Parity ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["softmax", "linear", "sigmoid", "legacy"])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Network]:
    files = write(request.param, tmp_path_factory.mktemp(request.param))
    return load_model(*files), read_network(*files)


@pytest.mark.parametrize("layer", ["conv_2", "conv_1"])
def test_maps_equal_the_oracle(pair: tuple[Any, Network], layer: str):
    model, network = pair
    x = pictures(2)
    for found in explain(model, x[:1], layer, METHOD_NAMES, [0, 1]):
        close(found.cam, cam_of(found.method, network, x[0], layer, found.target_class))


def test_scores_equal_the_oracle(pair: tuple[Any, Network]):
    model, network = pair
    x = pictures(4)
    logits, probabilities = network.class_logits(network.forward(x)), network.probabilities(x)
    found = explain(model, x, method=["grad-cam", "score-cam-official"], target_class=1)
    for i, (by_logit, by_probability) in enumerate(zip(found[::2], found[1::2], strict=True)):
        assert by_logit.predicted_class == probabilities[i].argmax()
        assert (by_logit.score_name, by_probability.score_name) == ("logit", "probability")
        np.testing.assert_allclose(by_logit.score, logits[i, 1], rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(by_probability.score, probabilities[i, 1], rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(by_logit.probability, probabilities[i, 1], rtol=1e-4, atol=1e-6)
        best = np.argsort(-probabilities[i], kind="stable")
        assert [c for c, _ in by_logit.ranking] == list(best[:5])
        np.testing.assert_allclose(
            [p for _, p in by_logit.ranking], probabilities[i][best], rtol=1e-4, atol=1e-6
        )


# --- What must not change a map ----------------------------------------------------------------------


def test_batches_chunks_and_batch_mates_change_nothing(tiny_model: Any):
    x = pictures(5)
    whole = explain(tiny_model, x, method=METHOD_NAMES, target_class=2, chunk_size=64)
    alone = [m for image in x for m in explain(tiny_model, image, method=METHOD_NAMES, target_class=2)]
    in_twos = explain(tiny_model, x, method=METHOD_NAMES, target_class=2, batch_size=2, chunk_size=7)
    by_one = explain(tiny_model, x, method=METHOD_NAMES, target_class=2, chunk_size=1)
    for expected, *others in zip(whole, alone, in_twos, by_one, strict=True):
        for other in others:
            assert other.method == expected.method
            close(other.cam, expected.cam, 1e-5)


def test_two_calls_agree_with_dropout_and_batch_normalization():
    import keras

    make = keras.layers
    layers = [make.Conv2D(4, 3), make.BatchNormalization(), make.Dropout(0.5), make.ReLU(name="out")]
    model = keras.Sequential(
        [keras.Input((16, 16, 3)), *layers, make.Flatten(), make.Dropout(0.5), make.Dense(3)]
    )
    before = [w.copy() for w in model.get_weights()]
    first, second = (explain(model, pictures(2), "out", ["grad-cam", "score-cam"]) for _ in range(2))
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a.cam, b.cam)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_the_input_is_not_changed(tiny_model: Any):
    x = pictures(2)
    kept = x.copy()
    explain(tiny_model, x, method=METHOD_NAMES)
    np.testing.assert_array_equal(x, kept)


# --- Order, sharing and traces -----------------------------------------------------------------------


def test_order_and_fields(tiny_model: Any):
    x = pictures(3)
    predicted = np.asarray(tiny_model(x)).argmax(axis=1)
    found = explain(tiny_model, x, "conv_1", ["grad-cam", "layer-cam"], ["predicted", "top2", 0])
    order = np.argsort(-np.asarray(tiny_model(x)), axis=1)
    wanted = [
        (c, m)
        for i in range(3)
        for c in dict.fromkeys([predicted[i], *order[i, :2], 0])  # each class once
        for m in ("grad-cam", "layer-cam")
    ]
    assert [(e.target_class, e.method) for e in found] == wanted
    assert {e.layer for e in found} == {"conv_1"} and found[0].cam.shape == (16, 16)
    assert found[0].saliency_map.max() == 1 and found[0].saliency_map.min() >= 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        found[0].status = "ok"  # type: ignore[misc]


def test_a_class_for_each_image(tiny_model: Any):
    x, classes = pictures(3), np.array([2, 0, 1])
    found = explain(tiny_model, x, target_class=classes, batch_size=2)
    assert [e.target_class for e in found] == [2, 0, 1]
    for i, explanation in enumerate(found):
        close(explanation.cam, explain(tiny_model, x[i], target_class=int(classes[i]))[0].cam, 1e-5)


def test_no_images_no_maps(tiny_model: Any):
    assert explain(tiny_model, pictures(0)) == []


def test_one_trace_for_batches_of_all_sizes_and_forwards_are_shared(tiny_model: Any, monkeypatch: Any):
    explainer = Explainer(tiny_model, "conv_2", chunk_size=5, engine="tensorflow")
    engine: Any = explainer.engine
    compiled, chunks = engine._masked, []
    monkeypatch.setattr(engine, "_masked", lambda *a: chunks.append(a[-2].shape[0]) or compiled(*a))
    for n in (1, 4, 2, 3):
        chunks.clear()
        explainer.explain(pictures(n), ["score-cam", "score-cam-official"], [0, 1, 2])
        live = engine.forward(pictures(n)).activations.std(axis=(1, 2)) > 0
        assert chunks == [5] * -(-int(live.sum()) // 5), "more forwards than (image, live channel) pairs need"
        explainer.explain(pictures(n), ["grad-cam"])
        explainer.explain(pictures(n), ["grad-cam"], [0, 1])
    (whole,) = engine._at_layers.values()
    assert set(whole._gradients) == {("logit", 1), ("logit", 2)}
    for function in (compiled, whole.graphs.forward, *whole._gradients.values()):
        assert function.experimental_get_tracing_count() == 1


# --- Dead channels and statuses ----------------------------------------------------------------------


@pytest.mark.parametrize("bias", [0.0, 3.0])
def test_constant_channels_are_skipped(bias: float, tmp_path: Path):
    model = with_dead_channel(bias)
    network = read_network(*save_model(model, tmp_path))
    x = pictures(1)
    engine = Explainer(model, "conv_2").engine
    before = engine.forward(x)
    classes = np.zeros((1, 1), np.int32)
    scores = engine.masked_scores(x, before, classes, live_channels(before.activations)).logits
    assert np.isnan(scores[0, 0, 2]) and np.isfinite(scores).any()
    for found in explain(model, x, "conv_2", ["score-cam", "score-cam-official", "ablation-cam"], 0):
        close(found.cam, cam_of(found.method, network, x[0], "conv_2", 0))


def test_a_dead_layer_is_blank():
    model = build_tiny()
    conv = model.get_layer("conv_2")
    conv.set_weights([0 * w for w in conv.get_weights()])
    for found in explain(model, pictures(2), method=METHOD_NAMES):
        assert found.status == "blank" and "constant" in found.cause
        assert not found.cam.any() and not found.saliency_map.any()


def test_a_layer_that_speaks_against_the_class_is_blank():
    model = build_tiny()
    kernel, bias = model.get_layer("head").get_weights()
    kernel[:, 0] = -np.abs(kernel[:, 0])  # all maps are >= 0, behind a ReLU
    model.get_layer("head").set_weights([kernel, bias])
    by_logit = explain(model, pictures(1), target_class=0)[0]
    assert by_logit.status == "blank" and "against" in by_logit.cause


def test_non_finite_values_are_said():
    model = build_tiny()
    kernel, bias = model.get_layer("head").get_weights()
    model.get_layer("head").set_weights([np.full_like(kernel, np.inf), bias])
    (broken,) = explain(model, pictures(1))
    assert broken.status == "non-finite" and "gradients" in broken.cause


# --- Refusals ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"target_class": 3}, r"no class 3.*0 to 2"),
        ({"target_class": -1}, "no class -1"),
        ({"target_class": "top4"}, "top4"),
        ({"target_class": "cat"}, "class 'cat' needs `labels`"),
        ({"target_class": np.array([0, 7])}, "no class 7"),
        ({"method": "gradcam"}, "Unknown method 'gradcam'. Nearest: grad-cam"),
        ({"method": "score-cam", "score": "probability"}, "nearly equal"),
        ({"method": "score-cam-official", "score": "logit"}, "defined on probabilities"),
        ({"score": "margin"}, "Unknown score 'margin'"),
    ],
)
def test_what_cannot_be_meant_is_refused(tiny_model: Any, arguments: dict[str, Any], message: str):
    with pytest.raises(InputError, match=message):
        explain(tiny_model, pictures(2), **arguments)


@pytest.mark.parametrize("shape", [(2, 16, 16, 1), (2, 8, 16, 3), (2, 16)])
def test_other_shapes_are_refused(tiny_model: Any, shape: tuple[int, ...]):
    with pytest.raises(InputError, match="the model takes n x 16 x 16 x 3"):
        Explainer(tiny_model).explain(np.zeros(shape, np.float32))


def test_threads_that_share_an_explainer_take_turns() -> None:
    explainer, start = Explainer(build_tiny(), engine="openvino", chunk_size=2, cache=False), Barrier(4)
    asked = [(pictures(2, seed=seed), spec) for seed in (1, 2) for spec in ("predicted", [0, 2])]
    alone = [explainer.explain(images, "score-cam", spec) for images, spec in asked]

    def ask(number: int) -> list[list[list[Any]]]:
        start.wait()
        return [explainer.explain(asked[number][0], "score-cam", asked[number][1]) for _ in range(5)]

    with ThreadPoolExecutor(4) as pool:
        for found, expected in zip(pool.map(ask, range(4)), alone, strict=True):
            for again in found:
                for maps, right in zip(again, expected, strict=True):
                    assert [m.target_class for m in maps] == [m.target_class for m in right]
                    for one, other in zip(maps, right, strict=True):
                        np.testing.assert_array_equal(one.cam, other.cam)
