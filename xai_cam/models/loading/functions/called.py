"""Functions of TensorFlow that Keras has no counterpart of: called by name, where the user allows it."""

from __future__ import annotations

import types
from typing import Any

import keras

from xai_cam.errors import ModelError


class FunctionOfTensorFlow(keras.Operation):  # type: ignore[misc]  # Keras has no types
    """An operation that calls a function of TensorFlow.

    Parameters
    ----------
    function : str
        Its name in TensorFlow, as in `image.adjust_hue`.
    name : str, optional
        That of the operation.

    Raises
    ------
    ModelError
        TensorFlow has no function of that name.
    """

    def __init__(self, function: str, name: str | None = None) -> None:
        super().__init__(name=name)
        self._named, self._function = function, _function_of(function)

    def call(self, *args: Any, **kwargs: Any) -> Any:
        """What the function gives."""
        kwargs.pop("name", None)
        return self._function(*args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """The names of the function and of the operation."""
        return {"function": self._named, "name": self.name}


def _function_of(name: str) -> Any:
    import tensorflow

    found: Any = tensorflow
    for part in name.split("."):
        inside = isinstance(found, types.ModuleType) and not part.startswith("_")
        found = getattr(found, part, None) if inside else None
    if not callable(found):
        raise ModelError(
            f"TensorFlow has no function tf.{name}, which the model calls. Rebuild the model with layers of "
            "Keras in its place and save it again."
        )
    return found
