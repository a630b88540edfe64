"""A model by its path alone, as a program gives it: known from an earlier run, or opened."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

from xai_cam.errors import XaiCamError
from xai_cam.files.cache import Cache
from xai_cam.models.devices import may_be_gpu
from xai_cam.models.known.identity import keras_settings
from xai_cam.models.known.stored import StoredModel
from xai_cam.models.loading.finding import find_model_files


def model_at(path: Path, kept: bool = False, device: str = "auto") -> Any:
    """The model of a path: opened, or where things may be `kept` a `StoredModel`, which need not be.

    On a GPU, and in a program that changed how Keras makes models, it is opened.

    Raises
    ------
    ModelError
    """
    if not kept or may_be_gpu(device) or not is_plain():
        return _load(path)
    cache = Cache()
    try:
        files = find_model_files(path, cache=cache)
    except XaiCamError:  # who opens it says what is wrong
        return _load(path)
    return StoredModel(files, partial(_load_steadily, files, path), TRUST, cache)


TRUST = {"allow_unsafe": False, "limit": None}
"""What opening a model may do where nobody says so."""


def is_plain() -> bool:
    """Whether this program has Keras as it is: no classes of its own by name, and no settings changed."""
    keras = sys.modules.get("keras")
    if keras is None:
        return True
    config = keras.config
    found = {name: getattr(config, name)() for name in keras_settings()}
    return (
        found == keras_settings()
        and config.dtype_policy().name == found["floatx"]
        and not keras.saving.get_custom_objects()
        and not _scope()
    )


def _scope() -> Any:
    """What a `custom_object_scope` around the call adds to Keras' classes and functions."""
    from keras.src.backend.common.global_state import get_global_attribute

    return get_global_attribute("custom_objects_scope_dict")


def _load(path: Path) -> Any:
    from xai_cam.models.loading import load_model

    return load_model(path)


def _load_steadily(files: Any, path: Path) -> Any:
    from xai_cam.models.loading.steady import open_steadily

    return open_steadily(files, partial(_load, path))
