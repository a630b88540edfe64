"""What an explanation says of its target, from the evidence of a batch."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from support.target_networks import AGES, X, model, network
from xai_cam import Explainer, explain
from xai_cam.cam.engines.questions import Computing
from xai_cam.cam.evidence import BatchEvidence, LayerEvidence
from xai_cam.cam.explained import as_explanation
from xai_cam.cam.map_sign import Maps
from xai_cam.cam.targets import Targets
from xai_cam.errors import InputError
from xai_cam.models.input.inputs import Inputs


def evidence(targets: Targets, specs: list[Any], inputs: Inputs) -> tuple[LayerEvidence, Any]:
    explainer = Explainer.of(targets.network, "maps", Computing("tensorflow", cache=False), targets=targets)
    batch = BatchEvidence(explainer.engine.at_layers([explainer.target_layer]), inputs, specs, targets)
    return LayerEvidence(batch, 0, explainer.engine), explainer.target_layer


def test_each_output_by_its_own_facts() -> None:
    targets = Targets(network("several", "kind", "amount", "mask"))
    batch, layer = evidence(targets, ["predicted"], Inputs(X, (AGES,)))
    kind, amount, mask = (np.asarray(one) for one in model("several")([X, AGES]))
    cams = np.ones((3, 12, 12), np.float32)
    found = [
        as_explanation(batch, layer, 1, column, Maps("grad-cam", "logit", cams).of(1, 2.5, "tensorflow"))
        for column in range(3)
    ]
    assert [one.output_name for one in found] == ["kind", "amount", "mask"]
    assert [one.score_name for one in found] == ["logit", "value", "logit"]
    assert found[0].target_class == found[0].predicted_class == kind[1].argmax()
    assert found[1].predicted_class is None and found[1].direction == "up"
    np.testing.assert_allclose(found[1].ranking[0][1], amount[1, 0], rtol=1e-5)
    won = np.bincount(mask[1].argmax(-1).ravel(), minlength=2).argmax()
    assert found[2].target_class == won
    assert found[2].region is not None
    np.testing.assert_array_equal(found[2].region, mask[1].argmax(-1) == won)


def test_several_classes_as_one() -> None:
    targets = Targets(network("classes")).with_groups([(1, 3)])
    batch, layer = evidence(targets, ["1+3"], Inputs(X))
    made = Maps("grad-cam", "logit", np.ones((3, 12, 12), np.float32)).of(0, 1.0, "tensorflow")
    found = as_explanation(batch, layer, 0, 0, made)
    p = np.asarray(model("classes")(X))[0]
    assert (found.members, found.target_class, found.class_name) == ((1, 3), 1, "1+3")
    np.testing.assert_allclose(found.probability, p[[1, 3]].sum(), rtol=1e-5)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"masks": np.zeros((3, 12, 12))}, "the mask of the image is empty"),
        ({"region": "predicted"}, "no place of the image is predicted as the class"),
    ],
)
def test_a_region_without_places_has_a_blank_map(asked: dict[str, Any], told: str) -> None:
    """Not one of equal weights, nor of none; what depends on no class is drawn as ever."""
    found = keras.models.clone_model(model("places"))
    kernel, bias = model("places").get_layer("end").get_weights()
    found.set_weights([*model("places").get_weights()[:2], kernel, bias - [0, 100, 0]])
    options = {**asked, "engine": "tensorflow", "cache": False}
    maps = explain(found, X, "maps", ["grad-cam", "score-cam-official", "eigen-cam"], 1, **options)
    maps += explain(found, X, "maps", "grad-cam", 1, score="probability", **options)
    for one in maps:
        if one.method == "eigen-cam":
            assert one.cam.any()
        else:
            assert (one.status, one.cam.any()) == ("blank", False) and one.cause.startswith(told)


def test_labels_that_no_place_has_predict_nothing() -> None:
    image = keras.Input((8, 8, 3))
    maps = keras.layers.Conv2D(4, 3, padding="same", activation="relu")(image)
    ends = keras.layers.Conv2D(3, 1, activation="sigmoid", bias_initializer=keras.initializers.Constant(-99))
    found = explain(keras.Model(image, ends(maps)), np.ones((1, 8, 8, 3)), target_class=1)[0]
    assert found.predicted_class is None and found.status == "blank" and found.target_class == 1


def test_the_score_of_a_value_explained_downwards_is_the_value() -> None:
    found = explain(model("values"), X[:1], "maps", target_class=["0:up", "0:down"], head="regression")
    value = float(np.asarray(model("values")(X[:1]))[0, 0])
    np.testing.assert_allclose([one.score for one in found], [value, value], rtol=1e-5)
    assert [one.direction for one in found] == ["up", "down"]


def test_so_is_what_it_changes_by_and_what_the_sum_is_off_by() -> None:
    asked: dict[str, Any] = {"target_class": ["0:up", "0:down"], "head": "regression", "samples": 2}
    up, down = explain(model("values"), X[:1], method="integrated-gradients", **asked)
    values = np.asarray(model("values")(np.stack([X[0], np.zeros_like(X[0])])))[:, 0]
    for one in (up, down):
        np.testing.assert_allclose(one.score_change, values[0] - values[1], rtol=1e-4)
    assert up.residual is not None and down.residual == pytest.approx(up.residual, rel=1e-3, abs=1e-5)


def test_a_class_against_itself_alone(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(InputError, match="`against` names only what is explained, class 1"):
        explain(model("classes"), X, "maps", target_class=[1, 0], against=1)
    of_each = np.asarray(model("classes")(X)).argmax(1)
    found = explain(model("classes"), X, "maps", against=int(of_each[0]))
    alone = of_each == of_each[0]
    assert [one.score_name for one in found] == [("contrast", "logit")[int(one)] for one in alone]
    assert f"In {alone.sum()} image" in caplog.text


def test_no_label_above_a_threshold_is_said(caplog: pytest.LogCaptureFixture) -> None:
    explain(model("labels"), X[:1], "maps", target_class="above:0.999999")
    assert "No label is above 0.999999 in 1 image" in caplog.text
