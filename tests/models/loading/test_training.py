"""What files tell of the training: the backend, and the loss by name, whatever else stands there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from support.small_models import build_tiny
from xai_cam import load_model
from xai_cam.models.loading.training import MAX_TEXT, backend_of, loss_in, training_of
from xai_cam.models.output.losses import loss_of


@pytest.mark.parametrize(
    ("names", "attributes", "backend"),
    [
        (["dense_1_W"], {}, "theano"),  # Keras 1 called weights after the backend's variables
        (["dense_1_W:0"], {}, "tensorflow"),
        (["dense_1/kernel:0"], {}, None),
        (["dense_1_W:0"], {"backend": "theano"}, "theano"),  # Keras 2 said it
        ([], {"nb_layers": 3}, "theano"),  # Keras 0 knew hardly anything else
    ],
)
def test_the_backend_that_trained_the_weights(
    names: list[str], attributes: dict[str, object], backend: str | None, tmp_path: Path
):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.create_group("dense_1").attrs["weight_names"] = np.array(names, "S20")
        file.attrs.update(attributes)
        assert backend_of(file) == backend


@pytest.mark.parametrize(
    ("text", "loss"),
    [
        ('{"loss": "mse"}', "mse"),
        ('{"loss": {"class_name": "Huber", "config": {"delta": 1.0}}}', "Huber"),
        ('{"loss": ["mae"]}', "mae"),
        ('{"loss": ', None),
        ("[1, 2]", None),
        ('{"loss": 3}', None),
        ("[" * 100_000, None),
        (json.dumps({"loss": "mse", "more": "x" * MAX_TEXT}), None),
        (json.dumps({"loss": "\x1b[31m"}), None),
    ],
)
def test_a_training_config_is_read_as_data(text: str, loss: str | None, tmp_path: Path):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.attrs.create("training_config", text[:60_000])
        assert training_of(file).loss == (loss if len(text) < 60_000 else None)


@pytest.mark.parametrize("config", [None, [], "mse", {}, {"loss": {"class_name": ["mse"]}}, {"loss": [[[]]]}])
def test_what_is_no_configuration_tells_nothing(config: Any):
    assert loss_in(config) is None


@pytest.mark.filterwarnings("ignore:You are saving your model:UserWarning")
@pytest.mark.parametrize("name", ["m.keras", "m.h5"])
def test_a_loaded_model_remembers_its_loss(name: str, tmp_path: Path):
    model = build_tiny(2, None)
    model.compile(loss=keras.losses.Huber())
    model.save(tmp_path / name)
    loaded = load_model(tmp_path / name)
    assert loss_of(loaded) == "Huber" and not loaded.compiled
