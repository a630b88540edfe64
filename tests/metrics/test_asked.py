"""Names of measures as callers give them."""

from __future__ import annotations

from typing import Any

import pytest

from xai_cam.errors import InputError, XaiCamError
from xai_cam.metrics.asked import Asked, asked_for, check_threshold, check_truth
from xai_cam.metrics.measure import CURVE, DIMMED, Need
from xai_cam.metrics.measures import METRICS, PRESETS, USUAL


def test_the_usual_ones() -> None:
    assert asked_for() == Asked() and asked_for().names == USUAL and not asked_for().named
    no_curves = asked_for(steps=0)
    assert no_curves.names == ("drop", "increase", "energy_pointing", "pointing_game")


def test_with_boxes_those_of_boxes_are_usual() -> None:
    found = asked_for(boxes=True)
    assert set(found.names) == {*USUAL, "iou", "max_box_acc"} and not found.named
    assert asked_for("drop", boxes=True).names == ("drop",)
    assert {METRICS[name].needs for name in PRESETS["localisation"]} == {(Need.TRUTH,)}
    assert set(asked_for("all").untold.names) == set(METRICS) - {"cost", *PRESETS["localisation"]}


def test_names_and_presets_in_the_order_of_the_table() -> None:
    assert asked_for("gain").names == ("gain",)
    assert asked_for(["sparseness", "drop", "sparseness"]).names == ("drop", "sparseness")
    both = asked_for(("paper", "entropy"))
    assert set(both.names) == {*PRESETS["paper"], "entropy"} and both.named == {"paper", "entropy"}
    assert asked_for("all").names == PRESETS["all"]
    assert asked_for("max-sensitivity").names == ("max_sensitivity",), "as people spell it"
    assert {"deletion", "insertion"}.isdisjoint(asked_for("all", 0).names), "0 steps leave them out"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("dropp", "Unknown measure 'dropp'. Nearest: drop"),
        (["drop", "papers"], "Nearest: paper"),
        ("drop,gain", "Unknown measure"),
        ([], "`measures` is \\[\\]. Give a name"),
        (3, "`measures` is 3. Give a name"),
        (["drop", 3], "`measures` is 3. Give a name"),
        ("", "Unknown measure ''"),
    ],
)
def test_what_is_no_measure(given: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        asked_for(given)


def test_baselines() -> None:
    assert asked_for().baseline is None and asked_for("deletion", 4, "zero").baseline == "zero"
    with pytest.raises(InputError, match="'black'\\. Use mean, blur, zero or noise"):
        asked_for(None, 4, "black")
    for names, steps in (("drop", 4), (None, 0), ("all", 0)):
        with pytest.raises(InputError, match="`baseline` zero is for deletion and insertion, and neither"):
            asked_for(names, steps, "zero")


def test_a_curve_that_is_named_needs_steps() -> None:
    with pytest.raises(InputError, match="names deletion, which `steps` 0 leaves out"):
        asked_for(["drop", "deletion"], 0)


def test_where_the_object_is_has_to_be_known() -> None:
    check_truth(asked_for("pointing_game"), True)
    check_truth(asked_for("all"), False)
    check_truth(asked_for(), False)
    with pytest.raises(InputError, match="names pointing_game, which has to know where the object is"):
        check_truth(asked_for(["drop", "pointing_game"]), False)
    for measures in ("localisation", ["localisation", "drop"]):
        check_truth(asked_for(measures), True)
        with pytest.raises(InputError, match="names localisation, which has to know where the object is"):
            check_truth(asked_for(measures), False)


def test_boxes_are_not_compared_in_volumes() -> None:
    check_truth(asked_for(["localisation", "drop"]), True, is_flat=False)
    for name in ("iou", "max_box_acc", "max_box_acc_v2"):
        check_truth(asked_for(name), True)
        with pytest.raises(InputError, match=f"names {name}, which compares boxes in pictures"):
            check_truth(asked_for(name), True, is_flat=False)


def test_what_it_costs_and_what_is_left_where_something_is_missing() -> None:
    asked = asked_for(["drop", "gain", "deletion", "entropy", "pointing_game"])
    assert asked.costs() == {DIMMED: ["drop", "gain"], CURVE: ["deletion"]}
    assert asked.scored and not asked_for(["entropy", "pointing_game"]).scored
    assert not asked.explains_again
    assert asked_for("drop").stage == "masked by maps"
    assert asked.stage == "deletion" and asked_for().stage == "deletion and insertion"
    assert asked.of_values.names == ("drop", "pointing_game", "entropy"), "a value has no probability"
    assert asked.unscored.names == ("pointing_game", "entropy") and asked.unscored.costs() == {}


def test_a_library_that_is_missing_is_named_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xai_cam.extras.find_spec", lambda name: None)
    assert asked_for("drop").names == ("drop",), "which does without"
    for name in ("road", "road_morf", "road_lerf", "all"):
        with pytest.raises(XaiCamError, match=r"SciPy, which is not installed\. Run `.*(?i:scipy)"):
            asked_for(["drop", name])


def test_a_threshold_is_for_boxes() -> None:
    for level in (0.15, "0.15", 0.4, "otsu"):
        check_threshold(level, asked_for("iou"))
    check_threshold("0.15", asked_for())
    with pytest.raises(InputError, match="`threshold` p80 is for the boxes of iou"):
        check_threshold("p80", asked_for("max_box_acc"))
    with pytest.raises(InputError, match="`threshold` is 2\\. Give a number"):
        check_threshold(2, asked_for("iou"))


def test_how_often_maps_are_made_anew() -> None:
    """Once for coherency, whoever needs it, for each draw of max-sensitivity, and each time that is taken."""
    found = [asked_for(names).rounds for names in ("drop", "adcc", ("adcc", "coherency"), "all", "cost")]
    assert found == [0, 1, 1, 11, 4]
