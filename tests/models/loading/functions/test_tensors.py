"""Tensors without values: made once, of plain layers, and of what leads to them alone."""

from __future__ import annotations

from typing import Any

import keras
import pytest

from support.configurations import layer
from xai_cam.errors import ModelError
from xai_cam.models.loading.functions.calls import BATCH
from xai_cam.models.loading.functions.tensors import Tensors


def plain(class_name: str, name: str, *calls: list[Any], **config: Any) -> dict[str, Any]:
    found = layer(class_name, name=name, **config)
    nodes = [[[*reference, {}] for reference in call] for call in calls]
    return {**found, "module": "keras.layers", "registered_name": None, "name": name, "inbound_nodes": nodes}


def tensors(*layers: dict[str, Any], sides: Any = (None, 8, 8, 3)) -> Tensors:
    first = plain("InputLayer", "x", batch_shape=list(sides))
    return Tensors({one["name"]: one for one in (first, *layers)})


CONV = plain("Conv2D", "conv", [["x", 0, 0]], filters=4, kernel_size=3, strides=2)


def test_the_shapes_of_tensors_for_a_batch_that_stands_out() -> None:
    found = tensors(CONV, plain("Flatten", "flat", [["conv", 0, 0]]))
    assert tuple(found.look(["flat", 0, 0]).shape) == (BATCH, 36)
    assert tuple(found.look(["conv", 0, 0]).shape) == (BATCH, 3, 3, 4)
    assert found.look(["x", 0, 0]).dtype == "float32"
    assert tuple(tensors(sides=(2, 8, 8, 3)).look(["x", 0, 0]).shape) == (2, 8, 8, 3)


def test_layers_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    monkeypatch.setattr(
        "xai_cam.models.loading.building.plain_layer",
        lambda config: made.append(config["name"]) or keras.saving.deserialize_keras_object(config),
    )
    found = tensors(CONV, plain("ReLU", "relu", [["conv", 0, 0]]), plain("ReLU", "elsewhere", [["x", 0, 0]]))
    for _ in range(2):
        found.look(["relu", 0, 0])
        found.look(["conv", 0, 0])
    assert sorted(made) == ["conv", "relu", "x"]


@pytest.mark.parametrize(
    "reference",
    [
        ["none", 0, 0],
        ["conv", 1, 0],
        ["conv", -1, 0],
        ["conv", 0, 1],
        ["x", 5, 0],
        "x",
        3,
        None,
        ["x", 0, "0"],
    ],
)
def test_what_leads_nowhere_has_no_shape(reference: Any) -> None:
    assert tensors(CONV).look(reference) is None


def test_what_leads_in_a_circle_has_no_shape() -> None:
    circle = (plain("ReLU", "a", [["b", 0, 0]]), plain("ReLU", "b", [["a", 0, 0]]))
    assert tensors(*circle).look(["a", 0, 0]) is None


def test_no_code_is_made_a_layer_of() -> None:
    code = plain("Lambda", "code", [["x", 0, 0]], function="evil")
    foreign = {**plain("Popen", "code", [["x", 0, 0]]), "module": "subprocess"}
    for one in (code, foreign):
        with pytest.raises(ModelError):
            tensors(one).look(["code", 0, 0])


def test_layers_that_do_not_fit_are_told_in_a_sentence() -> None:
    wrong = plain("Conv2D", "conv", [["x", 0, 0]], filters=4, kernel_size=30)
    with pytest.raises(ModelError, match="Keras cannot build the model"):
        tensors(wrong).look(["conv", 0, 0])


def test_weights_take_no_memory() -> None:
    wide = plain("Dense", "wide", [["x", 0, 0]], units=10**9)
    assert tensors(wide).look(["wide", 0, 0]).shape[-1] == 10**9
