"""Whole passes with gradients by OpenVINO alone, against TensorFlow's tape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from support.by_openvino import by_tensorflow, gradients, made, same_gradients
from support.cut_models import patient
from support.gradient_graphs import assert_same, at_kinks, traced
from support.small_models import build_tiny
from xai_cam import Explainer
from xai_cam.cam.engines.openvino import joined
from xai_cam.cam.engines.openvino.conversion import get_core, translate
from xai_cam.cam.engines.openvino.portable import portable
from xai_cam.cam.engines.openvino.rules.table import RULES
from xai_cam.cam.engines.openvino.split import Split

pytest.importorskip("openvino")

SIDES = (6, 7, 8)


def heads() -> dict[str, Callable[[Any], Any]]:
    """What may follow a layer of 6 x 7 cells and 8 channels, by name."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(3)
    tokens, attended = layers.Reshape((42, 8)), layers.MultiHeadAttention(2, 4)
    squeezed = [
        layers.GlobalAveragePooling2D(keepdims=True),
        layers.Dense(4, "swish"),
        layers.Dense(8, "sigmoid"),
    ]
    shortcut, joined = layers.Conv2D(8, 3, padding="same"), layers.Concatenate()
    up, mean = layers.UpSampling2D(2, interpolation="bilinear"), layers.GlobalAveragePooling2D()
    chains = {
        "pooled": [mean, layers.Dense(5, "relu"), layers.Dense(3, "softmax")],
        "flat": [layers.Flatten(), layers.Dense(4, "relu6"), layers.Dense(1, "sigmoid")],
        "largest": [layers.GlobalMaxPooling2D(), layers.Dense(3)],
        "normalised": [layers.BatchNormalization(), layers.ReLU(), layers.LayerNormalization()],
        "in groups": [layers.GroupNormalization(2)],
        "convolved": [
            layers.Conv2D(4, 3, 2, "same", activation="relu"),
            layers.Conv2D(2, 2, dilation_rate=2),
        ],
        "depthwise": [layers.DepthwiseConv2D(3, 2, "same"), layers.SeparableConv2D(4, 3)],
        "transposed": [layers.Conv2DTranspose(3, 3, 2, "same")],
        "max": [layers.MaxPooling2D(3, 2, "same"), layers.MaxPooling2D(2)],
        "average": [layers.AveragePooling2D(3, 2, "same")],
        "padded": [layers.ZeroPadding2D(2), layers.Cropping2D(((1, 0), (2, 3)))],
        "nearest": [layers.UpSampling2D(2)],
        "prelu": [layers.PReLU(alpha_initializer="normal")],
        "leaky": [layers.LeakyReLU(0.1)],
    }
    kinds = [
        "elu",
        "selu",
        "gelu",
        "silu",
        "hard_silu",
        "mish",
        "softplus",
        "tanh",
        "softsign",
        "exponential",
    ]
    found = {name: keras.Sequential([keras.Input(SIDES), *chain]) for name, chain in chains.items()}
    found |= {kind: getattr(keras.activations, kind) for kind in kinds}
    found["smooth gelu"] = lambda x: keras.activations.gelu(x, approximate=True)
    found["attention"] = lambda x: attended(tokens(x), tokens(x) / 3)[:, 0]
    found["excited"] = lambda x: x * squeezed[2](squeezed[1](squeezed[0](x)))
    found["residual"] = lambda x: keras.ops.relu(x + shortcut(x))
    found["joined"] = lambda x: joined([x, shortcut(x), 2 * x[..., 1:3]])
    found["enlarged"] = lambda x: up(x)[:, 1:-1, ::2]
    found["einsum"] = lambda x: keras.ops.einsum("nhwc,nhwd->ncd", x, x)
    return found


def answers(graph: Any, *given: np.ndarray) -> list[np.ndarray]:
    names = ["images", "classes", "beside_0", "beside_1"]
    taken = {name for part in graph.inputs for name in part.names}
    feed = {name: part for name, part in zip(names, given, strict=False) if name in taken}
    found = get_core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(feed)
    return [np.array(found[i]) for i in range(len(found))]


def test_a_head_of_every_kind() -> None:
    """One conversion for all, for any number of images."""
    functions = heads()
    concrete = traced([*functions.values()], at_kinks(1, *SIDES))
    graph = translate(portable(concrete))
    for count in (3, 1):
        images = at_kinks(count, *SIDES) / 3
        for name, found, exact in zip(functions, answers(graph, images), by(concrete, images), strict=True):
            largest = np.abs(exact).max()  # of a single image all units of a layer may be off
            assert (largest > 0 or count == 1) and np.abs(found - exact).max() <= 1e-4 * largest, name


def by(concrete: Any, *given: np.ndarray) -> list[np.ndarray]:
    import tensorflow as tf

    return [answer.numpy() for answer in concrete(*map(tf.constant, given))]


@pytest.fixture(scope="module")
def engine() -> Any:
    return Explainer(build_tiny(), "conv_1", engine="tensorflow").engine


def passes(engine: Any) -> Iterator[Any]:
    whole = engine.at_layers([engine.target_layer])
    yield whole.graphs.forward.get_concrete_function()
    yield whole.gradient_function("probability", 2).get_concrete_function()


def test_passes_for_any_number_of_images(engine: Any) -> None:
    """Of two classes each: activations, logits, probabilities, output, predicted class and gradients."""
    for concrete in passes(engine):
        graph = translate(portable(concrete))
        for count in (2, 5):
            images = np.random.default_rng(count).normal(0, 1, (count, 16, 16, 3)).astype(np.float32)
            given = images, np.array([[0, -1]] * count, np.int32)
            given = given[: len(concrete.structured_input_signature[0])]
            found, exact = answers(graph, *given), by(concrete, *given)
            assert [(one.shape, one.dtype) for one in found] == [(one.shape, one.dtype) for one in exact]
            np.testing.assert_array_equal(found[4], exact[4])
            assert_same(
                [one for i, one in enumerate(found) if i != 4], [one for i, one in enumerate(exact) if i != 4]
            )


def test_other_inputs_ride_along() -> None:
    engine = Explainer(patient().model, "last", output_name="kind", engine="tensorflow").engine
    whole: Any = engine.at_layers([engine.target_layer])
    concrete = whole.gradient_function("logit", 1).get_concrete_function()
    rng = np.random.default_rng(1)
    others = concrete.inputs[2 : len(concrete.structured_input_signature[0])]
    beside = [rng.uniform(0, 4, (3, *one.shape[1:])).astype(one.dtype.as_numpy_dtype) for one in others]
    images = rng.normal(0, 1, (3, 15, 17, 3)).astype(np.float32)
    given = images, np.zeros((3, 1), np.int32), *beside
    found, exact = answers(translate(portable(concrete)), *given), by(concrete, *given)
    assert_same([found[0], found[1], found[-1]], [exact[0], exact[1], exact[-1]])


def test_what_does_not_convert_says_why() -> None:
    import tensorflow as tf

    concrete = traced([tf.math.special.bessel_j0], at_kinks(1, 8))
    with pytest.raises(RuntimeError, match="BesselJ0"):
        translate(portable(concrete))


@pytest.mark.parametrize("off", [1.0, 1.01])
def test_gradients_that_differ_are_not_taken(off: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """TensorFlow computes them then, behind what OpenVINO says up to the layer."""
    cut, right = [], RULES["ReluGrad"]
    monkeypatch.setitem(RULES, "ReluGrad", lambda *given: off * right(*given))
    monkeypatch.setattr(joined, "Split", lambda *given: cut.append(given) or Split(*given))
    model = build_tiny()
    same_gradients(gradients(made(model, layer="conv_1")), by_tensorflow(model, layer="conv_1"))
    assert bool(cut) == (off != 1)
