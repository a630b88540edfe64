"""The sample: a model that knows its pictures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import xai_cam
from xai_cam.errors import InputError


def test_the_model_is_right_about_its_pictures() -> None:
    model, pictures, labels, truth = xai_cam.sample(7, 2)
    assert pictures.shape == (7, 288, 288, 3) and pictures.dtype == np.uint8
    assert truth == ["triangle", "star", "cross", "heart", "circle", "square", "triangle"]
    scores = np.asarray(model(np.asarray(xai_cam.prepare(model, pictures))))
    assert [labels[i] for i in scores.argmax(axis=1)] == truth


def test_a_seed_draws_the_same_pictures() -> None:
    first, again, other = (xai_cam.sample(1, seed).pictures for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


@pytest.mark.parametrize(("count", "seed"), [(0, 0), (-1, 0), (1.5, 0), ("many", 0), (1, -1), (1, None)])
def test_what_makes_no_sense_is_refused(count: Any, seed: Any) -> None:
    with pytest.raises(InputError, match="`count` of at least 1"):
        xai_cam.sample(count, seed)
