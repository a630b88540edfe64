"""Small models for 8 x 8 x 3 images that Keras 2 (`tf_keras`) and Keras 3 build from the same lines.

Each function gets the package that shall build it. Together they hold what image models are made of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

SHAPE = (8, 8, 3)
FORMS = ("json + h5", "json + weights.h5", "whole h5", "keras zip")


def sequential(keras: Any) -> Any:
    make, regularizer = keras.layers, keras.regularizers.l2(1e-3)
    return keras.Sequential(
        [
            make.Conv2D(
                4,
                3,
                kernel_regularizer=regularizer,
                bias_constraint=keras.constraints.NonNeg(),
                input_shape=SHAPE,
            ),
            make.BatchNormalization(momentum=0.9),
            make.LeakyReLU(0.2),
            make.MaxPooling2D(),
            make.Dropout(0.5),
            make.Flatten(),
            make.Dense(5, activation="tanh", kernel_initializer="he_normal"),
            make.Dense(3, activation="softmax"),
        ]
    )


def built_later(keras: Any) -> Any:
    """A Sequential that learns its input's shape when it is built."""
    make = keras.layers
    model = keras.Sequential(
        [make.Conv2D(4, 3, activation="relu"), make.GlobalAveragePooling2D(), make.Dense(2)]
    )
    model.build((None, *SHAPE))
    return model


def branches(keras: Any) -> Any:
    """Every merging layer, and a layer that is called twice."""
    make = keras.layers
    image = keras.Input(SHAPE)
    shared = make.Conv2D(4, 3, padding="same", name="shared")
    a = make.ReLU(max_value=6.0)(shared(image))
    b = make.Conv2D(3, 1)(a)
    c = shared(b)
    x = make.Concatenate()([make.Add()([a, c]), make.Multiply()([a, c]), make.Maximum()([a, c])])
    x = make.Concatenate()([x, make.Subtract()([a, c]), make.Average()([a, c]), make.Minimum()([a, c])])
    return keras.Model(image, make.Dense(3)(make.GlobalMaxPooling2D()(x)))


def backbone(keras: Any, frozen: Callable[[int], bool] = lambda i: False) -> Any:
    make = keras.layers
    image = keras.Input(SHAPE)
    x = make.Conv2D(4, 3, padding="same", use_bias=False, name="stem")(image)
    x = make.ReLU()(make.BatchNormalization(name="norm_1")(x))
    x = make.Conv2D(5, 3, strides=2, padding="same", name="deep")(x)
    x = make.ReLU(name="out")(make.BatchNormalization(scale=False, name="norm_2")(x))
    model = keras.Model(image, x, name="backbone_1.00_8")
    for i, layer in enumerate(model.layers):
        layer.trainable = not frozen(i)
    return model


def _on_top(keras: Any, inner: Any, **call: Any) -> Any:
    make = keras.layers
    image = keras.Input(SHAPE)
    x = inner(make.Rescaling(1 / 2, -0.1)(image), **call)
    return keras.Model(image, make.Dense(3, activation="softmax")(make.GlobalAveragePooling2D()(x)))


def nested_frozen(keras: Any) -> Any:
    inner = backbone(keras)
    inner.trainable = False
    return _on_top(keras, inner, training=False)


def nested_partly_frozen(keras: Any) -> Any:
    return _on_top(keras, backbone(keras, lambda i: i % 2 == 0))


def nested_frozen_half(keras: Any) -> Any:
    return _on_top(keras, backbone(keras, lambda i: i < 4), training=False)


def nested_last(keras: Any) -> Any:
    """A nested model that gives the output."""
    inner = _on_top(keras, backbone(keras))
    image = keras.Input(SHAPE)
    return keras.Model(image, inner(keras.layers.Rescaling(3.0)(image)))


def nested_twice_called(keras: Any) -> Any:
    make, inner = keras.layers, backbone(keras)
    image = keras.Input(SHAPE)
    x = make.Concatenate()([inner(image), inner(make.Rescaling(-1.0)(image))])
    return keras.Model(image, make.Dense(3)(make.Flatten()(x)))


def nested_sequential(keras: Any) -> Any:
    make = keras.layers
    block = keras.Sequential(
        [make.Conv2D(4, 3, input_shape=SHAPE), make.BatchNormalization(), make.Activation("swish")],
        name="block",
    )
    return _on_top(keras, block)


def nested_sequential_last(keras: Any) -> Any:
    make, inner = keras.layers, backbone(keras)
    head = keras.Sequential([make.GlobalAveragePooling2D(), make.Dense(4, activation="relu"), make.Dense(1)])
    head.build((None, 4, 4, 5))
    image = keras.Input(SHAPE)
    return keras.Model(image, head(inner(image)))


def sequential_of_functional(keras: Any) -> Any:
    make = keras.layers
    return keras.Sequential([backbone(keras), make.Flatten(), make.Dense(2), make.Softmax()])


def sequential_of_sequential(keras: Any) -> Any:
    make = keras.layers
    block = keras.Sequential([make.Conv2D(4, 3, input_shape=SHAPE), make.BatchNormalization()])
    return keras.Sequential([block, make.PReLU(shared_axes=[1, 2]), make.Flatten(), make.Dense(2)])


def deep_nesting(keras: Any) -> Any:
    return keras.Sequential([_on_top(keras, backbone(keras)), keras.layers.Dense(2)])


def convolutions(keras: Any) -> Any:
    make = keras.layers
    return keras.Sequential(
        [
            make.ZeroPadding2D(((1, 0), (2, 1)), input_shape=SHAPE),
            make.DepthwiseConv2D(3, depth_multiplier=2),
            make.PReLU(),
            make.SeparableConv2D(5, 3, padding="same", depth_multiplier=2),
            make.ELU(0.7),
            make.Conv2DTranspose(4, 3, strides=2, padding="same"),
            make.Cropping2D(((1, 2), (0, 1))),
            make.Conv2D(4, 3, dilation_rate=2, groups=2),
            make.UpSampling2D(2, interpolation="bilinear"),
            make.AveragePooling2D(3, strides=2, padding="same"),
            make.SpatialDropout2D(0.2),
            make.GaussianNoise(0.1),
            make.GaussianDropout(0.1),
            make.Permute((2, 1, 3)),
            make.Reshape((-1, 4)),
            make.Flatten(),
            make.LayerNormalization(),
            make.Dense(3, activation="sigmoid"),
        ]
    )


def activations(keras: Any) -> Any:
    make = keras.layers
    names = ["swish", "gelu", "hard_sigmoid", "selu", "relu6", "elu", "softplus", "softsign", "exponential"]
    if keras.__name__ == "tf_keras":
        names.remove("relu6")  # not among its own; the applications wrote it as a custom object
    image = keras.Input(SHAPE)
    parts = [make.Conv2D(2, 3, activation=name)(image) for name in names]
    x = make.Activation("hard_sigmoid")(make.Conv2D(2, 3)(image))
    return keras.Model(image, make.Dense(3)(make.GlobalAveragePooling2D()(make.Concatenate()([*parts, x]))))


def activation_layers(keras: Any) -> Any:
    """Activations given as objects, as layers and under TensorFlow's names."""
    import tensorflow as tf

    make = keras.layers
    image = keras.Input(SHAPE)
    x = make.Conv2D(4, 3, activation=make.LeakyReLU(0.1))(image)
    x = make.Conv2D(4, 3, activation="sigmoid" if keras.__name__ == "keras" else tf.nn.leaky_relu)(x)
    x = make.Activation("tanh" if keras.__name__ == "keras" else tf.nn.relu6)(make.Conv2D(4, 1)(x))
    return keras.Model(image, make.Dense(3, activation=make.Softmax())(make.Flatten()(x)))


def preprocessing(keras: Any) -> Any:
    make = keras.layers
    mean, variance = np.array([0.1, 0.2, 0.3], np.float32), np.array([1.0, 2.0, 4.0], np.float32)
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            make.RandomFlip("horizontal"),
            make.RandomRotation(0.1),
            make.RandomZoom(0.1),
            make.RandomTranslation(0.1, 0.1),
            make.RandomContrast(0.1),
            make.Resizing(10, 6),
            make.CenterCrop(8, 6),
            make.Rescaling(1 / 255, offset=0.5),
            make.Normalization(mean=mean, variance=variance),
            make.Conv2D(4, 3, activation="relu"),
            make.GlobalAveragePooling2D(keepdims=True),
            make.Flatten(),
            make.Dense(2),
        ]
    )


def adapted(keras: Any) -> Any:
    """A Normalization that learned its mean and variance from data."""
    make = keras.layers
    layer = make.Normalization()
    layer.adapt(np.random.default_rng(5).normal(2, 3, (16, *SHAPE)).astype(np.float32))
    model = keras.Sequential([keras.Input(SHAPE), layer, make.Conv2D(4, 3), make.Flatten(), make.Dense(2)])
    return model


MODELS: dict[str, Callable[[Any], Any]] = {
    build.__name__: build
    for build in (
        sequential,
        built_later,
        branches,
        nested_frozen,
        nested_partly_frozen,
        nested_frozen_half,
        nested_last,
        nested_twice_called,
        nested_sequential,
        nested_sequential_last,
        sequential_of_functional,
        sequential_of_sequential,
        deep_nesting,
        convolutions,
        activations,
        activation_layers,
        preprocessing,
        adapted,
    )
}


def randomise(model: Any, least_rank: int = 5) -> Any:
    """Weights that are all different, so that none can be taken for another; positive where they must be.

    Kernels of `least_rank` dimensions and more stay as they are.
    """
    rng = np.random.default_rng(0)

    def value(variable: Any) -> np.ndarray:
        name, shape = variable.name, tuple(variable.shape)
        if "int" in str(variable.dtype):
            return np.asarray(variable)
        if "variance" in name or "gamma" in name:
            return rng.uniform(0.5, 1.5, shape)
        return rng.normal(0, 0.5 / np.sqrt(max(np.prod(shape[:-1]), 1)) + 0.1, shape)

    adapted_ones = [layer for layer in model._flatten_layers() if type(layer).__name__ == "Normalization"]
    kept = {id(variable) for layer in adapted_ones for variable in layer.weights}
    for variable in model.weights:
        if id(variable) not in kept and len(variable.shape) < least_rank:
            variable.assign(value(variable))
    return model


def written(model: Any, folder: Path, forms: tuple[str, ...] = FORMS) -> Iterator[tuple[Path, Path | None]]:
    """Write `model` in each form; the paths of model and weights."""
    for form in forms:
        match form:
            case "whole h5" | "keras zip":
                path = folder / ("model.h5" if form == "whole h5" else "model.keras")
                model.save(path)
                yield path, None
            case _:
                architecture = folder / f"{form.split()[-1]}.json"
                architecture.write_text(model.to_json(), encoding="utf-8")
                weights = architecture.with_suffix(".h5" if form == "json + h5" else ".weights.h5")
                model.save_weights(weights)
                yield architecture, weights
