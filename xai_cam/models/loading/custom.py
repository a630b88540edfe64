"""The user's own classes and functions, which a model may use."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Collection
from pathlib import Path
from types import ModuleType
from typing import Any

from xai_cam.errors import InputError


def custom_name(item: dict[str, Any]) -> str:
    """Name of a serialised class or function without the package before it, as in `Custom>Attention`."""
    name = item.get("config") if item.get("class_name") == "function" else item.get("class_name")
    registered = item.get("registered_name")
    return str(registered if isinstance(registered, str) and ">" in registered else name).split(">")[-1]


def custom_function(name: str) -> dict[str, Any]:
    """The serialised form of one of the user's functions."""
    return {"module": None, "class_name": "function", "config": name, "registered_name": name}


def as_given(config: Any, custom: Collection[str]) -> Any:
    """The configuration, in which what the user brings along is named so that it alone can be meant.

    It is changed in place. An object may name itself by two names and a module, of which Keras takes the
    first that it knows. One that is said to be the user's is the user's afterwards, and nothing else.

    Parameters
    ----------
    config : dict
        As it lies in the file.
    custom : collection of str
        Names of the user's classes and functions.
    """
    pending = [config] if custom else []
    while pending:
        item = pending.pop()
        if isinstance(item, dict) and isinstance(item.get("class_name"), str):
            name = custom_name(item)
            if name in custom and item["class_name"] == "function":
                item |= custom_function(name)
            elif name in custom:
                item |= {"module": None, "class_name": name, "registered_name": name}
        if isinstance(item, dict | list):
            pending += item.values() if isinstance(item, dict) else item
    return config


def is_given(item: dict[str, Any], custom: Collection[str]) -> bool:
    """Whether an object is one of the user's, as `as_given` names them."""
    name = item.get("config") if item.get("class_name") == "function" else item.get("class_name")
    named = isinstance(name, str) and name in custom
    return named and item.get("registered_name") == name and item.get("module") is None


def import_custom_objects(source: str) -> dict[str, Any]:
    """Run the user's module, and collect the classes and functions that a model may use.

    Parameters
    ----------
    source : str
        `package.module`, looked up from the current folder too, or the path of a `.py` file.

    Returns
    -------
    objects : dict of str to class or function
        The module's `CUSTOM_OBJECTS` where it has that dict; else its public functions and its classes
        that are Keras objects (layers, initialisers, regularisers, constraints), by their names.

    Raises
    ------
    InputError
        There is no such module, it fails when it is imported, or it holds nothing of that kind.
    """
    module = _import(source)
    declared = getattr(module, "CUSTOM_OBJECTS", None)
    if isinstance(declared, dict):
        return {str(name): item for name, item in declared.items()}
    found = {name: item for name, item in vars(module).items() if _is_custom_object(name, item)}
    if not found:
        raise InputError(
            f"{source} contains no Keras layers or functions. Name the module that defines the model's own "
            "layers."
        )
    return found


def _import(source: str) -> ModuleType:
    path = Path(source)
    here = str(Path.cwd())
    sys.path.insert(0, str(path.resolve().parent) if path.suffix == ".py" else here)
    try:
        if path.suffix != ".py":
            return importlib.import_module(source)
        spec = importlib.util.spec_from_file_location(path.stem, path)
        if spec is None or spec.loader is None or not path.is_file():
            raise InputError(f"There is no file {source}. Name a .py file, or a module as package.module.")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    except InputError:
        raise
    except Exception as error:  # whatever the user's own code raises
        raise InputError(
            f"{source} cannot be imported ({type(error).__name__}: {error}). Name a .py file, or a module as "
            "package.module."
        ) from error
    finally:
        sys.path.pop(0)


def _is_custom_object(name: str, item: Any) -> bool:
    import keras

    if name.startswith("_") or getattr(item, "__module__", "").split(".")[0] in ("keras", "tensorflow"):
        return False
    if isinstance(item, type):
        kinds = (
            keras.layers.Layer,
            keras.initializers.Initializer,
            keras.regularizers.Regularizer,
            keras.constraints.Constraint,
        )
        return issubclass(item, kinds)
    return callable(item) and hasattr(item, "__name__")
