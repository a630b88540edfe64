"""Verdicts of a sanity check: the limits, and the words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from support.sanity_checks import even_check
from xai_cam.sanity.dependence import Dependence, dependence, judge


@pytest.mark.parametrize(
    ("correlation", "overlap", "expected"),
    [
        (1, 1, Dependence.NO),
        (0.9, 0.82, Dependence.NO),
        (0.9, 0.81, Dependence.HARDLY),
        (0.89, 1, Dependence.HARDLY),
        (0.7, 0.34, Dependence.HARDLY),
        (0.99, 0.3, Dependence.YES),
        (0.69, 1, Dependence.YES),
        (-1, 0, Dependence.YES),
    ],
)
def test_both_means_must_reach_a_limit(correlation: float, overlap: float, expected: Dependence) -> None:
    assert dependence(correlation, overlap) is expected


@pytest.mark.parametrize(
    ("values", "outcome", "words"),
    [
        (
            (0.2, 0.3, -0.1),
            "passed",
            "The maps depend on the class (0.20, top 10 % 0.20), depend on the layers above, head to hidden "
            "(0.30, top 10 % 0.30) and depend on the weights of head to block/conv (-0.10, top 10 % -0.10).",
        ),
        ((0.95, 0.3, 0), "failed", "do not depend on the class (0.95"),
        ((0.1, 1, 0), "failed", "do not depend on the layers above, head to hidden (1.00"),
        ((0.1, 0.1, 0.95), "failed", "do not depend on the weights of head to block/conv (0.95"),
        ((0.8, 0.3, 0), "doubtful", "hardly depend on the class (0.80"),
        ((0.8, 1, 0), "failed", "hardly depend on the class (0.80"),
    ],
)
def test_verdicts_in_words(values: tuple[float, float, float], outcome: str, words: str) -> None:
    verdict = judge(even_check(*values))
    assert verdict.outcome == outcome
    assert str(verdict).startswith(f"some-cam at block/relu: {outcome}. The maps ") and words in str(verdict)


def test_too_few_images_are_not_judged() -> None:
    verdict = judge(even_check(1, 1, 1, count=4))
    assert (verdict.outcome, verdict.findings) == ("not judged", ())
    assert "4; at least 5 are needed" in verdict.reason
    assert str(verdict) == (
        "some-cam at block/relu: not judged. Images with a map to compare: 4; at least 5 are needed. "
        "Give more images."
    )


def test_without_layers_above_only_class_and_weights_are_judged() -> None:
    """The head itself is the target: class and weights remain."""
    check = replace(even_check(0.2, 0.3, 0.3), stages=(("a", False), ("b", False), ("c", False)))
    assert [finding.what for finding in judge(check).findings] == ["the class", "the weights of a to c"]


def test_without_layers_at_the_target_only_those_above_are_judged() -> None:
    check = even_check(0.2, 0.3, 0.3)
    above = replace(
        check,
        stages=(("head", True),),
        correlation=check.correlation[..., :1],
        overlap=check.overlap[..., :1],
        lost=check.lost[..., :1],
    )
    assert [finding.what for finding in judge(above).findings] == ["the class", "the layers above, head"]
