"""A fixed filter (FIR) as a model's first layer; everything behind it keeps its name and its weights."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from xai_cam.errors import InputError, ModelError
from xai_cam.kernels.named_kernels import make_kernel
from xai_cam.models.output.losses import loss_of, remember_loss

NAME = "fir"


def combine_kernels(specs: Sequence[str], size: int | None = None) -> np.ndarray:
    """The kernels that several specs stand for, one a plane.

    Smaller ones get zeros around them. Where rows or columns are even in number, the centre is above or
    left of the middle, where a convolution of TensorFlow has it.

    Parameters
    ----------
    specs : sequence of str
        As `make_kernel` takes them; a single one may be a file with a kernel for each plane.
    size : int, optional
        Rows and columns of named kernels.

    Returns
    -------
    kernels : (planes, h, w) float64
        A single plane is meant for all.

    Raises
    ------
    InputError
    """
    found = [make_kernel(spec, size) for spec in specs]
    for spec, kernel in zip(specs, found, strict=True):
        if len(found) > 1 and len(kernel) > 1:
            raise InputError(
                f"{spec} holds {len(kernel)} kernels, but each of several `specs` is for one plane. Give it "
                "alone, or split it."
            )
    height, width = (max(kernel.shape[axis] for kernel in found) for axis in (1, 2))
    return np.concatenate([_padded(kernel, height, width) for kernel in found])


def _padded(kernel: np.ndarray, height: int, width: int) -> np.ndarray:
    """(planes, h, w) with zeros around it; the centre, (h - 1) // 2, lies on that of the larger kernel."""
    pads = [(0, 0)]
    for old, new in zip(kernel.shape[1:], (height, width), strict=True):
        before = (new - 1) // 2 - (old - 1) // 2
        pads.append((before, new - old - before))
    return np.pad(kernel, pads)


def planes_of(model: Any) -> int:
    """Channels of a model's one image input.

    Raises
    ------
    ModelError
        It takes no images, or more than one input.
    """
    inputs = getattr(model, "inputs", None) or []
    if len(inputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].shape[-1] is None:
        shapes = ", ".join(str(tuple(tensor.shape)) for tensor in inputs) or "not known"
        raise ModelError(
            f"The model's input is {shapes}; a filter goes in front of one input of height x width x "
            "channels. Give a model that takes such images."
        )
    return int(inputs[0].shape[-1])


def for_planes(kernels: np.ndarray, planes: int) -> np.ndarray:
    """Kernels (1 or planes, h, w) -> (planes, h, w): a single one serves all.

    Raises
    ------
    InputError
        There are others than the model has planes.
    """
    if len(kernels) not in (1, planes):
        raise InputError(
            f"There are {len(kernels)} kernels, but the model takes {planes} plane(s). Give one for all, or "
            f"{planes}."
        )
    return np.broadcast_to(kernels, (planes, *kernels.shape[1:]))


def prepend_filter(
    model: Any,
    kernels: np.ndarray,
    name: str = NAME,
    custom_objects: Mapping[str, Any] | None = None,
    allow_unsafe: bool = False,
) -> Any:
    """A new model whose first layer correlates each plane of the input with a fixed kernel.

    The layer is a `DepthwiseConv2D` without bias that is not trained: a product for each plane and
    weight, where a `Conv2D` would take one for each pair of planes. Outside of the image are zeros. The
    filter works on what the model is fed, that is after the scaling of the pixels.

    Parameters
    ----------
    model : keras.Model
        Functional or Sequential, with channels last; it is not changed.
    kernels : (1 or planes, h, w)
        One for all planes, or each its own.
    name : str
        Of the layer; a number is added where the model has one of that name.
    custom_objects, allow_unsafe
        As in `load_model`.

    Returns
    -------
    model : keras.Model
        All other layers have their old names, paths and weights.

    Raises
    ------
    ModelError
        The layers of the model cannot be wired anew: it is neither Sequential nor functional.
    InputError
        There are other kernels than planes, or their numbers are too large for float32.

    Examples
    --------
    >>> import xai_cam
    >>> model, *_ = xai_cam.sample(1)
    >>> sharper = xai_cam.prepend_filter(model, xai_cam.make_kernel("sharpen:1", kernel_size=5))
    >>> sharper.count_params() - model.count_params()
    75
    """
    import keras

    from xai_cam.models.loading.building import build

    planes = planes_of(model)
    with np.errstate(over="ignore"):
        values = for_planes(np.asarray(kernels), planes).astype(np.float32)
    if not np.isfinite(values).all():
        raise InputError(
            "The filter holds numbers that are too large for a model's weights (float32). Use a smaller "
            "size, or divide the filter."
        )
    layer = keras.layers.DepthwiseConv2D(
        values.shape[1:],
        padding="same",
        data_format="channels_last",
        use_bias=False,
        trainable=False,
        dtype="float32",
        name=_free_name(model, name),
    )
    config = json.loads(model.to_json())
    _insert(config, keras.saving.serialize_keras_object(layer), model)
    new = build(config, custom_objects, allow_unsafe)
    remember_loss(new, loss_of(model))
    for old in model.layers:
        new.get_layer(old.name).set_weights(old.get_weights())
    new.get_layer(layer.name).set_weights([values.transpose(1, 2, 0)[..., None]])
    for own in new._flatten_layers(include_self=False):
        if isinstance(own, keras.layers.Normalization):
            own.finalize_state()  # it computes with a copy of its weights
    return new


def _free_name(model: Any, name: str) -> str:
    taken = {layer.name for layer in model._flatten_layers()}
    names = (f"{name}_{number}" if number else name for number in range(len(taken) + 1))
    return next(free for free in names if free not in taken)


def _insert(config: dict[str, Any], layer: dict[str, Any], model: Any) -> None:
    """Put a layer behind the input of a serialised model, and lead what took the input to the layer."""
    inner = config["config"]
    layers = inner.get("layers")
    if not isinstance(layers, list) or not layers or layers[0].get("class_name") != "InputLayer":
        raise ModelError(
            f"The model is a {type(model).__name__}, whose layers cannot be reconnected. Give a Sequential "
            "or functional model."
        )
    if "input_layers" in inner:
        source = model.inputs[0]._keras_history.operation.name
        for tensor in _tensors([entry.get("inbound_nodes", []) for entry in layers]):
            if tensor["keras_history"][0] == source:
                tensor["keras_history"] = [layer["config"]["name"], 0, 0]
        tensor = {
            "shape": list(model.inputs[0].shape),
            "dtype": "float32",
            "keras_history": [source, 0, 0],
        }
        node = {"args": [{"class_name": "__keras_tensor__", "config": tensor}], "kwargs": {}}
        layer |= {"name": layer["config"]["name"], "inbound_nodes": [node]}
    layers.insert(1, layer)


def _tensors(node: Any) -> Iterator[dict[str, Any]]:
    """The serialised tensors among the arguments of calls."""
    if isinstance(node, dict):
        if node.get("class_name") == "__keras_tensor__":
            yield node["config"]
            return
        node = list(node.values())
    if isinstance(node, list):
        for item in node:
            yield from _tensors(item)
