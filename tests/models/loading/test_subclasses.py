"""Subclasses of models that only change the training load without their code."""

from __future__ import annotations

import copy
import json
import logging
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from support.keras2_models import SHAPE, randomise, written
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.subclasses import as_plain_models

X = np.random.default_rng(1).uniform(0, 1, (2, *SHAPE)).astype("float32")


def subclassed(package: Any, sequential: bool = False, nested: bool = False) -> Any:
    """A model of a class with a training step and a metric of its own."""
    make = package.layers

    class Net(package.Sequential if sequential else package.Model):
        def train_step(self, data: Any) -> Any:
            return {}

        def compute_loss(self, **_: Any) -> Any:
            return 0

    if sequential:
        return randomise(
            Net([make.Input(SHAPE), make.Conv2D(2, 3), make.GlobalAveragePooling2D(), make.Dense(3)])
        )
    image = package.Input(SHAPE)
    x = make.Conv2D(3, 3, name="maps")(image)
    if nested:
        inner = package.Input(tuple(x.shape[1:]))
        x = Net(inner, make.Conv2D(2, 1)(inner), name="inner")(x)
    return randomise(Net(image, make.Dense(3)(make.GlobalAveragePooling2D()(x))))


@pytest.mark.parametrize("kind", ["functional", "sequential", "nested"])
@pytest.mark.parametrize("package", ["keras", "tf_keras"])
def test_loads_without_the_class(package: str, kind: str, tmp_path: Path, caplog: Any):
    model = subclassed(pytest.importorskip(package), kind == "sequential", kind == "nested")
    forms = ("json + weights.h5", "keras zip", "whole h5")
    for path, weights in written(model, tmp_path, forms):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            found = load_model(path, weights)
        assert type(found).__name__ == ("Sequential" if kind == "sequential" else "Functional")
        np.testing.assert_allclose(found(X), model(X), rtol=1e-4, atol=1e-5)
        assert "The class Net is not Keras' own: its layers and their graph are in the file" in caplog.text


@pytest.mark.parametrize("name", ["N\x1b[31met", "N\0et", "a.b"])
def test_what_is_no_name_of_a_class_stays_for_the_audit(name: str):
    """It would reach the terminal, or a class that is made of it."""
    image = keras.Input(SHAPE)
    model = keras.Model(image, keras.layers.GlobalAveragePooling2D()(image))
    config = {**json.loads(model.to_json()), "class_name": name, "registered_name": None}
    plain, found = as_plain_models(config)
    assert plain["class_name"] == name and not found


def test_a_class_that_is_given_is_used(tmp_path: Path):
    class Net(keras.Model):
        def call(self, x: Any) -> Any:
            return 2 * super().call(x)

    image = keras.Input(SHAPE)
    model = Net(image, keras.layers.Dense(3)(keras.layers.Flatten()(image)))
    model.save(tmp_path / "m.keras")
    found = load_model(tmp_path / "m.keras", custom_objects={"Net": Net})
    assert isinstance(found, Net)
    np.testing.assert_allclose(found(X), model(X), rtol=1e-5)


FUNCTIONAL = json.loads(keras.Sequential([keras.Input(SHAPE), keras.layers.Flatten()])._functional.to_json())


def changed(**change: Any) -> dict[str, Any]:
    return {**copy.deepcopy(FUNCTIONAL), "class_name": "Net", "module": "net", **change}


def test_what_is_changed():
    given = changed(registered_name="mine>Net")
    before = copy.deepcopy(given)
    plain, names = as_plain_models(given)
    assert names == {given["config"]["name"]: "Net"} and given == before
    assert (plain["module"], plain["class_name"], plain["registered_name"]) == (
        "keras",
        "Functional",
        "Functional",
    )
    assert as_plain_models(given, ["Net"]) == (given, {})
    assert as_plain_models(FUNCTIONAL) == (FUNCTIONAL, {})


@pytest.mark.parametrize(
    "config",
    [
        *({}, {"layers": []}, {"layers": [1]}, {"layers": {"a": 1}}, [], None, "text"),
        {"layers": [{"class_name": "Dense", "config": {}}]},
        {"layers": [{"class_name": "InputLayer", "config": {}}], "width": 3},
        {"layers": [{"class_name": "InputLayer", "config": {}}], "input_layers": [], "output_layers": []},
    ],
)
def test_what_is_no_graph(config: Any, tmp_path: Path):
    given = {"class_name": "Net", "module": "net", "config": config}
    assert as_plain_models(given) == (given, {})
    (tmp_path / "m.json").write_text(json.dumps(given), encoding="utf-8")
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save_weights(tmp_path / "m.weights.h5")
    with pytest.raises(ModelError):
        load_model(tmp_path / "m.json")


@pytest.mark.parametrize("class_name", ["Lambda", "TFSMLayer", "Mine"])
def test_what_is_inside_is_looked_at_all_the_same(class_name: str, tmp_path: Path):
    given = changed()
    inner = given["config"]["layers"][-1]
    inner |= {
        "class_name": class_name,
        "module": "keras.layers",
        "config": {"name": "evil", "filepath": "/x"},
    }
    (tmp_path / "m.json").write_text(json.dumps(given), encoding="utf-8")
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save_weights(tmp_path / "m.weights.h5")
    with pytest.raises(ModelError, match=class_name):
        load_model(tmp_path / "m.json")
