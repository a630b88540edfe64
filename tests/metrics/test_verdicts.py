"""What may be said of variants, and by which test, from differences made by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from xai_cam.metrics.bootstrap import Difference
from xai_cam.metrics.measures import METRICS
from xai_cam.metrics.verdicts import best_of, is_baseline, is_better, verdicts

DROP, INSERTION = METRICS["drop"], METRICS["insertion"]


class Table:
    """Differences of the means, with intervals that reach so far to both sides."""

    def __init__(self, means: dict[str, float], reach: dict[str, float] | float, count: int = 12) -> None:
        self.means, self.reach, self.count = means, reach, count

    def __call__(self, first: str, second: str) -> Difference:
        pair = "".join(sorted((first, second)))
        reach = self.reach if isinstance(self.reach, float) else self.reach.get(pair, 0.5)
        value = self.means[first] - self.means[second]
        return Difference(value, value - reach, value + reach, self.count, 0.5, 0)


def test_a_star_needs_every_interval_to_leave_out_0() -> None:
    means = {"a": 1.0, "b": 2.0, "c": 9.0}
    assert best_of(DROP, means, Table(means, 0.5)) == "a"
    assert best_of(INSERTION, means, Table(means, 0.5)) == "c"
    assert best_of(DROP, means, Table(means, {"ab": 1.0})) is None, "an interval that ends at 0 has it"
    assert best_of(DROP, means, Table(means, {"ac": 8.5})) is None, "also where the second is beaten"
    assert best_of(DROP, {**means, "d": math.nan}, Table(means, 0.5)) == "a"
    assert best_of(DROP, {"a": 1.0}, Table(means, 0.5)) is None, "alone"
    assert best_of(replace(DROP, better="neither"), means, Table(means, 0.5)) is None


def test_sentences_name_the_test_and_how_many_images() -> None:
    means = {"a": 1.0, "b": 2.0, "c": 9.0}
    test = "(paired bootstrap over 12 images, 95 %)."
    assert verdicts(DROP, means, Table(means, 0.5)) == [
        f"average drop: a is best, ahead of b by 1 point {test}"
    ]
    assert verdicts(INSERTION, means, Table(means, 0.5)) == [f"insertion: c is best, ahead of b by 7 {test}"]
    alike = "average drop: no significant difference between"
    assert verdicts(DROP, means, Table(means, {"ab": 1.5})) == [f"{alike} a and b {test}"]
    assert verdicts(DROP, means, Table(means, {"ac": 8.5})) == [f"{alike} a and c {test}"]
    assert verdicts(DROP, means, Table(means, 50.0)) == [f"{alike} a, b and c {test}"]
    assert verdicts(replace(DROP, better="neither"), means, Table(means, 0.5)) == []
    many = verdicts(DROP, means, Table(means, 0.5, 1234))
    assert many[0].endswith("(paired bootstrap over 1,234 images, 95 %).")


@pytest.mark.parametrize(("count", "words"), [(1, "1 image, too few"), (0, "0 images, too few")])
def test_of_one_image_nothing_can_be_tested(count: int, words: str) -> None:
    nothing = Difference(1.0, math.nan, math.nan, count, 0, 0)
    (line,) = verdicts(DROP, {"a": 1.0, "b": 2.0}, lambda *_: nothing)
    assert line == f"average drop: no significant difference between a and b ({words} for a test)."
    assert not is_better(DROP, nothing)


def test_baselines_are_what_a_method_has_to_beat() -> None:
    """And no competitors for the first place of methods."""
    means = {"a at conv": 5.0, "random at conv": 1.0, "gaussian": 9.0}
    assert is_baseline("random at conv") and is_baseline("gaussian") and not is_baseline("a at conv")
    (line,) = verdicts(DROP, means, Table(means, 0.5))
    assert line == (
        "average drop: a at conv is not significantly better than the baseline random at conv (paired "
        "bootstrap over 12 images, 95 %)."
    )
    assert (
        verdicts(DROP, {**means, "random at conv": 6.0}, Table({**means, "random at conv": 6.0}, 0.5)) == []
    )
