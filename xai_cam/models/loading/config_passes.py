"""The passes over one layer's configuration, each for one difference of older versions of Keras.

Each changes the layer in place and tells whether it did; `passes` says in which order they come.
"""

from __future__ import annotations

from xai_cam.errors import ModelError
from xai_cam.models.loading.applications import own_layer
from xai_cam.models.loading.operations import BY_NAME
from xai_cam.models.loading.renames import (
    NEUTRAL_VALUES,
    OBJECT_ARGUMENTS,
    OBSOLETE_ARGUMENTS,
    RENAMED_ARGUMENTS,
    RENAMED_CLASSES,
)
from xai_cam.models.loading.shape import MODELS, OF_LAYERS, Config, damaged, layers_in, name_of
from xai_cam.models.loading.signatures import accepted_by, keras_class, parameters_of

OLD_HARD_SIGMOID = "keras2_hard_sigmoid"

TRAINED_OTHERWISE = frozenset(
    {"BatchNormalization", "Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise", *MODELS}
    | {f"SpatialDropout{n}D" for n in (1, 2, 3)}
)
"""Classes that do something else in training."""


def sequential_as_dict(layer: Config) -> bool:
    """Keras <= 2.2.2 wrote the configuration of a Sequential as a bare list of layers."""
    if layer["class_name"] != "Sequential":
        return False
    changed = isinstance(layer["config"], list)
    if changed:
        layer["config"] = {"name": layer.get("name") or "sequential", "layers": layer["config"]}
    if "name" not in layer["config"]:
        layer["config"]["name"] = layer.get("name") or "sequential"
        changed = True
    for i, inner in enumerate(layers_in(layer)):
        if isinstance(inner["config"], list) and "name" not in inner:
            inner["name"] = f"sequential_{i}"
        changed |= sequential_as_dict(inner)
    return changed


def input_layer_first(layer: Config) -> bool:
    """Keras <= 2.2 and tf.keras gave a Sequential's input shape to its first layer, or to none."""
    if layer["class_name"] != "Sequential":
        return False
    layers = layer["config"]["layers"]
    shape = _input_shape(layer)
    if shape is None:
        return False
    rest = [inner for inner in layers if inner["class_name"] != "InputLayer"]
    first = next((inner for inner in layers[:1] if inner["class_name"] == "InputLayer"), None)
    if first is None:
        dtype = next((inner["config"].get("dtype") for inner in rest[:1]), None)
        first_config: Config = {"batch_shape": shape, "name": f"{name_of(layer)}_input"}
        if isinstance(dtype, str):
            first_config["dtype"] = dtype
        first = {"module": "keras.layers", "class_name": "InputLayer", "config": first_config}
    layer["config"]["layers"] = [first, *rest]
    return layer["config"]["layers"] != layers


def _input_shape(layer: Config) -> list[int | None] | None:
    """The batch shape that a layer's configuration asks for, looked up inside nested models."""
    config = layer["config"]
    for key in ("batch_shape", "batch_input_shape", "build_input_shape") if isinstance(config, dict) else ():
        if config.get(key) and isinstance(config[key], list):
            return list(config[key])
    inner = layers_in(layer) if layer["class_name"] in OF_LAYERS else []
    return _input_shape(inner[0]) if inner else None


def rename_arguments(layer: Config) -> bool:
    """Names of arguments that changed between Keras 2 and 3."""
    config = layer["config"]
    renamed = {
        old: new for old, new in RENAMED_ARGUMENTS.get(layer["class_name"], {}).items() if old in config
    }
    for old, new in renamed.items():
        config.setdefault(new, config.pop(old))
    return bool(renamed)


def rename_class(layer: Config) -> bool:
    """`Model`, `BatchNormalizationV1` and other names that Keras has given up."""
    before = layer["class_name"]
    layer["class_name"] = RENAMED_CLASSES.get(before, before)
    return layer["class_name"] != before


def drop_obsolete(layer: Config) -> bool:
    """Old arguments (also stray ones of a base class) that make Keras 3 refuse the layer."""
    class_name, config = layer["class_name"], layer["config"]
    obsolete = (OBSOLETE_ARGUMENTS["*"] | OBSOLETE_ARGUMENTS.get(class_name, set())) & config.keys()
    for key in obsolete:
        value = config.pop(key)
        if value not in NEUTRAL_VALUES.get((class_name, key), (value,)):
            name = config.get("name")
            raise ModelError(
                f"Layer {name!r} ({class_name}) uses {key}={value!r}, which Keras 3 no longer has. "
                "Rebuild that layer without it and save the model again."
            )
    return bool(obsolete)


def drop_unset(layer: Config) -> bool:
    """Arguments that Keras 3 does not have, and that were set to nothing."""
    known = keras_class("layers", layer["class_name"])
    if known is None or str(layer.get("module")).startswith("keras.src.ops."):
        return False
    accepted = accepted_by(known)
    unset = [key for key, value in layer["config"].items() if value is None and key not in accepted]
    for key in unset:
        del layer["config"][key]
    return bool(unset)


def plain_numbers(layer: Config) -> bool:
    """tf.keras 2.12 wrote numbers as arrays of NumPy."""
    numbers: Config = {}
    for key, value in layer["config"].items():
        if isinstance(value, dict) and value.get("class_name") == "__numpy__":
            array = value.get("config")
            number = array.get("value") if isinstance(array, dict) else None
            numbers |= {key: number} if isinstance(number, int | float) else {}
    layer["config"] |= numbers
    return bool(numbers)


def random_crop_as_resizing(layer: Config) -> bool:
    """At inference, tf.keras' RandomCrop takes the largest window of the right proportions and resizes it."""
    if layer["class_name"] != "RandomCrop":
        return False
    config = layer["config"]
    layer["class_name"] = "Resizing"
    layer["config"] = {key: config[key] for key in ("name", "height", "width", "dtype") if key in config}
    layer["config"]["crop_to_aspect_ratio"] = True
    return True


def never_in_training(layer: Config) -> bool:
    """In Keras 2 a call with `training=True` was final; Keras 3 lets the outer call decide."""
    for node in layer.get("inbound_nodes") or []:
        for call in node if isinstance(node, list) else []:
            keywords = call[3] if isinstance(call, list) and len(call) > 3 else None
            in_training = isinstance(keywords, dict) and keywords.get("training")
            if in_training and layer["class_name"] in TRAINED_OTHERWISE:
                raise ModelError(
                    f"Layer {layer['config'].get('name')!r} acts as in training at every call, so the "
                    "model's answers vary. Rebuild it without `training=True`."
                )
    return False


def flatten_as_it_lies(layer: Config) -> bool:
    """Before Keras 2.2 a Flatten knew no data format: it took what was there."""
    if layer["class_name"] != "Flatten" or layer["config"].get("data_format"):
        return False
    layer["config"]["data_format"] = "channels_last"
    return True


def reset_before(layer: Config) -> bool:
    """Before TensorFlow 2 a GRU reset its state before the product, and did not say so."""
    if layer["class_name"] != "GRU" or "reset_after" in layer["config"]:
        return False
    layer["config"]["reset_after"] = False
    return True


def single_axis(layer: Config) -> bool:
    """tf.keras 1.13 to 2.15 wrote BatchNormalization's `axis` as a list of one."""
    axis = layer["config"].get("axis")
    if layer["class_name"] != "BatchNormalization" or not isinstance(axis, list) or len(axis) != 1:
        return False
    layer["config"]["axis"] = axis[0]
    return True


def plain_dtype(layer: Config) -> bool:
    """tf.keras 2 wrote mixed-precision policies as objects of classes that are gone."""
    dtype = layer["config"].get("dtype")
    if not isinstance(dtype, dict) or dtype.get("class_name") not in ("Policy", "PolicyV1"):
        return False
    policy = dtype.get("config")
    if not isinstance(policy, dict) or not isinstance(policy.get("name"), str):
        raise damaged(f"a {layer['class_name']} has a {dtype['class_name']} without a name")
    layer["config"]["dtype"] = policy["name"]
    return True


def modern_objects(layer: Config) -> bool:
    """Initialisers, regularisers and constraints: stray arguments, also of a newer Keras 3; old modules.

    None of them acts at inference, so that one which Keras 3 does not know is left out.
    """
    config, before = layer["config"], dict(layer["config"])
    for key, value in before.items():
        ending = next((e for e in OBJECT_ARGUMENTS if key.endswith(e)), None)
        if ending is None or not isinstance(value, dict):
            continue
        known = keras_class(OBJECT_ARGUMENTS[ending].removeprefix("keras."), value.get("class_name"))
        if known is None:
            del config[key]
            continue
        accepted, given = parameters_of(known.__init__), value.get("config")
        config[key] = {
            "module": OBJECT_ARGUMENTS[ending],
            "class_name": value["class_name"],
            "config": {k: v for k, v in given.items() if k in accepted} if isinstance(given, dict) else {},
            "registered_name": None,
        }
    return config != before


def old_hard_sigmoid(layer: Config) -> bool:
    """Keras 2's `hard_sigmoid` is clip(0.2 x + 0.5, 0, 1), Keras 3's is relu6(x + 3) / 6."""
    found = [
        key for key in ("activation", "recurrent_activation") if layer["config"].get(key) == "hard_sigmoid"
    ]
    for key in found:
        layer["config"][key] = {
            "module": None,
            "class_name": "function",
            "config": OLD_HARD_SIGMOID,
            "registered_name": OLD_HARD_SIGMOID,
        }
    return bool(found)


def name_module(layer: Config) -> bool:
    """Keras 2 wrote class names without the module that Keras 3 looks them up in."""
    import keras

    class_name, before = layer["class_name"], dict(layer)
    if str(layer.get("module")).startswith("keras.src.ops."):  # Keras 3's `a + b`, which is no layer
        return False
    if class_name in BY_NAME:  # `functions` makes layers of them
        return False
    if class_name == "Functional":
        layer["module"] = keras.src.models.functional.__name__
    elif class_name == "Sequential":
        layer["module"] = keras.src.models.sequential.__name__
    elif keras_class("layers", class_name):
        layer["module"] = "keras.layers"
    elif own := own_layer(layer):
        layer["module"], layer["class_name"] = own
    else:
        name = layer["config"].get("name", "?")
        raise ModelError(
            f"Layer {name!r} is a {class_name}, which Keras 3 does not have. Provide the code of its class "
            "with `custom_objects={name: class}`."
        )
    layer["registered_name"] = None
    layer.pop("build_config", None)
    return layer != before
