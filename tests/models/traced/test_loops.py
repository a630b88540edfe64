"""Recurrent convolutions: where the frames lie that a loop gives, and that nothing of its inside is taken."""

from __future__ import annotations

from typing import Any

import keras
import pytest

from xai_cam.models.network import Network

layers = keras.layers


def network(*middle: Any) -> Network:
    """A network of films of 5 frames of 12 x 8 pixels."""
    pooled = layers.Lambda(lambda x: keras.ops.mean(x, axis=tuple(range(1, len(x.shape) - 1))))
    return Network(keras.Sequential([keras.Input((5, 12, 8, 2)), *middle, pooled, layers.Dense(2)]))


@pytest.mark.parametrize(
    ("layer", "shape", "planes"),
    [
        (layers.ConvLSTM2D(3, 3, return_sequences=True), (5, 10, 6, 3), (0, 5)),
        (
            layers.ConvLSTM2D(3, 3, padding="same", return_sequences=True, go_backwards=True),
            (5, 12, 8, 3),
            (5, 0),
        ),
        (layers.ConvLSTM2D(3, 3, strides=2), (1, 5, 3, 3), (0, 5)),  # the last state alone
        (
            layers.Bidirectional(layers.ConvLSTM2D(2, 3, padding="same", return_sequences=True)),
            (5, 12, 8, 4),
            (0, 5),
        ),
        (layers.ConvLSTM2D(3, 3, return_sequences=True, unroll=True), (5, 10, 6, 3), (0, 5)),
    ],
    ids=["sequences", "backwards", "last", "bidirectional", "unrolled"],
)
def test_where_the_frames_lie(layer: Any, shape: tuple[int, ...], planes: tuple[float, float]):
    found = network(layer)
    target = found.find()
    assert target.layer is layer and target.maps_shape == shape
    placement = target.placement
    assert placement is not None and (placement.front, placement.back) == planes and not placement.doubt
    cells = [info for info in found.layers if info.path.endswith("cell")]
    unrolled = getattr(layer, "unroll", False)
    assert unrolled or not any(info.spatial for info in cells), "what is in a loop cannot be looked at"
