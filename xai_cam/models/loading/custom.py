"""Classes and functions of the user's own, which a model may be made of."""

from __future__ import annotations

import importlib
import importlib.util
import sys
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


def import_custom_objects(source: str) -> dict[str, Any]:
    """Run a module of the user's, and collect what a model may be made of.

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
