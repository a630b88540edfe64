"""The tables of names: whatever a row leads to is there in Keras 3."""

from __future__ import annotations

import inspect

import keras
import pytest

from xai_cam.models.loading import config_passes as passes
from xai_cam.models.loading import renames as tables


@pytest.mark.parametrize("class_name", tables.RENAMED_ARGUMENTS)
def test_arguments_are_renamed_to_what_keras_has(class_name: str):
    known = getattr(keras.layers, tables.RENAMED_CLASSES.get(class_name, class_name))
    arguments = {name for c in known.__mro__ for name in inspect.signature(c.__init__).parameters}
    for before, after in tables.RENAMED_ARGUMENTS[class_name].items():
        config = {"class_name": class_name, "config": {before: 0.25}}
        passes.rename_arguments(config)
        assert config["config"] == {after: 0.25}
        assert after in arguments or (before == "dim_ordering" and "Dropout" in class_name)


@pytest.mark.parametrize("class_name", tables.RENAMED_CLASSES)
def test_classes_are_renamed_to_what_keras_has(class_name: str):
    config = {"class_name": class_name, "config": {}}
    passes.rename_class(config)
    assert config["class_name"] == "Functional" or hasattr(keras.layers, config["class_name"])


@pytest.mark.parametrize("class_name", [c for c in tables.OBSOLETE_ARGUMENTS if c != "*"])
def test_obsolete_arguments_go_and_others_stay(class_name: str):
    obsolete = tables.OBSOLETE_ARGUMENTS[class_name] | tables.OBSOLETE_ARGUMENTS["*"]
    config = {"class_name": class_name, "config": {"name": "x", **dict.fromkeys(obsolete)}}
    passes.drop_obsolete(config)
    assert config["config"] == {"name": "x"}


@pytest.mark.parametrize("name", tables.RENAMED_ACTIVATIONS.values())
def test_activations_are_renamed_to_what_keras_has(name: str):
    assert callable(getattr(keras.activations, name))


@pytest.mark.parametrize("class_name", tables.MERGE_MODES.values())
def test_merges_become_layers_of_keras(class_name: str):
    assert issubclass(getattr(keras.layers, class_name), keras.layers.Layer)


def test_obsolete_arguments_with_neutral_values_are_obsolete():
    for class_name, argument in tables.NEUTRAL_VALUES:
        assert argument in tables.OBSOLETE_ARGUMENTS[class_name]
