"""Keras files -> a list of layers in the order in which data runs through them, each with its weights.

Two kinds of architecture (JSON), and two layouts of weights (H5), are read:

- Keras 3: `config` of every layer beside `module` and `registered_name`; inbound nodes are dicts of tensors.
- Keras 2: a Sequential's config is a dict or a bare list; inbound nodes are lists `[[["name", 0, 0, {}]]]`.
- `.weights.h5` of Keras 3: `layers/conv2d/vars/0`, `layers/conv2d_1/vars/0`, …: counted per class, not named.
- legacy `.h5`, also inside a whole-model file (group `model_weights`): the attribute `layer_names` lists the
  layers, `weight_names` of each layer's group its arrays.

Only chains are read: one input, one output, no branches.
"""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from .arrays import Array

KERAS_3_GROUP = {
    "BatchNormalization": "batch_normalization",
    "Conv2D": "conv2d",
    "Dense": "dense",
    "DepthwiseConv2D": "depthwise_conv2d",
}
"""Classes with weights, and what their groups are called in a Keras 3 file."""

WITHOUT_WEIGHTS = {
    "Activation",
    "AveragePooling2D",
    "Dropout",
    "Flatten",
    "GlobalAveragePooling2D",
    "MaxPooling2D",
    "ReLU",
    "Softmax",
}


@dataclass(frozen=True, eq=False)
class LayerSpec:
    """One layer as the files describe it, its weights in Keras' order.

    That is kernel, bias for convolutions and Dense; gamma, beta, mean, variance for BatchNormalization.
    """

    name: str
    class_name: str
    config: dict[str, Any]
    weights: tuple[Array, ...] = ()


def read_specs(architecture: str | Path | None, weights: str | Path) -> list[LayerSpec]:
    """The layers of a chain with their weights.

    Parameters
    ----------
    architecture : path of the JSON file; None: the attribute `model_config` of a whole-model H5 file
    weights : path of the H5 file

    Raises
    ------
    ValueError The model is no chain, has a layer that is not known here, or the H5 file does not have the
    weights that the architecture asks for.
    """
    with h5py.File(weights, "r") as file:
        text = (
            file.attrs["model_config"]
            if architecture is None
            else Path(architecture).read_text(encoding="utf-8")
        )
        specs = chain(json.loads(text))
        for spec in specs:
            if spec.class_name not in WITHOUT_WEIGHTS | KERAS_3_GROUP.keys():
                raise ValueError(f"layer {spec.name!r} is a {spec.class_name}, which is not known here")
        root = file.get("model_weights", file)
        if "layer_names" in root.attrs:
            arrays = _legacy_weights(root)
        elif "layers" in root:
            arrays = _keras_3_weights(root, specs)
        else:
            raise ValueError("the H5 file has neither `layer_names` nor a group `layers`")

    weighted = [spec for spec in specs if spec.class_name in KERAS_3_GROUP]
    if [weight_count(spec) for spec in weighted] != [len(group) for group in arrays]:
        raise ValueError("the H5 file and the architecture do not have the same weights")
    by_name = {spec.name: tuple(group) for spec, group in zip(weighted, arrays, strict=True)}
    return [LayerSpec(s.name, s.class_name, s.config, by_name.get(s.name, ())) for s in specs]


# --- Architecture ------------------------------


def chain(model: dict[str, Any]) -> list[LayerSpec]:
    """The layers of a model's config in order, without weights and without the input layer."""
    config = model["config"]
    if model["class_name"] == "Sequential":
        entries = config if isinstance(config, list) else config["layers"]
    elif model["class_name"] in ("Functional", "Model"):
        entries = _follow(config)
    else:
        raise ValueError(f"{model['class_name']!r} is neither a Sequential nor a functional model")
    specs = [LayerSpec(entry["config"]["name"], entry["class_name"], entry["config"]) for entry in entries]
    return [spec for spec in specs if spec.class_name != "InputLayer"]


def _follow(config: dict[str, Any]) -> list[dict[str, Any]]:
    """The layers of a functional config, each after the one that feeds it."""
    start: list[dict[str, Any]] = []
    after: dict[str, dict[str, Any]] = {}
    for entry in config["layers"]:
        match _sources(entry["inbound_nodes"]):
            case []:
                start.append(entry)
            case [source] if source not in after:
                after[source] = entry
            case sources:
                name = entry["config"]["name"]
                raise ValueError(f"not a chain: {name!r} joins, or branches off, {', '.join(sources)}")
    if len(start) != 1:
        raise ValueError(f"not a chain: {len(start)} inputs")

    ordered = start
    while ordered[-1]["config"]["name"] in after:
        ordered.append(after[ordered[-1]["config"]["name"]])
    if _sources(config["output_layers"]) != [ordered[-1]["config"]["name"]]:
        raise ValueError("not a chain: the last layer is not the only output")
    return ordered


def _sources(node: Any) -> list[str]:
    """Names of the layers in `inbound_nodes` or `output_layers`, as old lists or as new dicts."""
    if isinstance(node, dict):
        if node.get("class_name") == "__keras_tensor__":
            return [node["config"]["keras_history"][0]]
        return _sources(node.get("args", []))
    if isinstance(node, list):
        if node and isinstance(node[0], str):  # ["name", node index, tensor index, kwargs]
            return [node[0]]
        return [name for part in node for name in _sources(part)]
    return []


# --- Weights ------------------------------


def weight_count(spec: LayerSpec) -> int:
    """How many arrays a layer of this configuration has."""
    if spec.class_name == "BatchNormalization":
        return 2 + spec.config["scale"] + spec.config["center"]
    return 1 + spec.config["use_bias"]


def _keras_3_weights(root: h5py.Group, specs: list[LayerSpec]) -> list[list[Array]]:
    """Weights of each layer that has some: the n-th Dense of the model is the n-th group `dense…`."""
    seen: Counter[str] = Counter()
    arrays = []
    for spec in specs:
        if spec.class_name not in KERAS_3_GROUP:
            continue
        name = KERAS_3_GROUP[spec.class_name]
        group = name if not seen[name] else f"{name}_{seen[name]}"
        seen[name] += 1
        if group not in root["layers"]:
            raise ValueError(f"no group layers/{group} for layer {spec.name!r}")
        variables = root["layers"][group]["vars"]
        arrays.append([_array(variables[key]) for key in sorted(variables, key=int)])
    return arrays


def _legacy_weights(root: h5py.Group) -> list[list[Array]]:
    """Weights of each layer that has some, in the order of the attribute `layer_names`."""
    if _text(root.attrs.get("backend", "tensorflow")) == "theano":
        raise ValueError(
            "kernels trained with Theano are stored turned by 180 degrees; this reader does not turn them"
        )
    groups = [root[_text(name)] for name in root.attrs["layer_names"]]
    arrays = [[_array(group[_text(name)]) for name in group.attrs["weight_names"]] for group in groups]
    return [group for group in arrays if group]


def _array(dataset: h5py.Dataset) -> Array:
    return np.asarray(dataset, dtype=np.float64)


def _text(value: str | bytes) -> str:
    return value.decode("utf-8") if isinstance(value, bytes) else value
