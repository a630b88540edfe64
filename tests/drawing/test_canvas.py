"""A sheet: pictures and texts lie where they were put, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from xai_cam.drawing.canvas import FRAME, GREY, Canvas
from xai_cam.drawing.text import font, text_width


def box(pixels: np.ndarray) -> tuple[int, int, int, int]:
    """Top, left, bottom, right of what is not white."""
    rows, columns = np.nonzero((pixels < 255).any(axis=-1))
    return int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1


def red(height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), (200, 0, 0), np.uint8)


def test_a_new_sheet_is_white() -> None:
    canvas = Canvas(7, 11)
    assert (canvas.height, canvas.width) == (7, 11)
    assert canvas.pixels.shape == (7, 11, 3) and (canvas.pixels == 255).all()


def test_a_picture_lies_at_its_place_or_in_the_middle_of_its_room() -> None:
    canvas = Canvas(20, 30)
    canvas.put(red(3, 4), 5, 6)
    assert box(canvas.pixels) == (5, 6, 8, 10) and (canvas.pixels[5:8, 6:10] == (200, 0, 0)).all()
    canvas = Canvas(20, 30)
    canvas.put(red(3, 4), 5, 6, room=(10, 11))  # 7 rows and 7 columns are free
    assert box(canvas.pixels) == (8, 9, 11, 13)


def test_a_frame_lies_around_the_picture() -> None:
    canvas = Canvas(20, 30)
    canvas.put(red(3, 4), 5, 6, frame=FRAME)
    assert box(canvas.pixels) == (4, 5, 9, 11)
    assert (canvas.pixels[5:8, 6:10] == (200, 0, 0)).all()
    framed = canvas.pixels[4:9, 5:11]
    assert (framed == FRAME).all(axis=-1).sum() == 5 * 6 - 3 * 4


def test_a_tick_is_one_pixel_high() -> None:
    canvas = Canvas(9, 20)
    canvas.tick(4, 3, 4)
    assert box(canvas.pixels) == (4, 3, 5, 8) and (canvas.pixels[4, 3:8] == 0).all()


@pytest.mark.parametrize("anchor", ["la", "ma", "mm", "lm", "rm"])
def test_an_anchor_says_what_lies_at_the_place(anchor: str) -> None:
    canvas, width = Canvas(100, 200), text_width("HHHH", 20)
    canvas.write("HHHH", 50, 100, size=20, anchor=anchor)
    top, left, bottom, right = box(canvas.pixels)
    starts = {"l": 100, "m": 100 - width / 2, "r": 100 - width}
    assert abs(left - starts[anchor[0]]) <= 3 and abs(right - left - width) <= 4
    assert top >= 50 if anchor[1] == "a" else abs((top + bottom) / 2 - 50) <= 4


def test_letters_have_the_ink_that_was_asked_for() -> None:
    canvas = Canvas(40, 60)
    canvas.write("HH", 5, 5, size=25, ink=GREY)
    assert canvas.pixels.min() == GREY[0] and (canvas.pixels == GREY).all(axis=-1).any()


def test_a_text_fits_into_its_room_or_runs_over_if_it_is_kept_whole() -> None:
    text, room = "a/long/path/" * 4, 60
    for whole in (False, True):
        canvas = Canvas(30, 500)
        canvas.write(text, 5, 10, width=room, whole=whole)
        _, left, _, right = box(canvas.pixels)
        assert left >= 9
        assert right > 10 + 2 * room if whole else right <= 10 + room + 1
    canvas, same = Canvas(30, 500), Canvas(30, 500)
    canvas.write(text, 5, 10, width=480)
    same.write(text, 5, 10)
    assert (canvas.pixels == same.pixels).all()


@pytest.mark.parametrize("anchor", ["la", "ma", "mm", "lm", "rm"])
def test_texts_lie_over_pictures_as_pillow_writes_them(anchor: str) -> None:
    below = np.random.default_rng(0).integers(0, 256, (50, 120, 3)).astype(np.uint8)
    for text, top, left, size in (
        *(("12: -0.31 to 4e+05", 20, 40, 13), ("jÄg…", 3.5, 17.25, 22), ("", 5, 5, 9)),
        *(("over the right edge", 30.5, 80, 15), ("over the foot", 44, 60.5, 18)),
    ):
        canvas = Canvas(50, 120)
        canvas.put(below, 0, 0)
        canvas.write(text, top, left, size=size, anchor=anchor, ink=(200, 30, 10))
        expected = Image.fromarray(below)
        ImageDraw.Draw(expected).text((left, top), text, (200, 30, 10), font(size), anchor=anchor)
        assert (canvas.pixels == np.asarray(expected)).all(), text


@pytest.mark.parametrize(("top", "left"), [(-2, -3), (6, 8), (-9, 2), (3, 40), (30, -30)])
def test_what_lies_beyond_the_edges_is_left_out(top: int, left: int) -> None:
    picture = np.random.default_rng(0).integers(0, 255, (5, 7, 3)).astype(np.uint8)
    canvas, expected = Canvas(9, 12), np.full((9, 12, 3), 255, np.uint8)
    canvas.put(picture, top, left, frame=GREY)
    for row in range(9):
        for column in range(12):
            y, x = row - top, column - left
            if -1 <= y <= 5 and -1 <= x <= 7:
                inner = 0 <= y < 5 and 0 <= x < 7
                expected[row, column] = picture[y, x] if inner else GREY
    assert (canvas.pixels == expected).all()
