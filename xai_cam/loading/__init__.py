"""Files on disk -> a Keras 3 model. `load_model` is the one way in."""

from xai_cam.loading.load import load_model
from xai_cam.loading.sniff import ModelFiles, find_model_files

__all__ = ["ModelFiles", "find_model_files", "load_model"]
