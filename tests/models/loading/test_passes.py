"""The table of passes: each row has words of its own, and changes nothing that is as Keras 3 writes it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from support.configurations import layer
from support.small_models import build_tiny
from xai_cam.models.loading.passes import KERAS2_PASSES, OUTER_PASSES, PASSES, Pass
from xai_cam.models.loading.shape import children

EVERY = [*OUTER_PASSES, *PASSES, *KERAS2_PASSES]


def test_every_pass_says_which_keras_wrote_what_it_mends():
    assert all(len(text) > 40 and not text.endswith(".") for text, _ in EVERY)
    assert len({text for text, _ in EVERY}) == len({change for _, change in EVERY}) == len(EVERY)


def down(config: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield config
    for child in children(config):
        yield from down(child)


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.change.__name__)
def test_a_pass_tells_whether_it_changed_something(one: Pass):
    """On layers of old and of now: what it says is what a comparison with the copy before says."""
    shape = {"batch_input_shape": [None, 4, 4, 3], "name": "s"}
    old = {"class_name": "Sequential", "config": [layer("Flatten", **shape), layer("Dense", output_dim=2)]}
    now = json.loads(build_tiny().to_json())
    for config in (old, now):
        for found in [copy.deepcopy(inner) for inner in down(config)]:
            if isinstance(found["config"], list) and one is not OUTER_PASSES[0]:
                OUTER_PASSES[0].change(found)
            before = copy.deepcopy(found)
            assert one.change(found) is (found != before)
