"""Loading TensorFlow and a model late, and without their noise."""

from __future__ import annotations

import logging
import os
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xai_cam.loading import ModelFiles


def start_tensorflow(verbose: bool = False, device: str = "auto") -> None:
    """Import TensorFlow for this process, and keep it to the device asked for.

    Raises
    ------
    XaiCamError
        TensorFlow is missing, or the device is.
    """
    from xai_cam.engines.devices import claim_device, quiet_start
    from xai_cam.errors import XaiCamError

    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ["MPLBACKEND"] = "agg"  # Keras imports Matplotlib, which fails where a window cannot be had
    if not verbose:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with quiet_start(verbose):
        try:
            import keras
            import tensorflow  # noqa: F401
        except ImportError as error:
            raise XaiCamError(
                f"TensorFlow cannot be imported ({error}). Run `pip install tensorflow`."
            ) from error
        claim_device(device)
    if keras.backend.backend() != "tensorflow":
        raise XaiCamError(
            f"Keras runs on {keras.backend.backend()}, but xai-cam needs TensorFlow. Unset KERAS_BACKEND."
        )
    if not verbose:
        logging.getLogger("tensorflow").setLevel(logging.ERROR)
        warnings.simplefilter("ignore")


def open_model(
    files: ModelFiles,
    verbose: bool = False,
    device: str = "auto",
    custom_objects: str | None = None,
    allow_unsafe: bool = False,
) -> Any:
    """Start TensorFlow, import the user's own layers, and load the model."""
    start_tensorflow(verbose, device)
    from xai_cam.loading import load_model

    return load_model(
        files.model,
        files.weights,
        custom_objects=custom_objects_of(custom_objects),
        allow_unsafe=allow_unsafe,
    )


def custom_objects_of(source: str | None) -> dict[str, Any]:
    """What --custom-objects brings along."""
    from xai_cam.loading.custom import import_custom_objects

    return import_custom_objects(source) if source else {}
