"""Plain records to JSON and back."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from xai_cam.models.activations import Largest
from xai_cam.models.known.codec import from_json, to_json
from xai_cam.models.known_layer import KnownLayer, KnownWeight
from xai_cam.models.layers import LayerInfo
from xai_cam.models.output.head import Head
from xai_cam.models.output.model_output import ModelOutput
from xai_cam.models.traced.placement import Placement

PLACEMENT = Placement((4, 4, 8), (1, 2, 3), -0.5, 0.0, 16.0, 15.25, doubt="roll")
LAYER = KnownLayer("conv", "Conv2D", ("Conv2D", "Layer"), (KnownWeight((3, 3, 3, 8)),), True, True)
RECORDS = [
    PLACEMENT,
    Placement((2, 2, 8), (1, 2, 3), 0, 0, 16, 16, tokens=(1, 2, 2), folded=None, front=0.0, back=2.0),
    LayerInfo("in/conv", LAYER, (None, 4, 8), 3, 2, 1, PLACEMENT, 1),
    LayerInfo("split", LAYER, None, 0),
    ModelOutput("kind", 0, (3,), Head(3, "softmax", reason="it says so"), placement=PLACEMENT),
    ModelOutput("all", 1, (None, 3, 4, 5), None, "It is neither."),
    Largest(12.5, (3, 4), "float32", "conv", 1e9, None),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda one: type(one).__name__)
def test_a_record_comes_back_as_it_was(record: Any) -> None:
    assert from_json(type(record), json.loads(json.dumps(to_json(record)))) == record


def test_numbers_of_numpy_are_written_as_numbers() -> None:
    found = to_json(Placement((np.int64(2), 2, 3), (1, 2, 3), np.float32(0.5), 0, 1, 1))
    assert json.loads(json.dumps(found))[:3] == [[2, 2, 3], [1, 2, 3], 0.5]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), b"bytes", object(), {"a": 1}, np.zeros(2)])
def test_what_is_no_plain_data_is_not_written(value: Any) -> None:
    with pytest.raises(TypeError):
        to_json((value,))


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        (int, True),
        (int, 1.0),
        (bool, 1),
        (float, "1"),
        (float, float("nan")),
        (str, None),
        (str | None, 3),
        (tuple[int, ...], 3),
        (tuple[int, ...], {"0": 1}),
        (tuple[int, int], [1, 2, 3]),
        (Placement, [[2, 2, 3]]),
        (Placement, {"shape": [2, 2, 3]}),
        (object, "anything"),
    ],
)
def test_what_is_of_another_kind_is_refused(kind: Any, found: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says
        from_json(kind, found)
