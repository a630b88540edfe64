"""What a head is taken for: by final activation, loss and caller, and what cannot be is refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from xai_cam.errors import InputError, ModelError
from xai_cam.models.output.head_conclusion import Ending, conclude, find_ending, has_length_one, sums_to_one


def test_embeddings_of_length_one_are_told() -> None:
    assert has_length_one(np.array([[0.6, 0.8], [-1, 0]], np.float32))
    assert not has_length_one(np.array([[0.6, 0.8], [1, 1]], np.float32))
    told = conclude(Ending(2, "linear"), False, None, unit=True).reason
    assert told.endswith(
        '`head="regression"` takes them for values, and `like` for an embedding, as their '
        "length of 1 suggests"
    )
    assert "`like`" not in conclude(Ending(2, "linear"), False, None).reason
    assert "`like`" not in conclude(Ending(2, "linear"), False, "mse", unit=True).reason


@pytest.mark.parametrize(
    ("units", "activation", "loss", "kind", "reason"),
    [
        (1, "linear", "mse", "regression", "trained with mse"),
        (3, "linear", "Huber", "regression", "trained with Huber"),
        (1, "relu", "mae", "regression", "trained with mae"),
        (1, "linear", None, "regression", 'one linear unit, and no loss is known; `head="binary"`'),
        (1, "linear", "mine", "regression", "its loss mine is not known"),
        (1, "tanh", None, "regression", "one tanh unit"),
        (1, "linear", "binary_crossentropy", "binary", "trained with binary_crossentropy"),
        (1, "tanh", "hinge", "binary", "one tanh unit, trained with hinge"),
        (3, "linear", "categorical_crossentropy", "softmax", "trained with categorical_crossentropy"),
        (3, "linear", "binary_crossentropy", "multilabel", "trained with binary_crossentropy"),
        (3, "linear", None, "softmax", 'no loss is known; `head="regression"`'),
        (3, "relu", None, "scores", "3 relu units"),
        (3, "softmax", "mse", "softmax", ""),
        (1, "sigmoid", None, "binary", ""),
        (4, "sigmoid", "binary_crossentropy", "multilabel", ""),
        (1, "sigmoid", "mse", "binary", 'trained with mse; `head="regression"` takes it for a value'),
        (1, "unknown", None, "binary", "log-probabilities"),
    ],
)
def test_conclusions(units: int, activation: str, loss: str | None, kind: str, reason: str):
    head = conclude(Ending(units, activation), False, loss)
    assert (head.kind, head.activation, head.units) == (kind, activation, units)
    assert reason in head.reason and bool(reason) == bool(head.reason)


def test_one_scaled_sigmoid_is_a_value():
    head = conclude(Ending(1, "sigmoid", (0.0, 100.0)), False, None)
    assert head.is_regression and "one sigmoid unit scaled to 0 to 100" in head.reason


def test_outputs_that_add_up_to_one_are_probabilities():
    head = conclude(Ending(3, "linear"), True, "mse")
    assert (head.kind, head.activation, head.score_name) == ("softmax", "unknown", "log-probability")


@pytest.mark.parametrize(
    ("units", "activation", "asked", "expected"),
    [
        (1, "linear", "binary", ("binary", "linear")),
        (1, "relu", "binary", ("binary", "relu")),
        (1, "sigmoid", "binary", ("binary", "sigmoid")),
        (1, "sigmoid", "regression", ("regression", "sigmoid")),
        (3, "softmax", "regression", ("regression", "softmax")),
        (3, "relu", "softmax", ("softmax", "linear")),  # the ReLU is part of the network
        (3, "linear", "multilabel", ("multilabel", "linear")),
    ],
)
def test_the_caller_overrules(units: int, activation: str, asked: str, expected: tuple[str, str]):
    head = conclude(Ending(units, activation), False, "mse", asked)
    assert (head.kind, head.activation) == expected and f'as `head="{asked}"` says' in head.reason


@pytest.mark.parametrize(
    ("units", "activation", "asked", "words"),
    [
        (1, "linear", "softmax", "with one unit"),
        (1, "sigmoid", "multilabel", "with one unit"),
        (3, "linear", "binary", "with 3 units"),
        (3, "softmax", "multilabel", "ends in softmax"),
        (3, "sigmoid", "softmax", "ends in sigmoid"),
        (3, "linear", "classes", "Use auto, softmax"),
    ],
)
def test_a_head_that_cannot_be_is_refused(units: int, activation: str, asked: str, words: str):
    with pytest.raises(InputError, match=words):
        conclude(Ending(units, activation), False, None, asked)


def tensor(*shape: int | None) -> Any:
    return SimpleNamespace(shape=shape, op=SimpleNamespace(type="MatMul", inputs=[]))


@pytest.mark.parametrize(
    ("shape", "units"),
    [((None, 5), 5), ((None,), 1), ((None, 5, 1), 5), ((None, 1, 1, 5), 5), ((None, 5, 1, 1), 5)],
)
def test_scores_of_any_shape(shape: tuple[int | None, ...], units: int):
    assert find_ending(tensor(*shape), []) == Ending(units, "linear")


@pytest.mark.parametrize("shape", [(None, 4, 4, 2), (None, None), (None, 2, 3)])
def test_outputs_that_are_no_list_of_scores(shape: tuple[int | None, ...]):
    with pytest.raises(ModelError, match="not a classifier of whole images"):
        find_ending(tensor(*shape), [])


@pytest.mark.parametrize(
    ("row", "expected"), [([0.25, 0.75], True), ([0.25, 0.5], False), ([1.5, -0.5], False)]
)
def test_whether_outputs_add_up_to_one(row: list[float], expected: bool):
    assert sums_to_one(np.tile(np.array(row, np.float32), (2, 1))) is expected
