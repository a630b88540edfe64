"""An upgraded configuration -> a Keras model, its memory taken only when the shapes are known to be right."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import keras
from keras.saving import custom_object_scope
from keras.src.backend.common.global_state import get_global_attribute, set_global_attribute
from keras.src.backend.common.variables import initialize_all_variables
from keras.src.saving.serialization_lib import ObjectSharingScope

from xai_cam.errors import ModelError, OutOfMemoryError, XaiCamError
from xai_cam.files.memory import ran_out_of_memory
from xai_cam.models.failures import reason_of
from xai_cam.models.loading.audit import refuse
from xai_cam.models.loading.config_passes import OLD_HARD_SIGMOID
from xai_cam.models.loading.counts import check_counts
from xai_cam.models.loading.functions.called import FunctionOfTensorFlow
from xai_cam.models.loading.functions.calls import CALLED
from xai_cam.models.loading.resolved import foreign_objects

AT_ONCE = "xai_cam>Sequential"
"""Name under which the maker of a `Sequential` is known while a model is built."""

WAITING = "uninitialized_variables"
"""Where Keras keeps variables that have a shape and no value yet."""


def build(
    config: dict[str, Any],
    custom_objects: Mapping[str, Any] | None = None,
    allow_unsafe: bool = False,
    allocate: bool = True,
) -> Any:
    """Deserialise an upgraded configuration; nothing is compiled.

    With `allocate=False` the variables have shapes, but no values before `allocate_weights`.

    Raises
    ------
    ModelError, OutOfMemoryError
        Keras refuses it, or a layer of it is there to take for ever.
    """
    check_counts(config)
    known = {OLD_HARD_SIGMOID: keras2_hard_sigmoid, AT_ONCE: _SequentialAtOnce, **(custom_objects or {})}
    if allow_unsafe:
        known[CALLED] = FunctionOfTensorFlow
    with in_words(), ObjectSharingScope(), custom_object_scope(known), _stateless(not allocate):
        model = keras.saving.deserialize_keras_object(
            _at_once(copy.deepcopy(config)), custom_objects=known, safe_mode=not allow_unsafe
        )
    if not isinstance(model, keras.Model):
        raise ModelError("The file does not describe a Keras model. Write it with `model.to_json()`.")
    if not model.built:
        raise ModelError(
            "The architecture does not say what its input looks like. Build the model (call it once) "
            "before saving it."
        )
    return model


def plain_layer(config: dict[str, Any]) -> Any:
    """A layer or operation of Keras' own as an upgraded configuration has it; see `weightless`.

    Raises
    ------
    ModelError
        It is something else, or there to take for ever. What Keras raises comes up as it is.
    """
    refuse(foreign_objects(config))
    check_counts(config)
    return keras.saving.deserialize_keras_object(
        copy.deepcopy(config), custom_objects={OLD_HARD_SIGMOID: keras2_hard_sigmoid}, safe_mode=True
    )


@contextmanager
def weightless() -> Iterator[None]:
    """For layers that are made and called for the shapes of what they give: none of them gets memory."""
    with in_words(), shapes_first(), _stateless(True):
        yield


@contextmanager
def in_words() -> Iterator[None]:
    """For making layers and models: whatever Keras raises is told in a sentence."""
    try:
        yield
    except RecursionError as error:
        raise ModelError(
            "Keras cannot build the model: its layers follow one another, or lie in one another, more "
            "often than Python can follow. Rebuild it with fewer layers in a row."
        ) from error
    except (XaiCamError, OSError):  # the latter of a file or a terminal
        raise
    except Exception as error:  # those of TensorFlow, Keras and a model's layers have no common base
        raise _told(error) from error


def _told(error: Exception) -> XaiCamError:
    if ran_out_of_memory(error):
        return OutOfMemoryError("Out of memory while the model was built. Use a machine with more memory.")
    return ModelError(
        f"Keras cannot build the model: {reason_of(_first_cause(error), 400)}. Check that the file is "
        "complete, and save the model again with the version of Keras that wrote it."
    )


class _SequentialAtOnce:
    """Makes a plain `Sequential` of its configuration, which Keras builds anew with every layer it adds."""

    @staticmethod
    def from_config(config: dict[str, Any]) -> Any:
        layers = [keras.saving.deserialize_keras_object(layer) for layer in config["layers"]]
        shape = config.get("build_input_shape")
        model = keras.Sequential(layers, name=config["name"])
        if model._functional is None and shape and isinstance(shape, list | tuple):
            model.build(shape)
        return model


def _at_once(config: dict[str, Any]) -> dict[str, Any]:
    """Let `_SequentialAtOnce` make every `Sequential` of an upgraded configuration, which is changed."""
    pending: list[Any] = [config]
    while pending:
        item = pending.pop()
        if isinstance(item, list):
            pending += item
        elif isinstance(item, dict):
            pending += item.values()
            if item.get("module") == keras.src.models.sequential.__name__ and "config" in item:
                item |= {"module": None, "class_name": AT_ONCE, "registered_name": AT_ONCE}
    return config


def _stateless(wanted: bool) -> Any:
    return keras.StatelessScope(initialize_variables=False) if wanted else nullcontext()


def _first_cause(error: BaseException) -> BaseException:
    """The innermost message of an error, which Keras wraps once for every object around it."""
    inner = error.__cause__ or error.__context__
    return _first_cause(inner) if inner and str(inner) else error


def keras2_hard_sigmoid(x: Any) -> Any:
    """clip(0.2 x + 0.5, 0, 1), which had this name before Keras 3."""
    return keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)


@contextmanager
def shapes_first() -> Iterator[None]:
    """For building without memory for the weights until their shapes are known to be right.

    An untrusted configuration may ask for any number of weights. If the block fails, Keras forgets its
    variables that wait to be initialised; otherwise it would allocate them at the next opportunity. Those of
    the caller's program go on waiting.
    """
    before = get_global_attribute(WAITING, [])
    set_global_attribute(WAITING, [])
    try:
        yield
    finally:
        set_global_attribute(WAITING, before)


def allocate_weights(model: Any) -> None:
    """Allocate the variables of a model that was built without memory, as zeros.

    Others that wait, of layers that are no part of the model, are forgotten.
    """
    for variable in model.weights:
        variable._initializer = keras.initializers.Zeros()
    own = {id(variable) for variable in model.variables}
    waiting = get_global_attribute(WAITING, [])
    set_global_attribute(WAITING, [variable for variable in waiting if id(variable) in own])
    initialize_all_variables()
