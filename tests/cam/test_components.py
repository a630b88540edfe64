"""Parts of maps against a plain flood fill: boxes, areas, peaks, masks, order; maps that show nothing."""

from __future__ import annotations

import numpy as np
import pytest

from oracle import regions as oracle
from xai_cam.cam.components import Parts, components_of, mask_of, parts_of
from xai_cam.drawing.overlay import place
from xai_cam.errors import InputError
from xai_cam.images.picture import Region


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("threshold", ["0.15", "0.7", "0.9", "otsu", "p60"])
def test_all_parts_of_noise(seed: int, threshold: str) -> None:
    placed = np.random.default_rng(seed).random((11, 14)).astype(np.float32)
    scaled = [float(one / placed.max()) for one in placed.ravel()]
    level = {
        "otsu": lambda: (oracle.otsu(scaled) or 0) * float(placed.max()),
        "p60": lambda: oracle.percentile([float(one) for one in placed.ravel()], 60),
    }.get(threshold, lambda: float(np.float32(threshold) * placed.max()))()
    expected = oracle.parts(placed >= np.float32(level))
    found = components_of(placed, threshold)
    assert [one.box for one in found] == [oracle.box(part) for part in expected]
    assert [one.area for one in found] == [len(part) for part in expected]
    for one, part in zip(found, expected, strict=True):
        assert {(y, x) for y, x in np.argwhere(one.mask)} == part
        highest = max(placed[place] for place in part)
        assert placed[one.peak[1], one.peak[0]] == highest and one.height == highest / placed.max()
        assert one.size == (11, 14)
    (largest,) = components_of(placed, threshold, "largest")
    assert largest.box == found[0].box
    np.testing.assert_array_equal(mask_of(found, (11, 14)), placed >= np.float32(level))


def test_equal_parts_are_in_reading_order() -> None:
    placed = np.zeros((7, 9), np.float32)
    for row, column in ((5, 1), (1, 6), (1, 2)):
        placed[row, column] = 1
    assert [one.box[:2] for one in components_of(placed)] == [(2, 1), (6, 1), (1, 5)]


def test_holes_are_left_out_of_the_area() -> None:
    """OpenCV's contours, by which wsolevaluation chooses the largest, count them in."""
    placed = np.zeros((8, 16), np.float32)
    placed[0:6, 0:6], placed[1:5, 1:5], placed[0:5, 8:13] = 1, 0, 1
    assert [(one.box, one.area) for one in components_of(placed)] == [
        ((8, 0, 13, 5), 25),
        ((0, 0, 6, 6), 20),
    ]


def test_a_part_in_a_crop_and_a_mirror() -> None:
    """The region of a crop: pixels beside it are in no part; of a mirrored one left is right."""
    saliency = np.array([[0, 0], [0, 1]], np.float32)
    crop, size = Region(10, 20, 50, 60), (60, 100)
    (one,) = components_of(saliency, 0.5, "all", crop, size)
    placed, seen = place(saliency, crop, size)
    assert one.box == oracle.box(oracle.parts(placed >= 0.5 * placed.max())[0])
    assert one.peak == (50, 40) and not one.mask[~seen].any()
    (other,) = components_of(saliency, 0.5, "all", Region(10, 60, 50, 20), size)
    assert other.peak == (30, 40) and other.x0 == 80 - one.x1 and other.x1 == 80 - one.x0


def test_a_part_without_the_middle_of_a_cell_has_a_peak_all_the_same() -> None:
    """A map finer than its picture."""
    saliency = np.zeros((40, 40), np.float32)
    saliency[20:, :] = np.linspace(0.5, 1, 40)[None]
    (one,) = components_of(saliency, 0.9, "all", None, (2, 3))
    assert one.inside[one.peak[1] - one.y0, one.peak[0] - one.x0]


@pytest.mark.parametrize("value", [0.0, 0.7, np.nan, np.inf])
def test_maps_that_show_nothing_have_no_parts(value: float) -> None:
    for threshold in ("0.15", "otsu", "p80"):
        assert components_of(np.full((4, 5), value, np.float32), threshold, "all", None, (40, 50)) == []
    assert components_of(np.eye(2, dtype=np.float32), 0.5, "all", Region(50, 0, 90, 40), (40, 40)) == []


def test_parts_are_looked_at_when_they_are_asked_for() -> None:
    """And the whole picture for none of them: noise has thousands."""
    found = parts_of(np.random.default_rng(0).random((40, 40)).astype(np.float32), 0.8)
    looked: list[int] = []
    watched = Parts(found.numbers, lambda number: looked.append(number) or found.look(number))  # type: ignore[func-returns-value, misc]
    assert len(watched) > 50 and not looked
    assert [one.box for one in watched.first(2)] == [one.box for one in found.first()[:2]]
    assert looked == found.numbers[:2] and parts_of(np.zeros((2, 2), np.float32)).first() == []


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(InputError, match=r"`components` is 'some'. Use largest or all"):
        components_of(np.eye(3, dtype=np.float32), 0.5, "some")
    with pytest.raises(InputError, match="one of a volume"):
        components_of(np.ones((2, 3, 3), np.float32))
