"""Loading TensorFlow and a model late, and without their noise."""

from __future__ import annotations

import atexit
import gc
import logging
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from xai_cam.models.loading import ModelFiles

NOT_USED = ("IPython", "cv2", "huggingface_hub", "jax", "matplotlib", "pandas", "scipy", "sklearn")
"""What TensorFlow and Keras import where it is installed, and need for nothing that is done here.

They go without each where it is missing. Scikit-learn and Matplotlib take nearly as long as TensorFlow.
"""


def start_tensorflow(verbose: bool = False, device: str = "auto") -> None:
    """Import TensorFlow for this process, and keep it to the device asked for.

    Raises
    ------
    XaiCamError
        TensorFlow is missing, or the device is.
    """
    from xai_cam.errors import XaiCamError
    from xai_cam.models.devices import claim_device, quiet_start

    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ["MPLBACKEND"] = "agg"  # Matplotlib, where charts need it, fails if a window cannot be had
    if not verbose:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with quiet_start(verbose):
        try:
            with missing(NOT_USED), uncollected():
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


@contextmanager
def missing(names: Sequence[str]) -> Iterator[None]:
    """Let modules that are not yet loaded be missing to whatever is imported meanwhile."""
    modules = cast(dict[str, Any], sys.modules)
    hidden = [name for name in names if name not in modules]
    modules.update(dict.fromkeys(hidden))  # None: Python says of it that there is no such module
    try:
        yield
    finally:
        for name in hidden:
            del modules[name]


@contextmanager
def uncollected() -> Iterator[None]:
    """Import TensorFlow without looking for garbage among its modules, now and when the process ends.

    They stay to the end, half a million objects. To look through them over and over takes a tenth of the
    import, and a second more when Python ends.
    """
    enabled = gc.isenabled() and "tensorflow" not in sys.modules
    if not enabled:
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
    gc.freeze()
    atexit.register(gc.freeze)


def open_model(
    files: ModelFiles,
    verbose: bool = False,
    device: str = "auto",
    custom_objects: str | None = None,
    allow_unsafe: bool = False,
) -> Any:
    """Start TensorFlow, import the user's own layers, and load the model."""
    start_tensorflow(verbose, device)
    from xai_cam.models.loading import load_model

    return load_model(
        files.model,
        files.weights,
        custom_objects=custom_objects_of(custom_objects),
        allow_unsafe=allow_unsafe,
    )


def custom_objects_of(source: str | None) -> dict[str, Any]:
    """What --custom-objects brings along."""
    from xai_cam.models.loading.custom import import_custom_objects

    return import_custom_objects(source) if source else {}
