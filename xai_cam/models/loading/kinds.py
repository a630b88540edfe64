"""The kinds of file and folder that a model is made of."""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """What a model, or a part of it, lies in; the value names it in a sentence."""

    ARCHITECTURE = "an architecture JSON"
    KERAS_ARCHIVE = "a .keras archive"
    KERAS_FOLDER = "an unpacked .keras folder"
    WHOLE_H5 = "a whole model in HDF5"
    SAVED_MODEL = "a SavedModel folder"
    TFJS = "a TensorFlow.js layers model"
    LEGACY_WEIGHTS = "weights in the HDF5 layout of Keras 0 to 2"
    KERAS3_WEIGHTS = "weights in the HDF5 layout of Keras 3"
    SHARDED_WEIGHTS = "sharded weights of Keras 3"
    CHECKPOINT = "a TensorFlow checkpoint"


WEIGHTS_ALONE = frozenset({Kind.LEGACY_WEIGHTS, Kind.KERAS3_WEIGHTS, Kind.SHARDED_WEIGHTS, Kind.CHECKPOINT})
"""Kinds that hold weights and no architecture."""

NO_WEIGHTS = frozenset({Kind.ARCHITECTURE, Kind.TFJS})
"""Kinds that do not give a JSON its weights."""
