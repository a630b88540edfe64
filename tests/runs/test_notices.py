"""What is said before a run begins: the layer, and what it costs to score its channels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from support.target_networks import network
from xai_cam.cam.channel_limits import ChannelLimits
from xai_cam.cam.methods import Evidence
from xai_cam.metrics.asked import asked_for
from xai_cam.models.network import LayerInfo
from xai_cam.models.traced.placement import Placement
from xai_cam.runs.compare_measures import Measures
from xai_cam.runs.notices import costly, describe_costs, describe_layer, describe_measuring, describe_plan
from xai_cam.runs.request import Request

REQUEST = Request()


class Conv2D:
    """Its name is all that counts here."""


def layer(*shape: int | None) -> LayerInfo:
    placement = Placement((shape[0] or 0, shape[1] or 0, shape[2] or 0), (1, 2, 3), 0, 0, 64, 64)
    return LayerInfo("block/conv", Conv2D(), shape, 3, placement=placement)


def test_methods_with_the_same_evidence_cost_once() -> None:
    asked = ["grad-cam", "ablation-cam", "score-cam", "score-cam"]
    assert costly(asked) == [Evidence.MASKED_SCORES, Evidence.ABLATED_SCORES]
    assert costly(["grad-cam", "hires-cam"]) == costly([]) == []


def test_a_layer() -> None:
    assert describe_layer(layer(14, 14, 512), False) == "Layer block/conv (Conv2D, 14 x 14 x 512)."
    assert describe_layer(layer(7, 7, 8), True) == "Layer block/conv (Conv2D, 7 x 7 x 8, the default)."


@pytest.mark.parametrize(
    ("images", "limit", "expected"),
    [
        (1, None, "1 image x up to 512 channels = up to 512 forward passes."),
        (3, None, "3 images x up to 512 channels = up to 1,536 forward passes."),
        (3000, 100, "3,000 images x up to 100 channels = up to 300,000 forward passes."),
        (2, 1000, "2 images x up to 512 channels = up to 1,024 forward passes."),
    ],
)
def test_costs(images: int, limit: int | None, expected: str) -> None:
    found = describe_costs(layer(14, 14, 512), ["grad-cam", "score-cam"], images, ChannelLimits(limit))
    assert found == [f"Score-CAM: {expected}"]


def test_two_kinds_of_passes_are_told_apart() -> None:
    found = describe_costs(layer(2, 2, 4), ["ablation-cam", "score-cam"], 1, ChannelLimits())
    assert [line.partition(":")[0] for line in found] == ["Score-CAM", "Ablation-CAM"]
    assert describe_costs(layer(2, 2, 4), ["grad-cam"], 1, ChannelLimits()) == []


def test_costs_with_a_tolerance_are_at_most_those() -> None:
    (found,) = describe_costs(layer(2, 2, 4), ["score-cam"], 2, ChannelLimits(tolerance=0.05))
    assert found.endswith("up to 8 forward passes, fewer where the tolerance allows it.")


def test_smooth_maps_take_six_times_as_many_passes_of_as_many_images() -> None:
    found = describe_costs(layer(2, 3, 4), ["score-cam", "recipro-cam"], 2, ChannelLimits(), smooth=True)
    assert found == [
        "Score-CAM: 2 images, each 6 times, x up to 4 channels = up to 48 forward passes.",
        "recipro-cam: 2 images, each 6 times, x 6 positions = 72 forward passes of the layers behind.",
    ]


def test_without_a_coarser_grid_nothing_is_called_a_bottleneck() -> None:
    found = network("places")
    said = describe_layer(found.default_layer(), True, found)
    assert "bottleneck" not in said and "the last layer before the output" in said


@pytest.mark.parametrize(
    ("images", "maps", "steps", "expected"),
    [
        (1, 1, 32, "1 image x 1 map = up to 64 forward passes."),
        (12, 6, 32, "12 images x 6 maps = up to 4,488 forward passes."),
        (2, 3, 1, "2 images x 3 maps = up to 4 forward passes."),
    ],
)
def test_what_deletion_and_insertion_cost(images: int, maps: int, steps: int, expected: str) -> None:
    """A map's own 2 (steps - 1), and 2 that all maps of an image share."""
    asked = asked_for(["deletion", "insertion"], steps)
    assert describe_measuring(images, maps, asked) == [f"Deletion and insertion: {expected}"]


@pytest.mark.parametrize(
    ("asked", "maps"),
    [
        ({}, 1),
        ({"layers": ("conv1", "conv2"), "methods": ("grad-cam", "score-cam"), "classes": ("top3", "1")}, 16),
        ({"layers": ("conv1", "conv2"), "fuse": "mean"}, 1),
        ({"output_names": ("kind", "age")}, 2),
        ({"layers": ("conv1", "conv2"), "methods": ("grad-cam", "saliency")}, 3),
    ],
)
def test_what_a_run_will_take_at_most(asked: dict[str, Any], maps: int) -> None:
    request = replace(REQUEST, **asked)
    (line,) = describe_plan(request, 12, Measures(names=("drop",)))
    assert line.startswith(f"Drop: 12 images x {maps} map") and f" = up to {12 * maps} forward" in line
    with_baselines = Measures(names=("drop",), baselines=("random", "gaussian"))
    places = 1 if request.fuse else len(request.layers)
    more = maps + 2 * places * (4 if len(request.classes) > 1 else 1) * (len(request.output_names) or 1)
    assert f"x {more} maps" in describe_plan(request, 12, with_baselines)[0]


def test_classes_that_the_model_finds_are_more_than_can_be_told() -> None:
    request = replace(REQUEST, classes=("above:0.5",))
    assert describe_plan(request, 1, Measures(names=("drop",)))[1].startswith(
        "More where above:0.5 names several"
    )
    assert describe_plan(request, 1, Measures(names=("entropy",))) == [], "nothing is asked of the model"


def test_one_pass_is_no_plural() -> None:
    assert describe_measuring(1, 1, asked_for(["drop"])) == ["Drop: 1 image x 1 map = up to 1 forward pass."]


def test_measures_that_share_their_passes_are_told_together() -> None:
    """Drop and gain are of one input a map; deletion by itself has an end that all maps share."""
    said = describe_measuring(12, 6, asked_for(["gain", "drop", "deletion", "entropy"]))
    assert said == [
        "Drop and gain: 12 images x 6 maps = up to 72 forward passes.",
        "Deletion: 12 images x 6 maps = up to 2,244 forward passes.",
    ]
    assert describe_measuring(12, 6, asked_for(["entropy", "pointing_game"])) == []
