"""Tiles of kernels: drawn once for all images, for each scale and size."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.drawing.tiles import draw_kernels
from xai_cam.features import kernel_tiles
from xai_cam.features.kernel_tiles import KernelTiles
from xai_cam.kernels.kernel_bank import KernelBank

VALUES = np.array([[[[1.0, -2.0]]], [[[8.0, 4.0]]]], np.float32)
BANK = KernelBank("c", "Conv2D", VALUES, np.zeros((2, 1), int), None, VALUES.shape, "")


def test_the_scale_is_the_filters_own_or_the_layers() -> None:
    for scale, limit in (("own", 2), ("layer", 8)):
        pixels, line = KernelTiles().tile(BANK, scale, 40, 0)
        assert (pixels == draw_kernels(VALUES[0], 40, limit)).all() and line == "0: -2 to 1"


def test_a_tile_is_drawn_once(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    monkeypatch.setattr(
        kernel_tiles, "draw_kernels", lambda *given: drawn.append(given) or draw_kernels(*given)
    )
    tiles = KernelTiles()
    first = tiles.tile(BANK, "own", 40, 1)
    assert tiles.tile(BANK, "own", 40, 1) is first and len(drawn) == 1
    tiles.tile(BANK, "own", 20, 1)
    tiles.tile(BANK, "layer", 40, 1)
    tiles.tile(BANK, "own", 40, 0)
    assert len(drawn) == 4


def test_no_more_tiles_are_held_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_tiles, "MAX_HELD", 1)
    tiles = KernelTiles()
    assert tiles.tile(BANK, "own", 40, 0) is tiles.tile(BANK, "own", 40, 0)
    second = tiles.tile(BANK, "own", 40, 1)
    assert tiles.tile(BANK, "own", 40, 1) is not second and tiles.tile(BANK, "own", 40, 1)[1] == second[1]
