"""What tells a model, as it is opened, from any other: nothing is opened to find out."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xai_cam import _version, installation
from xai_cam.errors import XaiCamError
from xai_cam.files.texts import TextError, read_text
from xai_cam.models.input.teachable_machine import export_beside
from xai_cam.models.known.options import NetworkOptions
from xai_cam.models.loading.model_files import ModelFiles

TENSORFLOWS = ("tensorflow", "tensorflow-cpu", "tensorflow-macos", "tensorflow-intel", "tf-nightly")
"""Packages that TensorFlow may come in."""

KERAS_DEFAULTS = {"floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last"}
MAX_SETTINGS = 1 << 16


def identity_of(files: ModelFiles, trust: Mapping[str, Any], options: NetworkOptions) -> str | None:
    """A hash of a model's files, of all that decides how they are opened, and of the versions that open them.

    None where that cannot be told without running something: with the user's own code, or where code in the
    file may run, both of which may do anything; or where a file is missing.

    Parameters
    ----------
    files : ModelFiles
        What the model is read from.
    trust : mapping
        What opening them may do, as JSON.
    options : NetworkOptions
        How the model is seen as a network.
    """
    versions = versions_of()
    if files.code is not None or trust.get("allow_unsafe") or versions is None:
        return None
    try:
        hashes, export = files.identity, export_beside(files.model)
    except (XaiCamError, OSError):  # whoever opens it says what is wrong
        return None
    told = {
        "files": hashes,
        "weights": files.weights is not None,
        "trust": dict(trust),
        "network": options.identity,
        "export": None if export is None else [str(export.file), export.side],
        "versions": versions,
        "keras": keras_settings(),
    }
    try:
        text = json.dumps(told, sort_keys=True)
    except TypeError:  # an option is no plain value, as a number of NumPy
        return None
    return hashlib.sha256(text.encode()).hexdigest()


def versions_of() -> dict[str, Any] | None:
    """The versions of all that has a part in what is known of a model; None where TensorFlow is missing."""
    found = installation.versions_of(("keras", *TENSORFLOWS))
    if "keras" not in found or len(found) < 2:
        return None
    own = {"xai-cam": _version.__version__, "code": installation.newest()}
    return {**found, "python": list(sys.version_info[:2]), **own}


def keras_settings() -> dict[str, Any]:
    """Keras' own settings of this user that change how a model is built."""
    folder = os.environ.get("KERAS_HOME") or os.path.join(os.path.expanduser("~"), ".keras")
    try:
        found = json.loads(read_text(Path(folder, "keras.json"), MAX_SETTINGS))
    except (OSError, TextError, ValueError, RecursionError):
        found = {}
    given = found if isinstance(found, dict) else {}
    return {name: given.get(name, default) for name, default in KERAS_DEFAULTS.items()}
