"""Statistics of each channel of a layer, and the order in which channels are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from xai_cam.kernels.kernel_bank import KernelBank, kind_of
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.layers import LayerInfo


@dataclass(frozen=True)
class LayerFeatures:
    """The channels of one layer for one image.

    Attributes
    ----------
    path, kind : str
        The layer's path and class.
    maps : (h, w, k) float32
    weights : (k,) float32 or None
        Grad-CAM's weights, if they were requested.
    kernels : KernelBank or None
        Of a convolution.
    follows : bool
        Whether its channels are those of the layer named before it, see `same_channels`.
    """

    path: str
    kind: str
    maps: np.ndarray
    weights: np.ndarray | None = None
    kernels: KernelBank | None = None
    follows: bool = True

    @property
    def channels(self) -> int:
        """The number of channels."""
        return int(self.maps.shape[2])

    @cached_property
    def low(self) -> np.ndarray:
        """Smallest value of each channel, (k,)."""
        return np.asarray(self.maps.min(axis=(0, 1)))

    @cached_property
    def high(self) -> np.ndarray:
        """Largest value of each channel, (k,)."""
        return np.asarray(self.maps.max(axis=(0, 1)))

    @cached_property
    def energy(self) -> np.ndarray:
        """Mean of the squares over each channel's map, (k,) float64."""
        return np.asarray(np.square(self.maps, dtype=np.float64).mean(axis=(0, 1)))

    @property
    def dead(self) -> np.ndarray:
        """Which channels are the same all over the map, zero as a rule, (k,) bool."""
        return np.asarray(self.low == self.high)

    @property
    def signed(self) -> bool:
        """Whether any value lies below 0."""
        return bool((self.low < 0).any())

    def values(self, order: str) -> np.ndarray:
        """The sort key of the channels, (k,): their `energy` or `weight`."""
        return self.energy if order == "energy" or self.weights is None else self.weights


@dataclass(frozen=True)
class Block:
    """Layers whose channels stand beside each other, and the channels that are shown, in their order."""

    layers: tuple[LayerFeatures, ...]
    shown: np.ndarray

    @property
    def kernels(self) -> KernelBank | None:
        """The kernels of the convolution that the block begins with."""
        bank = self.layers[0].kernels
        return bank if bank is not None and bank.filters == self.layers[0].channels else None


def same_channels(network: NetworkFacts, one: LayerInfo, other: LayerInfo) -> bool:
    """Whether channels of one number are the same channel in two layers of as many channels.

    They are where no convolution was called between the two, but for depthwise ones, which keep channels
    apart.
    """
    first, last = sorted((one.order, other.order))
    between = (info for info in network.layers if first < info.order <= last)
    return all(kind_of(info.layer) in ("", "DepthwiseConv2D") for info in between)


def arrange(
    layers: Sequence[LayerFeatures], order: str | None = None, most: int | None = None
) -> list[Block]:
    """Layers in blocks, within which one channel number means one channel.

    A block goes on as long as the number of channels stays the same and no further convolution makes them.
    Its channels are those of its *last* layer with the largest values; elsewhere a channel of the same number
    would be another.

    Parameters
    ----------
    layers : sequence of LayerFeatures
        In the order in which they are shown.
    order : str, optional
        `energy` or `weight`, largest first, of equal ones the first; default: by their numbers.
    most : int, optional
        Show no more channels of a block.
    """
    groups: list[list[LayerFeatures]] = []
    for layer in layers:
        own = layer.kernels is not None or not layer.follows
        if groups and not own and groups[-1][-1].channels == layer.channels:
            groups[-1].append(layer)
        else:
            groups.append([layer])
    blocks = []
    for group in groups:
        last = group[-1]
        ranks = np.argsort(-last.values(order), kind="stable") if order else np.arange(last.channels)
        blocks.append(Block(tuple(group), ranks[:most]))
    return blocks
