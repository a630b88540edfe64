"""What an output says of itself is believed if it is all there, of the right kinds, and can be."""

from __future__ import annotations

from typing import Any

import pytest

from support.runs import MAP
from xai_cam.metrics.measures import METRICS
from xai_cam.runs.recorded import is_map, kinds_of, metrics_of, values_in

LABELS = ("ant", "bee", "dog")

OTHERS: list[Any] = [None, True, -1, 1, 0.5, float("nan"), "x", [], {}, [1], {"a": 1}]
"""A value of every kind that JSON has."""


def test_a_map() -> None:
    assert is_map(MAP, LABELS) and is_map({**MAP, "class_name": "2", "predicted_name": "2"})
    assert not is_map(MAP, ("ant", "bee", "cat")) and not is_map(MAP), "such a class it does not have"
    regression = {"predicted": None, "predicted_name": "", "probability": None, "class": 0, "class_name": "0"}
    assert is_map({**MAP, **regression})
    more = {"input_width": 8, "depth": 12, "model_sha256": "ab", "max_channels": 3, "precision": "bf16"}
    assert is_map({**MAP, **more, "anything": [1]}, LABELS)


@pytest.mark.parametrize("name", MAP)
def test_a_map_that_lacks_something(name: str) -> None:
    assert not is_map({key: value for key, value in MAP.items() if key != name})
    kept = [other for other in OTHERS if is_map({**MAP, name: other}, LABELS)]
    allowed: dict[str, list[Any]] = {
        **{key: [] for key in ("class", "class_name", "predicted", "predicted_name")},  # they agree
        "probability": [None, -1, 1, 0.5],
        "score": [-1, 1, 0.5],
        "classes": [1],
        "rank": [],  # of one class there is the first alone
    }
    assert kept == allowed.get(name, ["x"])


@pytest.mark.parametrize("name", ["input_width", "image_height", "tool", "weights_sha256", "max_channels"])
def test_what_may_be_missing_is_of_its_kind(name: str) -> None:
    assert not is_map({**MAP, name: [1]}, LABELS) and not is_map({**MAP, name: 0.5}, LABELS)


def map_metrics(variant: str = "grad-cam", steps: int = 2) -> dict[str, Any]:
    values = dict.fromkeys(("masked_probability", *METRICS), 0.5)
    return {
        **{"contender": variant, "layer": "conv", "method": "grad-cam", "target_class": 1},
        **{"predicted_class": 1, "score": 0.5, "score_name": "logit", "probability": None, "status": "ok"},
        **{"cause": "", "values": {**values, "gain": None}},
        "curves": dict.fromkeys(("deletion", "insertion"), [0.5] * (steps + 1)),
    }


def panel(*maps: dict[str, Any], **more: Any) -> dict[str, Any]:
    count = len({one["contender"] for one in maps})
    matrix = [[1.0] * count] * count
    compared = {"maps": list(maps), "agreement": {"rank_correlation": matrix, "top_overlap": matrix}}
    of_model = {name: MAP[name] for name in ("predicted", "predicted_name", "head", "preprocessing")}
    return {**of_model, "compared": {**compared, **more}}


BOTH = map_metrics(), map_metrics("score-cam")


def test_a_panel() -> None:
    metrics = metrics_of(panel(*BOTH), 2)
    assert metrics is not None and [one.variant for one in metrics.maps] == ["grad-cam", "score-cam"]
    assert metrics_of(panel({**map_metrics(), "curves": {}}), 2) is not None, "a map that orders nothing"
    pooled = {"max_box_acc": [[100.0] * 100], "max_box_acc_v2": [[0.0] * 100] * 3}
    assert metrics_of(panel({**map_metrics(), "curves": pooled}), 2) is not None


@pytest.mark.parametrize(
    "found",
    [
        {},
        {**panel(*BOTH), "predicted": "dog"},
        {**panel(*BOTH), "compared": None},
        panel(),
        panel(map_metrics(steps=3)),
        panel({**map_metrics(), "target_class": -1}),
        panel({**map_metrics(), "target_class": "1"}),
        panel({**map_metrics(), "score": "high"}),
        panel({**map_metrics(), "values": {}}),
        panel({**map_metrics(), "values": [1]}),
        panel({**map_metrics(), "curves": {"deletion": "abc"}}),
        panel({**map_metrics(), "curves": {"deletion": [[0.5]] * 3}}),
        panel({**map_metrics(), "curves": {"max_box_acc": [[0.5] * 99]}}),
        panel({**map_metrics(), "curves": {"max_box_acc": [[0.5] * 100] * 3}}),
        panel({**map_metrics(), "curves": {"max_box_acc_v2": [[0.5] * 100]}}),
        panel({**map_metrics(), "curves": {"max_box_acc_v2": [[float("nan")] * 100] * 3}}),
        panel(*BOTH, agreement={}),
        panel(*BOTH, agreement={"rank_correlation": [[1]], "top_overlap": [[1]]}),
        panel(*BOTH, agreement=[1]),
        panel(*BOTH, maps={"a": 1}),
        panel(*BOTH, maps=[1]),
    ],
)
def test_a_panel_that_is_not_believed(found: dict[str, Any]) -> None:
    assert metrics_of(found, 2) is None


COLUMNS = ("layers", "class_index", "probability")
VALUES = {"layers": "conv", "class_index": None, "probability": 0.5}


def test_values_of_pictures() -> None:
    assert values_in({"values": VALUES}, COLUMNS) == VALUES
    for broken in ({}, {"layers": "conv"}, None, [], {**VALUES, "layers": 1}, {**VALUES, "class_index": -1}):
        assert values_in({"values": broken}, COLUMNS) is None, broken
    assert values_in({}, COLUMNS) is None


def test_kinds_are_those_of_the_columns() -> None:
    assert kinds_of(["image", "class_index", "score"]) == {
        "image": (str,),
        "class_index": (int, None),
        "score": (float, None),
    }
