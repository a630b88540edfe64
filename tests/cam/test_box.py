"""The box of a map's largest bright part, against a flood fill."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.cam.box import box_of
from xai_cam.errors import InputError
from xai_cam.images.picture import Region


def flood(bright: np.ndarray) -> set[tuple[int, ...]]:
    """x0, y0, x1, y1 of the largest sets of pixels that share sides or corners."""
    left, found = {tuple(place) for place in np.argwhere(bright)}, []
    while left:
        part, waiting = set(), [left.pop()]
        while waiting:
            y, x = waiting.pop()
            part.add((y, x))
            near = {(y + i, x + j) for i in (-1, 0, 1) for j in (-1, 0, 1)} & left
            left -= near
            waiting += near
        found.append(part)
    places = [np.array(sorted(part)) for part in found if len(part) == max(map(len, found))]
    return {(*p.min(axis=0)[::-1], *(p.max(axis=0)[::-1] + 1)) for p in places}


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("threshold", [0.15, 0.6, 0.85])
def test_the_largest_part_of_noise(seed: int, threshold: float) -> None:
    placed = np.random.default_rng(seed).random((9, 14)).astype(np.float32)
    found = box_of(placed, threshold)
    assert found is not None
    assert found[:4] in flood(placed >= threshold * placed.max())
    assert placed[found.peak[1], found.peak[0]] == placed.max() and found.size == (9, 14)


def test_by_hand() -> None:
    """A large dim part and a small bright one: the box is of the first, the peak in the second."""
    placed = np.zeros((6, 10), np.float32)
    placed[1:4, 2:6], placed[5, 9] = 0.5, 1
    assert box_of(placed) == (2, 1, 6, 4, (9, 5), (6, 10))
    assert box_of(placed, 0.6) == (9, 5, 10, 6, (9, 5), (6, 10))
    assert box_of(placed, 0.5) == box_of(10 * placed, 0.5), "the threshold is a share of the maximum"


def test_corners_join() -> None:
    assert box_of(np.eye(4, dtype=np.float32)) == (0, 0, 4, 4, (0, 0), (4, 4))


def test_nothing_has_no_box() -> None:
    assert box_of(np.zeros((3, 3), np.float32)) is None
    assert box_of(np.full((3, 3), np.nan, np.float32)) is None


@pytest.mark.parametrize("threshold", [0, -1, 1.1, np.nan])
def test_a_threshold_is_a_share(threshold: float) -> None:
    with pytest.raises(InputError, match=r"`threshold` is"):
        box_of(np.ones((2, 2), np.float32), threshold)


def test_the_peak_is_where_figures_draw_their_ring() -> None:
    saliency = np.array([[0, 1], [0, 0]], np.float32)  # a plateau of pixels from the cell's middle on
    found = box_of(saliency, region=Region(0, 0, 40, 40), size=(40, 40))
    assert found is not None and found.peak == (30, 10) and found.size == (40, 40)
    saliency[1, 1] = 0.5  # all that is seen of the map
    cropped = box_of(saliency, region=Region(-30, 0, 10, 60), size=(10, 40))
    assert cropped is not None and cropped.peak == (39, 0), "a middle beside the picture: the nearest pixel"


def test_the_box_of_a_volume_lies_in_the_slice_of_its_peak() -> None:
    saliency = np.zeros((3, 4, 4), np.float32)
    saliency[2, 1, 2], saliency[0] = 1, 0.5
    found = box_of(saliency, threshold=0.6, size=(6, 8, 8))
    alone = box_of(saliency[2], threshold=0.6, size=(8, 8))
    assert found == alone and found is not None and found.size == (8, 8)
