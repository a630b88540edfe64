"""What model files tell of the training: the backend, and the loss."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from xai_cam.models.loading.hdf5 import text_of
from xai_cam.models.output.losses import Losses, names_of_losses

KERAS1_WEIGHTS = ("_W", "_b", "_gamma", "_running_mean")
"""Endings of names that no later Keras gave."""

MAX_TEXT = 2**20
"""Characters of a training configuration; it has an optimizer, a loss and some metrics."""


@dataclass(frozen=True)
class Training:
    """The backend that trained the weights, and the name of the loss; None where the file is silent."""

    backend: str | None
    loss: Losses


def training_of(file: Any) -> Training:
    """What an open H5 file tells of the training."""
    return Training(backend_of(file), loss_in(_read(text_of(file.attrs.get("training_config")))))


def loss_in(config: Any) -> Losses:
    """The loss in a `training_config` or `compile_config`, which is data that anybody wrote, by name."""
    return names_of_losses(config.get("loss")) if isinstance(config, dict) else None


def _read(text: str | None) -> Any:
    """The configuration; None if it is damaged, since a model works without."""
    try:
        return json.loads(text) if text and len(text) <= MAX_TEXT else None
    except (ValueError, RecursionError):
        return None


def backend_of(file: Any) -> str | None:
    """Theano or TensorFlow, as far as a weights file shows.

    Keras 2 says it; Keras 1 named its weights after the backend's variables, `dense_1_W` in Theano and
    `dense_1_W:0` in TensorFlow; Keras 0 knew hardly anything but Theano.
    """
    group = file.get("model_weights", file)
    if "nb_layers" in group.attrs:
        return "theano"
    backend = text_of(group.attrs.get("backend")) or text_of(file.attrs.get("backend"))
    if backend or text_of(group.attrs.get("keras_version")):
        return backend
    for layer in group.values():
        for name in map(text_of, layer.attrs.get("weight_names", ())):
            if name and "/" not in name and name.removesuffix(":0").endswith(KERAS1_WEIGHTS):
                return "tensorflow" if name.endswith(":0") else "theano"
    return None
