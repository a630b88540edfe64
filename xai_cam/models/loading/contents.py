"""What is in the files of a model, and what reads it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from xai_cam.models.loading.hdf5 import CheckedH5, Guard
from xai_cam.models.loading.limits import Limits
from xai_cam.models.loading.stored import LayerWeights
from xai_cam.models.output.losses import Losses

OpenH5 = Callable[[Path | BinaryIO, Path | None], CheckedH5]
"""What opens and checks HDF5: a file, or what was unpacked of the file named second, if it was packed."""

Weights = CheckedH5 | LayerWeights


@dataclass(frozen=True)
class Contents:
    """What a reader found in a model's file or folder.

    Attributes
    ----------
    config : object
        What should be the configuration, as it lies there.
    version : str, optional
        The version of Keras that wrote it.
    weights : CheckedH5 or LayerWeights, optional
        None where there are none, or none were requested.
    loss : str, optional
        The name of the loss of the training.
    """

    config: Any
    version: str | None = None
    weights: Weights | None = None
    loss: Losses = None


@dataclass(frozen=True)
class Reading:
    """How a model is to be read: with its weights or without, within which limits, and what opens HDF5.

    `opened` keeps a file open as long as the model is read; `guard` is for those that are not. `inside` is
    the group of an HDF5 file that is meant, where one holds several models.
    """

    opened: OpenH5
    limits: Limits
    with_weights: bool = True
    guard: Guard = nullcontext
    inside: str | None = None


Read = Callable[[Path, Reading], Contents]
"""Reads a model's file or folder."""

ReadWeights = Callable[[Path, Any, Reading], Weights]
"""Reads weights that lie beside the configuration given second."""
