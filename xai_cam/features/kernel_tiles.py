"""The kernels of each filter as tiles: all images of a run share them, so that each is drawn once."""

from __future__ import annotations

import numpy as np

from xai_cam.drawing.text import number
from xai_cam.drawing.tiles import draw_kernels
from xai_cam.kernels.kernel_bank import KernelBank

MAX_HELD = 512
"""Tiles that are held; further ones are drawn anew for every image."""

KernelTile = tuple[np.ndarray, str]
"""A picture (H, W, 3) uint8, and the line below it."""


class KernelTiles:
    """Tiles of the convolutions of one model, by the path of the layer."""

    def __init__(self) -> None:
        self._held: dict[tuple[str, str, int, int], KernelTile] = {}

    def tile(self, bank: KernelBank, scale: str, side: int, channel: int) -> KernelTile:
        """The kernels of the filter that makes a channel, and their range.

        Parameters
        ----------
        bank : KernelBank
            The filters of a layer.
        scale : str
            `own`: the colours span the kernels of the filter; `layer`: those of all filters.
        side : int
            Of the tile, at most.
        channel : int
            The filter's number.
        """
        key = (bank.layer, scale, side, channel)
        found = self._held.get(key)
        if found is None:
            found = _draw(bank, scale, side, channel)
            if len(self._held) < MAX_HELD:
                self._held[key] = found
        return found


def _draw(bank: KernelBank, scale: str, side: int, channel: int) -> KernelTile:
    kernels = bank.values[channel]
    limit = float(np.abs(kernels).max()) if scale == "own" else bank.largest
    line = f"{channel}: {number(float(kernels.min()))} to {number(float(kernels.max()))}"
    return draw_kernels(kernels, side, limit), line
