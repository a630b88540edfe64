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
    two = {"a": 1.0, "b": 2.0}
    assert verdicts(DROP, two, Table(two, 1.5)) == [f"{alike} a and b {test}"]
    of_three = "average drop: a is not significantly better than"
    assert verdicts(DROP, means, Table(means, {"ab": 1.5})) == [f"{of_three} b {test}"]
    assert verdicts(DROP, means, Table(means, {"ac": 8.5})) == [f"{of_three} c {test}"]
    assert verdicts(DROP, means, Table(means, 50.0)) == [f"{of_three} b or c {test}"], (
        "b and c were not tested"
    )
    assert verdicts(replace(DROP, better="neither"), means, Table(means, 0.5)) == []
    many = verdicts(DROP, means, Table(means, 0.5, 1234))
    assert many[0].endswith("(paired bootstrap over 1,234 images, 95 %).")


@pytest.mark.parametrize(("count", "words"), [(1, "1 image, too few"), (0, "0 images, too few")])
def test_of_one_image_nothing_can_be_tested(count: int, words: str) -> None:
    nothing = Difference(1.0, math.nan, math.nan, count, 0, 0)
    (line,) = verdicts(DROP, {"a": 1.0, "b": 2.0}, lambda *_: nothing)
    end = f"({words} for a test: at least 6)."
    assert line == f"average drop: no significant difference between a and b {end}"
    assert not is_better(DROP, nothing)


def test_fewer_than_six_images_make_nothing_the_best() -> None:
    """Five that differ by nothing but chance all lie on one side once in 16 times, six once in 32."""
    means = {"a": 1.0, "b": 2.0}
    assert best_of(DROP, means, Table(means, 0.5, 6)) == "a"
    assert best_of(DROP, means, Table(means, 0.5, 5)) is None
    (line,) = verdicts(DROP, means, Table(means, 0.5, 5))
    assert line.endswith("between a and b (5 images, too few for a test: at least 6).")
    (line,) = verdicts(DROP, {**means, "c": 3.0}, Table({**means, "c": 3.0}, 0.5, 5))
    assert "a is not significantly better than b or c (5 images" in line


def test_a_pair_that_differs_the_other_way_is_named() -> None:
    """The mean of a is the best one, but on the images that are known of both b is the better one."""
    means = {"a": 1.0, "b": 2.0, "c": 3.0}
    on_both = Table({"a": 5.0, "b": 2.0, "c": 5.0}, 0.5)
    test = "(paired bootstrap over 12 images, 95 %)."
    but = "average drop: a has the best mean, but"
    assert verdicts(DROP, means, on_both) == [
        f"average drop: a is not significantly better than c {test}",
        f"{but} b is significantly better on the images that are known of both {test}",
    ]
    assert verdicts(DROP, {"a": 1.0, "b": 2.0}, on_both) == [
        f"{but} b is significantly better on the images that are known of both {test}"
    ]
    both = Table({"a": 5.0, "b": 2.0, "c": 3.0}, 0.5)
    assert "but b and c are significantly better" in verdicts(DROP, means, both)[0]
    assert best_of(DROP, means, on_both) is None


def test_equal_means_are_not_ranked() -> None:
    """Nobody is the first of three that are all right about every image."""
    means = {"a": 100.0, "b": 100.0, "c": 100.0}
    test = "(paired bootstrap over 12 images, 95 %)."
    assert verdicts(INSERTION, means, Table(means, 0.0)) == [
        f"insertion: no difference between a, b and c {test}"
    ]
    assert verdicts(INSERTION, means, Table(means, {"bc": 4.0, "ab": 0.0, "ac": 0.0})) == [
        f"insertion: no significant difference between a, b and c {test}"
    ], "their images differ"
    two = {"a": 0.0, "b": 0.0}
    assert verdicts(DROP, two, Table(two, 0.0)) == [f"average drop: no difference between a and b {test}"]
    (line,) = verdicts(DROP, two, Table(two, 0.0, 3))
    assert line.endswith("no difference between a and b (3 images, too few for a test: at least 6).")
    on_both = Table({"a": 5.0, "b": 2.0}, 0.5)
    assert "b is significantly better" in verdicts(DROP, two, on_both)[0], "equal means of other images"


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
