"""The table of measures: every row says what has to be said, and is computed somewhere."""

from __future__ import annotations

import re

import pytest

from xai_cam.extras import EXTRAS
from xai_cam.metrics.again import DERIVED, OF_AGAIN
from xai_cam.metrics.image_metrics import EARLIER
from xai_cam.metrics.map_alone import OF_THE_MAP
from xai_cam.metrics.measure import FREE, Need
from xai_cam.metrics.measures import METRICS, PRESETS, USUAL
from xai_cam.metrics.own_pictures import OF_PICTURES
from xai_cam.metrics.pointing import OF_TRUTH
from xai_cam.metrics.sensitivity import DRAWS

BY_DIRECTION = {
    "lower": {"drop", "deletion", "complexity", "entropy", "road_morf", "max_sensitivity"},
    "higher": {"increase", "gain", "insertion", "energy_pointing", "pointing_game", "sparseness"}
    | {"road", "road_lerf", "coherency", "adcc", "relevance_rank", "iou", "max_box_acc", "max_box_acc_v2"},
    "neither": {"cost"},
}


@pytest.mark.parametrize("name", METRICS)
def test_a_row_says_what_has_to_be_said(name: str) -> None:
    row = METRICS[name]
    assert row.name == name and row.title and row.summary and row.unit in ("", "%", "ms") and row.needs
    assert (re.search(r"\b20[12]\d\b", row.paper) and "arXiv:" in row.paper) or name == "cost"
    assert re.fullmatch(r"[A-Z].+\.", row.objection) and ". " not in row.objection, "one sentence"
    asks = not {Need.SCORES, Need.AGAIN}.isdisjoint(row.needs) and not row.uses
    assert (row.cost != FREE) == asks, "who asks the model pays"
    assert not row.library or row.library in EXTRAS
    assert Need.PROBABILITY not in row.needs or Need.SCORES in row.needs
    assert set(row.uses) <= METRICS.keys() and (name in DERIVED) == bool(row.uses)


def test_directions_are_those_of_the_papers() -> None:
    for better, names in BY_DIRECTION.items():
        assert {METRICS[name].better for name in names} == {better}
    assert set().union(*BY_DIRECTION.values()) == METRICS.keys()


def test_rows_and_what_computes_them() -> None:
    assert {name for name, row in METRICS.items() if row.needs == (Need.MAP,)} == set(OF_THE_MAP)
    assert {name for name, row in METRICS.items() if Need.TRUTH in row.needs} == set(OF_TRUTH)
    again = {name for name, row in METRICS.items() if Need.AGAIN in row.needs}
    assert again - set(DERIVED) == set(OF_AGAIN)
    assert {name for one in OF_PICTURES for name in one.names} <= METRICS.keys()
    for one in OF_PICTURES:
        assert {METRICS[name].cost.a_map for name in one.names} == {one.count}
    assert METRICS["max_sensitivity"].cost.again == DRAWS


def test_what_is_measured_where_nobody_says_what() -> None:
    assert set(USUAL) == set(EARLIER), "as it was before there was a choice"
    assert PRESETS["all"] == tuple(name for name in METRICS if name != "cost"), "which no two runs agree on"
    assert PRESETS["paper"][:5] == ("drop", "increase", "gain", "deletion", "insertion")
    assert not PRESETS.keys() & METRICS.keys()
