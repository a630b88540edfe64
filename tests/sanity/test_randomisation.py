"""Random weights: which layers, in which order, of what size, and that the learnt ones come back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

from support.small_models import build_tiny
from xai_cam.cam.explainer import Explainer
from xai_cam.errors import ModelError
from xai_cam.models.network import Network
from xai_cam.sanity.randomisation import cascade, own_weights, put_back, random_like, randomised


def nested() -> Any:
    """conv_0 -> body (conv_1, norm, relu) -> pool -> average -> hidden -> head."""
    inner = keras.Input((8, 8, 4))
    x = layers.Conv2D(5, 3, padding="same", name="conv_1")(inner)
    x = layers.ReLU(name="relu")(layers.BatchNormalization(name="norm")(x))
    body = keras.Model(inner, x, name="body")
    inputs = keras.Input((8, 8, 3))
    x = body(layers.Conv2D(4, 3, padding="same", name="conv_0")(inputs))
    x = layers.GlobalAveragePooling2D(name="average")(layers.MaxPooling2D(name="pool")(x))
    x = layers.Dense(6, "relu", name="hidden")(x)
    return keras.Model(inputs, layers.Dense(3, "softmax", name="head")(x))


def shared() -> Any:
    """conv -> relu -> conv again -> average -> head: one convolution, called twice."""
    inputs = keras.Input((8, 8, 3))
    conv = layers.Conv2D(3, 3, padding="same", name="conv")
    x = layers.ReLU(name="relu")(conv(inputs))
    x = layers.GlobalAveragePooling2D()(conv(x))
    return keras.Model(inputs, layers.Dense(2, "softmax", name="head")(x))


def branches() -> Any:
    """stem -> left and right side by side -> both -> average -> head."""
    inputs = keras.Input((8, 8, 3))
    stem = layers.Conv2D(4, 3, padding="same", name="stem")(inputs)
    left = layers.ReLU(name="left_relu")(layers.Conv2D(4, 3, padding="same", name="left")(stem))
    right = layers.ReLU(name="right_relu")(layers.Conv2D(4, 3, padding="same", name="right")(stem))
    x = layers.GlobalAveragePooling2D()(layers.Add(name="both")([left, right]))
    return keras.Model(inputs, layers.Dense(2, "softmax", name="head")(x))


class Scaled(layers.Layer):
    """A layer with a weight of its own and a layer inside it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.inner = layers.Conv2D(3, 1, name="inner")

    def build(self, shape: Any) -> None:
        self.inner.build(shape)
        self.scale = self.add_weight(shape=(3,), initializer="random_normal", name="scale")

    def call(self, x: Any) -> Any:
        return self.inner(x) * self.scale

    def compute_output_shape(self, shape: Any) -> Any:
        return (*shape[:-1], 3)


def custom() -> Any:
    inputs = keras.Input((8, 8, 3))
    x = layers.GlobalAveragePooling2D()(Scaled(name="scaled")(inputs))
    return keras.Model(inputs, layers.Dense(2, name="head")(x))


# --- Which layers, in which order ------------------------------


@pytest.mark.parametrize(
    ("build", "target", "above", "below"),
    [
        (build_tiny, None, ["head"], ["conv_2"]),
        (build_tiny, "pool", ["head", "conv_2"], ["conv_1"]),
        (build_tiny, "conv_1", ["head", "conv_2"], ["conv_1"]),
        (nested, "pool", ["head", "hidden"], ["body/norm", "body/conv_1"]),
        (nested, "body/relu", ["head", "hidden"], ["body/norm", "body/conv_1"]),
        (nested, "body", ["head", "hidden"], ["body/norm", "body/conv_1"]),
        (nested, "body/norm", ["head", "hidden"], ["body/norm", "body/conv_1"]),
        (nested, "body/conv_1", ["head", "hidden", "body/norm"], ["body/conv_1"]),
        (nested, "conv_0", ["head", "hidden", "body/norm", "body/conv_1"], ["conv_0"]),
        (shared, "conv", ["head"], ["conv"]),
        (shared, "relu", ["head"], ["conv"]),  # the second call of conv stands above, but it feeds relu, too
        (branches, "both", ["head"], ["left"]),  # of the two that feed it the one called last
        (branches, "right_relu", ["head"], ["right"]),  # left is neither above nor below
        (branches, "left_relu", ["head"], ["left"]),
        (custom, "scaled", ["head"], ["scaled", "scaled/inner"]),
    ],
)
def test_from_the_head_down_to_the_nearest_kernel(
    build: Callable[[], Any], target: str | None, above: list[str], below: list[str]
) -> None:
    network = Network(build())
    stages = cascade(network, network.find(target))
    assert [stage.path for stage in stages if stage.above] == above
    assert [stage.path for stage in stages if not stage.above] == below
    assert [stage.above for stage in stages] == sorted((stage.above for stage in stages), reverse=True)


def test_every_weight_of_these_layers_is_met_once() -> None:
    model = nested()
    network = Network(model)
    variables = [v for stage in cascade(network, network.find("conv_0")) for v in stage.variables]
    assert sorted(map(id, variables)) == sorted(map(id, model.weights))


def test_own_weights_are_those_of_no_layer_inside_and_floating() -> None:
    model = custom()
    scaled = model.get_layer("scaled")
    assert [v.name for v in own_weights(scaled)] == ["scale"]
    assert own_weights(model) == []
    counting = layers.Normalization()
    counting.adapt(np.random.default_rng(0).random((4, 2), np.float32))
    assert all("float" in str(v.dtype) for v in own_weights(counting))


def test_a_model_without_weights() -> None:
    inputs = keras.Input((4, 4, 3))
    x = layers.GlobalAveragePooling2D()(layers.ReLU(name="relu")(inputs))
    network = Network(keras.Model(inputs, layers.Softmax()(x)))
    info = next(info for info in network.layers if info.path == "relu")
    with pytest.raises(ModelError, match="No layer from the head down to 'relu' has weights"):
        cascade(network, info)


# --- Which numbers ------------------------------


def test_a_kernel_is_drawn_anew_at_its_own_size() -> None:
    kernel = np.random.default_rng(1).normal(0.3, 0.05, (3, 3, 40, 30)).astype(np.float32)
    drawn = random_like(kernel, np.random.default_rng(2))
    assert drawn.shape == kernel.shape and drawn.dtype == np.float32
    root_mean_square = (sum(float(v) ** 2 for v in kernel.reshape(-1)) / kernel.size) ** 0.5
    assert drawn.std() == pytest.approx(root_mean_square, rel=0.02)  # 10,800 numbers: 0.7 % a standard error
    assert abs(drawn.mean()) < 4 * root_mean_square / kernel.size**0.5
    assert abs(np.corrcoef(drawn.reshape(-1), kernel.reshape(-1))[0, 1]) < 0.04


def test_a_vector_is_shuffled() -> None:
    variances = np.random.default_rng(3).uniform(0.1, 9, 50).astype(np.float32)
    drawn = random_like(variances, np.random.default_rng(4))
    assert (drawn != variances).any() and sorted(drawn) == sorted(variances)
    single = np.float32(3)
    assert random_like(np.array(single), np.random.default_rng(0)) == single


def test_a_kernel_of_zeros_stays() -> None:
    assert not random_like(np.zeros((2, 2), np.float16), np.random.default_rng(0)).any()


def test_each_stage_comes_on_top_of_those_before() -> None:
    model = build_tiny()
    network = Network(model)
    stages = cascade(network, network.find("conv_1"))
    learnt = model.get_weights()
    changed = []
    with put_back(stages):
        for stage in randomised(stages, (0, 0)):
            different = [not np.array_equal(a, b) for a, b in zip(learnt, model.get_weights(), strict=True)]
            changed.append((stage.path, different))
        first = model.get_weights()
    # kernel and bias of conv_1, conv_2 and head
    assert [path for path, _ in changed] == ["head", "conv_2", "conv_1"]
    assert [d for _, d in changed] == [[False] * 4 + [True] * 2, [False] * 2 + [True] * 4, [True] * 6]

    def drawn(*seed: int) -> list[np.ndarray]:
        with put_back(stages):
            list(randomised(stages, seed))
            return list(model.get_weights())

    assert all(np.array_equal(a, b) for a, b in zip(first, drawn(0, 0), strict=True))
    for other in ((0, 1), (1, 0)):
        again = drawn(*other)  # kernels; a bias of three may be shuffled alike
        assert not any(np.array_equal(a, b) for a, b in zip(first[::2], again[::2], strict=True))


# --- Afterwards ------------------------------


@pytest.mark.parametrize("error", [None, ValueError, KeyboardInterrupt])
def test_the_learnt_weights_come_back_bit_for_bit(error: type[BaseException] | None) -> None:
    model = nested()
    odd = model.get_layer("head").kernel
    values = np.array(odd)
    values[0, :3] = (np.nan, -0.0, np.inf)
    odd.assign(values)
    before = [w.tobytes() for w in model.get_weights()]
    network = Network(model)
    stages = cascade(network, network.find("conv_0"))

    def work() -> None:
        with put_back(stages):
            for number, _ in enumerate(randomised(stages, (0, 0))):
                assert [w.tobytes() for w in model.get_weights()] != before
                if error and number == 1:
                    raise error

    if error:
        with pytest.raises(error):
            work()
    else:
        work()
    assert [w.tobytes() for w in model.get_weights()] == before


def test_what_was_compiled_before_sees_the_random_weights() -> None:
    model = build_tiny()
    images = np.random.default_rng(0).random((3, 16, 16, 3), np.float32)
    classes = np.array([[0], [1], [2]])
    methods = ("grad-cam", "score-cam")

    def maps(explainer: Explainer) -> np.ndarray:
        return np.stack([e.cam for of_image in explainer.explain(images, methods, classes) for e in of_image])

    compiled = Explainer(model)
    learnt = maps(compiled)
    stages = cascade(compiled.network, compiled.target_layer)
    with put_back(stages):
        for _ in randomised(stages, (0, 0)):
            np.testing.assert_allclose(maps(compiled), maps(Explainer(model)), atol=1e-6)
            assert not np.allclose(maps(compiled), learnt, atol=1e-3)
    assert np.array_equal(maps(compiled), learnt)
