"""What every engine answers alike, asked of two of them; and small models of every kind to ask it of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from support.perturbed import mixed
from support.small_models import build_tiny
from xai_cam import Explainer
from xai_cam.cam.engines.questions import live_channels

METHODS = ["grad-cam", "hires-cam", "score-cam", "ablation-cam", "score-cam-official"]
CLOSE = 1e-4


@dataclass(frozen=True)
class Answers:
    """What an engine says of some images: a row an image, a column a class, then channels or pixels."""

    forward: list[np.ndarray]
    gradients: np.ndarray
    masked: np.ndarray
    ablated: np.ndarray
    probabilities: np.ndarray
    maps: np.ndarray
    statuses: list[str]


def answers(explainer: Explainer, images: np.ndarray, classes: list[int]) -> Answers:
    """Activations, logits and outputs; gradients (m, n, h, w, k); scores (2, n, m, k), with both kinds of
    score; probabilities (3 n, m) of altered images; maps (n, m * methods, h, w).
    """
    engine = explainer.engine
    every = np.tile(np.array(classes, np.int32), (len(images), 1))
    forward, gradients = engine.gradients(images, every, "logit")
    activations = forward.activations
    asked = images, forward, every, live_channels(activations, explainer.settings.limits.max_channels)
    masked, ablated = engine.masked_scores(*asked), engine.ablated_scores(*asked)
    methods = METHODS if explainer.network.head.has_probabilities else METHODS[:-1]
    found = explainer.explain(images, methods, classes)
    return Answers(
        [forward.activations, forward.logits, forward.output],
        gradients,
        np.stack([masked.logits, masked.probabilities]),
        np.stack([ablated.logits, ablated.probabilities]),
        engine.perturbed_scores(mixed(images, classes)),
        np.stack([[one.saliency_map for one in of_image] for of_image in found]),
        [one.status for of_image in found for one in of_image],
    )


def agree(found: Answers, expected: Answers) -> None:
    """The two say the same: scores to 1e-4 of the largest of their kind, maps (in [0, 1]) to 1e-4."""
    for some, right in zip(
        [*found.forward, found.gradients], [*expected.forward, expected.gradients], strict=True
    ):
        np.testing.assert_allclose(some, right, rtol=0, atol=CLOSE * largest(right))
    for some, right in ((found.masked, expected.masked), (found.ablated, expected.ablated)):
        np.testing.assert_array_equal(np.isnan(some), np.isnan(right))
        for kind, exact in zip(some, right, strict=True):
            np.testing.assert_allclose(kind, exact, rtol=0, atol=CLOSE * largest(exact))
    size = max(largest(expected.probabilities), 1)  # of a regression they are values
    np.testing.assert_allclose(found.probabilities, expected.probabilities, rtol=0, atol=CLOSE * size)
    assert found.statuses == expected.statuses
    assert expected.maps.min() >= 0 and expected.maps.max() <= 1
    np.testing.assert_allclose(found.maps, expected.maps, rtol=0, atol=CLOSE)


def largest(scores: np.ndarray) -> float:
    """The largest value that is one; 0 where there is none."""
    return float(np.abs(scores[np.isfinite(scores)]).max(initial=0))


# --- Models ------------------------------------------------------------------------------------------


def with_weights(model: Any, seed: int = 0) -> Any:
    """The model with seeded weights; what is a variance is positive."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        values = rng.normal(0, 0.4, weight.shape)
        weight.assign(np.abs(values) + 0.5 if "variance" in weight.name else values)
    return model


def functional() -> Any:
    """Branches that are added and joined, normalised, and pooled with uneven padding."""
    from keras import Input, Model, layers

    inputs = Input((16, 16, 3))
    start = layers.Conv2D(6, 3, padding="same", name="start")(inputs)
    wide = layers.ReLU()(layers.BatchNormalization()(start))
    deep = layers.SeparableConv2D(6, 3, padding="same", activation="swish")(wide)
    both = layers.Concatenate()([layers.Add()([deep, wide]), layers.DepthwiseConv2D(3, padding="same")(wide)])
    small = layers.AveragePooling2D(3, 2, padding="same")(layers.MaxPooling2D((3, 2), (1, 2), "same")(both))
    last = layers.Conv2D(5, 3, activation="relu", name="last")(small)
    return with_weights(Model(inputs, layers.Dense(4, "softmax")(layers.Flatten()(last))))


def sequential() -> Any:
    """The activation of the head is a layer of its own."""
    from keras import Input, Sequential, layers

    shape = layers.Conv2D(5, 3, strides=2, activation="elu", name="last")
    middle = [layers.Dropout(0.5), layers.GlobalMaxPooling2D(), layers.Dense(3), layers.Softmax()]
    return with_weights(Sequential([Input((17, 13, 1)), layers.Conv2D(4, 3), shape, *middle]))


def nested() -> Any:
    """A backbone inside another model, behind what scales its input."""
    from keras import Input, Model, Sequential, layers

    inner = Input((16, 16, 3))
    body = Model(inner, layers.Conv2D(6, 3, activation="relu", name="last")(inner), name="body")
    parts = [layers.Rescaling(1 / 2, offset=0.1), body, layers.GlobalAveragePooling2D()]
    return with_weights(Sequential([Input((16, 16, 3)), *parts, layers.Dense(3, "softmax")]))


def shared_layer() -> Any:
    """A layer that is called three times; its maps are those of the last."""
    from keras import Input, Model, layers

    twice = layers.Conv2D(3, 3, padding="same", activation="relu", name="last")
    inputs = Input((16, 16, 3))
    pooled = layers.GlobalAveragePooling2D()(twice(twice(twice(inputs))))
    return with_weights(Model(inputs, layers.Dense(2, "softmax")(pooled)))


def dead_channels() -> Any:
    """Channels of the last convolution that are 0 everywhere, or 3."""
    model = build_tiny()
    kernel, bias = model.get_layer("conv_2").get_weights()
    kernel[..., [1, 4]], bias[[1, 4]] = 0, (0, 3)
    model.get_layer("conv_2").set_weights([kernel, bias])
    return model


def attention() -> Any:
    """Places that look at each other, and a recurrent layer that walks over them."""
    from keras import Input, Model, layers

    inputs = Input((8, 8, 3))
    places = layers.Reshape((64, 4))(layers.Conv2D(4, 3, padding="same")(inputs))
    seen = layers.LayerNormalization()(layers.MultiHeadAttention(2, 3)(places, places))
    maps = layers.Activation("gelu", name="last")(layers.Reshape((8, 8, 4))(layers.Add()([seen, places])))
    walked = layers.LSTM(5)(layers.Reshape((8, 32))(maps))
    return with_weights(Model(inputs, layers.Dense(3, "softmax")(walked)))


def mixed_sizes() -> Any:
    """Input sizes left open: the images say them."""
    from keras import Input, Model, layers

    inputs = Input((None, None, 3))
    maps = layers.Conv2D(5, (3, 5), dilation_rate=2, activation="relu", name="last")(inputs)
    larger = layers.UpSampling2D(2, interpolation="bilinear")(maps)
    return with_weights(Model(inputs, layers.Dense(3, "softmax")(layers.GlobalAveragePooling2D()(larger))))


MODELS: dict[str, tuple[Callable[[], Any], str, tuple[int, int, int], list[int]]] = {
    "tiny": (build_tiny, "conv_1", (16, 16, 3), [0]),
    "functional": (functional, "last", (16, 16, 3), [2, 0]),
    "sequential": (sequential, "last", (17, 13, 1), [1]),
    "nested": (nested, "body/last", (16, 16, 3), [0, 1, 2]),
    "shared layer": (shared_layer, "last", (16, 16, 3), [1]),
    "one unit": (lambda: build_tiny(1, "sigmoid"), "conv_2", (16, 16, 3), [1, 0]),
    "linear head": (lambda: build_tiny(3, None), "conv_2", (16, 16, 3), [0]),
    "unknown head": (lambda: build_tiny(3, "tanh"), "conv_2", (16, 16, 3), [0]),
    "dead channels": (dead_channels, "conv_2", (16, 16, 3), [0]),
    "attention": (attention, "last", (8, 8, 3), [2]),
    "mixed sizes": (mixed_sizes, "last", (21, 18, 3), [1]),
}
"""Name -> how it is built, a layer, the shape of an input, classes."""
