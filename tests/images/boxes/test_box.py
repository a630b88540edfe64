"""Boxes in their pictures: cut off at the edges, refused beside them, and as masks of pixels."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.errors import ImageError, InputError
from xai_cam.images.boxes.box import Corners, Drawn, TrueBox, around, check_corners, covered, joined


def drawn(*corners: float, size: tuple[int, int] | None = None) -> Drawn:
    return Drawn((TrueBox((corners[0], corners[1], corners[2], corners[3]), "cat", "line 2"),), size)


def test_what_lies_outside_is_cut_off() -> None:
    """In a picture 10 high and 20 wide."""
    (box,) = drawn(-3, 4.5, 30, 12).within((10, 20))
    assert box == TrueBox((0, 4.5, 20, 10), "cat", "line 2")
    assert drawn(3, 4, 19, 9).within((10, 20))[0].corners == (3, 4, 19, 9)


@pytest.mark.parametrize("corners", [(20, 0, 25, 5), (0, 10, 5, 12), (-5, 0, 0, 5), (0, -5, 5, 0)])
def test_a_box_beside_the_picture_fails_the_image(corners: Corners) -> None:
    with pytest.raises(ImageError, match=r"\(line 2\) lies outside of it, which has 10 x 20 pixels"):
        drawn(*corners).within((10, 20))


def test_boxes_beyond_all_bounds_fail_the_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xai_cam.images.boxes.box.MAX_BOXES", 2)
    two = joined([drawn(1, 2, 3, 4), drawn(2, 2, 3, 4)])
    assert len(two.within((10, 20))) == 2
    with pytest.raises(ImageError, match="it has 3 boxes, and no more than 2 are taken of one picture"):
        joined([two, drawn(1, 2, 3, 4)]).within((10, 20))


def test_boxes_that_are_told_in_several_places() -> None:
    one, other = drawn(1, 2, 3, 4), drawn(5, 6, 7, 8, size=(10, 20))
    assert joined([one, other]) == Drawn(one.boxes + other.boxes, (10, 20))


def test_boxes_of_a_picture_of_another_size_are_refused() -> None:
    """As COCO and VOC tell it: without the turn of EXIF, or before the picture was made smaller."""
    assert drawn(1, 2, 3, 4, size=(10, 20)).within((10, 20))
    with pytest.raises(ImageError, match=r"20 x 10 pixels without the turn that its EXIF asks for, and it"):
        drawn(1, 2, 3, 4, size=(20, 10)).within((10, 20))
    with pytest.raises(ImageError, match=r"a picture of 40 x 20 pixels, and it has 10 x 20; draw"):
        drawn(1, 2, 3, 4, size=(40, 20)).within((10, 20))


@pytest.mark.parametrize(
    ("corners", "what"),
    [
        ((1, 2, 1, 4), "is empty"),
        ((1, 2, 3, 2), "is empty"),
        ((5, 2, 3, 4), "ends before it begins"),
        ((1, 4, 3, 2), "ends before it begins"),
        ((1, 2, 3, 1e8), "no picture is large enough"),
        ((float("nan"), 2, 3, 4), "no picture is large enough"),
    ],
)
def test_what_is_no_box(corners: Corners, what: str) -> None:
    with pytest.raises(InputError, match=rf"b\.csv has the box .* \(line 7\), which {what}"):
        check_corners(corners, "b.csv", "line 7")


def test_pixels_of_boxes_by_their_middles() -> None:
    def plain(boxes: list[Corners], size: tuple[int, int]) -> np.ndarray:
        mask = np.zeros(size, bool)
        for row in range(size[0]):
            for column in range(size[1]):
                for x0, y0, x1, y1 in boxes:
                    if x0 <= column + 0.5 < x1 and y0 <= row + 0.5 < y1:
                        mask[row, column] = True
        return mask

    random = np.random.default_rng(3)
    for _ in range(50):
        a, b = random.uniform(-2, 9, (2, 2)).round(2), random.uniform(0.1, 6, (2, 2)).round(2)
        boxes = [(x, y, x + w, y + h) for (x, y), (w, h) in zip(a.tolist(), b.tolist(), strict=True)]
        np.testing.assert_array_equal(covered(boxes, (7, 5)), plain(boxes, (7, 5)))
    assert covered([(1, 2, 3, 4)], (5, 5)).sum() == 4 and not covered([(1, 1, 1.2, 1.2)], (5, 5)).any()
    assert not covered([(-5, -5, -1, -1)], (5, 5)).any(), "beside the picture"


def test_the_box_around_a_mask() -> None:
    mask = np.zeros((6, 8), bool)
    assert around(mask) == ()
    mask[2, 3] = mask[4, 6] = True
    assert around(mask) == ((3, 2, 7, 5),)
    np.testing.assert_array_equal(np.argwhere(covered(around(mask), (6, 8)))[[0, -1]], [[2, 3], [4, 6]])
