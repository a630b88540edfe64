"""The two cat-and-dog networks: that of the classic walk-through, and a small residual one of today."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
from photos import Chances


def build_classic(side: int | None = None, library: Any = keras, normalization: Any = None) -> Any:
    """Build seven convolutions, each followed by a batch normalisation, and two dense layers.

    Parameters
    ----------
    side : int, optional
        Height and width of the input; default: any.
    library : module
        `keras`, or `tf_keras` for Keras 2.
    normalization : class, optional
        What normalises; default: the library's BatchNormalization.
    """
    layers = library.layers
    normalization = normalization or layers.BatchNormalization
    inputs = library.Input((side, side, 3), name="picture")
    x = normalization(name="norm0")(inputs)
    for stage, (filters, count) in enumerate(((32, 2), (64, 2), (128, 3)), start=1):
        for number in range(1, count + 1):
            name = f"{stage}_{number}"
            x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"conv{name}")(x)
            x = normalization(name=f"norm{name}")(x)
        if stage < 3:
            x = layers.MaxPooling2D(2, name=f"pool{stage}")(x)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    x = layers.Dense(256, "relu", kernel_regularizer=library.regularizers.L2(0.01), name="dense")(x)
    x = layers.BatchNormalization(name="norm_dense")(x)
    outputs = layers.Dense(1, "sigmoid", dtype="float32", name="scores")(x)
    return library.Model(inputs, outputs, name="dogcat")


def build_small(side: int | None = None, library: Any = keras, normalization: Any = None) -> Any:
    """Build four residual blocks, a global average and one sigmoid unit; parameters as above.

    Whatever halves the maps, 4 x 4 convolutions and 2 x 2 pools, leaves each cell over the middle of what it
    was made from. 3 x 3 convolutions of stride 2 would push the last maps half a cell to the side.
    """
    layers = library.layers
    normalization = normalization or layers.BatchNormalization

    def convolve(x: Any, filters: int, size: int, stride: int, name: str) -> Any:
        x = layers.Conv2D(filters, size, stride, "same", use_bias=False, name=f"{name}_conv")(x)
        return normalization(name=f"{name}_norm")(x)

    inputs = library.Input((side, side, 3), name="picture")
    x = inputs
    for number, filters in enumerate((16, 48), start=1):
        x = layers.ReLU(name=f"stem{number}")(convolve(x, filters, 4, 2, f"stem{number}"))
    for block, (filters, halve) in enumerate(((48, 0), (72, 1), (72, 0), (104, 1)), start=1):
        name = f"block{block}"
        if halve:
            x = layers.MaxPooling2D(2, name=f"{name}_pool")(x)
        same = x.shape[-1] == filters
        shortcut = x if same else convolve(x, filters, 1, 1, f"{name}_shortcut")
        x = layers.ReLU(name=f"{name}_a")(convolve(x, filters, 3, 1, f"{name}_a"))
        x = layers.Add(name=f"{name}_add")([shortcut, convolve(x, filters, 3, 1, f"{name}_b")])
        x = layers.ReLU(name=name)(x)
    x = layers.GlobalAveragePooling2D(name="average")(x)
    x = layers.Dropout(0.2, name="dropout")(x)
    outputs = layers.Dense(1, "sigmoid", dtype="float32", name="scores")(x)
    return library.Model(inputs, outputs, name="dogcat_small")


@dataclass(frozen=True)
class Network:
    """What the script needs to know of a network.

    `smoothing`: the share by which the labels are moved to the middle.
    """

    build: Callable[..., Any]
    folder: str
    side: int
    stages: str
    chances: Chances
    smoothing: float


NETWORKS = {
    "classic": Network(build_classic, "dogcat", 150, "48x40@0.01,75x14@0.01,150x4@0.003", Chances(), 0.0),
    "small": Network(
        build_small,
        "dogcat_small",
        160,
        "80x30@0.003,96x26@0.0025,144x14@0.001,160x7@0.0007",
        Chances(least_area=0.4, mixed=0.3),
        0.05,
    ),
}
