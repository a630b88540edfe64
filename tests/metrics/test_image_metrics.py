"""What was measured of each map of an image: made, written and read back."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from support.measured import NAN, image, measured
from support.perturbed import one_by_one
from xai_cam import Explanation
from xai_cam.metrics.comparison import Comparison
from xai_cam.metrics.image_metrics import (
    ImageMetrics,
    MapMetrics,
    _case,
    measure_images,
    variant_name,
    with_values,
)

MEAN = one_by_one(lambda x, _: float(x.mean()))
"""A model whose probability is the mean of the input."""


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
    found = with_values(
        image(measured("a", drop=3), measured("b")), [{"pointing_game": 100.0}, {"pointing_game": 0.0}]
    )
    assert [m.values["pointing_game"] for m in found.maps] == [100, 0]
    assert found.maps[0].values["drop"] == 3


def test_variants_are_named_by_their_layers_where_there_are_several() -> None:
    one = explanation([[1]])
    assert (variant_name(one, True), variant_name(one, False)) == ("grad-cam at conv", "grad-cam")


def test_an_image_measured_by_hand() -> None:
    """The probability is the mean of the input: 0.8 of the whole, and 0.4 behind a mask that hides one half.

    Drop 100 (0.8 - 0.4) / 0.8 = 50. Of the second map, which hides nothing: no drop, no increase.
    """

    bright = np.full((1, 2, 2, 1), 0.8, np.float32)
    half, whole = explanation([[2, 0], [2, 0]]), explanation([[3, 3], [3, 3]], "hires-cam")
    (found,) = measure_images(MEAN, bright, [[half, whole]], steps=0)
    first, second = found.maps
    assert (first.variant, second.variant) == ("grad-cam", "hires-cam")
    assert first.values["masked_probability"] == pytest.approx(0.4)
    assert first.values["drop"] == pytest.approx(50) and first.values["increase"] == 0
    assert second.values["drop"] == pytest.approx(0, abs=1e-4)
    assert math.isnan(first.values["deletion"]) and first.curves == {}
    assert first.score == 1.5 and first.probability == 0.8


def test_agreement_by_hand() -> None:
    """Ranks of 1 2 3 4 against those of 4 3 2 1: -1; against themselves: 1."""
    rising, falling = explanation([[1, 2], [3, 4]]), explanation([[4, 3], [2, 1]], "b")
    (found,) = measure_images(None, np.zeros((1, 2, 2, 1), np.float32), [[rising, falling]], steps=0)
    np.testing.assert_allclose(found.agreement["rank_correlation"], [[1, -1], [-1, 1]], atol=1e-6)
    assert all(math.isnan(value) for m in found.maps for value in m.values.values())


def test_no_images() -> None:
    assert measure_images(None, np.empty((0, 2, 2, 1), np.float32), [], 4) == []


def test_the_key_of_a_variant_in_a_panel_is_that_of_earlier_runs() -> None:
    one = MapMetrics("grad-cam at conv", "conv", "grad-cam", 1, 2, 0.5, "logit", 0.25, "ok", "", {}, {})
    written = one.as_dict()
    assert written["contender"] == "grad-cam at conv" and "variant" not in written
    assert MapMetrics.from_dict(written) == one


def test_faithfulness_of_both_signs_is_that_of_what_is_above_0() -> None:
    """And the agreement of two maps is that of all their values: of these, the reverse of each other."""

    bright = np.full((1, 2, 2, 1), 0.8, np.float32)
    signed = replace(explanation([[2, -4], [1, -6]]), sign="both")
    cut = explanation([[2, 0], [1, 0]], "hires-cam")
    mirrored = replace(explanation([[-2, 4], [-1, 6]], "layer-cam"), sign="both")
    (found,) = measure_images(MEAN, bright, [[signed, cut, mirrored]], steps=2)
    for name in ("masked_probability", "drop", "deletion", "insertion"):
        assert found.maps[0].values[name] == found.maps[1].values[name], name
    assert found.maps[0].sign == "both"
    assert found.agreement["rank_correlation"][0, 2] == pytest.approx(-1)


def test_no_method_is_called_better_at_what_speaks_against_a_class() -> None:
    """There each metric has the other direction, which no paper defines."""
    good, bad = ({"drop": value, "deletion": value / 100} for value in (1, 50))
    images = [image(measured("a", **good), measured("b", **bad)) for _ in range(6)]
    assert any("a is best" in line for line in Comparison(images).conclusions)
    turned = [replace(one, maps=tuple(replace(m, sign="negative") for m in one.maps)) for one in images]
    (only,) = Comparison(turned).conclusions
    assert only.startswith("The maps show what speaks against the class.")


def test_a_drop_downwards_is_of_the_opposite_of_the_value() -> None:
    cam = np.ones((2, 2), np.float32)
    up = Explanation(cam, "grad-cam", "conv", 0, None, 3.5, "value", math.nan, (), "ok", "", direction="up")
    case = _case(np.zeros((2, 2, 1), np.float32), [up, replace(up, direction="down")])
    assert list(case.probabilities) == [3.5, -3.5]
