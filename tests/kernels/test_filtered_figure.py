"""The figure of a filtered picture: picture, kernel, result and planes at known places."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.drawing.canvas import Canvas
from xai_cam.drawing.panels import GAP, LINE, MARGIN, Panel
from xai_cam.images.picture import Picture
from xai_cam.kernels.filtered_figure import HEIGHT, draw_answer, draw_kernel
from xai_cam.kernels.picture_filter import Answer, apply_filter, filter_of_kernel

BLUE, WHITE, RED = (5, 48, 97), (247, 247, 247), (103, 0, 31)
"""Ends and middle of RdBu, as ColorBrewer publishes it."""

CAPTIONS = MARGIN + 3 * LINE
PHOTO = np.random.default_rng(0).integers(0, 256, (HEIGHT, 300, 3), np.uint8)


def answered(
    kernel: np.ndarray, pixels: np.ndarray, name: str = "k", scale: str = "auto"
) -> tuple[Answer, np.ndarray]:
    picture_filter = filter_of_kernel(name, kernel)
    answer = apply_filter(picture_filter, Picture(pixels, pixels), scale=scale)
    return answer, draw_answer("p.png", pixels, picture_filter, answer, "reflect")


def captions(
    monkeypatch: pytest.MonkeyPatch, kernel: np.ndarray, pixels: np.ndarray, name: str, scale: str
) -> list[list[str]]:
    """The lines below each panel."""
    found: list[Panel] = []

    def note(rows: list[list[Panel]], height: int) -> np.ndarray:
        found.extend(panel for row in rows for panel in row)
        return np.zeros((1, 1, 3), np.uint8)

    monkeypatch.setattr("xai_cam.kernels.filtered_figure.draw_panels", note)
    answered(kernel, pixels, name, scale)
    return [panel.caption.split("\n") for panel in found]


def test_cells_of_a_kernel_fill_the_room_inside_a_frame() -> None:
    drawn = draw_kernel(np.array([[[-1.0, 1.0]]]), (40, 84))
    assert drawn.shape == (40, 84, 3)
    assert (drawn[2:10, 6:42] == BLUE).all() and (drawn[2:10, 42:78] == RED).all()
    assert (drawn[:2, 4:80] == 160).all() and (drawn[:, 78:80] == 160).all()
    assert (drawn[:, :4] == 255).all() and (drawn[:, 80:] == 255).all()


def test_planes_of_a_kernel_share_a_scale() -> None:
    drawn = draw_kernel(np.array([1.0, 0.0, -2.0]).reshape(3, 1, 1), (40, 144))
    # 144 - 2 * 12 between them leaves 40 for each, with its frame
    for number, colour in enumerate([(229, 131, 104), WHITE, BLUE]):  # 0.5, 0 and -1 of the largest
        left = number * 52
        assert np.abs(drawn[2:10, left + 2 : left + 38].astype(int) - colour).max() <= 1
        assert (drawn[:, left + 40 : left + 52] == 255).all()


def test_of_many_planes_the_sum_is_drawn() -> None:
    kernel = np.zeros((4, 1, 2))
    kernel[:, 0, 0], kernel[0, 0, 1] = 1, -4
    assert (draw_kernel(kernel, (40, 84)) == draw_kernel(np.array([[[4.0, -4.0]]]), (40, 84))).all()


def test_a_kernel_of_zeros_is_white_and_a_large_one_makes_its_room_larger() -> None:
    assert (draw_kernel(np.zeros((1, 1, 1)), (40, 40))[2:10, 2:38] == WHITE).all()
    assert draw_kernel(np.ones((1, 50, 90)), (40, 40)).shape == (54, 94, 3)


def test_picture_and_result_stand_in_the_first_row_and_planes_below() -> None:
    answer, figure = answered(np.ones((1, 1, 1)), PHOTO)
    assert answer.combine == "colour"  # the kernel changes nothing: the result is the photo
    assert figure.shape == (2 * (HEIGHT + CAPTIONS), 3 * 300 + 2 * GAP, 3)
    for left in (0, 2 * (300 + GAP)):
        assert (figure[:HEIGHT, left : left + 300] == PHOTO).all()
    second = figure[HEIGHT + CAPTIONS :][:HEIGHT]
    for plane in range(3):
        grey = second[:, plane * (300 + GAP) :][:, :300]
        assert (grey == PHOTO[..., plane, None]).all()


def test_one_plane_has_no_second_row() -> None:
    grey = PHOTO[..., :1].repeat(3, axis=2)
    answer, figure = answered(np.ones((1, 1, 1)), grey)
    assert answer.planes.shape[2] == 1 and len(figure) == HEIGHT + CAPTIONS


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (288, 20), (3, 700)])
def test_small_and_narrow_pictures_have_room_for_their_captions(size: tuple[int, int]) -> None:
    _, figure = answered(np.ones((1, 1, 1)), PHOTO.repeat(3, axis=1)[: size[0], : size[1]])
    assert figure.shape[1] >= 3 * 0.9 * HEIGHT and figure.shape[0] < 1000


RULES = {
    "clip": ("0 to 1 shown", "0 to 1 shown"),
    "symmetric": ("0 is mid grey", "the same scale for all"),
    "stretch": ("lowest to highest", "the same scale for all"),
}


@pytest.mark.parametrize("scale", RULES)
def test_captions_tell_names_ranges_and_rules(scale: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[..., 0] = 255
    kernel, name = np.array([0.5, -1.0, 0.25]).reshape(3, 1, 1), "mixed\n" + "k" * 40
    photo, of_kernel, result, red, green, blue = captions(monkeypatch, kernel, pixels, name, scale)
    assert photo == ["p.png", "border: reflect"]
    assert of_kernel == [
        "mixed " + "k" * 29 + "…",
        "1 x 1 for red, green, blue, -1 to 0.5",
        "red above 0, blue below; a square is a pixel",
    ]
    own, shared = RULES[scale]
    assert result == ["sum of the planes", f"0.5 to 0.5; {own}"]
    assert red == ["red", f"0.5 to 0.5; {shared}"]
    assert (green[0], blue) == ("green", ["blue", f"0 to 0; {shared}"])


def test_squares_that_have_room_bear_their_numbers() -> None:
    """In white on dark colours, in black on bright ones; small squares have none."""
    drawn = draw_kernel(np.array([[[-8.0, 0.1]]]), (60, 124))
    dark, bright = drawn[2:58, 4:60], drawn[2:58, 64:120]
    assert (dark == 255).all(axis=-1).any() and not (dark == 0).all(axis=-1).any()
    assert (bright == 0).all(axis=-1).any()
    other = draw_kernel(np.array([[[-8.0, 0.3]]]), (60, 124))[2:58, 64:120]
    assert ((bright < 60).all(axis=-1) != (other < 60).all(axis=-1)).any(), "0.1 and 0.3 are not the same"
    small = draw_kernel(np.array([[[-8.0, 0.1]]]), (24, 44))
    assert len(np.unique(small.reshape(-1, 3), axis=0)) == 3  # two colours and the frame


def test_several_planes_get_the_room_that_their_numbers_need() -> None:
    """Three of 5 x 5 in squares of 34 pixels: 3 * (170 + 4) and 2 * 12 between them."""
    _, figure = answered(np.arange(75.0).reshape(3, 5, 5), PHOTO)
    assert figure.shape[1] == 300 + GAP + 3 * 174 + 2 * 12 + GAP + 300


@pytest.mark.parametrize(
    ("largest", "value", "text"),
    [(0.239, -0.0042, "0.00"), (0.239, -0.1, "-0.10"), (12, 4, "4"), (1.5, 0.25, "0.2"), (3e5, 1e5, "1e+05")],
)
def test_numbers_have_two_digits_of_the_largest(
    largest: float, value: float, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    monkeypatch.setattr(Canvas, "write", lambda self, text, *_, **__: written.append(text))
    draw_kernel(np.array([[[largest, value]]]), (60, 124))
    assert written[1] == text
