"""What a change does to a model's answers: by hand, with tables of scores in place of models."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xai_cam.kernels.editing.effects import Effect, measure_effects, sum_up
from xai_cam.models.classifier import NOT_FINITE

NAN = math.nan
BEFORE = {0: [0.5, 0.25, 0.25], 1: [0.25, 0.75, 0.0], 2: [NAN, 0.5, 0.5], 3: [0.125, 0.125, 0.75]}
AFTER = {0: [0.25, 0.5, 0.25], 1: [0.125, 0.875, 0.0], 2: [0.0, 0.5, 0.5], 3: [0.0, math.inf, 0.75]}
"""Scores of three classes, by the only pixel of a picture."""


def scores(table: dict[int, list[float]], pictures: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    found = np.array([table[int(picture[0, 0, 0])] for picture in pictures])
    return found, np.nan_to_num(found).argmax(axis=1)


class Tabled:
    """A classifier that looks its scores up; pictures come in batches of two, the broken one is a text."""

    preprocessing = "unit"

    def __init__(self) -> None:
        self.scored: list[int] = []

    def read_batches(self, paths: Sequence[Path]) -> Iterator[tuple[list[Path], list[Any]]]:
        for start in range(0, len(paths), 2):
            batch = list(paths[start : start + 2])
            yield batch, [self.read(path) for path in batch]

    def read(self, path: Path) -> np.ndarray | str:
        return "this is no picture" if path.stem == "broken" else np.full((1, 1, 1), int(path.stem))

    def score(self, pictures: Sequence[np.ndarray], preprocessing: str) -> tuple[np.ndarray, np.ndarray]:
        assert preprocessing == "unit"
        self.scored.append(len(pictures))
        return scores(BEFORE, pictures)


def effects_of(*names: str, classifier: Any = None) -> list[Effect]:
    paths = [Path(f"{name}.png") for name in names]
    return list(measure_effects(classifier or Tabled(), lambda pictures: scores(AFTER, pictures), paths))


def test_scores_are_those_of_the_class_chosen_before() -> None:
    first, second = effects_of("0", "1")
    assert first == Effect(Path("0.png"), 0, 1, score=0.5, score_after=0.25, new_score=0.5)
    assert (first.changed, first.change) == (True, -0.25)
    assert second == Effect(Path("1.png"), 1, 1, score=0.75, score_after=0.875, new_score=0.875)
    assert (second.changed, second.change) == (False, 0.125)


def test_broken_images_keep_their_place() -> None:
    found = effects_of("broken", "1", "0", "broken", "broken", "broken", "1")
    assert [effect.path.stem for effect in found] == ["broken", "1", "0", "broken", "broken", "broken", "1"]
    assert [effect.failure for effect in found] == [
        "this is no picture" if effect.path.stem == "broken" else "" for effect in found
    ]
    assert [effect.predicted for effect in found] == [-1, 1, 0, -1, -1, -1, 1]


def test_a_batch_of_broken_images_is_not_scored() -> None:
    classifier = Tabled()
    effects_of("broken", "broken", "1", "broken", classifier=classifier)
    assert classifier.scored == [1]


@pytest.mark.parametrize("name", ["2", "3"])
def test_scores_that_are_not_finite_before_or_after_are_a_failure(name: str) -> None:
    (effect,) = effects_of(name)
    assert effect.failure == NOT_FINITE and math.isnan(effect.score)


def test_no_images() -> None:
    assert effects_of() == []


def test_the_total_by_hand() -> None:
    """Two good images, -0.25 and 0.125; one changed; two failed."""
    total = sum_up(effects_of("0", "1", "2", "broken"))
    assert (total.images, total.changed, total.failed) == (2, 1, 2)
    assert total.mean_change == (-0.25 + 0.125) / 2


def test_the_total_of_failures_has_no_mean() -> None:
    total = sum_up(effects_of("broken"))
    assert (total.images, total.changed, total.failed) == (0, 0, 1) and math.isnan(total.mean_change)
