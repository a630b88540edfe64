"""Which inputs maps are measured by, and which of them serve several."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest

from support.perturbed import one_by_one
from xai_cam.cam.engines.perturbed import DIMMED
from xai_cam.metrics.faithfulness import measure
from xai_cam.metrics.measure import CURVE
from xai_cam.metrics.measure import DIMMED as DIMMED_COST
from xai_cam.metrics.perturbation import counts_of, exchanged_at
from xai_cam.metrics.probes import DELETION, INSERTION, MASKED, Case, Probes, first_alike

RNG = np.random.default_rng(5)
IMAGE = RNG.normal(size=(6, 6, 2)).astype(np.float32)


def cams(count: int) -> list[np.ndarray]:
    return list(RNG.random((count, 3, 3), np.float32))


def case_of(maps: Sequence[np.ndarray], classes: Sequence[int] | None = None) -> Case:
    return Case(IMAGE, maps, classes or [0] * len(maps), [0.5] * len(maps))


def count(maps: Sequence[np.ndarray], steps: int, classes: Sequence[int] | None = None) -> int:
    return len(Probes([case_of(maps, classes)], steps).inputs)


def test_both_curves_share_their_ends_with_those_of_all_maps() -> None:
    """Of 32 steps 31 are a map's own, of each curve; the image as it is is known."""
    image = np.zeros((40, 40, 1), np.float32)
    for number in (1, 2, 5):
        maps = list(RNG.random((number, 8, 8), np.float32))
        found = Probes([Case(image, maps, [0] * number, [0.5] * number)], 32)
        assert len(found.inputs) == number * (1 + 2 * 31) + 2
        assert len(found.inputs) == DIMMED_COST.passes(number, 32) + 2 * CURVE.passes(number, 32)
    assert count(cams(3), 0) == 3
    assert count(cams(3), 1) == 3 + 2, "but for the maps themselves there are ends alone"


def test_only_what_is_asked_for_has_inputs() -> None:
    """Of 8 steps a curve has 7 that are its own, and an end."""
    maps, kinds = cams(2), {MASKED, DELETION, INSERTION}
    for names, wanted, number in (
        (["gain"], {MASKED}, 2),
        (["increase", "drop"], {MASKED}, 2),
        (["deletion"], {DELETION}, 2 * 7 + 1),
        (["insertion", "sparseness"], {INSERTION}, 2 * 7 + 1),
        (["entropy", "energy_pointing"], set(), 0),
        (["insertion", "drop", "deletion"], kinds, 2 + 2 * (2 * 7 + 1)),
    ):
        found = Probes([case_of(maps)], 8, names)
        assert {one.kind for one in found.inputs} == wanted and len(found.inputs) == number


def test_maps_that_are_alike_are_measured_once() -> None:
    """By another scale the pixels go in the same order, and the product with the image is another."""
    first, second = cams(2)
    assert count([first, first.copy(), first], 8) == count([first], 8) == 17
    assert count([first, 2 * first], 8) == 17 + 1, "it is another product, if only in its last digits"
    assert count([first, first, second], 8, [0, 1, 1]) == count([first, second], 8), "whichever class"


def test_steps_at_which_the_same_pixels_are_gone_are_shared() -> None:
    """The four most salient pixels of both maps are the same, and go in another order."""
    one = np.array([[9, 8, 7, 6], [1, 2, 3, 4]], np.float32)
    other = np.array([[6, 7, 8, 9], [4, 3, 2, 1]], np.float32)
    case = Case(np.zeros((2, 4, 1), np.float32), [one, other], [0, 0], [0.5, 0.5])
    found = Probes([case], 8)
    maps = [{(i.kind, i.step) for i in found.inputs if i.map == number} for number in (0, 1)]
    own = {(kind, step) for kind in (DELETION, INSERTION) for step in (1, 2, 3, 5, 6, 7)}
    assert maps[1] == own | {(MASKED, DIMMED)}
    assert maps[0] == maps[1] | {(DELETION, 4), (INSERTION, 4), (DELETION, 8), (INSERTION, 0)}


def test_more_steps_than_pixels_are_no_more_inputs() -> None:
    """A step in which no pixel is exchanged is that before it; at either end it is the image as it is."""
    image, cam = np.zeros((1, 4, 1), np.float32), np.array([[4, 3, 2, 1]], np.float32)
    found = Probes([Case(image, [cam], [0], [0.5])], 16)
    assert len(found.inputs) == 1 + 3 + 3 + 2
    ((probe,),) = found.of_cases
    assert probe is not None and probe.deletion[:2] == (None, None) and probe.insertion[-2:] == (None, None)
    assert len(probe.deletion) == len(probe.insertion) == 17


def test_shared_inputs_leave_every_figure_as_it_is() -> None:
    """Each map by itself shares nothing but its own steps."""
    first, second = cams(2)
    together = [first, second, 2 * first, second]
    classes, known = [0, 1, 1, 0], [0.4, 0.5, 0.6, 0.7]

    def probability(x: np.ndarray, k: int) -> float:
        return float(1 / (1 + np.exp(-(x[..., k] * x[..., 0]).mean())))

    found = measure(one_by_one(probability), IMAGE, together, classes, known, 5)
    for cam, k, y, one in zip(together, classes, known, found, strict=True):
        (alone,) = measure(one_by_one(probability), IMAGE, [cam], [k], [y], 5)
        assert alone.deletion_curve == one.deletion_curve and alone.insertion_curve == one.insertion_curve
        assert (alone.drop, alone.increase) == (one.drop, one.increase)


def test_inputs_of_an_image_stand_together_and_pictures_come_once() -> None:
    """So that no picture has to be made twice: first what is dimmed, then deletion, then insertion."""
    found = Probes([case_of(cams(2)), case_of([*cams(1), np.zeros((3, 3), np.float32)])], 4)
    assert found.inputs == sorted(found.inputs) and found.asked.rows[:, 0].tolist() == [0] * 16 + [1] * 10
    kinds = [one.kind for one in found.inputs if one.image == 0]
    assert kinds == sorted(kinds) and sum(a != b for a, b in pairwise(kinds)) == 2
    pictures = found.asked.rows[:, 1:3]
    for part, numbers in ((pictures[:16], {0, 1, 2}), (pictures[16:], {5, 6, 7})):
        assert set(part.ravel().tolist()) == numbers


def test_columns_are_the_classes_of_each_image_once() -> None:
    found = Probes([case_of(cams(3), [5, 2, 5]), case_of(cams(1), [7]), case_of([])], 2).asked
    assert found.columns.tolist() == [[5, 2], [7, 7], [0, 0]] and found.columns.dtype == np.int32


@pytest.mark.parametrize("steps", [3, 8, 40])
def test_the_first_map_that_has_exchanged_the_same_pixels(steps: int) -> None:
    """Against sets of pixels, of maps with few values: many of their steps are alike."""
    coarse = RNG.integers(0, 3, (6, 4, 4)).astype(np.float32)
    exchanged = {k: exchanged_at(one, steps) for k, one in enumerate(coarse)}
    counts = counts_of(16, steps)
    for k, own in exchanged.items():
        before = {j: one for j, one in exchanged.items() if j < k}
        gone = [{j for j, one in before.items() if ((one < i) == (own < i)).all()} for i in range(steps + 1)]
        assert first_alike(own, before, k, counts) == [min(alike, default=k) for alike in gone]
