"""A sanity check as text."""

from __future__ import annotations

import numpy as np

from support.target_networks import network
from xai_cam.cli.text.sanity import describe_plan, describe_sanity
from xai_cam.runs.plan import Request
from xai_cam.sanity import Sanity
from xai_cam.sanity.checks import Check


def check(correlation: float, overlap: float, images: int = 6, lost: float = 0.0, others: int = 2) -> Check:
    """All maps alike, under two draws of random weights of a dense layer, then of the target."""
    shape = (images, 2, 2)
    gone = np.zeros(shape, bool)
    gone[: round(lost * images)] = True
    return Check(
        layer="block/conv",
        method="some-cam",
        stages=(("dense", True), ("block/conv", False)),
        images=np.arange(images),
        left_out=(),
        correlation=np.full(shape, correlation),
        overlap=np.full(shape, overlap),
        lost=gone,
        class_correlation=np.full((images, others), correlation),
        class_overlap=np.full((images, others), overlap),
        class_lost=np.zeros((images, others), bool),
        maps=np.zeros((images, 3, 3, 3), np.float32),
    )


def text_of(*checks: Check) -> list[str]:
    return list(describe_sanity(Sanity(checks, np.ones(6, int), draws=2, seed=4)))


def test_a_row_for_each_step_and_one_for_the_other_classes() -> None:
    lines = [line.split() for line in text_of(check(0.25, 0.125))]
    assert lines[0][:5] == ["layer", "method", "step", "random", "down"]
    figures = ["0.250", "0.25", "to", "0.25", "0.25", "to", "0.25", "0.125"]
    assert lines[1] == ["block/conv", "some-cam", "1", "dense", "(above)", *figures]
    assert lines[2] == ["block/conv", "some-cam", "2", "block/conv", *figures]
    assert lines[3] == [
        *("block/conv", "some-cam", "(other", "classes:", "2)", "0.250", "0.25", "to", "0.25", "0.125")
    ]
    assert lines[4] == [] and len(lines) == 6, "a verdict, and nothing that makes it less"


def test_what_makes_a_verdict_less_than_it_seems() -> None:
    *_, note = text_of(check(0.25, 0.125, lost=0.5))
    assert note == "    Under random weights up to 50% of the maps show nothing, which counts as 0."
    assert not [line for line in text_of(check(0.25, 0.125, lost=0.0)) if "nothing" in line]
    *_, note = text_of(check(0.75, 0.5))  # the classes' maps hardly depend on them
    assert note.startswith("    Classes next in rank may look alike")


def test_of_few_images_nothing_is_judged_nor_noted() -> None:
    lines = text_of(check(0.75, 0.5, images=3, lost=1.0))
    assert not lines[-1].startswith("    ")


def test_smooth_maps_take_six_times_as_many_passes() -> None:
    """Two images, of the model as it is and at two steps of one draw; six channels, 144 positions."""
    methods = ("score-cam", "recipro-cam")
    plain, smooth = (
        list(describe_plan(network("classes"), Request(methods=methods, smooth=smooth).tidy(), 2, 1))
        for smooth in (False, True)
    )
    assert plain[2] == "Up to 36 forward passes for methods that score each channel."
    assert smooth[2] == "Up to 216 forward passes for methods that score each channel."
    assert "6 images, each 6 times, x 144 positions = 5,184 forward" in smooth[3]
