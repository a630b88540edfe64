"""Strips and sheets of epochs: what lies where."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.drawing.overlay import OverlayStyle
from xai_cam.images.picture import Region
from xai_cam.keras.strip import CELL, MAX_ROWS, Cell, Epoch, Small, draw_epochs, draw_strip

WHITE = OverlayStyle("bone", "constant", 1.0)
RED = np.full((30, 60, 3), (255, 0, 0), np.uint8)


def epoch(
    number: int, value: float = 1.0, variants: tuple[str, ...] = ("grad-cam at conv",), images: int = 2
) -> Epoch:
    cells = [Cell(np.full((2, 2), value, np.float32), None, "cat 0.90")] * images
    return Epoch(number, "loss 0.5, accuracy 0.9", dict.fromkeys(variants, cells))


def pictures(count: int = 2) -> list[Small]:
    return [Small.of(RED, Region(0, 0, 30, 60))] * count


@pytest.mark.parametrize(
    ("size", "region", "small"),
    [
        ((30, 60), Region(0, 15, 30, 45), (CELL // 2, CELL)),
        ((600, 300), Region(-30, 0, 630, 300), (CELL, CELL // 2)),
        ((1, 5000), Region(0, 0, 1, 5000), (1, CELL)),
    ],
)
def test_a_picture_fits_into_a_cell_with_its_region(
    size: tuple[int, int], region: Region, small: tuple[int, int]
) -> None:
    found = Small.of(np.zeros((*size, 3), np.uint8), region)
    assert found.pixels.shape[:2] == small
    down, across = small[0] / size[0], small[1] / size[1]
    expected = [region.top * down, region.left * across, region.bottom * down, region.right * across]
    assert found.region.front is None
    np.testing.assert_allclose([float(side) for side in list(vars(found.region).values())[:4]], expected)


def count_cells(drawn: np.ndarray, colour: tuple[int, int, int]) -> float:
    """How many pictures of that colour there are."""
    return float((drawn == colour).all(axis=-1).sum() / (CELL * CELL // 2))


def test_a_strip_has_a_cell_for_each_image_and_variant() -> None:
    """A map of 0 leaves the red picture."""
    drawn = draw_strip(epoch(3, 0.0, ("a", "b"), 3), pictures(3), WHITE)
    assert count_cells(drawn, (255, 0, 0)) == 6
    assert count_cells(draw_strip(epoch(3, 1.0), pictures(), WHITE), (255, 0, 0)) == 0


def test_a_part_of_the_input_lies_there() -> None:
    cell = Cell(np.ones((2, 2), np.float32), Region(0, 0, 1, 0.5), "")
    drawn = draw_strip(Epoch(1, "", {"a": [cell]}), pictures(1), WHITE)
    assert count_cells(drawn, (255, 0, 0)) == 0.5


def test_a_sheet_has_the_pictures_and_a_row_for_each_epoch() -> None:
    drawn = draw_epochs([epoch(i, 0.0) for i in range(4)], pictures(), WHITE)
    assert count_cells(drawn, (255, 0, 0)) == 2 * (1 + 4)


def test_a_long_training_is_shown_in_even_steps() -> None:
    """The first and the last of a hundred have a map that paints all white, the others leave red."""
    epochs = [epoch(i, float(i in (0, 99))) for i in range(100)]
    drawn = draw_epochs(epochs, pictures(), WHITE)
    assert count_cells(drawn, (255, 0, 0)) == 2 * (1 + MAX_ROWS - 2)


def test_headings() -> None:
    assert epoch(3).heading == "epoch 3, loss 0.5, accuracy 0.9" and Epoch(0, "", {}).heading == "epoch 0"
    assert epoch(3).lines == ["epoch 3", "loss 0.5", "accuracy 0.9"]
