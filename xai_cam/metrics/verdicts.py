"""What differences between variants allow to be said, in words, with the test behind every sentence.

The test is a paired bootstrap over images: both variants are drawn together, image by image, and one is the
better where the 95 % interval of the mean of their differences leaves out 0, of at least `FEWEST` images.
Several pairs and measures are tested without a correction for that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations

from xai_cam.cam.baselines import BASELINES
from xai_cam.metrics.bootstrap import Difference
from xai_cam.metrics.measure import Metric

Between = Callable[[str, str], Difference]
"""How much one variant exceeds another."""

TEST = "paired bootstrap over images, 95 %"

FEWEST = 6
"""Images for a test. Of n that differ at random all differ the same way once in 2^(n - 1) times, and then the
interval leaves out 0 whatever they are: for 6 that is 1 in 32, within the 5 % that the test allows itself."""


def best_of(metric: Metric, means: Mapping[str, float], between: Between) -> str | None:
    """The variant that is better than each other one by the interval of their difference, if there is one."""
    known = [name for name, mean in means.items() if not math.isnan(mean)]
    if metric.better == "neither" or len(known) < 2:
        return None
    first = _ranked(metric, means, known)[0]
    others = (name for name in known if name != first)
    return first if all(is_better(metric, between(first, other)) for other in others) else None


def verdicts(metric: Metric, means: Mapping[str, float], between: Between) -> list[str]:
    """Which method is best, if one is, and which is not better than a baseline."""
    if metric.better == "neither":
        return []
    known = [name for name, mean in means.items() if not math.isnan(mean)]
    methods = [name for name in known if not is_baseline(name)]
    lines: list[str] = []
    if len(methods) > 1:
        ranked = _ranked(metric, means, methods)
        lines += _equal(metric, means, ranked, between) or _ranking(metric, ranked, between)
    for name in methods:
        against = {b: between(name, b) for b in known if is_baseline(b)}
        missing = {b: found for b, found in against.items() if not is_better(metric, found)}
        if missing:
            lines.append(
                f"{metric.title}: {name} is not significantly better than the baseline {', '.join(missing)} "
                f"({_test(missing.values())})."
            )
    return lines


def is_better(metric: Metric, difference: Difference) -> bool:
    """Whether the whole interval of first - second lies on the better side of 0; never of too few images."""
    if difference.count < FEWEST:
        return False
    return difference.high < 0 if metric.better == "lower" else difference.low > 0


def is_baseline(variant: str) -> bool:
    """Whether a variant knows nothing of the class."""
    return variant.partition(" at ")[0] in BASELINES


def _equal(metric: Metric, means: Mapping[str, float], names: Sequence[str], between: Between) -> list[str]:
    """That there is nothing to rank, where all means are equal and no pair can be told apart."""
    found = [between(*pair) for pair in combinations(names, 2)]
    apart = any(one.low > 0 or one.high < 0 for one in found)
    if apart or not all(math.isclose(means[name], means[names[0]]) for name in names):
        return []
    differ = any((one.low, one.high) != (0, 0) for one in found)  # the images do, though the means do not
    kind = "significant difference" if differ else "difference"
    return [f"{metric.title}: no {kind} between {_joined(names, 'and')} ({_test(found)})."]


def _ranking(metric: Metric, ranked: Sequence[str], between: Between) -> Iterator[str]:
    """The best of several methods, or from which the one with the best mean cannot be told.

    On the images of a pair the other one can be the better, where more are known of one of the two.
    """
    first, *others = ranked
    found = {name: between(first, name) for name in others}
    alike = [name for name in others if not is_better(metric, found[name])]
    ahead = [name for name in alike if is_better(metric, between(name, first))]
    unsure = [name for name in alike if name not in ahead]
    if unsure:
        several = f"{first} is not significantly better than {_joined(unsure, 'or')}"
        alone = f"no significant difference between {first} and {unsure[0]}"  # tested both ways
        test = _test(found[name] for name in unsure)
        yield f"{metric.title}: {alone if len(ranked) == 2 else several} ({test})."
    if ahead:
        others_are = f"{_joined(ahead, 'and')} {'is' if len(ahead) == 1 else 'are'}"
        yield (
            f"{metric.title}: {first} has the best mean, but {others_are} significantly better on the images "
            f"that are known of both ({_test(found[name] for name in ahead)})."
        )
    if not alike:
        amount = f"{abs(found[others[0]].value):.3g}"
        points = f"point{'s' * (amount != '1')}"
        amount = f"{amount} {points if metric.unit == '%' else metric.unit}".rstrip()
        test = _test(found.values())
        yield f"{metric.title}: {first} is best, ahead of {others[0]} by {amount} ({test})."


def _ranked(metric: Metric, means: Mapping[str, float], names: Sequence[str]) -> list[str]:
    return sorted(names, key=lambda name: means[name] if metric.better == "lower" else -means[name])


def _joined(names: Sequence[str], by: str) -> str:
    return f" {by} ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def _test(found: Iterable[Difference]) -> str:
    """The test, with the images that are known of both of every pair."""
    fewest = min(one.count for one in found)
    if fewest < FEWEST:
        return f"{fewest} image{'s' * (fewest != 1)}, too few for a test: at least {FEWEST}"
    return TEST.replace("images", f"{fewest:,} images")
