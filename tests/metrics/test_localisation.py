"""Boxes out of maps and the highest pixels, by hand and against loops of the definitions."""

from __future__ import annotations

import math

import numpy as np
import pytest

from oracle import localisation as oracle
from xai_cam.cam.components import components_of
from xai_cam.drawing.overlay import place
from xai_cam.images.boxes.box import Corners, covered
from xai_cam.images.picture import Region
from xai_cam.metrics.bootstrap import pooled_interval
from xai_cam.metrics.localisation import (
    FITS_V2,
    LONGEST,
    THRESHOLDS,
    box_accuracy,
    box_of,
    boxes_of,
    iou,
    overlaps,
    relevance_rank,
)

EMPTY = np.zeros((4, 4), bool)


def maps(count: int, seed: int = 0) -> list[np.ndarray]:
    """Maps of few levels with many ties, some blank places and several parts."""
    random = np.random.default_rng(seed)
    return [np.maximum(random.integers(-4, 6, (7, 9)), 0).astype(np.float32) for _ in range(count)]


def true_boxes(random: np.random.Generator) -> list[Corners]:
    found = []
    for _ in range(random.integers(1, 3)):
        x, y = (int(n) for n in random.integers(0, 5, 2))
        found.append((float(x), float(y), float(x + random.integers(1, 5)), float(y + random.integers(1, 3))))
    return found


def test_ranks_by_hand() -> None:
    """Two places: the highest lies inside, and of the 3 that tie for the second one does."""
    placed = np.array([[4, 1, 1], [0, 1, 0]], np.float32)
    mask = np.array([[True, True, False], [False, False, False]])
    assert relevance_rank(placed, mask) == pytest.approx((1 + 1 / 3) / 2)
    assert relevance_rank(placed, placed == 0) == 0
    assert relevance_rank(placed, placed > -1) == 1
    assert relevance_rank(0 * placed, mask) == 0, "a blank map ranks nothing"
    assert math.isnan(relevance_rank(placed, mask & False))
    assert math.isnan(relevance_rank(placed * math.nan, mask))


def test_ranks_against_loops() -> None:
    random = np.random.default_rng(1)
    for placed in maps(60):
        mask = random.random(placed.shape) < random.choice([0.05, 0.3, 0.9])
        if mask.any():
            assert relevance_rank(placed, mask) == pytest.approx(oracle.relevance_rank(placed, mask))


def test_parts_against_flood_fill() -> None:
    for placed in maps(40, seed=2):
        expected = [oracle.box(part) for part in oracle.parts(placed > 3)]
        assert [tuple(box) for box in boxes_of(placed > 3)] == expected
    assert boxes_of(EMPTY).shape == (0, 4)


def test_overlaps_by_hand() -> None:
    found = overlaps(
        np.array([[0, 0, 2, 2]]), np.array([[1, 1, 3, 3], [0, 0, 2, 2], [2, 0, 4, 2], [5, 5, 6, 6.0]])
    )
    np.testing.assert_allclose(found, [[1 / 7, 1, 0, 0]])


def test_the_box_of_the_largest_part() -> None:
    """From 0.15 of the maximum on, or from another share; the highest part is not the largest."""
    placed = np.zeros((6, 6), np.float32)
    placed[0, 0], placed[3:5, 2:6], placed[5, 5] = 100, 15.1, 14.9
    assert iou(placed, EMPTY, ((2, 3, 6, 5),)) == 1
    assert iou(placed, EMPTY, ((0, 0, 1, 1),)) == 0
    assert iou(placed, EMPTY, ((0, 0, 1, 1),), 0.2) == 1
    exact = np.where(placed > 15, np.float32(25), np.float32(0))
    exact[0, 0] = 100
    assert iou(exact, EMPTY, ((2, 3, 6, 5),), 0.25) == 1, "what equals the threshold is inside"
    assert iou(placed, EMPTY, ((0, 0, 1, 1), (2, 3, 6, 4))) == 0.5, "the true box that fits best"
    assert iou(placed, covered([(2, 3, 4, 5)], (6, 6))) == 0.5, "of a mask the box around it"


def test_the_box_is_that_of_the_parts_of_a_map() -> None:
    """Of a map on a grid of its own, in a picture of which the model saw a part, above any threshold."""
    region, size = Region(3, -5, 43, 50), (40, 45)
    for number, saliency in enumerate(maps(12, seed=9)):
        placed, seen = place(saliency, region, size)
        for threshold in (0.15, 0.6, "otsu", "p80"):
            parts = components_of(saliency, threshold, "largest", region, size)
            assert box_of(placed, threshold, seen) == (parts[0].box if parts else None), (number, threshold)


def test_boxes_against_loops() -> None:
    random = np.random.default_rng(4)
    for placed in maps(40, seed=3):
        boxes = true_boxes(random)
        if placed.any():
            assert iou(placed, EMPTY, tuple(boxes)) == pytest.approx(oracle.iou(placed, boxes, 0.15))


def test_box_accuracy_against_loops() -> None:
    random, tables, expected = np.random.default_rng(6), [], []
    for placed in (1 + one for one in maps(10, seed=5)):  # what is lowest is not 0
        boxes = true_boxes(random)
        for levels, any_part in (((0.5,), False), (FITS_V2, True)):
            found = box_accuracy(placed, EMPTY, tuple(boxes), levels, any_part)
            one = oracle.box_accuracy(placed, boxes, list(levels), any_part)
            np.testing.assert_array_equal(found, one)
        tables.append(found)
        expected.append(one)
    assert pooled_interval(np.stack(tables)).value == pytest.approx(oracle.max_box_accuracy(expected))
    assert len(THRESHOLDS) == 100 and THRESHOLDS[0] == 0 and THRESHOLDS[-1] == 0.99


def test_the_best_threshold_is_one_for_all_images() -> None:
    """Each of two images fits at half of the thresholds alone: 50, and not 100."""
    half = np.where(np.arange(100) < 50, 100.0, 0.0)[None]
    assert pooled_interval(np.stack([half, 100 - half])).value == 50


def test_any_part_may_fit_in_the_second_version() -> None:
    placed = np.zeros((20, 20), np.float32)
    placed[2:6, 2:6], placed[10:18, 10:18] = 1, 1
    small = ((2.0, 2.0, 6.0, 6.0),)
    assert not box_accuracy(placed, EMPTY, small).any()
    found = box_accuracy(placed, EMPTY, small, FITS_V2, any_part=True)
    assert found[:, 1:].all() and not found[1:, 0].any(), "at 0 all of the picture is one part"


def test_large_pictures_are_tried_on_a_small_grid() -> None:
    """A map of 1,024 x 512 with the upper left quarter bright."""
    placed = np.zeros((1024, 512), np.float32)
    placed[:512, :256] = 3
    found = box_accuracy(placed, EMPTY, ((0, 0, 256, 512),), (0.97,))
    assert found[0, 50:60].all() and not found[0, 0]
    assert not box_accuracy(placed, EMPTY, ((256, 512, 512, 1024),)).any()
    flat = np.zeros((2, 1024), np.float32)
    flat[:, :512] = 3
    assert box_accuracy(flat, EMPTY, ((0, 0, 512, 2),), (0.97,))[0, 50:60].all(), "of 2 rows 1 is left"
    assert LONGEST < 512


def test_maps_that_localise_nothing() -> None:
    blank, flat = np.zeros((4, 4), np.float32), np.full((4, 4), 2, np.float32)
    whole: tuple[Corners, ...] = ((0, 0, 4, 4),)
    for placed in (blank, flat):
        assert iou(placed, EMPTY, whole) == 0 and not box_accuracy(placed, EMPTY, whole).any()
    broken = np.full((4, 4), math.nan, np.float32)
    some = np.eye(4, dtype=np.float32)
    for placed, boxes in ((broken, whole), (some, ())):
        assert math.isnan(iou(placed, EMPTY, boxes))
        assert np.isnan(box_accuracy(placed, EMPTY, boxes, FITS_V2)).all()
