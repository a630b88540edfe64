"""What maps will take, told before the model is opened: numbers where options say them, else words."""

from __future__ import annotations

from typing import Any

import pytest

from xai_cam.errors import InputError
from xai_cam.runs.forecast import describe_making
from xai_cam.runs.request import Request


@pytest.mark.parametrize(
    ("method", "asked", "expected"),
    [
        ("score-cam", {}, "12 images x every live channel of the layer, a forward pass each."),
        (
            "score-cam",
            {"layers": ("a", "b"), "max_channels": 8},
            "12 images x up to 8 channels of each of 2 layers = up to 192 forward passes.",
        ),
        (
            "ablation-cam",
            {"tolerance": 0.1, "smooth": True},
            "12 images, each 6 times, x every live channel of the layer, a forward pass each, fewer where "
            "the tolerance allows it.",
        ),
        (
            "recipro-cam",
            {"layers": ("a", "b")},
            "12 images x every position of each of 2 layers, a forward pass of the layers behind each.",
        ),
        ("occlusion", {}, "12 images x every patch (about 225), a forward pass each."),
        ("occlusion", {"patch": 9}, "12 images x every patch, a forward pass each."),
        ("occlusion", {"size": (8, 6), "patch": 4}, "12 images x 6 patches = 72 forward passes."),
        ("rise", {}, "12 images x 4,000 inputs = 48,000 forward passes."),
        ("rise", {"samples": 5, "smooth": True}, "12 images, each 6 times, x 5 inputs = 360 forward passes."),
        ("smooth-grad", {}, "12 images x 50 inputs = 600 forward and backward passes."),
        ("integrated-gradients", {"samples": 3}, "12 images x 4 inputs = 48 forward and backward passes."),
    ],
)
def test_a_method(method: str, asked: dict[str, Any], expected: str) -> None:
    assert describe_making(Request(methods=(method,), **asked), {method: 12}) == [f"{method}: {expected}"]


def test_methods_that_take_one_pass_are_not_told() -> None:
    assert describe_making(Request(), dict.fromkeys(("grad-cam", "eigen-cam", "saliency"), 3)) == []
    assert describe_making(Request(), {}) == []


def test_methods_of_the_same_scores_share_their_passes_unless_rounds_choose_the_channels() -> None:
    left = {"score-cam": 1, "ablation-cam": 7, "score-cam-official": 2}
    shared = describe_making(Request(), left)
    assert [line.partition(" x ")[0] for line in shared] == [
        "score-cam and score-cam-official: 2 images",
        "ablation-cam: 7 images",
    ]
    (first, _, last) = describe_making(Request(max_channels=4), left)
    assert first == "score-cam: 1 image x up to 4 channels of the layer = up to 4 forward passes."
    assert last.startswith("score-cam-official: 2 images x up to 4 channels")


def test_a_patch_that_is_too_large_is_refused() -> None:
    with pytest.raises(InputError, match="covers the whole input"):
        describe_making(Request(size=(8, 8), patch=8), {"occlusion": 1})
