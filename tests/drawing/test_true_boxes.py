"""A map's box and true ones over a picture."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.drawing import true_boxes
from xai_cam.drawing.true_boxes import DASH, draw_true_boxes

GREY = np.full((40, 60, 3), 128, np.uint8)


def test_a_box_is_solid_on_its_outermost_pixels() -> None:
    drawn = draw_true_boxes(GREY, (10, 5, 30, 25), [])
    assert (drawn[5, 10:30] == 255).all() and (drawn[24, 10:30] == 255).all()
    assert (drawn[5:25, 10] == 255).all() and (drawn[5:25, 29] == 255).all()
    assert (drawn[4, 9:31] == 0).all() and (drawn[6, 11:29] == 0).all(), "dark on either side"
    assert (drawn[7:23, 12:28] == 128).all() and (drawn[3] == 128).all()
    assert (GREY == 128).all(), "the picture stays as it is"


def test_true_boxes_are_dashed() -> None:
    drawn = draw_true_boxes(GREY, None, [(10, 5, 50, 25)])
    light = (drawn[5, 10:50] == 255).all(axis=1)
    expected = [((5 + x) // DASH) % 2 == 0 for x in range(10, 50)]
    assert light.tolist() == expected and 10 < light.sum() < 30
    both = draw_true_boxes(GREY, (10, 5, 50, 25), [(10, 5, 50, 25)])
    assert (both[5, 10:50] == 255).all(), "the map's box is not hidden"


def test_boxes_of_a_pixel_and_none_at_all() -> None:
    assert (draw_true_boxes(GREY, None, []) == GREY).all()
    larger = draw_true_boxes(GREY, (5, 2.5, 15, 12.5), [(1, 2, 3, 4)], 2)
    assert (larger == draw_true_boxes(GREY, (10, 5, 30, 25), [(2, 4, 6, 8)])).all()
    one = draw_true_boxes(GREY, (3, 4, 4, 5), [(0, 0, 60, 40)])
    assert (one[4, 3] == 255).all()


def test_a_box_costs_its_edges_and_not_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of boxes are drawn into one mask; boxes of every thickness are what they were."""
    sides = [(x, y, x + w, y + h) for x in (0, 7) for y in (0, 9) for w in (1, 2, 3, 9) for h in (1, 2, 9)]
    expected = np.zeros((40, 60), bool)
    for x0, y0, x1, y1 in sides:
        for y, x in np.ndindex(40, 60):
            inner = x0 + 2 <= x < x1 - 2 and y0 + 2 <= y < y1 - 2
            expected[y, x] |= x0 <= x < x1 and y0 <= y < y1 and not inner
    made, zeros = [], np.zeros
    monkeypatch.setattr(true_boxes.np, "zeros", lambda *given: made.append(given) or zeros(*given))
    found = true_boxes._edges(sides, (40, 60), 2, 1)
    np.testing.assert_array_equal(found, expected)
    assert len(made) == 1
