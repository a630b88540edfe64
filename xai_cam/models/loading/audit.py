"""Checks of an untrusted configuration before anything in it is built."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from xai_cam.errors import ModelError
from xai_cam.models.loading.applications import own_layer
from xai_cam.models.loading.config_passes import OLD_HARD_SIGMOID
from xai_cam.models.loading.custom import is_given
from xai_cam.models.loading.named_activations import is_namesake
from xai_cam.models.loading.operations import BY_NAME, OPERATION_MODULES, is_operation

RUNS_CODE = frozenset(
    {"Lambda", "TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer", "KerasLayer", "TFSMLayer"}
    | {"TorchModuleWrapper", "JaxLayer", "FlaxLayer"}
    | {"ClassMethod", "InstanceMethod", "InstanceProperty", "__lambda__", "__typespec__"}
)
"""Classes that carry code, call functions by name or open other files when they are deserialised.

Functions that are called by name in a graph are never called: `operations` replaces or refuses them.
"""

WITHOUT_A_CLASS = (*BY_NAME, "ClassMethod", "InstanceMethod", "InstanceProperty")
"""Of these, those that no class is behind which the user could give."""

CALLS = "which is not a function of a Keras layer"

TRUSTED_PACKAGES = ("keras", "keras.src")

TRUSTED_PARTS = (
    *("layers", "models", "engine", "activations", "initializers", "regularizers", "constraints"),
    *("dtype_policies", "mixed_precision", "quantizers", "legacy.layers"),
)

IN_CALLS = frozenset({"__keras_tensor__", "__slice__", "__ellipsis__", "__numpy__", "__tensor__"})
"""Objects that may stand among the arguments of a call; anything else would be made, and run, at once."""

MAX_CONSTANTS = 16 * 2**20
"""Characters of a constant among the arguments of a call: enough for a mean image, or for a filter."""

PLAIN_CLASS = re.compile(r"[A-Za-z_]\w*(>[A-Za-z_]\w*)?")
"""With a dot, Keras would look for the rest of the path among everything it exports."""

TRUSTED_MODULES = (
    *(f"{package}.{part}" for package in TRUSTED_PACKAGES for part in TRUSTED_PARTS),
    *OPERATION_MODULES,
    "keras._legacy.layers",
    "keras.src.backend.common.keras_tensor",
    "tensorflow.python.ops.init_ops_v2",  # of initialisers, which `upgrade` takes from Keras by their names
    "builtins",
)
"""Modules that may be named; of the rest of Keras, some download files or switch the safe mode off."""

OF_TF_KERAS = {
    "tf_keras.src.engine.functional": ("Functional",),
    "tf_keras.src.engine.sequential": ("Sequential",),
    "tf_keras.src.engine.training": ("Model",),
    "tf_keras.src.layers.core.tf_op_layer": BY_NAME,
    "tf_keras.src.engine.base_layer": ("TensorFlowOpLayer",),
}
"""Classes that tf_keras writes with modules of its own; `upgrade` makes Keras' own of them."""

FUNCTIONS = ("activations", "initializers", "regularizers", "constraints")
"""Parts of Keras whose functions may be named."""

FILE_ARGUMENTS = ("vocabulary", "idf_weights")
"""Arguments that are read from a file where they are its path."""


REGISTERED = "which is registered by a package other than Keras"


def audit(config: dict[str, Any], custom: Collection[str] = ()) -> list[str]:
    """Find what would run code or reach outside of Keras.

    Parameters
    ----------
    config : dict
        As it lies in the file.
    custom : collection of str
        Names of classes that the user brings along; they count where the configuration has been through
        `as_given`.

    Returns
    -------
    dangers : list of str
        One line for each thing found, with the layer's name; empty for a model of Keras' own layers.

    Raises
    ------
    ModelError
        The configuration is damaged.
    """
    dangers: list[str] = []
    for owner, item in objects_in(config, str(config.get("class_name", "the model"))):
        class_name = item.get("class_name")
        if not isinstance(class_name, str):
            raise ModelError(f"The configuration of {owner!r} is damaged: {class_name!r} is not a class.")
        if is_given(item, custom):
            made = {str(inner.get("class_name")) for _, inner in objects_in(item.get("inbound_nodes"), "")}
            if made - IN_CALLS:
                dangers.append(f"{owner!r} is called with objects that would run while the model is built")
            continue
        danger = _code(class_name, item) or (None if own_layer(item) else _foreign(class_name, item))
        told = class_name == "__lambda__" and f"{owner!r} {_code('Lambda', {})}" in dangers
        if danger and not told:
            dangers.append(f"{owner!r} {danger}")
    return dangers


def refuse(dangers: list[str]) -> None:
    """Raise for the first of some dangers.

    Raises
    ------
    ModelError
        There are any.
    """
    if dangers:
        more = f" (and {len(dangers) - 1} more like it)" if len(dangers) > 1 else ""
        raise ModelError(
            f"The model is refused, because loading it could run code from the file: {dangers[0]}{more}. "
            f"{_ways_on(dangers[0])}"
        )


def _ways_on(danger: str) -> str:
    """What helps: a class that a package registered is not in the file, whatever is allowed."""
    if REGISTERED in danger:
        return "Provide the code of its classes with `custom_objects`, or rebuild it with Keras' own layers."
    return (
        f"Rebuild it with Keras' own layers, {_code_to_give(danger)}or, if you trust the source, add "
        "`allow_unsafe=True`."
    )


def _code_to_give(danger: str) -> str:
    """What the user may bring along instead; nothing where what is refused has no class."""
    if any(f"is a {name}, which contains code" in danger for name in WITHOUT_A_CLASS):
        return ""
    return f"provide {'its code' if CALLS in danger else 'the code of its classes'} with `custom_objects`, "


def _code(class_name: str, item: dict[str, Any]) -> str | None:
    config = item.get("config")
    if class_name in RUNS_CODE and not (class_name in BY_NAME and item.get("inbound_nodes")):
        return f"is a {class_name}, which contains code"
    if not PLAIN_CLASS.fullmatch(class_name) and class_name != "<lambda>":
        return f"is a {class_name!r}, which is not the name of a class"
    if class_name in ("__numpy__", "__tensor__") and not _is_numeric(config):
        return "contains an array that is not an array of numbers"
    calls = item.get("inbound_nodes") or []
    if not isinstance(calls, list) or not all(map(_is_plain_call, calls)):
        return f"is a {class_name} that would run while the model is built"
    if not isinstance(config, dict):
        return None
    if class_name == "Merge" and config.get("mode_type", "raw") != "raw":
        return "is a Merge by a function, which contains code"
    for argument in FILE_ARGUMENTS:
        if isinstance(config.get(argument), str):
            return f"is a {class_name} that reads the file {config[argument]!r}"
    return None


def _foreign(class_name: str, item: dict[str, Any]) -> str | None:
    if class_name == "function" and item.get("config") == OLD_HARD_SIGMOID:
        return None
    module, registered = item.get("module"), item.get("registered_name")
    fn_module = item.get("fn_module")
    for named in (module, fn_module):
        if named is not None and not (_trusted(named) or _is_known(named, class_name) or is_namesake(item)):
            return f"({class_name}) comes from the module {named!r}, which is not a part of Keras for models"
    if module == "builtins" and class_name != "function":
        return f"({class_name}) is one of Python's own functions"
    if class_name == "function" and not _is_keras_function(item):
        return f"calls {item.get('config')!r} of {module!r}, {CALLS}"
    for name in (registered, class_name):
        if isinstance(name, str) and ">" in name:
            return f"is a {name}, {REGISTERED}"
    return None


def _is_numeric(config: Any) -> bool:
    dtype = config.get("dtype") if isinstance(config, dict) else None
    return re.fullmatch(r"(float|int|uint|bfloat)\d+|bool", str(dtype)) is not None


def _is_plain_call(node: Any) -> bool:
    """Whether a call takes only tensors of the model and small constants.

    Called on constants alone, a layer runs while the model is built.
    """
    objects = [inner for _, inner in objects_in(node, "")]
    if isinstance(node, list):  # Keras 2 refers to layers by their names
        return all(inner == {"class_name": "__ellipsis__"} for inner in objects)
    if not isinstance(node, dict) or set(node) - {"args", "kwargs"}:
        return False
    classes = [str(inner.get("class_name")) for inner in objects]
    constants = [inner for inner in objects if inner.get("class_name") in ("__numpy__", "__tensor__")]
    return (
        "__keras_tensor__" in [inner.get("class_name") for _, inner in objects_in(node.get("args"), "")]
        and set(classes) <= IN_CALLS
        and len(repr(constants)) < MAX_CONSTANTS
    )


def _is_keras_function(item: dict[str, Any]) -> bool:
    """Whether a serialised function is one of Keras' activations, initialisers, ..., by its name."""
    import keras

    name = item.get("config")
    if not isinstance(name, str):
        return False
    return is_namesake(item) or any(hasattr(getattr(keras, part), name) for part in FUNCTIONS)


def _trusted(module: object) -> bool:
    return isinstance(module, str) and (
        module in TRUSTED_PACKAGES
        or any(module == name or module.startswith(name + ".") for name in TRUSTED_MODULES)
    )


def _is_known(module: object, class_name: str) -> bool:
    """Whether a class is one of those that are trusted one by one."""
    of_tf_keras = isinstance(module, str) and class_name in OF_TF_KERAS.get(module, ())
    return of_tf_keras or is_operation(module, class_name)


def objects_in(node: Any, owner: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every serialised object in `node`, with the name of the layer that it belongs to."""
    pending = [(owner, node)]
    while pending:
        owner, node = pending.pop()
        if isinstance(node, dict):
            if "class_name" in node or ("module" in node and "config" in node):
                inner = node.get("config")
                name = node.get("name") or (inner.get("name") if isinstance(inner, dict) else None)
                owner = str(name) if name else owner
                yield owner, node
            pending.extend((owner, value) for value in node.values())
        elif isinstance(node, list):
            pending.extend((owner, value) for value in node)
