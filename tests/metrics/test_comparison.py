"""What a comparison says of its variants: means, pairs, agreement, curves, and words."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from support.small_models import build_tiny
from xai_cam import METRICS, compare, explain
from xai_cam.errors import InputError
from xai_cam.images.resizing import resize
from xai_cam.metrics.comparison import NO_PROBABILITIES, Comparison
from xai_cam.metrics.faithfulness import measure
from xai_cam.metrics.image_metrics import (
    ImageMetrics,
    MapMetrics,
    measure_images,
    variant_name,
    with_values,
)

X = np.random.default_rng(8).normal(0, 1, (4, 16, 16, 3)).astype(np.float32)
NAN = math.nan


def measured(variant: str, target: int = 0, curve: tuple[float, ...] = (), **values: float) -> MapMetrics:
    known = dict.fromkeys(("masked_probability", *METRICS), NAN) | values
    curves = {"deletion": np.array(curve, np.float32)} if curve else {}
    return MapMetrics(variant, "conv", variant, target, 0, 1.5, "logit", 0.5, "ok", "", known, curves)


def image(*maps: MapMetrics, rank: Any = ((1.0, 0.5), (0.5, 1.0))) -> ImageMetrics:
    matrix = np.array(rank, float)
    return ImageMetrics(maps, {"rank_correlation": matrix, "top_overlap": matrix / 2})


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


def test_what_is_said_in_words():
    sure = of_drops([10, 11, 12, 9, 10, 8], [30, 33, 36, 31, 29, 35], ("grad-cam", "score-cam"))
    assert sure.conclusions == ("average drop: grad-cam is the best, ahead of score-cam by 22.3 points.",)
    unsure = of_drops([10, 50, 10, 50], [50, 10, 50, 10], ("grad-cam", "score-cam"))
    assert unsure.conclusions == ("average drop: these images do not tell grad-cam and score-cam apart.",)
    beaten = of_drops([30, 33, 36, 31], [10, 11, 12, 9], ("grad-cam", "random"))
    assert beaten.conclusions == ("average drop: grad-cam is not surely better than the baseline random.",)
    ahead = of_drops([10, 11, 12, 9], [30, 33, 36, 31], ("grad-cam at conv", "random at conv"))
    assert ahead.conclusions == ()


def test_json_is_strict_and_whole():
    text = json.dumps(of_drops([10, NAN], [NAN, 5]).as_figures(), allow_nan=False)
    found = json.loads(text)
    assert found["images"] == 2 and found["means"]["a"]["drop"]["value"] == 10
    assert found["differences"][0]["value"] is None and found["differences"][0]["count"] == 0
    assert found["agreement"]["rank_correlation"] == [[1, 0.5], [0.5, 1]]


def test_what_is_written_into_a_panel_comes_back():
    one = image(measured("a", curve=(0.9, 0.25), drop=12.5), measured("b"), rank=((1, NAN), (NAN, 1)))
    found = ImageMetrics.from_dict(json.loads(json.dumps(one.as_dict(), allow_nan=False)))
    assert found.maps[0].values["drop"] == 12.5 and math.isnan(found.maps[1].values["drop"])
    np.testing.assert_array_equal(found.maps[0].curves["deletion"], np.float32([0.9, 0.25]))
    np.testing.assert_array_equal(found.agreement["rank_correlation"], [[1, NAN], [NAN, 1]])
    assert found.maps[0].variant == "a" and found.maps[0].score == 1.5


def test_further_values():
    found = with_values(
        image(measured("a", drop=3), measured("b")), [{"pointing_game": 100.0}, {"pointing_game": 0.0}]
    )
    assert [m.values["pointing_game"] for m in found.maps] == [100, 0]
    assert found.maps[0].values["drop"] == 3


# --- From a model ------------------------------------------------------------------------------------


def test_measures_of_a_batch_are_those_of_each_image(tiny_model: Any):
    """Probabilities straight from Keras, one input at a time."""
    methods = ["grad-cam", "hires-cam"]

    def score(pairs: Any) -> np.ndarray:
        return np.array([float(tiny_model(x[None], training=False)[0, c]) for x, c in pairs])

    found = compare(tiny_model, X, method=methods, target_class=[0, 2], steps=4, batch_size=3, chunk_size=5)
    for i, x in enumerate(X):
        maps = explain(tiny_model, x, method=methods, target_class=[0, 2])
        expected = measure(
            score, x, [m.cam for m in maps], [m.target_class for m in maps], [m.probability for m in maps], 4
        )
        for m, e in zip(found.images[i].maps, expected, strict=True):
            for name in ("drop", "increase", "deletion", "insertion", "masked_probability"):
                np.testing.assert_allclose(m.values[name], getattr(e, name), rtol=1e-3, atol=1e-4)


def test_agreement_is_that_of_maps_of_one_class(tiny_model: Any):
    from scipy.stats import spearmanr

    found = compare(tiny_model, X[:1], method=["grad-cam", "eigen-cam"], target_class=[0, 1], steps=0)
    expected = []
    for target in (0, 1):
        maps = explain(tiny_model, X[:1], method=["grad-cam", "eigen-cam"], target_class=target)
        large = [resize(m.saliency_map, (16, 16)).ravel() for m in maps]
        expected.append(spearmanr(*large).statistic)
    matrix = found.agreement("rank_correlation")
    np.testing.assert_allclose(matrix[0, 1], np.nanmean(expected), rtol=1e-4)
    assert "deletion" not in found.metrics


@pytest.mark.parametrize("classes", ["predicted", ["top2", 0], [0, 1, 2]])
def test_one_forward_pass_and_one_set_of_masked_scores(
    tiny_model: Any, monkeypatch: pytest.MonkeyPatch, classes: Any
):
    from xai_cam.cam.engines.tensorflow import TensorFlowEngine

    monkeypatch.setattr(
        "xai_cam.cam.engines.making.is_there", lambda module: False
    )  # else OpenVINO answers for masks
    calls: list[str] = []
    for name in ("forward", "gradients", "masked_scores"):
        method = getattr(TensorFlowEngine, name)

        def counted(self: Any, *a: Any, _method: Any = method, _name: str = name) -> Any:
            calls.append(_name)
            return _method(self, *a)

        monkeypatch.setattr(TensorFlowEngine, name, counted)
    methods = ["grad-cam", "layer-cam", "score-cam", "score-cam-official", "eigen-cam"]
    compare(tiny_model, X, None, methods, classes, baselines=["random", "mean-activation"], steps=0)
    assert sorted(calls) == ["gradients", "masked_scores"]  # the pass of the gradients is the forward pass


def test_several_layers_are_several_contenders(tiny_model: Any):
    found = compare(tiny_model, X[:2], ["conv_1", "conv_2"], "grad-cam", baselines=["gaussian"], steps=0)
    assert found.variants == (
        "grad-cam at conv_1",
        "gaussian at conv_1",
        "grad-cam at conv_2",
        "gaussian at conv_2",
    )
    assert found.agreement("rank_correlation").shape == (4, 4)
    (one, *_), several = explain(tiny_model, X[:1]), True
    assert (variant_name(one, several), variant_name(one, False)) == ("grad-cam at conv_2", "grad-cam")


def test_a_model_without_probabilities_has_agreement_alone():
    found = compare(build_tiny(activation="relu"), X[:2], method=["grad-cam", "layer-cam"], target_class=0)
    assert found.metrics == () and found.conclusions == (NO_PROBABILITIES,) and len(found.images) == 2
    assert measure_images(None, X[:0], [], 4) == []


def test_unknown_baselines_are_refused(tiny_model: Any):
    with pytest.raises(InputError, match=r"No baseline 'gausian'\. Nearest: gaussian"):
        compare(tiny_model, X, baselines=["gausian"])
