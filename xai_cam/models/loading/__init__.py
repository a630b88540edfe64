"""Files on disk -> a Keras 3 model. `load_model` is the one way in; finding the files takes no HDF5."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xai_cam.models.loading.finding import find_model_files
from xai_cam.models.loading.model_files import ModelFiles

if TYPE_CHECKING:
    from xai_cam.models.loading.load import load_model

__all__ = ["ModelFiles", "find_model_files", "load_model"]


def __getattr__(name: str) -> Any:
    if name != "load_model":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from xai_cam.models.loading.load import load_model

    return load_model
