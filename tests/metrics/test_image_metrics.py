"""What was measured of each map of an image: made, written and read back."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from support.measured import NAN, image, measured
from xai_cam import Explanation
from xai_cam.metrics.comparison import Comparison
from xai_cam.metrics.image_metrics import (
    EARLIER,
    ImageMetrics,
    MapMetrics,
    variant_name,
    with_truth,
)
from xai_cam.metrics.measures import METRICS


def explanation(cam: Any, method: str = "grad-cam") -> Explanation:
    maps = np.array(cam, np.float32)
    return Explanation(maps, method, "conv", 0, 0, 1.5, "logit", 0.8, ((0, 0.8),), "ok", "")


def test_what_is_written_into_a_panel_comes_back():
    one = image(measured("a", curve=(0.9, 0.25), drop=12.5), measured("b"), rank=((1, NAN), (NAN, 1)))
    found = ImageMetrics.from_dict(json.loads(json.dumps(one.as_dict(), allow_nan=False)))
    assert found.maps[0].values["drop"] == 12.5 and math.isnan(found.maps[1].values["drop"])
    np.testing.assert_array_equal(found.maps[0].curves["deletion"], np.float32([0.9, 0.25]))
    np.testing.assert_array_equal(found.agreement["rank_correlation"], [[1, NAN], [NAN, 1]])
    assert found.maps[0].variant == "a" and found.maps[0].score == 1.5


def test_what_is_explained_besides_a_class_is_written_where_there_is_something_to_say() -> None:
    plain = measured("a").as_dict()
    assert not {"sign", "against", "output_name"} & plain.keys(), "so that it is read by what came before"
    more = {"sign": "both", "against": ["lynx", 3], "output_name": "kind"}
    found = MapMetrics.from_dict(json.loads(json.dumps({**plain, **more})))
    assert (found.sign, found.against, found.output_name) == ("both", ("lynx", 3), "kind")
    assert {name: value for name, value in found.as_dict().items() if name in more} == {
        **more,
        "against": ("lynx", 3),
    }
    for wrong in ([1.5], "lynx", [None]):
        with pytest.raises(ValueError, match="no metrics"):
            MapMetrics.from_dict({**plain, "against": wrong})


def test_further_values():
    found = with_truth(
        image(measured("a", drop=3), measured("b")),
        [({"pointing_game": 100.0}, {}), ({"pointing_game": 0.0}, {"box": np.eye(2)})],
    )
    assert found.maps[1].curves.keys() == {"box"} and found.maps[0].curves == {}
    assert [m.values["pointing_game"] for m in found.maps] == [100, 0]
    assert found.maps[0].values["drop"] == 3


def test_what_was_asked_for_is_kept_and_so_is_what_is_pooled() -> None:
    """What is not defined takes no room, and is not taken for what was not asked for."""
    table = np.array([[0.0, 1.0], [1.0, 0.0]], np.float32)
    one = replace(measured("a", drop=3), curves={"box": table})
    kept = ImageMetrics((one,), image(one, rank=[[1.0]]).agreement, ("drop", "entropy"))
    written = kept.as_dict()
    assert written["maps"][0]["values"] == {"masked_probability": None, "drop": 3.0}
    found = ImageMetrics.from_dict(json.loads(json.dumps(written, allow_nan=False)))
    assert found.measures == ("drop", "entropy") and set(found.maps[0].values) >= set(METRICS)
    np.testing.assert_array_equal(found.maps[0].curves["box"], table)
    earlier = {name: value for name, value in written.items() if name != "measures"}
    assert ImageMetrics.from_dict(earlier).measures == EARLIER, "panels that do not say"


def test_only_what_is_asked_for_is_told() -> None:
    one = image(measured("a", curve=(1.0, 0.5), drop=3, deletion=0.25, masked_probability=0.5), rank=[[1.0]])
    (found,) = one.only(["drop"]).maps
    assert (found.values["drop"], found.values["masked_probability"], found.curves) == (3, 0.5, {})
    assert math.isnan(found.values["deletion"]) and one.only(["drop"]).measures == ("drop",)
    (whole,) = one.only(["deletion"]).maps
    assert set(whole.curves) == {"deletion"} and math.isnan(whole.values["drop"])


def test_variants_are_named_by_their_layers_where_there_are_several() -> None:
    one = explanation([[1]])
    assert (variant_name(one, True), variant_name(one, False)) == ("grad-cam at conv", "grad-cam")


def test_the_key_of_a_variant_in_a_panel_is_that_of_earlier_runs() -> None:
    one = MapMetrics("grad-cam at conv", "conv", "grad-cam", 1, 2, 0.5, "logit", 0.25, "ok", "", {}, {})
    written = one.as_dict()
    assert written["contender"] == "grad-cam at conv" and "variant" not in written
    assert MapMetrics.from_dict(written) == one


def test_no_method_is_called_better_at_what_speaks_against_a_class() -> None:
    """There each metric has the other direction, which no paper defines."""
    good, bad = ({"drop": value, "deletion": value / 100} for value in (1, 50))
    images = [image(measured("a", **good), measured("b", **bad)) for _ in range(6)]
    assert any("a is best" in line for line in Comparison(images).conclusions)
    turned = [replace(one, maps=tuple(replace(m, sign="negative") for m in one.maps)) for one in images]
    (only,) = Comparison(turned).conclusions
    assert only.startswith("The maps show what speaks against the class.")
