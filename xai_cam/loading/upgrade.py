"""Configurations of Keras 2 (and of Keras 3's own legacy H5) -> configurations of Keras 3.

`upgrade` walks over a model's tree of layers. On the way down it applies `OUTER_PASSES` to each layer,
on the way up `PASSES` and, for files of Keras 2, `KERAS2_PASSES`. A pass is small, has a name, says
which Keras wrote what it mends, and leaves alone what is already as Keras 3 wants it.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Iterator

from xai_cam.errors import ModelError
from xai_cam.loading.graph import (
    MODELS,
    Config,
    count_nodes_from_zero,
    names_without_slash,
    single_ends,
)
from xai_cam.loading.tables import (
    NEUTRAL_VALUES,
    OBJECT_ARGUMENTS,
    OBSOLETE_ARGUMENTS,
    RENAMED_ARGUMENTS,
    RENAMED_CLASSES,
)

OLD_HARD_SIGMOID = "keras2_hard_sigmoid"


def upgrade(config: Config, keras_version: str | None = None) -> Config:
    """The same model as a configuration that Keras 3 deserialises.

    Parameters
    ----------
    config : dict
        What `model.to_json()` or an H5 file's `model_config` holds. It is not changed.
    keras_version : str, optional
        Version that wrote it, where the file says so outside of the configuration.

    Raises
    ------
    ModelError
        A layer uses something that Keras 3 cannot express.
    """
    if not isinstance(config.get("class_name"), str) or not isinstance(config.get("config"), dict | list):
        raise ModelError("The JSON describes no Keras model. Write it with `model.to_json()`.")
    config = copy.deepcopy(config)
    version = str(config.pop("keras_version", None) or keras_version or _guess_version(config))
    if version.startswith(("0.", "1.")):
        raise ModelError(
            f"The model was saved by Keras {version}, which is too old to be read here. Load it with Keras 2 "
            "and save it again."
        )
    refuse_theano(config.pop("backend", None))
    try:
        _upgrade_layer(config, PASSES if version.startswith("3") else [*PASSES, *KERAS2_PASSES])
    except (TypeError, AttributeError, KeyError, IndexError, StopIteration) as error:
        raise ModelError(
            f"The model's configuration is damaged ({type(error).__name__}: {error}). Save the model again."
        ) from error
    return config


def refuse_theano(backend: object) -> None:
    """Theano convolved with kernels rotated by 180 degrees: such weights load and predict wrongly."""
    if backend in ("theano", b"theano"):
        raise ModelError(
            "The model was trained on Theano, whose kernels are rotated by 180 degrees, so that it would "
            "load and predict wrongly. Convert its kernels with Keras 2 and save it again."
        )


def _guess_version(config: Config) -> str:
    """Keras 3 writes `module` beside every class and `batch_shape` into its input layers."""
    text = repr(config)
    if "'nb_filter':" in text or ("'output_dim':" in text and "'units':" not in text):
        return "1.x"
    return "3" if "module" in config and "'batch_input_shape':" not in text else "2"


def _upgrade_layer(layer: Config, passes: list[Callable[[Config], None]]) -> None:
    for change in OUTER_PASSES:
        change(layer)
    for child in _children(layer):
        _upgrade_layer(child, passes)
    for change in passes:
        change(layer)


def _children(layer: Config) -> Iterator[Config]:
    """Layers inside a model or a wrapper (`TimeDistributed`, `Bidirectional`), or used as an activation."""
    config = layer["config"]
    inner = list(config.get("layers") or []) if isinstance(config.get("layers"), list) else []
    inner += [config.get(key) for key in ("layer", "forward_layer", "backward_layer", "activation")]
    yield from (c for c in inner if isinstance(c, dict) and isinstance(c.get("config"), dict | list))


def sequential_as_dict(layer: Config) -> None:
    """Keras <= 2.2.2 wrote the configuration of a Sequential as a bare list of layers."""
    if layer.get("class_name") == "Sequential" and isinstance(layer["config"], list):
        layer["config"] = {"name": layer.get("name") or "sequential", "layers": layer["config"]}
    if isinstance(layer["config"], dict) and layer.get("class_name") == "Sequential":
        layer["config"].setdefault("name", layer.get("name") or "sequential")


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
    if layer["class_name"] in MODELS and config.get("layers"):
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
            f"Layer {name!r} is a {class_name}, which Keras does not have. Only models made of Keras' own "
            "layers can be loaded."
        )
    layer["registered_name"] = None
    layer.pop("build_config", None)


OUTER_PASSES: list[Callable[[Config], None]] = [sequential_as_dict, input_layer_first]
"""Changes that look at a model before anything inside it has changed."""

PASSES: list[Callable[[Config], None]] = [
    rename_arguments,
    rename_class,
    drop_obsolete,
    single_axis,
    plain_dtype,
    modern_objects,
    name_module,
]
"""Changes that hold for every configuration, in their order."""

KERAS2_PASSES: list[Callable[[Config], None]] = [
    old_hard_sigmoid,
    names_without_slash,
    single_ends,
    count_nodes_from_zero,
]
"""Changes for what Keras 1 and 2 alone wrote, after the others."""
