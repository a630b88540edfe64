"""TensorFlow, which OpenVINO is checked by: opened when it is first needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from xai_cam.cam.engines.openvino.converted import Arrays

if TYPE_CHECKING:
    from xai_cam.cam.engines.tensorflow import TensorFlowEngine

AT_ONCE = 4
"""Inputs in a call of TensorFlow that checks what OpenVINO says: few, so that it needs little memory."""

CHECKED = 16
"""Inputs that are checked so: all of a chunk of the usual size."""


class Reference:
    """The engine of TensorFlow beside another one, made when it is first asked for.

    Parameters
    ----------
    make : callable
        Makes it; of a model that is known without being opened this opens it.
    """

    def __init__(self, make: Callable[[], TensorFlowEngine]) -> None:
        self._make = make

    @cached_property
    def engine(self) -> TensorFlowEngine:
        """The engine."""
        return self._make()

    @property
    def there(self) -> bool:
        """Whether it was asked for before."""
        return "engine" in vars(self)


def by_tensorflow(engine: TensorFlowEngine, concrete: Any, chunk: Arrays, parts: Sequence[str]) -> np.ndarray:
    """The results of a traced function for the first of a chunk, a few inputs at a time.

    `parts` are the arguments that have a row for each input.
    """
    import tensorflow as tf

    step = engine.network.batch_size or AT_ONCE
    size, found = min(len(chunk[parts[0]]), max(CHECKED, step)), []
    with engine.running():
        for start in range(0, size, step):
            some = {name: chunk[name][start : start + step] for name in parts}
            tensors = {name: tf.constant(part) for name, part in {**chunk, **some}.items()}
            found.append(concrete(**tensors).numpy())
    return np.concatenate(found, axis=min(found[0].ndim - 1, 1))
