"""An untrusted configuration is looked through before anything in it is built."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from xai_cam.errors import ModelError

RUNS_CODE = frozenset(
    {"Lambda", "TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer", "KerasLayer", "TFSMLayer"}
    | {"TorchModuleWrapper", "JaxLayer", "FlaxLayer"}
    | {"ClassMethod", "InstanceMethod", "InstanceProperty", "__lambda__", "__typespec__"}
)
"""Classes that carry code, call functions by name or open other files when they are deserialised."""

TRUSTED_MODULES = (
    *("keras", "tf_keras", "tensorflow.keras", "tensorflow.python.keras", "builtins"),
    "tensorflow.python.ops.init_ops_v2",  # of initialisers, which `upgrade` takes from Keras by their names
)


def audit(config: dict[str, Any]) -> None:
    """Refuse a configuration that would run code or reach outside of Keras.

    Raises
    ------
    ModelError
        Names the layer and what is wrong with it.
    """
    for owner, item in _objects(config, str(config.get("class_name", "the model"))):
        class_name, module = item["class_name"], item.get("module")
        if not isinstance(class_name, str):
            raise ModelError(f"The configuration of `{owner}` is damaged: {class_name!r} is no class.")
        if class_name in RUNS_CODE:
            raise ModelError(
                f"The model holds code: `{owner}` is a {class_name} layer, and opening it would run what is "
                "in the file. Rebuild the model with layers in its place, and save it again."
            )
        if module is not None and not _trusted(module):
            raise ModelError(
                f"`{owner}` comes from the module {module!r}, which is not part of Keras. Only Keras' own "
                "layers can be loaded."
            )


def _trusted(module: object) -> bool:
    return isinstance(module, str) and any(
        module == known or module.startswith(known + ".") for known in TRUSTED_MODULES
    )


def _objects(node: Any, owner: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every serialised object in `node`, with the name of the layer that it belongs to."""
    pending = [(owner, node)]
    while pending:
        owner, node = pending.pop()
        if isinstance(node, dict):
            if "class_name" in node:
                inner = node.get("config")
                name = node.get("name") or (inner.get("name") if isinstance(inner, dict) else None)
                owner = str(name) if name else owner
                yield owner, node
            pending.extend((owner, value) for value in node.values())
        elif isinstance(node, list):
            pending.extend((owner, value) for value in node)
