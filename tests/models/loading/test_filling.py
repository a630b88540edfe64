"""Weights put into a model that was built without them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from xai_cam.models.loading.filling import fill
from xai_cam.models.loading.stored import FileWeight, LayerWeights
from xai_cam.models.loading.upgrade import upgrade
from xai_cam.models.loading.weights import WeightsMismatchError

KERNEL, BIAS = np.arange(6.0, dtype="f4").reshape(3, 2), np.ones(2, "f4")


def upgraded() -> Any:
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="d")])
    return upgrade({"class_name": "Sequential", "config": model.get_config()})


def weights(**named: np.ndarray) -> LayerWeights:
    found = [FileWeight("d", name, data, path=("d",)) for name, data in named.items()]
    return LayerWeights(lambda: [("d", found)], "the file")


def test_weights_by_layer_go_where_their_names_say():
    built, notices = fill(upgraded(), weights(bias=BIAS, kernel=KERNEL), {}, False)
    np.testing.assert_array_equal(built.get_weights()[0], KERNEL)
    np.testing.assert_array_equal(built.get_weights()[1], BIAS)
    assert notices == []


@pytest.mark.parametrize(
    ("named", "reason"),
    [
        ({"kernel": KERNEL}, "1 weights in the file, 2 in the architecture"),
        ({"kernel": KERNEL, "bias": BIAS, "more": BIAS}, "3 weights in the file"),
        ({"kernel": KERNEL.T, "bias": BIAS}, r"kernel is \(2, 3\) in the file"),
    ],
)
def test_every_weight_has_its_place(named: dict[str, np.ndarray], reason: str):
    with pytest.raises(WeightsMismatchError, match=reason):
        fill(upgraded(), weights(**named), {}, False)
