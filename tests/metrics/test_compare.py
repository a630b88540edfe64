"""`compare` on arrays: what is measured of a model, and how often the model is asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle import localisation as oracle
from oracle.faithfulness import saliency
from support import target_networks
from support.perturbed import one_by_one
from support.small_models import build_held, build_tiny
from xai_cam import compare, explain
from xai_cam.errors import InputError
from xai_cam.images.resizing import resize
from xai_cam.metrics.comparison import NO_PROBABILITIES
from xai_cam.metrics.faithfulness import measure
from xai_cam.metrics.measures import PRESETS

X = np.random.default_rng(8).normal(0, 1, (4, 16, 16, 3)).astype(np.float32)


def test_measures_of_a_batch_are_those_of_each_image(tiny_model: Any):
    """Probabilities straight from Keras, one input at a time."""
    methods = ["grad-cam", "hires-cam"]

    def probability(x: np.ndarray, c: int) -> float:
        return float(tiny_model(x[None], training=False)[0, c])

    found = compare(tiny_model, X, method=methods, target_class=[0, 2], steps=4, batch_size=3, chunk_size=5)
    for i, x in enumerate(X):
        maps = explain(tiny_model, x, method=methods, target_class=[0, 2])
        expected = measure(
            one_by_one(probability),
            *(x, [m.cam for m in maps], [m.target_class for m in maps], [m.probability for m in maps], 4),
        )
        for m, e in zip(found.images[i].maps, expected, strict=True):
            for name in ("drop", "increase", "deletion", "insertion", "masked_probability"):
                np.testing.assert_allclose(m.values[name], getattr(e, name), rtol=1e-3, atol=1e-4)


def test_boxes_and_masks_of_arrays(tiny_model: Any) -> None:
    """A box around all of the image holds all of a map; one image alone is one."""
    whole = [[(0, 0, 16, 16)], None, [], [(0, 0, 16, 16, 1)]]
    found = compare(tiny_model, X, method="hires-cam", target_class=1, steps=0, boxes=whole)
    assert found.metrics == ("drop", "increase", "energy_pointing", "pointing_game", "iou", "max_box_acc")
    assert [np.isnan(m.maps[0].values["iou"]) for m in found.images] == [False, True, True, False]
    assert found.values("energy_pointing")[[0, 3]] == pytest.approx(1)
    other = compare(tiny_model, X, method="hires-cam", target_class=0, steps=0, boxes=whole)
    assert other.estimates["hires-cam"]["iou"].count == 1, "the last box is of class 1"
    one = compare(tiny_model, X[0], method="hires-cam", steps=0, masks=np.eye(16), measures="localisation")
    assert one.metrics == PRESETS["localisation"]
    with pytest.raises(InputError, match="Add `masks` or `boxes`"):
        compare(tiny_model, X, measures="iou")


@pytest.mark.parametrize("share", [0.15, 0.4, 0.7])
def test_boxes_of_maps_above_a_threshold(tiny_model: Any, share: float) -> None:
    """Of arrays with boxes, and of a segmentation, whose region is the object: by plain loops."""
    true, places = (2, 1, 9, 12), target_networks.model("places")
    found = compare(tiny_model, X, method="layer-cam", steps=0, boxes=[[true]] * len(X), threshold=share)
    for one, image in zip(explain(tiny_model, X, method="layer-cam"), found.images, strict=True):
        expected = oracle.iou(saliency(one.cam, (16, 16)), [true], share)
        assert image.maps[0].values["iou"] == pytest.approx(expected)
    assert found.as_figures()["threshold"] == str(share)
    pictures, asked = target_networks.X, {"measures": "iou", "threshold": share}
    found, size = compare(places, pictures, None, "layer-cam", 1, **asked), pictures.shape[1:3]
    known = 0
    for one, image in zip(explain(places, pictures, None, "layer-cam", 1), found.images, strict=True):
        assert one.region is not None
        region = one.region_on_input(size)
        if region.any() and one.status == "ok":
            expected = oracle.iou(saliency(one.cam, size), [oracle.box(np.argwhere(region).tolist())], share)
            assert image.maps[0].values["iou"] == pytest.approx(expected)
            known += 1
    assert known


def test_a_threshold_in_words(tiny_model: Any) -> None:
    whole = [[(0, 0, 16, 16)]] * len(X)
    low, high = (
        compare(tiny_model, X, method="hires-cam", measures="iou", boxes=whole, threshold=level)
        for level in ("p1", "p95")
    )
    assert low.estimates["hires-cam"]["iou"].value > high.estimates["hires-cam"]["iou"].value
    for level, message in (
        ("high", "`threshold` is 'high'"),
        (0.4, "`threshold` 0.4 is for the boxes of iou"),
    ):
        with pytest.raises(InputError, match=message):
            compare(tiny_model, X, threshold=level)


def test_each_image_is_measured_with_its_own_other_inputs() -> None:
    """However it is altered; probabilities straight from Keras."""
    model, ages = build_held(), np.array([-2.0, 0.1, 1.0, 3.0], np.float32)
    given = {"image": X, "age": ages}
    found = compare(model, given, method=["grad-cam", "score-cam"], steps=3, batch_size=3)
    maps = explain(model, X, method=["grad-cam", "score-cam"], extra={"age": ages}).by_image
    for i, x in enumerate(X):

        def probability(x: np.ndarray, c: int, age: Any = ages[i : i + 1, None]) -> float:
            return float(model([x[None], age], training=False)[0, c])

        cams, classes = [m.cam for m in maps[i]], [m.target_class for m in maps[i]]
        known = [m.probability for m in maps[i]]
        expected = measure(one_by_one(probability), x, cams, classes, known, 3)
        for m, e in zip(found.images[i].maps, expected, strict=True):
            for name in ("drop", "deletion", "insertion", "masked_probability"):
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
    from xai_cam.cam.engines.whole_by_tensorflow import WholeByTensorFlow

    monkeypatch.setattr(
        "xai_cam.cam.engines.making.is_there", lambda module: False
    )  # else OpenVINO answers for masks
    calls: list[str] = []
    asked: list[tuple[Any, str]] = [(WholeByTensorFlow, name) for name in ("forward", "gradients")]
    for kind, name in [*asked, (TensorFlowEngine, "masked_scores")]:
        method = getattr(kind, name)

        def counted(self: Any, *a: Any, _method: Any = method, _name: str = name) -> Any:
            calls.append(_name)
            return _method(self, *a)

        monkeypatch.setattr(kind, name, counted)
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


def test_a_model_without_probabilities_has_agreement_alone():
    found = compare(build_tiny(activation="relu"), X[:2], method=["grad-cam", "layer-cam"], target_class=0)
    assert found.metrics == () and found.conclusions == (NO_PROBABILITIES,) and len(found.images) == 2


def test_unknown_baselines_are_refused(tiny_model: Any):
    with pytest.raises(InputError, match=r"Unknown baseline 'gausian'\. Nearest: gaussian"):
        compare(tiny_model, X, baselines=["gausian"])


def test_fused_layers_are_one_contender(tiny_model: Any) -> None:
    layers = ["conv_1", "conv_2"]
    found = compare(tiny_model, X[:2], layers, "grad-cam", fuse="mean", steps=0)
    assert found.variants == ("grad-cam",)
    assert [m.layer for image in found.images for m in image.maps] == ["mean of conv_1, conv_2"] * 2


def test_a_comparison_is_shown_in_a_line(tiny_model: Any) -> None:
    found = compare(tiny_model, X[:2], method=["grad-cam", "hires-cam"], steps=0)
    assert repr(found) == "<Comparison of grad-cam, hires-cam on 2 images>"


def test_names_that_a_comparison_does_not_have(tiny_model: Any) -> None:
    images = np.zeros((1, 16, 16, 3), np.float32)
    found = compare(tiny_model, images, method=["grad-cam", "eigen-cam"], steps=0)
    for ask in (
        lambda: found.values("dropp"),
        lambda: found.between("grad-cam", "eigen", "drop"),
        lambda: found.between("grad-cam", "grad-cam", "drop"),
        lambda: found.agreement("rank"),
    ):
        with pytest.raises(InputError, match=r"Unknown|compared with itself"):
            ask()
    assert compare(tiny_model, np.zeros((1, 16, 16, 3)), baselines=(n for n in ["random"]), steps=0).images
    with pytest.raises(InputError, match="`baselines`"):
        compare(tiny_model, np.zeros((1, 16, 16, 3)), baselines=5)
