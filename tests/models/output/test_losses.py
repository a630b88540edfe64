"""Losses by name, in memory and as every Keras writes them, and what they tell of linear units."""

from __future__ import annotations

from typing import Any

import keras
import pytest

from support.small_models import build_tiny
from xai_cam.models.output.losses import LONGEST_NAME, loss_of, meaning_of, name_of_loss, remember_loss


def my_loss(true: Any, predicted: Any) -> Any:
    return true - predicted


class Mine(keras.losses.Loss):
    def call(self, y_true: Any, y_pred: Any) -> Any:
        return y_true - y_pred


class Weighted(keras.losses.MeanSquaredError):
    pass


QUANTITIES = [
    *("mse", "MSE", "mae", "mape", "msle", "huber", "log_cosh", "logcosh", "mean_squared_error", "poisson"),
    *(keras.losses.MeanAbsoluteError(), keras.losses.Huber(), keras.losses.LogCosh(), Weighted()),
    *(keras.losses.mean_squared_error, keras.losses.huber, ["mse"], {"age": "mse"}),
    {"class_name": "MeanSquaredError", "config": {"reduction": "sum", "name": "x"}},
    {"class_name": "function", "config": "mean_squared_error", "module": "builtins"},
    {"class_name": "LossFunctionWrapper", "config": {"fn": "mae", "name": "mine"}},
    {"class_name": "LossFunctionWrapper", "config": {"fn": {"class_name": "function", "config": "mae"}}},
]


@pytest.mark.parametrize("loss", QUANTITIES, ids=name_of_loss)
def test_losses_of_quantities(loss: Any):
    assert meaning_of(name_of_loss(loss)) == "quantity"


@pytest.mark.parametrize(
    ("loss", "meaning"),
    [
        ("categorical_crossentropy", "classes"),
        (keras.losses.SparseCategoricalCrossentropy(from_logits=True), "classes"),
        (keras.losses.CategoricalFocalCrossentropy(), "classes"),
        (keras.losses.CategoricalHinge(), "classes"),
        ("binary_crossentropy", "yes or no"),
        (keras.losses.BinaryFocalCrossentropy(), "yes or no"),
        ("hinge", "yes or no"),
    ],
)
def test_losses_of_classes(loss: Any, meaning: str):
    assert meaning_of(name_of_loss(loss)) == meaning


@pytest.mark.parametrize(
    ("loss", "name"),
    [
        (None, None),
        (my_loss, "my_loss"),
        (Mine(), "Mine"),
        ("cosine_similarity", "cosine_similarity"),
        (["mse", "mae"], None),
        ({"a": "mse", "b": "mse"}, None),
        ([["mse"]], None),
        ({"a": {"b": "mse"}}, None),
        (3, None),
        ("x" * (LONGEST_NAME + 1), None),
        ("a\nb", None),
        ({"class_name": ["mse"], "config": 3}, None),
        ({"class_name": "function", "config": {"a": 1}}, None),
    ],
)
def test_what_is_not_known_is_nothing(loss: Any, name: str | None):
    assert name_of_loss(loss) == name and meaning_of(name) is None


def test_the_loss_of_a_model():
    model = build_tiny(1, None)
    assert loss_of(model) is None
    remember_loss(model, "mae")
    assert loss_of(model) == "mae"
    model.compile(loss=keras.losses.BinaryCrossentropy(from_logits=True))
    assert loss_of(model) == "binary_crossentropy", "what it was compiled with later counts"
