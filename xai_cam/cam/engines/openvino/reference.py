"""What TensorFlow says of the first of a chunk, to check OpenVINO by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from xai_cam.cam.engines.openvino.converted import Arrays
from xai_cam.cam.engines.tensorflow import TensorFlowEngine

AT_ONCE = 4
"""Inputs in a call of TensorFlow that checks what OpenVINO says: few, so that it needs little memory."""

CHECKED = 16
"""Inputs that are checked so: all of a chunk of the usual size."""


def by_tensorflow(engine: TensorFlowEngine, concrete: Any, chunk: Arrays, parts: Sequence[str]) -> np.ndarray:
    """The results of a traced function for the first of a chunk, a few inputs at a time.

    `parts` are the arguments that have a row for each input.
    """
    step = engine.network.batch_size or AT_ONCE
    size, found = min(len(chunk[parts[0]]), max(CHECKED, step)), []
    with engine.running():
        for start in range(0, size, step):
            some = {name: chunk[name][start : start + step] for name in parts}
            tensors = {name: tf.constant(part) for name, part in {**chunk, **some}.items()}
            found.append(concrete(**tensors).numpy())
    return np.concatenate(found, axis=min(found[0].ndim - 1, 1))
