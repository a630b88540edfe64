"""Where maps lie: the stated part of the input, and spots that light up where they are said to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers, ops

from xai_cam.cam.explainer import Explainer
from xai_cam.models.network import Network

HEIGHT, WIDTH = 32, 24

Build = Callable[[Any], Any]


def convolved(x: Any, name: str = "last", **more: Any) -> Any:
    return layers.Conv2D(6, 3, padding="same", name=name, **more)(x)


def classifier(build: Build, shape: tuple[int, int, int] = (HEIGHT, WIDTH, 3)) -> keras.Model:
    keras.utils.set_random_seed(3)
    inputs = layers.Input(shape)
    pooled = layers.GlobalAveragePooling2D()(build(inputs))
    return keras.Model(inputs, layers.Dense(3, activation="softmax")(pooled))


def windows(x: Any) -> Any:
    """Attention within windows of 4 x 4, as in a Swin transformer."""
    y = layers.Conv2D(8, 2, 2, name="patch")(x)
    w = ops.transpose(layers.Reshape((4, 4, 3, 4, 8))(y), (0, 1, 3, 2, 4, 5))
    w = ops.reshape(w, (-1, 16, 8))
    w = layers.MultiHeadAttention(2, 4)(w, w)
    w = ops.transpose(ops.reshape(w, (-1, 4, 3, 4, 4, 8)), (0, 1, 3, 2, 4, 5))
    return layers.Add(name="last")([y, ops.reshape(w, (-1, 16, 12, 8))])


PLACES: dict[str, tuple[Build, tuple[float, float, float, float]]] = {
    "the whole": (convolved, (0, 0, 32, 24)),
    "centre crop": (lambda x: convolved(layers.CenterCrop(16, 12)(x)), (8, 6, 24, 18)),
    "cropping": (lambda x: convolved(layers.Cropping2D(((4, 2), (1, 3)))(x)), (4, 1, 30, 21)),
    "slice": (lambda x: convolved(x[:, 4:-4, 2:]), (4, 2, 28, 24)),
    "crop as operation": (lambda x: convolved(ops.image.crop_images(x, 2, 2, 2, 2)), (2, 2, 30, 22)),
    "crop of maps": (lambda x: convolved(layers.Cropping2D(2)(layers.MaxPooling2D(2)(x))), (4, 4, 28, 20)),
    "padding": (lambda x: convolved(layers.ZeroPadding2D(4)(x)), (-4, -4, 36, 28)),
    "padding as operation": (lambda x: convolved(ops.image.pad_images(x, 2, 2, 2, 2)), (-2, -2, 34, 26)),
    "padding of a convolution": (
        lambda x: layers.Conv2D(4, 7, 2, name="last")(layers.ZeroPadding2D(3)(x)),
        (0, 0, 32, 24),
    ),
    "resizing": (lambda x: convolved(layers.Resizing(16, 16)(x)), (0, 0, 32, 24)),
    "resizing of a crop": (
        lambda x: convolved(layers.Resizing(16, 16, crop_to_aspect_ratio=True)(x)),
        (4, 0, 28, 24),
    ),
    "resizing with bars": (
        lambda x: convolved(layers.Resizing(16, 16, pad_to_aspect_ratio=True)(x)),
        (0, -4, 32, 28),
    ),
    "mirrored": (lambda x: convolved(ops.flip(x, 2)), (0, 24, 32, 0)),
    "upside down": (lambda x: convolved(x[:, ::-1]), (32, 0, 0, 24)),
    "turned over its diagonal": (lambda x: convolved(layers.Permute((2, 1, 3))(x)), (0, 0, 32, 24)),
    "every second pixel": (lambda x: convolved(x[:, ::2, ::2]), (0, 0, 32, 24)),
    "upsampling": (
        lambda x: convolved(layers.UpSampling2D(2)(layers.AveragePooling2D(4)(x))),
        (0, 0, 32, 24),
    ),
    "transposed convolution": (
        lambda x: layers.Conv2DTranspose(4, 2, 2, name="last")(layers.AveragePooling2D(4)(x)),
        (0, 0, 32, 24),
    ),
    "groups": (layers.Conv2D(6, 3, groups=3, padding="same", name="last"), (0, 0, 32, 24)),
    "dilation": (lambda x: convolved(x, dilation_rate=2), (0, 0, 32, 24)),
    "tokens and back": (
        lambda x: convolved(layers.Reshape((32, 24, 3))(layers.Dense(3)(layers.Reshape((768, 3))(x)))),
        (0, 0, 32, 24),
    ),
    "windows": (windows, (0, 0, 32, 24)),
    "rolled and back": (
        lambda x: convolved(ops.roll(convolved(ops.roll(x, 3, 1), "first"), -3, 1)),
        (0, 0, 32, 24),
    ),
}


@pytest.fixture(scope="module", params=PLACES)
def placed(request: pytest.FixtureRequest) -> tuple[Network, tuple[float, float, float, float]]:
    build, region = PLACES[request.param]
    return Network(classifier(build)), region


def test_the_part_of_the_input_is_stated(placed: tuple[Network, tuple[float, float, float, float]]):
    network, region = placed
    placement = network.find("last").placement
    assert placement is not None and not placement.doubt
    assert (placement.top, placement.left, placement.bottom, placement.right) == region


@pytest.mark.parametrize("spot", [(14, 9), (20, 15)])
def test_a_spot_lights_up_where_the_maps_are_said_to_lie(
    placed: tuple[Network, tuple[float, float, float, float]], spot: tuple[int, int]
):
    """An independent look: which cells change when a few pixels do."""
    network, _ = placed
    plain = np.full((1, HEIGHT, WIDTH, 3), 0.5, np.float32)
    changed = plain.copy()
    changed[0, spot[0] - 1 : spot[0] + 1, spot[1] - 1 : spot[1] + 1] = 1
    engine = Explainer(network, "last", engine="tensorflow").engine
    forward = engine.forward(np.concatenate([plain, changed]))
    change = np.abs(forward.activations[1] - forward.activations[0]).sum(-1)
    change[change < change.max() / 4] = 0  # a window of attention changes a little everywhere
    rows, columns = np.indices(change.shape)
    info = network.find("last")
    assert info.placement is not None
    (height, width, _), p = info.placement.shape, info.placement
    row = p.top + ((rows * change).sum() / change.sum() + 0.5) * (p.bottom - p.top) / height
    column = p.left + ((columns * change).sum() / change.sum() + 0.5) * (p.right - p.left) / width
    cell = max(abs(p.bottom - p.top) / height, abs(p.right - p.left) / width)
    assert abs(row - spot[0]) <= max(1.5 * cell, 2) and abs(column - spot[1]) <= max(1.5 * cell, 2)


DOUBTS: dict[str, tuple[Build, str]] = {
    "rolled": (lambda x: convolved(ops.roll(x, 5, 1)), "roll"),
    "turned a little": (
        lambda x: convolved(ops.image.affine_transform(x, np.float32([[1, 0, 2, 0, 1, 3, 0, 0]] * 2))),
        "image projective transform",
    ),
    "sorted": (lambda x: convolved(ops.sort(x, axis=1)), "top k"),
    "put together": (
        lambda x: layers.Concatenate(name="last")(
            [layers.Resizing(16, 12)(convolved(x, "a")), convolved(layers.CenterCrop(16, 12)(x), "b")]
        ),
        "parts of the picture",
    ),
}


@pytest.mark.parametrize(("build", "word"), DOUBTS.values(), ids=DOUBTS)
def test_what_cannot_be_told_is_a_doubt(build: Build, word: str):
    placement = Network(classifier(build)).find("last").placement
    assert placement is not None and word in placement.doubt


def by_a_sequence(x: Any, rows: int, columns: int) -> Any:
    """Numbers that a recurrent layer makes, walking over the rows, laid out as a stack again."""
    lines = layers.Reshape((x.shape[1], x.shape[2] * x.shape[3]))(x)
    sequence = layers.LSTM(rows * columns * 3 // x.shape[1], return_sequences=True)(lines)
    return layers.Reshape((rows, columns, 3))(sequence)


@pytest.mark.parametrize("columns", [24, 10])
def test_places_that_were_lost_are_found_again_with_a_doubt(columns: int):
    """By the size of a stack, and in what the first convolution takes."""
    network = Network(classifier(lambda x: convolved(by_a_sequence(x, 32, columns))))
    placement = network.find("last").placement
    assert placement is not None and placement.shape == (32, columns, 6) and placement.doubt
    assert (placement.top, placement.left, placement.bottom, placement.right) == (0, 0, 32, 24)


def test_behind_a_convolution_what_is_lost_stays_lost():
    network = Network(classifier(lambda x: convolved(by_a_sequence(convolved(x, "first"), 16, 10))))
    assert network.default_layer().path == "first"
