"""Figures of features, read back: colours at known places follow the maps."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.drawing.tiles import draw_dead, draw_kernels, draw_map
from xai_cam.features.channels import Block, LayerFeatures, arrange
from xai_cam.features.figure import Heading, draw_figure, shapes_of
from xai_cam.features.heading import TileStyle
from xai_cam.features.layout import INNER, OUTER, lay_out
from xai_cam.kernels.kernel_bank import KernelBank

DARK, BRIGHT = (68, 1, 84), (253, 231, 37)
"""Ends of viridis, as its authors published it."""

HEAD = Heading(np.full((6, 6, 3), 120, np.uint8), "a.png", ("predicted cat",))


def near(pixel: np.ndarray, colour: tuple[int, int, int]) -> bool:
    return bool(np.abs(pixel.astype(int) - colour).max() <= 2)


def find(figure: np.ndarray, patch: np.ndarray) -> list[tuple[int, int]]:
    """Places (top, left) where a picture stands in another."""
    height, width = patch.shape[:2]
    corners = np.argwhere((figure[: -height + 1, : -width + 1] == patch[0, 0]).all(axis=-1))
    return [(y, x) for y, x in corners.tolist() if (figure[y : y + height, x : x + width] == patch).all()]


def one(figure: np.ndarray, patch: np.ndarray) -> tuple[int, int]:
    places = find(figure, patch)
    assert len(places) == 1
    return places[0]


def features(maps: np.ndarray, kernels: np.ndarray | None = None) -> LayerFeatures:
    bank = None
    if kernels is not None:
        bank = KernelBank("c", "Conv2D", kernels, np.zeros(kernels.shape[:2], int), None, kernels.shape, "")
    return LayerFeatures("layer", "Conv2D", maps.astype(np.float32), None, bank)


def draw(layers: list[LayerFeatures], look: TileStyle | None = None) -> tuple[np.ndarray, list[Block]]:
    blocks = arrange(layers)
    return draw_figure(HEAD, blocks, look or TileStyle()), blocks


@pytest.mark.parametrize("scale", ["own", "layer"])
def test_tiles_in_a_figure_follow_their_maps(scale: str) -> None:
    maps = np.zeros((3, 3, 2))
    maps[0, 2, 0], maps[2, 0, 1] = 8, 4
    look = TileStyle(scale=scale)
    figure, blocks = draw([features(maps)], look)
    layout = lay_out(shapes_of(blocks))
    size = layout.side // 3
    expected = BRIGHT if scale == "own" else (33, 145, 140)  # 4 of 8 is the middle of the layer's range
    bright = np.argwhere(np.abs(figure.astype(int) - BRIGHT).max(axis=-1) <= 2).tolist()
    cells = [(y, x) for y, x in bright if near(figure[y : y + size, x : x + size], BRIGHT)]
    top, left = cells[0]
    corner = left - 2 * size  # of the first tile, whose bright cell is in its first row, its third column
    assert near(figure[top : top + size, corner : corner + 2 * size], DARK)
    second = corner + layout.cell_width(1)
    assert near(figure[top + 2 * size : top + 3 * size, second : second + size], expected)
    assert near(figure[top : top + size, second : second + 3 * size], DARK)


def test_the_same_channel_stands_in_one_row_behind_its_kernel() -> None:
    rng = np.random.default_rng(0)
    conv = features(rng.normal(size=(4, 4, 3)), rng.normal(size=(3, 1, 3, 3)).astype(np.float32))
    pool = features(np.maximum(conv.maps, 0.1).reshape(2, 2, 2, 2, 3).max(axis=(1, 3)))
    figure, blocks = draw([conv, pool])
    layout = lay_out(shapes_of(blocks))
    step = layout.tile[1] + INNER
    assert len(blocks) == 1 and conv.kernels is not None
    corners = []
    for channel in range(3):
        limit = float(np.abs(conv.maps[..., channel]).max())
        y, x = one(figure, draw_map(conv.maps[..., channel], layout.side, -limit, limit, None))
        low, high = float(pool.low[channel]), float(pool.high[channel])
        assert one(figure, draw_map(pool.maps[..., channel], layout.side, low, high, "viridis")) == (
            y,
            x + step,
        )
        kernel = conv.kernels.values[channel]
        drawn = draw_kernels(kernel, layout.side, float(np.abs(kernel).max()))
        top, left = one(figure, drawn)
        assert left == x - step + (layout.tile[1] - drawn.shape[1]) // 2 and top >= y
        corners.append((y, x))
    assert corners == sorted(corners)


def test_a_dead_channel_is_hatched_and_counted() -> None:
    maps = np.zeros((4, 4, 3))
    maps[1, 1, 1] = 1
    figure, blocks = draw([features(maps)])
    layout = lay_out(shapes_of(blocks))
    hatched = draw_dead((4, 4), layout.side)
    assert len(np.unique(hatched)) == 2 and (hatched[..., 0] == hatched[..., 2]).all()
    assert len(find(figure, hatched)) == 2
    alive, _ = draw([features(maps + np.arange(16).reshape(4, 4, 1))])
    assert not find(alive, hatched)


def test_blocks_of_other_channels_stand_apart() -> None:
    rng = np.random.default_rng(1)
    first, second = features(rng.uniform(size=(2, 2, 2))), features(rng.uniform(size=(2, 2, 5)))
    figure, blocks = draw([first, second])
    layout = lay_out(shapes_of(blocks))
    places = [
        [
            one(figure, draw_map(f.maps[..., c], layout.side, float(f.low[c]), float(f.high[c]), "viridis"))
            for c in range(f.channels)
        ]
        for f in (first, second)
    ]
    assert places[0][0][0] == places[1][0][0]  # both begin in one row
    assert max(x for _, x in places[0]) + layout.tile[1] + OUTER < min(x for _, x in places[1])


@pytest.mark.parametrize("shape", [(1, 2, 1), (7, 7, 1), (1, 90, 4), (90, 2, 4)])
def test_small_and_thin_maps_make_a_figure_wide_enough_for_its_texts(shape: tuple[int, int, int]) -> None:
    figure, _ = draw([features(np.random.default_rng(2).uniform(size=shape))])
    assert figure.shape[1] >= 640 and (figure[:, -10:] == 255).all()
    assert figure.shape[0] < 3000
