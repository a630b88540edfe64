"""Functions of TensorFlow on the graph of a model: what tf.keras computes, and the model as it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xai_cam import load_model

SHAPE = (6, 8, 4)
X = np.random.default_rng(1).uniform(0.1, 2, (2, *SHAPE)).astype("float32")

Function = Callable[[Any, Any], Any]
"""Of the image, which is positive, and of maps of the same shape, which are not."""


class Compared:
    """The outputs of one model of many functions, by tf.keras and as loaded without any permission."""

    def __init__(self, functions: dict[str, Function], folder: Path) -> None:
        tf_keras = pytest.importorskip("tf_keras")
        tf_keras.utils.set_random_seed(3)
        image = tf_keras.Input(SHAPE)
        maps = tf_keras.layers.Conv2D(4, 3, padding="same", name="maps")(image)
        model = tf_keras.Model(image, [function(image, maps) for function in functions.values()])
        model.save(folder / "m.h5")
        self._names = list(functions)
        self._theirs, self._ours = model(X), load_model(folder / "m.h5")(X)

    def check(self, name: str) -> None:
        """See that a function gives what tf.keras says, of the same shape and type."""
        place = self._names.index(name)
        theirs, ours = self._theirs[place], self._ours[place]
        assert ours.shape == theirs.shape
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(
            ours, theirs, rtol=1e-5, atol=1e-5 * max(1e-3, np.max(np.abs(theirs)).item())
        )
