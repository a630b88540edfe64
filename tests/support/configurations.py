"""Configurations of layers and models as Keras writes them, made by hand."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from xai_cam.models.loading.upgrade import upgrade

SHAPE = [None, 4, 4, 3]


def layer(class_name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": {"name": class_name.lower(), **config}}


def sequential(*layers: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"class_name": "Sequential", "config": {"name": "s", "layers": list(layers)}, **more}


def old(*layers: dict[str, Any]) -> dict[str, Any]:
    """A Sequential as Keras 2.15 wrote it, the input given to its first layer."""
    first = copy.deepcopy(layers[0])
    first["config"]["batch_input_shape"] = SHAPE
    return sequential(first, *layers[1:], keras_version="2.15.0", backend="tensorflow")


def upgraded(*layers: dict[str, Any]) -> dict[str, Any]:
    """What becomes of the last of some layers."""
    return upgrade(old(*layers)).config["config"]["layers"][-1]


def classes(config: dict[str, Any]) -> list[str]:
    return [inner["class_name"] for inner in config["config"]["layers"]]


def as_tagged(node: Any) -> Any:
    """Short lists as tuples and floats as those of NumPy, which YAML writes with tags."""
    if isinstance(node, dict):
        return {key: as_tagged(value) for key, value in node.items()}
    if isinstance(node, list):
        return (tuple if len(node) < 5 else list)(map(as_tagged, node))
    return np.float32(node) if isinstance(node, float) else node
