"""The maps of a batch, measured by what is asked for, and by nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from oracle import faithfulness as oracle
from support.perturbed import one_by_one
from xai_cam import Explanation
from xai_cam.metrics import again, measuring, own_pictures, pointing
from xai_cam.metrics.asked import Asked, asked_for
from xai_cam.metrics.measure import Need
from xai_cam.metrics.measures import METRICS
from xai_cam.metrics.measuring import _case, measure_images
from xai_cam.metrics.own_pictures import OwnPictures
from xai_cam.metrics.pointing import Truth

MEAN = one_by_one(lambda x, _: float(x.mean()))
"""A model whose probability is the mean of the input."""

NO_CURVES = asked_for(steps=0)
BRIGHT = np.full((1, 2, 2, 1), 0.8, np.float32)


def explanation(cam: Any, method: str = "grad-cam") -> Explanation:
    maps = np.array(cam, np.float32)
    return Explanation(maps, method, "conv", 0, 0, 1.5, "logit", 0.8, ((0, 0.8),), "ok", "")


def known(values: Mapping[str, float]) -> set[str]:
    return {name for name, value in values.items() if not math.isnan(value)}


def test_an_image_measured_by_hand() -> None:
    """The probability is the mean of the input: 0.8 of the whole, and 0.4 behind a mask that hides one half.

    Drop 100 (0.8 - 0.4) / 0.8 = 50. Of the second map, which hides nothing: no drop, no increase.
    """

    bright = np.full((1, 2, 2, 1), 0.8, np.float32)
    half, whole = explanation([[2, 0], [2, 0]]), explanation([[3, 3], [3, 3]], "hires-cam")
    (found,) = measure_images(MEAN, bright, [[half, whole]], NO_CURVES)
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
    (found,) = measure_images(None, np.zeros((1, 2, 2, 1), np.float32), [[rising, falling]], NO_CURVES)
    np.testing.assert_allclose(found.agreement["rank_correlation"], [[1, -1], [-1, 1]], atol=1e-6)
    assert all(math.isnan(value) for m in found.maps for value in m.values.values())


def test_no_images() -> None:
    assert measure_images(None, np.empty((0, 2, 2, 1), np.float32), []) == []


def test_faithfulness_of_both_signs_is_that_of_what_is_above_0() -> None:
    """And the agreement of two maps is that of all their values: of these, the reverse of each other."""

    bright = np.full((1, 2, 2, 1), 0.8, np.float32)
    signed = replace(explanation([[2, -4], [1, -6]]), sign="both")
    cut = explanation([[2, 0], [1, 0]], "hires-cam")
    mirrored = replace(explanation([[-2, 4], [-1, 6]], "layer-cam"), sign="both")
    (found,) = measure_images(MEAN, bright, [[signed, cut, mirrored]], asked_for(steps=2))
    for name in ("masked_probability", "drop", "deletion", "insertion"):
        assert found.maps[0].values[name] == found.maps[1].values[name], name
    assert found.maps[0].sign == "both"
    assert found.agreement["rank_correlation"][0, 2] == pytest.approx(-1)


def test_a_drop_downwards_is_of_the_opposite_of_the_value() -> None:
    cam = np.ones((2, 2), np.float32)
    up = Explanation(cam, "grad-cam", "conv", 0, None, 3.5, "value", math.nan, (), "ok", "", direction="up")
    case = _case(np.zeros((2, 2, 1), np.float32), [up, replace(up, direction="down")])
    assert list(case.probabilities) == [3.5, -3.5]


def test_nothing_is_measured_that_nobody_asked_for() -> None:
    half = explanation([[2, 0], [2, 0]])
    for names, found in (
        (["drop"], {"drop", "masked_probability"}),
        (["gain", "entropy"], {"gain", "entropy", "masked_probability"}),
        (["deletion"], {"deletion"}),
        (["complexity", "pointing_game"], {"complexity"}),
    ):
        (image,) = measure_images(MEAN, BRIGHT, [[half]], asked_for(names, 2))
        assert known(image.maps[0].values) == found and set(image.maps[0].curves) == found & {"deletion"}
        assert set(image.measures) == set(names)


def test_no_model_is_asked_about_the_map_alone() -> None:
    def score(_: Any) -> np.ndarray:
        raise AssertionError("the model was asked")

    (image,) = measure_images(score, BRIGHT, [[explanation([[1, 0], [0, 0]])]], asked_for("complexity"))
    assert image.maps[0].values["complexity"] == 0.25


def test_measures_of_the_map_are_of_that_at_the_size_of_the_input() -> None:
    """Of both signs of what is above 0."""
    cam = np.array([[3, -1], [0, 2]], np.float32)
    signed = replace(explanation(cam), sign="both")
    image = np.zeros((1, 5, 4, 1), np.float32)
    (found,) = measure_images(MEAN, image, [[signed]], asked_for(["complexity", "entropy", "sparseness"]))
    pixels = oracle.saliency(np.maximum(cam, 0), (5, 4))
    for name in ("complexity", "entropy", "sparseness"):
        expected = getattr(oracle, name)(pixels)
        assert found.maps[0].values[name] == pytest.approx(expected, abs=1e-6)


def test_a_region_is_located_by_what_is_above_0() -> None:
    """Of both signs: 2 of 2 + 1 lie inside; with what is below 0 it would be more than all."""
    inside = {"region": np.array([[True, False], [True, False]]), "sign": "both"}
    signed = replace(explanation([[2, 1], [0, -2]]), **inside)
    (found,) = measure_images(None, BRIGHT, [[signed]], Asked(("energy_pointing",)))
    assert found.maps[0].values["energy_pointing"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(("threshold", "iou"), [(0.15, 0.5), ("0.6", 1.0)])
def test_the_box_of_a_region_is_drawn_at_the_threshold(threshold: float | str, iou: float) -> None:
    left = replace(explanation([[2, 1], [2, 1]]), region=np.array([[True, False], [True, False]]))
    (found,) = measure_images(None, BRIGHT, [[left]], Asked(("iou",)), threshold=threshold)
    assert found.maps[0].values["iou"] == iou


def test_of_a_volume_boxes_are_left_out() -> None:
    region = np.zeros((2, 2, 2), bool)
    region[0] = True
    one = replace(explanation(np.arange(8).reshape(2, 2, 2)), region=region)
    (found,) = measure_images(None, np.ones((1, 2, 2, 2, 1), np.float32), [[one]], asked_for("localisation"))
    assert known(found.maps[0].values) == {"energy_pointing", "pointing_game", "relevance_rank"}
    assert found.maps[0].curves == {}


def test_nothing_is_explained_again_for_what_cannot_be_measured() -> None:
    """ADCC needs a drop; that it was asked for is kept, so that a panel is up to date."""

    def explain_again(*_: Any) -> list[Explanation]:
        raise AssertionError("explained again for nothing")

    maps = [[explanation([[2, 0], [2, 0]])]]
    (found,) = measure_images(None, BRIGHT, maps, asked_for(["adcc", "complexity"]), explain_again)
    assert known(found.maps[0].values) == {"complexity"} and found.measures == ("complexity", "adcc")


# --- Measures that come with a table ------------------------------


@pytest.fixture
def row(monkeypatch: pytest.MonkeyPatch) -> str:
    """A row of the table for a measure that a test makes up."""
    monkeypatch.setitem(METRICS, "made_up", replace(METRICS["drop"], name="made_up", uses=(), usual=False))
    return "made_up"


def test_a_measure_with_pictures_of_its_own(row: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each picture is the image times the map times its number; beside those of other measures."""

    def judge(y: float, scores: np.ndarray) -> dict[str, float]:
        return {"made_up": y + float(scores @ [1, 10, 100])}

    def make(image: np.ndarray, saliency: np.ndarray, k: int) -> np.ndarray:
        return image * saliency[..., None] * k

    def marks(image: np.ndarray, saliency: np.ndarray) -> list[tuple[bytes, int]]:
        return [(saliency.tobytes(), k) for k in range(3)]

    made = OwnPictures(("made_up",), 3, make, marks, judge)
    monkeypatch.setattr(own_pictures, "OF_PICTURES", [made])
    maps = [explanation([[2, 0], [2, 0]]), explanation([[1, 1], [1, 1]]), explanation([[0, 0], [4, 1]])]
    images = np.stack([BRIGHT[0], BRIGHT[0] / 2])
    alone = measure_images(MEAN, images, [maps, maps[::-1]], asked_for(["deletion", "drop"], 2))
    found = measure_images(MEAN, images, [maps, maps[::-1]], asked_for(["deletion", "drop", row], 2))
    for i, one in enumerate(found):
        values = [m.values["made_up"] for m in one.maps]
        bright = images[i].mean()
        expected = [0.8 + bright * share * 210 for share in (0.5, math.nan, 1.25 / 4)]
        np.testing.assert_allclose(values, expected[:: 1 if i == 0 else -1], rtol=1e-6)
        for name in ("deletion", "drop"):
            np.testing.assert_array_equal(
                [m.values[name] for m in one.maps], [m.values[name] for m in alone[i].maps]
            )


def test_a_measure_that_explains_again(row: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It gets the batch, and what explains; without that it is left out."""

    def measure(batch: again.Batch) -> Sequence[Sequence[float]]:
        made = batch.explain_again(batch.images + 1, [(0, 1)])
        return [[float(made[0].cam.sum()), float(batch.saliency(batch.found[0][1]).sum())]]

    monkeypatch.setitem(METRICS, row, replace(METRICS[row], needs=(Need.AGAIN,)))
    monkeypatch.setitem(again.OF_AGAIN, row, measure)
    asked, maps = asked_for(row), [explanation([[2, 0], [2, 0]]), explanation([[1, 1], [1, 1]])]

    def explain_again(images: np.ndarray, of: Sequence[tuple[int, int]]) -> list[Explanation]:
        return [explanation(images[0, ..., 0] * (1 + number)) for _, number in of]

    (found,) = measure_images(None, BRIGHT, [maps], asked, explain_again)
    assert [m.values[row] for m in found.maps] == [pytest.approx(4 * 1.8 * 2), 4]
    (without,) = measure_images(None, BRIGHT, [maps], asked)
    assert all(math.isnan(m.values[row]) for m in without.maps)


def test_a_measure_that_is_made_of_others(row: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are measured, and not told of unless they were asked for too."""
    monkeypatch.setitem(METRICS, row, replace(METRICS[row], uses=("drop", "complexity")))
    monkeypatch.setitem(again.DERIVED, row, lambda values: values["drop"] + values["complexity"])
    (found,) = measure_images(MEAN, BRIGHT, [[explanation([[2, 0], [2, 0]])]], asked_for(row))
    assert found.maps[0].values[row] == pytest.approx(50 + 0.5)
    assert known(found.maps[0].values) == {row, "masked_probability"}


def test_a_pooled_measure_of_where_the_object_is(row: str, monkeypatch: pytest.MonkeyPatch) -> None:
    table = np.array([[1.0, 0.0, 1.0]])
    monkeypatch.setitem(METRICS, row, replace(METRICS[row], needs=(Need.TRUTH,)))
    monkeypatch.setitem(pointing.OF_TRUTH, row, lambda placed, truth: table * placed.max() * truth.mask.sum())
    inside = replace(explanation([[2, 0], [2, 0]]), region=np.array([[True, False], [True, False]]))
    (found,) = measure_images(None, BRIGHT, [[inside]], Asked((row,)))
    np.testing.assert_array_equal(found.maps[0].curves[row], table * 2)
    assert measuring.measure_truth(np.ones((1, 1)), Truth(np.ones((1, 1), bool)), frozenset()) == ({}, {})
