"""What stands above a block: title, count, scales and their ends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from xai_cam.drawing.canvas import Canvas
from xai_cam.drawing.colour_bar import shades_of
from xai_cam.features.channels import Block, LayerFeatures
from xai_cam.features.heading import (
    BAR,
    TileStyle,
    draw_heading,
    heading_height,
    heading_width,
    value_range,
)
from xai_cam.kernels.kernel_bank import KernelBank


class Noted(Canvas):
    """A canvas that remembers its texts, in their order."""

    texts: list[str]

    def write(self, text: str, top: float, left: float, **options: Any) -> None:
        self.texts = [*getattr(self, "texts", []), text]
        super().write(text, top, left, **options)


def layer(maps: np.ndarray, path: str = "block/relu", bank: KernelBank | None = None) -> LayerFeatures:
    return LayerFeatures(path, "ReLU", maps.astype(np.float32), None, bank)


def block_of(*layers: LayerFeatures, shown: int = 3) -> Block:
    return Block(layers, np.arange(shown))


def bank_of(filters: int, channels: int) -> KernelBank:
    values = np.zeros((filters, channels, 3, 5), np.float32)
    values[0, 0, 0, 0] = -0.25
    return KernelBank("c", "Conv2D", values, np.zeros((filters, channels), int), None, (), "")


def written(block: Block, look: TileStyle, shown: int = 3) -> list[str]:
    canvas = Noted(200, 900)
    draw_heading(canvas, block, look, shown, (0, 0, 900))
    return canvas.texts


MAPS = np.zeros((4, 6, 3))
MAPS[0, 0] = 1, 2, 0
MAPS[1, 1, 0] = 0.5


def test_the_height_has_a_line_for_each_scale_and_one_for_names() -> None:
    one, two = block_of(layer(MAPS)), block_of(layer(MAPS), layer(MAPS))
    assert heading_height([one]) == 24 + 2 * 16 + 2 * 6  # title, count and scale, twice the space
    assert heading_height([one, two]) == 24 + 3 * 16 + 16 + 2 * 6
    assert heading_height([block_of(layer(MAPS, bank=bank_of(3, 1)))]) == heading_height([two])


def test_a_tile_spans_its_own_range_or_that_of_its_layer() -> None:
    features = layer(MAPS)
    assert value_range(features, TileStyle(scale="own"), 0) == (0, 1)
    assert value_range(features, TileStyle(scale="own"), 1) == (0, 2)
    assert value_range(features, TileStyle(scale="layer"), 0) == (0, 2)


def test_a_layer_with_values_below_0_has_0_in_the_middle() -> None:
    features = layer(MAPS - 3 * (np.arange(3) == 2))  # the last channel is -3
    assert value_range(features, TileStyle(scale="own"), 0) == (-1, 1)
    assert value_range(features, TileStyle(scale="layer"), 0) == (-3, 3)


@pytest.mark.parametrize(
    ("shown", "asked", "count"),
    [
        (3, 3, "3 channels"),
        (2, 2, "2 of 3 channels"),
        (1, 3, "first 1 of 3 channels; there is no room for 2"),
    ],
)
def test_the_count_tells_what_is_missing(shown: int, asked: int, count: str) -> None:
    assert written(block_of(layer(MAPS), shown=asked), TileStyle(), shown)[1] == count


def test_texts_name_layers_ranges_and_dead_channels() -> None:
    block = block_of(layer(MAPS), layer(MAPS - 1, "block/pool"))
    title, _, *scales = written(block, TileStyle(scale="layer"))
    assert title == "block/relu > block/pool"
    assert scales == ["0", "2", "relu (ReLU), 4 x 6, 1 dead", "-1", "1", "pool (ReLU), 4 x 6, 1 dead"]
    _, _, *own = written(block, TileStyle(scale="own"))
    assert own[:2] == ["min", "max"] and own[3:5] == ["below 0", "above 0"]


@pytest.mark.parametrize(
    ("channels", "said"),
    [
        (1, "one of a filter"),
        (9, "9 of a filter, row by row"),
        (100, "of 100 of a filter the 64 of the largest energy"),
    ],
)
def test_kernels_have_a_scale_of_their_own(channels: int, said: str) -> None:
    block = block_of(layer(MAPS, bank=bank_of(3, channels)))
    assert written(block, TileStyle(scale="layer"))[2:5] == ["-0.25", "0.25", f"kernels, 3 x 5, {said}"]


def test_bars_run_from_left_to_right_below_each_other() -> None:
    block = block_of(layer(MAPS), layer(MAPS - 1))
    canvas = Canvas(120, 900)
    draw_heading(canvas, block, TileStyle("magma"), 3, (0, 0, 900))
    height, width = BAR
    for line, shades in ((1, shades_of("magma", width)), (2, shades_of(None, width))):
        row = canvas.pixels[24 + line * 16 + 2 : 24 + line * 16 + 2 + height]
        starts = [x for x in range(900 - width) if (row[:, x : x + width] == shades).all()]
        assert len(starts) == 1
        assert (row[:, starts[0] - 6 : starts[0]] == 255).all()  # white before it


def test_the_width_has_room_for_the_longest_text() -> None:
    short, long = layer(MAPS), layer(MAPS, "a/" + "long" * 30)
    widths = [heading_width(block_of(one), TileStyle()) for one in (short, long)]
    assert widths[0] > BAR[1] and widths[1] > widths[0] + 100 * 4
    assert heading_width(block_of(short, long), TileStyle()) == widths[1]
