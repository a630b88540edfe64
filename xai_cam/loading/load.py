"""The one way in: files -> audited, upgraded, built Keras 3 model with all its weights."""

from __future__ import annotations

import io
import json
import logging
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from xai_cam.errors import ModelError
from xai_cam.loading.audit import audit
from xai_cam.loading.sniff import Kind, find_model_files, sniff
from xai_cam.loading.upgrade import OLD_HARD_SIGMOID, upgrade
from xai_cam.loading.weights import assign_weights

log = logging.getLogger(__name__)

REFUSALS = (ValueError, TypeError, LookupError, AttributeError, RuntimeError, AssertionError)
"""What Keras raises, by version, on a configuration that it cannot build."""


@dataclass(frozen=True)
class Source:
    """What the files say, before anything is built."""

    config: dict[str, Any]
    keras_version: str | None
    weights: Path | BinaryIO


def load_model(model: str | Path, weights: str | Path | None = None) -> Any:
    """A Keras 3 model from files that any Keras 2 or 3 wrote.

    Parameters
    ----------
    model : path
        Architecture JSON, or a whole model (`.h5`, `.hdf5`, `.keras`).
    weights : path, optional
        H5 weights; left out with a JSON, the one H5 file beside it.

    Returns
    -------
    model : keras.Model
        Not compiled. Every weight was assigned from the file.

    Raises
    ------
    ModelError
        A file is missing or damaged, the model holds code or unknown layers, or the weights are
        those of another model; the layers that differ are named.
    """
    files = find_model_files(Path(model), None if weights is None else Path(weights))
    source = read_source(files.model, files.weights)
    audit(source.config)
    built = build(upgrade(source.config, source.keras_version))
    notice = assign_weights(built, source.weights)
    if notice:
        log.warning(notice)
    return built


def load_architecture(model: str | Path) -> Any:
    """The model of an architecture JSON, or of a whole model, with its weights not assigned.

    Raises
    ------
    ModelError
        As for `load_model`.
    """
    source = read_source(Path(model), Path())
    audit(source.config)
    return build(upgrade(source.config, source.keras_version))


def read_source(model: Path, weights: Path | None) -> Source:
    """Read the configuration and locate the weights, building nothing."""
    kind = sniff(model)
    try:
        if kind is Kind.KERAS_ARCHIVE:
            source = _read_archive(model, weights)
        elif kind is Kind.WHOLE_H5:
            source = _read_whole_h5(model, weights)
        else:
            source = _read_json(model, weights)
    except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        raise ModelError(f"{model} is damaged ({error}). Copy or export it again.") from error
    if not isinstance(source.config, dict):
        raise ModelError(f"{model} describes no Keras model. Write it with `model.to_json()`.")
    return source


def _read_json(path: Path, weights: Path | None) -> Source:
    if weights is None:
        raise ModelError(f"{path} has no weights. Name them with --weights.")
    return Source(json.loads(path.read_text(encoding="utf-8-sig")), None, weights)


def _read_archive(path: Path, weights: Path | None) -> Source:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        if "config.json" not in names or "model.weights.h5" not in names:
            raise ModelError(f"{path} is a zip file, but no .keras model. Save it with `model.save`.")
        config = json.loads(archive.read("config.json"))
        metadata = json.loads(archive.read("metadata.json")) if "metadata.json" in names else {}
        inner = weights or io.BytesIO(archive.read("model.weights.h5"))
    return Source(config, metadata.get("keras_version"), inner)


def _read_whole_h5(path: Path, weights: Path | None) -> Source:
    import h5py

    with h5py.File(path, "r") as file:
        text, version = file.attrs["model_config"], file.attrs.get("keras_version")
    version = version.decode() if isinstance(version, bytes) else version
    return Source(json.loads(text), version, weights or path)


def build(config: dict[str, Any]) -> Any:
    """Deserialise an upgraded configuration; nothing is compiled.

    Raises
    ------
    ModelError
        Keras refuses it.
    """
    import keras

    config = {key: value for key, value in config.items() if key != "compile_config"}
    known = {OLD_HARD_SIGMOID: hard_sigmoid}
    try:
        with keras.saving.custom_object_scope(known):
            model = keras.saving.deserialize_keras_object(config, custom_objects=known, safe_mode=True)
    except REFUSALS as error:
        reason = " ".join(str(_first_cause(error)).split())
        raise ModelError(
            f"Keras cannot build the model: {reason[:400]}. Check that the file is complete, and "
            "save the model again with the Keras that made it."
        ) from error
    if not isinstance(model, keras.Model):
        raise ModelError("The file describes no Keras model. Write it with `model.to_json()`.")
    if not model.built:
        raise ModelError(
            "The architecture does not say what its input looks like. Build the model (call it once) "
            "before saving it."
        )
    return model


def _first_cause(error: BaseException) -> BaseException:
    """Keras wraps an error once for every object around it; the innermost message says what is wrong."""
    inner = error.__cause__ or error.__context__
    return _first_cause(inner) if inner and str(inner) else error


def hard_sigmoid(x: Any) -> Any:
    """clip(0.2 x + 0.5, 0, 1), which was meant by this name before Keras 3."""
    import keras

    return keras.ops.clip(0.2 * x + 0.5, 0.0, 1.0)
