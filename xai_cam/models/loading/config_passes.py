"""The passes over one layer's configuration, each for something that an older Keras wrote otherwise."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator

from xai_cam.errors import ModelError
from xai_cam.models.loading import keras1
from xai_cam.models.loading.graph import (
    MODELS,
    Config,
    count_nodes_from_zero,
    names_without_slash,
    single_ends,
    sort_layers,
    tensors_by_keyword,
)
from xai_cam.models.loading.operations import lambda_as_object, operation_as_layer
from xai_cam.models.loading.renames import (
    NEUTRAL_VALUES,
    OBJECT_ARGUMENTS,
    OBSOLETE_ARGUMENTS,
    RENAMED_ACTIVATIONS,
    RENAMED_ARGUMENTS,
    RENAMED_CLASSES,
)

OLD_HARD_SIGMOID = "keras2_hard_sigmoid"

TRAINED_OTHERWISE = frozenset(
    {"BatchNormalization", "Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise", *MODELS}
    | {f"SpatialDropout{n}D" for n in (1, 2, 3)}
)
"""Classes that do something else in training."""


def sequential_as_dict(layer: Config) -> None:
    """Keras <= 2.2.2 wrote the configuration of a Sequential as a bare list of layers."""
    if layer.get("class_name") == "Sequential" and isinstance(layer["config"], list):
        layer["config"] = {"name": layer.get("name") or "sequential", "layers": layer["config"]}
    if isinstance(layer["config"], dict) and layer.get("class_name") == "Sequential":
        layer["config"].setdefault("name", layer.get("name") or "sequential")
        for i, inner in enumerate(layer["config"]["layers"]):
            if isinstance(inner.get("config"), list):
                inner.setdefault("name", f"sequential_{i}")
            sequential_as_dict(inner)


def input_layer_first(layer: Config) -> None:
    """Keras <= 2.2 and tf.keras gave a Sequential's input shape to its first layer, or to none."""
    if layer["class_name"] != "Sequential":
        return
    layers = layer["config"]["layers"]
    shape = _input_shape(layer)
    rest = [inner for inner in layers if inner["class_name"] != "InputLayer"]
    if shape is None:
        return
    first = next((inner for inner in layers[:1] if inner["class_name"] == "InputLayer"), None)
    if first is None:
        dtype = next((inner["config"].get("dtype") for inner in rest[:1]), None)
        name = f"{layer['config']['name']}_input"
        first_config = {"batch_shape": shape, "name": name}
        if isinstance(dtype, str):
            first_config["dtype"] = dtype
        first = {"module": "keras.layers", "class_name": "InputLayer", "config": first_config}
    layer["config"]["layers"] = [first, *rest]


def _input_shape(layer: Config) -> list[int | None] | None:
    """The batch shape that a layer's configuration asks for, looked up inside nested models."""
    config = layer["config"]
    for key in ("batch_shape", "batch_input_shape", "build_input_shape"):
        if config.get(key):
            return list(config[key])
    if layer["class_name"] in (*MODELS, "Model", "Network") and config.get("layers"):
        return _input_shape(config["layers"][0])
    return None


def rename_arguments(layer: Config) -> None:
    """Names of arguments that changed between Keras 2 and 3."""
    config = layer["config"]
    for old, new in RENAMED_ARGUMENTS.get(layer["class_name"], {}).items():
        if old in config:
            config.setdefault(new, config.pop(old))


def rename_class(layer: Config) -> None:
    """`Model`, `BatchNormalizationV1` and other names that Keras has given up."""
    layer["class_name"] = RENAMED_CLASSES.get(layer["class_name"], layer["class_name"])


def drop_obsolete(layer: Config) -> None:
    """Arguments of old (also stray ones of a base class) that make Keras 3 refuse the layer."""
    class_name, config = layer["class_name"], layer["config"]
    for key in OBSOLETE_ARGUMENTS["*"] | OBSOLETE_ARGUMENTS.get(class_name, set()):
        value = config.pop(key, None)
        if value not in NEUTRAL_VALUES.get((class_name, key), (value,)):
            name = config.get("name")
            raise ModelError(
                f"Layer {name!r} ({class_name}) uses {key}={value!r}, which Keras 3 no longer has. "
                "Rebuild that layer without it and save the model again."
            )


def drop_unset(layer: Config) -> None:
    """Arguments that Keras 3 does not have, and that were set to nothing."""
    import keras

    known = getattr(keras.layers, layer["class_name"], None)
    if known is None or str(layer.get("module")).startswith("keras.src.ops."):
        return
    accepted = {name for c in known.__mro__ for name in _parameters(c)}
    for key in [k for k, value in layer["config"].items() if value is None and k not in accepted]:
        del layer["config"][key]


def _parameters(known: type) -> Iterator[str]:
    """Names of the arguments of a class's `__init__`, where it has one of its own."""
    init = vars(known).get("__init__")
    yield from inspect.signature(init).parameters if inspect.isfunction(init) else ()


def rename_activation(layer: Config) -> None:
    """Names that tf.keras gave to the functions of `tf.nn`."""
    import keras

    activation = layer["config"].get("activation")
    if isinstance(activation, str):
        activation = RENAMED_ACTIVATIONS.get(activation, activation)
        layer["config"]["activation"] = activation
        if not hasattr(keras.activations, activation):
            raise ModelError(
                f"Layer {layer['config'].get('name')!r} uses the activation {activation!r}, which Keras does "
                "not have. Give its code with `custom_objects={name: function}`."
            )


def plain_numbers(layer: Config) -> None:
    """tf.keras 2.12 wrote numbers as arrays of NumPy."""
    for key, value in layer["config"].items():
        if isinstance(value, dict) and value.get("class_name") == "__numpy__":
            number = value["config"]["value"]
            if isinstance(number, int | float):
                layer["config"][key] = number


def random_crop_as_resizing(layer: Config) -> None:
    """At inference, tf.keras' RandomCrop takes the largest window of the right proportions and resizes it."""
    if layer["class_name"] != "RandomCrop":
        return
    config = layer["config"]
    layer["class_name"] = "Resizing"
    layer["config"] = {key: config[key] for key in ("name", "height", "width", "dtype") if key in config}
    layer["config"]["crop_to_aspect_ratio"] = True


def never_in_training(layer: Config) -> None:
    """In Keras 2 a call with `training=True` held for good; Keras 3 lets the outer call decide."""
    for node in layer.get("inbound_nodes") or []:
        for call in node if isinstance(node, list) else []:
            asked = call[3].get("training") if isinstance(call, list) and len(call) > 3 else None
            if asked and layer["class_name"] in TRAINED_OTHERWISE:
                raise ModelError(
                    f"Layer {layer['config'].get('name')!r} was told to act as in training, at every call. "
                    "Such a model gives no lasting answer. Rebuild it without `training=True`."
                )


def flatten_as_it_lies(layer: Config) -> None:
    """Before Keras 2.2 a Flatten knew no data format: it took what was there."""
    if layer["class_name"] == "Flatten" and not layer["config"].get("data_format"):
        layer["config"]["data_format"] = "channels_last"


def reset_before(layer: Config) -> None:
    """Before TensorFlow 2 a GRU reset its state before the product, and did not say so."""
    if layer["class_name"] == "GRU":
        layer["config"].setdefault("reset_after", False)


def single_axis(layer: Config) -> None:
    """tf.keras 1.13 to 2.15 wrote BatchNormalization's `axis` as a list of one."""
    axis = layer["config"].get("axis")
    if layer["class_name"] == "BatchNormalization" and isinstance(axis, list) and len(axis) == 1:
        layer["config"]["axis"] = axis[0]


def plain_dtype(layer: Config) -> None:
    """tf.keras 2 wrote mixed-precision policies as objects of classes that are gone."""
    dtype = layer["config"].get("dtype")
    if isinstance(dtype, dict) and dtype.get("class_name") in ("Policy", "PolicyV1"):
        layer["config"]["dtype"] = dtype["config"]["name"]


def modern_objects(layer: Config) -> None:
    """Initialisers, regularisers and constraints: stray arguments, also of a newer Keras 3; old modules.

    None of them acts at inference, so that one which Keras 3 does not know is left out.
    """
    import keras

    for key, value in list(layer["config"].items()):
        ending = next((e for e in OBJECT_ARGUMENTS if key.endswith(e)), None)
        if ending is None or not isinstance(value, dict):
            continue
        module = OBJECT_ARGUMENTS[ending]
        known = getattr(getattr(keras, module.split(".")[1]), str(value.get("class_name")), None)
        if known is None:
            del layer["config"][key]
            continue
        accepted = inspect.signature(known.__init__).parameters
        inner = {k: v for k, v in (value.get("config") or {}).items() if k in accepted}
        layer["config"][key] = {
            "module": module,
            "class_name": value["class_name"],
            "config": inner,
            "registered_name": None,
        }


def old_hard_sigmoid(layer: Config) -> None:
    """Keras 2's `hard_sigmoid` is clip(0.2 x + 0.5, 0, 1), Keras 3's is relu6(x + 3) / 6."""
    for key in ("activation", "recurrent_activation"):
        if layer["config"].get(key) == "hard_sigmoid":
            layer["config"][key] = {
                "module": None,
                "class_name": "function",
                "config": OLD_HARD_SIGMOID,
                "registered_name": OLD_HARD_SIGMOID,
            }


def name_module(layer: Config) -> None:
    """Keras 2 wrote class names without the module that Keras 3 looks them up in."""
    import keras

    class_name = layer["class_name"]
    if str(layer.get("module")).startswith("keras.src.ops."):  # Keras 3's `a + b`, which is no layer
        return
    if class_name == "Functional":
        layer["module"] = keras.src.models.functional.__name__
    elif class_name == "Sequential":
        layer["module"] = keras.src.models.sequential.__name__
    elif hasattr(keras.layers, class_name):
        layer["module"] = "keras.layers"
    else:
        name = layer["config"].get("name", "?")
        raise ModelError(
            f"Layer {name!r} is a {class_name}, which Keras 3 does not have. Give the code of its class with "
            "`custom_objects={name: class}`."
        )
    layer["registered_name"] = None
    layer.pop("build_config", None)


OUTER_PASSES: list[Callable[[Config], None]] = [sequential_as_dict, input_layer_first]
"""Changes that look at a model before anything inside it has changed."""

PASSES: list[Callable[[Config], None]] = [
    keras1.merge_mode,
    plain_numbers,
    rename_arguments,
    keras1.kernel_size,
    keras1.data_format,
    keras1.padding_pairs,
    rename_class,
    rename_activation,
    drop_obsolete,
    drop_unset,
    single_axis,
    plain_dtype,
    operation_as_layer,
    modern_objects,
    name_module,
    sort_layers,
    single_ends,
]
"""Changes that hold for every configuration, in their order."""

KERAS2_PASSES: list[Callable[[Config], None]] = [
    never_in_training,
    tensors_by_keyword,
    old_hard_sigmoid,
    random_crop_as_resizing,
    flatten_as_it_lies,
    reset_before,
    lambda_as_object,
    names_without_slash,
    count_nodes_from_zero,
]
"""Changes for what Keras 0 to 2 alone wrote, after the others."""
