"""The cut models that targets are tried on, one object each, so that what they say is computed once."""

from __future__ import annotations

from typing import Any

from support.cut_models import Cut, patient, plain, segmenting, views


def classes() -> Cut:
    return plain("softmax")


def open_classes() -> Cut:
    return plain("softmax", without=True)


def labels() -> Cut:
    return plain("sigmoid")


def one_unit() -> Cut:
    return plain("one unit", 1)


def values() -> Cut:
    return _trained(plain("values", 3), "mse")


def one_value() -> Cut:
    return plain("values", 1)


def embedding() -> Cut:
    return plain("values", 7)


def case() -> Cut:
    losses = {"kind": "categorical_crossentropy", "amount": "mse", "tags": "binary_crossentropy"}
    return _trained(patient(), losses)


def named_case() -> Cut:
    return patient(named=True)


def left() -> Cut:
    return views("left")


def right() -> Cut:
    return views("right")


def pixels() -> Cut:
    return segmenting("softmax")


def open_pixels() -> Cut:
    return segmenting("softmax", without=True)


def pixel_labels() -> Cut:
    return segmenting("sigmoid")


def one_channel() -> Cut:
    return segmenting("one unit", 1)


def pixel_values() -> Cut:
    return _trained(segmenting("values", 2), "mse")


def _trained(cut: Cut, loss: Any) -> Cut:
    """The model says what it was trained with."""
    if getattr(cut.model, "loss", None) is None:
        cut.model.compile(loss=loss)
    return cut
