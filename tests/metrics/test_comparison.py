"""What a comparison says of its variants: means, pairs, agreement, curves, and words."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from support.measured import NAN, image, measured
from xai_cam.metrics.comparison import Comparison
from xai_cam.metrics.image_metrics import MapMetrics
from xai_cam.metrics.measures import METRICS

X = np.random.default_rng(8).normal(0, 1, (4, 16, 16, 3)).astype(np.float32)


def of_drops(first: list[float], second: list[float], names: tuple[str, str] = ("a", "b")) -> Comparison:
    pairs = zip(first, second, strict=True)
    return Comparison([image(measured(names[0], drop=f), measured(names[1], drop=s)) for f, s in pairs])


def test_means_pairs_and_what_was_not_measured():
    found = of_drops([10, 20, 30, 40], [20, 20, NAN, 10])
    assert found.variants == ("a", "b") and found.metrics == ("drop",)
    assert (found.estimates["a"]["drop"].value, found.estimates["a"]["drop"].count) == (25, 4)
    assert found.estimates["b"]["drop"].value == pytest.approx(50 / 3)
    (pair,) = found.differences
    assert (pair.first, pair.second, pair.metric, pair.difference.count) == ("a", "b", "drop", 3)
    assert pair.difference.value == pytest.approx((-10 + 0 + 30) / 3)
    turned = found.between("b", "a", "drop")
    assert turned.value == -pair.difference.value and turned.low == -pair.difference.high
    assert (turned.won, turned.tied) == (pytest.approx(1 / 3), pytest.approx(1 / 3))
    assert (pair.difference.won, pair.difference.tied) == (pytest.approx(1 / 3), pytest.approx(1 / 3))


def test_an_image_counts_once_whatever_the_number_of_its_classes():
    many = image(*(measured("a", target=c, drop=d) for c, d in enumerate((0, 30, 60))))
    found = Comparison([many, image(measured("a", drop=10)), image(measured("a", drop=NAN))])
    np.testing.assert_array_equal(found.values("drop")[:, 0], [30, 10, NAN])
    assert found.estimates["a"]["drop"].value == 20


def test_a_pair_is_of_the_classes_that_are_known_of_both() -> None:
    """Both have 10 at the first class and 50 at the second, which of b is not known in one image."""

    def of(variant: str, second: float) -> tuple[MapMetrics, MapMetrics]:
        return measured(variant, target=0, drop=10), measured(variant, target=1, drop=second)

    found = Comparison([image(*of("a", 50), *of("b", NAN)), image(*of("a", 50), *of("b", 50))])
    np.testing.assert_array_equal(found.values("drop"), [[30, 10], [30, 30]])
    pair = found.between("a", "b", "drop")
    assert (pair.value, pair.count, pair.tied) == (0, 2, 1)


def test_the_threshold_of_boxes_is_told_with_iou() -> None:
    images = [image(measured("a", iou=0.5), measured("b", iou=0.25))]
    assert Comparison(images, threshold="p90").as_figures()["threshold"] == "p90"
    assert Comparison(images).as_figures()["threshold"] == "0.15"
    assert "threshold" not in of_drops([1], [2]).as_figures()


def test_agreement_leaves_out_what_is_not_defined():
    first = image(measured("a"), measured("b"), rank=((1, 0.2), (0.2, 1)))
    second = image(measured("a"), measured("b"), rank=((NAN, NAN), (NAN, 1)))
    found = Comparison([first, second]).agreement("rank_correlation")
    np.testing.assert_allclose(found, [[1, 0.2], [0.2, 1]])
    assert np.isnan(Comparison([second]).agreement("rank_correlation")[0, 1])


def test_mean_curves():
    curves = [(0.8, 0.5, 0.2), (0.6, 0.1, 0.0), (1.0, 0.9, 0.7)]
    found = Comparison([image(measured("a", curve=c)) for c in curves] + [image(measured("a"))])
    (mean,) = found.curves("deletion")
    np.testing.assert_allclose(mean.fractions, [0, 0.5, 1])
    np.testing.assert_allclose(mean.mean, [0.8, 0.5, 0.3], atol=1e-6)
    # (0.5, 0.1, 0.9): deviation 0.4, standard error 0.4 / sqrt(3)
    np.testing.assert_allclose(mean.high[1] - mean.mean[1], 1.96 * 0.4 / math.sqrt(3), rtol=1e-4)
    assert found.curves("insertion") == ()


def test_a_pooled_metric_has_one_best_threshold_for_all_images() -> None:
    """Three images at two thresholds; a: 1 0, 1 0, 0 1 and b: 0 0, 0 1, 0 1; the best are 2 of 3 for both.

    a is best at the first, where it has 1 1 0, and b at the second, where it has 0 1 1.
    """
    a, b = np.array([[100, 0], [100, 0], [0, 100]]), np.array([[0, 0], [0, 100], [0, 100]])

    def of(variant: str, row: np.ndarray) -> MapMetrics:
        return replace(measured(variant), curves={"max_box_acc": row[None].astype(np.float32)})

    images = [image(of("a", x), of("b", y)) for x, y in zip(a, b, strict=True)]
    found = Comparison([*images, image(measured("a"), measured("b"))])
    assert found.metrics == found.pooled == ("max_box_acc",)
    np.testing.assert_allclose(
        found.values("max_box_acc"), [[100, 0], [100, 100], [0, 100], [np.nan, np.nan]]
    )
    one = found.estimates["a"]["max_box_acc"]
    assert (one.value, one.count, one.high) == (pytest.approx(200 / 3), 3, 100)
    assert one.low == pytest.approx(200 / 3), "of any 3 images 2 agree on a threshold"
    pair = found.between("a", "b", "max_box_acc")
    assert (pair.value, pair.won, pair.tied) == pytest.approx((0, 1 / 3, 1 / 3))
    assert pair.low < 0 < pair.high
    curves = found.as_figures()["curves"]["max_box_acc"]
    assert curves["a"]["mean"] == pytest.approx([200 / 3, 100 / 3]) and curves["b"]["fractions"] == [0, 0.5]


def test_what_is_said_in_words():
    sure = of_drops([10, 11, 12, 9, 10, 8], [30, 33, 36, 31, 29, 35], ("grad-cam", "score-cam"))
    test = "(paired bootstrap over {} images, 95 %)."
    assert sure.conclusions == (
        f"average drop: grad-cam is best, ahead of score-cam by 22.3 points {test.format(6)}",
    )
    assert (sure.best("drop"), sure.as_figures()["best"]) == ("grad-cam", {"drop": "grad-cam"})
    unsure = of_drops([10, 50] * 3, [50, 10] * 3, ("grad-cam", "score-cam"))
    assert unsure.conclusions == (
        f"average drop: no significant difference between grad-cam and score-cam {test.format(6)}",
    )
    assert unsure.best("drop") is None
    beaten = of_drops([30, 33, 36, 31] * 2, [10, 11, 12, 9] * 2, ("grad-cam", "random"))
    assert beaten.conclusions == (
        f"average drop: grad-cam is not significantly better than the baseline random {test.format(8)}",
    )
    assert beaten.best("drop") == "random", "a baseline may be what is best"
    ahead = of_drops([10, 11, 12, 9] * 2, [30, 33, 36, 31] * 2, ("grad-cam at conv", "random at conv"))
    assert ahead.conclusions == ()


def test_a_pooled_metric_is_summed_up_at_its_best_threshold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a two of three images are hit at the second threshold; of b one, at either."""
    monkeypatch.setitem(METRICS, "boxes", replace(METRICS["insertion"], name="boxes", pooled=True))
    hits = [([1, 0], [1, 0]), ([0, 1], [0, 0]), ([0, 1], [0, 1])]

    def of(name: str, table: list[int]) -> MapMetrics:
        return replace(measured(name), curves={"boxes": np.array([table], np.float32)})

    images = [image(of("a", first), of("b", second)) for first, second in hits]
    images.append(image(measured("a"), measured("b")))
    found = Comparison(images)
    assert found.metrics == ("boxes",)
    np.testing.assert_array_equal(found.values("boxes"), [[0, 1], [1, 0], [1, 0], [NAN, NAN]])
    values = {name: of["boxes"].value for name, of in found.estimates.items()}
    assert values == pytest.approx({"a": 2 / 3, "b": 1 / 3}) and found.estimates["a"]["boxes"].count == 3
    difference = found.between("b", "a", "boxes")
    assert (difference.value, difference.count) == (pytest.approx(-1 / 3), 3)
    json.dumps(found.as_figures(), allow_nan=False)


def test_json_is_strict_and_whole():
    text = json.dumps(of_drops([10, NAN], [NAN, 5]).as_figures(), allow_nan=False)
    found = json.loads(text)
    assert found["images"] == 2 and found["means"]["a"]["drop"]["value"] == 10
    assert found["differences"][0]["value"] is None and found["differences"][0]["count"] == 0
    assert found["agreement"]["rank_correlation"] == [[1, 0.5], [0.5, 1]]


def test_what_a_batch_shares_has_a_mean_and_no_interval() -> None:
    found = Comparison(
        [image(measured("a", cost=c), measured("b", cost=2 * c)) for c in [1.0] * 8 + [4.0] * 8]
    )
    mean, (pair,) = found.estimates["a"]["cost"], found.differences
    assert (mean.value, mean.count) == (2.5, 16) and np.isnan([mean.low, mean.high]).all()
    assert pair.difference.value == -2.5 and np.isnan([pair.difference.low, pair.difference.high]).all()
    assert found.best("cost") is None and found.conclusions == ()
    assert json.loads(json.dumps(found.as_figures(), allow_nan=False))["metrics"]["cost"]
