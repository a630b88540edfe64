"""Panels: pictures side by side, their captions below them."""

from __future__ import annotations

import numpy as np

from xai_cam.drawing.panels import GAP, LINE, MARGIN, Panel, draw_panels

CAPTION = MARGIN + LINE


def flat(height: int, width: int, value: int) -> np.ndarray:
    return np.full((height, width, 3), value, np.uint8)


def test_panels_stand_side_by_side_at_one_height() -> None:
    figure = draw_panels([[Panel(flat(20, 30, 10), "a"), Panel(flat(40, 20, 90), "b")]], height=40)
    assert figure.shape == (40 + CAPTION, 60 + GAP + 20, 3)
    assert (figure[:40, :60] == 10).all() and (figure[:40, 60 + GAP :] == 90).all()
    assert (figure[:40, 60 : 60 + GAP] == 255).all()


def test_captions_lie_below_their_pictures() -> None:
    figure = draw_panels([[Panel(flat(60, 60, 0), "left"), Panel(flat(60, 60, 0), "")]], height=60)
    below = figure[60:]
    assert (below[:, :60] < 128).any()
    assert (below[:, 60 + GAP :] == 255).all()


def test_a_narrower_row_is_centred() -> None:
    rows = [[Panel(flat(10, 100, 5), "")], [Panel(flat(10, 40, 50), "")]]
    figure = draw_panels(rows, height=10)
    second = figure[10 + CAPTION : 20 + CAPTION]
    assert (second[:, 30:70] == 50).all() and (second[:, :30] == 255).all() and (second[:, 70:] == 255).all()


def test_a_long_caption_is_set_smaller_and_stays_with_its_picture() -> None:
    text = "score-cam: a class of a long name"
    figure = draw_panels([[Panel(flat(50, 190, 0), text), Panel(flat(50, 190, 0), "")]], height=50)
    ink = np.nonzero((figure[50:] < 128).any(axis=(0, 2)))[0]
    assert ink.size and ink.max() < 190 + GAP
