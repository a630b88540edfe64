"""Inputs that are made inside a graph, against loops: of images and of volumes."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from support.perturbed import inputs_of, mixed
from xai_cam.cam.engines.perturbed import PerturbedScores
from xai_cam.cam.engines.perturbed_graph import perturbed, specs_of


@pytest.mark.parametrize("shape", [(5, 4, 3), (1, 6, 1), (3, 4, 5, 2)])
def test_inputs_are_those_of_the_loops(shape: tuple[int, ...]) -> None:
    """Exactly: a sum of a pixel and of 0 is the pixel."""
    images = np.random.default_rng(2).normal(0, 3, (3, *shape)).astype(np.float32)
    asked = mixed(images, [0])
    made = tf.function(perturbed, specs_of(shape), autograph=False)
    chunk = PerturbedScores(asked).chunk(0, 9)
    found = made(*(chunk[name] for name in ("pictures", "planes", "rows"))).numpy()
    np.testing.assert_array_equal(found, [x for x, _ in inputs_of(asked)])
    assert len({one.tobytes() for one in found}) == 9, "no two are alike"
