"""Configurations of Keras 0 and 1: changes beyond renames."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from xai_cam.errors import ModelError
from xai_cam.models.loading.renames import DATA_FORMATS, KERNEL_LENGTHS, MERGE_MODES
from xai_cam.models.loading.shape import Config, damaged, layers_in, name_of

KERAS_0 = "0.3"

UNORDERED = frozenset(f"{kind}2D" for kind in ("ZeroPadding", "Cropping", "UpSampling"))


def from_keras_0(config: Any) -> Any:
    """Keras <= 0.3 wrote a flat list of layers with classes as `name`; anything else is returned as it is.

    Raises
    ------
    ModelError
        It is a `Graph`, which went with Keras 1.
    """
    if not isinstance(config, dict) or "class_name" in config or "layers" not in config:
        return config
    if config.get("name") != "Sequential" or not isinstance(config["layers"], list):
        raise ModelError(
            f"The model is a {config.get('name')!r} of Keras 0, which later versions do not have. Of Keras "
            "0, only Sequential models can be read."
        )
    return {**_sequential(config), "keras_version": KERAS_0, "backend": "theano"}


def _sequential(config: Config) -> Config:
    layers = [_layer(layer, i) for i, layer in enumerate(config["layers"])]
    first = layers[0]["config"] if layers else {}
    if isinstance(first, dict):  # no list, as of a model inside
        shape = first.pop("input_shape", None) or ([first["input_dim"]] if first.get("input_dim") else None)
        if isinstance(shape, list | tuple):
            first.setdefault("batch_input_shape", [None, *shape])
    return {"class_name": "Sequential", "config": layers}


def _layer(layer: Any, index: int) -> Config:
    if not isinstance(layer, dict) or not isinstance(layer.get("name"), str):
        raise ModelError("The JSON does not describe a Keras model. Write it with `model.to_json()`.")
    class_name = layer["name"]
    name = f"{layer.get('custom_name') or class_name.lower()}_{index}"  # layers of a class are called alike
    if class_name == "Sequential" and isinstance(layer.get("layers"), list):
        return {**_sequential(layer), "name": name}
    config = {**layer, "name": name}
    if class_name.endswith(("2D", "3D")) and class_name not in UNORDERED:
        config.setdefault("dim_ordering", "th")
    return {"class_name": class_name, "config": config}


def name_orderings(config: Config, known: str | None = None) -> None:
    """Keras 1 did not save the ordering of padding, cropping and upsampling: that of the other layers.

    Raises
    ------
    ModelError
        None of them tells, nor is it `known`.
    """
    configs = [layer["config"] for layer in layers_of(config)]
    known = next((c["dim_ordering"] for c in configs if "dim_ordering" in c), known)
    for layer in layers_of(config):
        if layer["class_name"] in UNORDERED and "dim_ordering" not in layer["config"]:
            if known is None:
                raise ModelError(
                    f"Layer {layer['config'].get('name')!r} does not say where its channels are, nor does "
                    'any other. Add "dim_ordering": "tf" or "th" to it in the JSON.'
                )
            layer["config"]["dim_ordering"] = known


def layers_of(config: Config) -> Iterator[Config]:
    """Every layer at every depth of a Keras 1 configuration."""
    for layer in layers_in(config):
        if isinstance(layer["config"], dict) and not layer["config"].get("layers"):
            yield layer
        else:
            yield from layers_of(layer)


def output_shapes(config: Config) -> dict[str, list[int]]:
    """The output shapes that transposed convolutions were given, by the names of the layers."""
    shapes = {}
    for layer in layers_of(config):
        shape = layer["config"].get("output_shape")
        if layer["class_name"] == "Deconvolution2D" and shape:
            if not isinstance(shape, list) or not all(isinstance(side, int | None) for side in shape):
                raise damaged(f"output_shape of {name_of(layer)!r} is {shape!r}")
            shapes[name_of(layer)] = shape[1:]
    return shapes


# --- Passes ------------------------------------------------------------------------------------------


def kernel_size(layer: Config) -> bool:
    """Keras 1 gave the rows and columns of a kernel as separate arguments."""
    config = layer["config"]
    found = [lengths for lengths in KERNEL_LENGTHS if all(length in config for length in lengths)]
    for lengths in found:
        config["kernel_size"] = [config.pop(length) for length in lengths]
    return bool(found)


def data_format(layer: Config) -> bool:
    """Keras 1 called the orderings of dimensions after its backends, `th` and `tf`."""
    config = layer["config"]
    data_format = config.get("data_format")  # text or nothing, unless it was called `dim_ordering`
    if not isinstance(data_format, str) or data_format not in DATA_FORMATS:
        return False
    config["data_format"] = DATA_FORMATS[data_format]
    return True


def merge_mode(layer: Config) -> bool:
    """Keras 1 had one `Merge` for every way of merging."""
    if layer["class_name"] != "Merge":
        return False
    config = layer["config"]
    mode, name = config.get("mode"), config.get("name")
    if config.get("layers"):
        raise ModelError(
            f"Layer {name!r} merges models with inputs of their own. Only models with one image input can "
            "be explained."
        )
    if config.get("mode_type", "raw") != "raw" or not isinstance(mode, str) or mode not in MERGE_MODES:
        raise ModelError(
            f"Layer {name!r} merges by {mode!r}, which later versions of Keras cannot do. Rebuild that layer "
            "and save the model again."
        )
    layer["class_name"] = MERGE_MODES[mode]
    layer["config"] = {"name": name}
    if mode == "concat":
        layer["config"]["axis"] = config.get("concat_axis", -1)
    if layer["class_name"] == "Dot":
        layer["config"] |= {"axes": config.get("dot_axes", -1), "normalize": False}
    return True


SIDES = (("top_pad", "bottom_pad"), ("left_pad", "right_pad"))


def padding_pairs(layer: Config) -> bool:
    """Keras 1 padded by four numbers, or by a dict of sides."""
    if layer["class_name"] not in ("ZeroPadding1D", "ZeroPadding2D"):
        return False
    config = layer["config"]
    padding = config.get("padding")
    if isinstance(padding, dict):
        sides = SIDES if layer["class_name"] == "ZeroPadding2D" else SIDES[1:]
        pairs = [[padding.get(side, 0) for side in pair] for pair in sides]
        config["padding"] = pairs if len(pairs) == 2 else pairs[0]
    elif isinstance(padding, list) and len(padding) == 4:
        config["padding"] = [padding[:2], padding[2:]]
    return config.get("padding") is not padding
