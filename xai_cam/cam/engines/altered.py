"""What the graphs of altered images are given by any engine, and how many at a time, in plain numbers."""

from __future__ import annotations

import math

import numpy as np

from xai_cam.cam.targets import Targets
from xai_cam.images.picture import Region
from xai_cam.images.resizing import matrices
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.layers import LayerInfo

CHUNK_SIZES = (16, 64)
"""The smallest and the largest chunk of `auto` on a CPU; four times as many where a GPU hides its memory."""

CHUNK_PIXELS = 16 * 224 * 224
"""Pixels of a chunk between those: small inputs are faster in larger chunks."""

SMALLER = 4
"""By how much smaller than TensorFlow's a chunk of OpenVINO is by default: several are in flight."""

FEW_PIXELS = 224 * 224 // 2
"""Pixels of whole images in a call, of which nothing is made but scores: more leave the processor's cache."""


def auto_chunk(network: NetworkFacts, on_gpu: bool = False) -> int:
    """The chunk's size where none was asked for."""
    pixels = math.prod(network.input_shape[:-1])
    size = min(max(CHUNK_PIXELS // pixels, CHUNK_SIZES[0]), CHUNK_SIZES[1])
    return size * 4 if on_gpu else size


def beside_names(network: NetworkFacts, targets: Targets) -> list[str]:
    """What the graphs call that which images are given with: the model's other inputs, and regions."""
    return [f"beside_{i}" for i in range(len(network.extras) + len(targets.regions))]


def riding_names(network: NetworkFacts, targets: Targets) -> list[str]:
    """The same with what the unaltered image fixed behind it, for graphs of altered images."""
    return [*beside_names(network, targets), *(f"held_{i}" for i in range(len(targets.held)))]


def masking(
    network: NetworkFacts, target_layer: LayerInfo, images: np.ndarray, activations: np.ndarray
) -> dict[str, np.ndarray]:
    """Inputs of masked scores by their names: images, maps (n, k, h, w), and the matrices that resize them.

    A mask is the channel resized to what it covers of the input (bilinear, half-pixel centres), min-max
    scaled to [0, 1]; it multiplies the preprocessed input.
    """
    size, cells = network.input_shape[:-1], activations.shape[1:-1]
    maps = np.ascontiguousarray(np.moveaxis(activations, -1, 1))
    spans = Region.whole(size).part(target_layer.part(size)).spans
    *before, columns = (one for one, _ in matrices(size, cells, spans, beyond=True))
    sides = dict(zip(("planes", "rows")[3 - len(cells) :], before, strict=True))
    return {"images": images, "maps": maps, **sides, "columns": np.ascontiguousarray(columns.T)}
