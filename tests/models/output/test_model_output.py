"""Which of a model's outputs is explained."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from xai_cam.errors import ModelError
from xai_cam.models.output.head import Head
from xai_cam.models.output.model_output import EVERY, ModelOutput, choose, names_of_outputs, numbers_of

KIND = ModelOutput("kind", 0, (3,), Head(3, "softmax"))
BOX = ModelOutput("box", 1, (4,), Head(4, "linear"))
AGE = ModelOutput("age", 2, (1,), Head(1, "linear", "regression", "trained with mse"))
MASK = ModelOutput("mask", 3, (8, 8, 2), Head(2, "softmax", pixels=(8, 8)))


def test_the_only_classifier_is_chosen() -> None:
    """Linear units may be classes too, but a softmax is one for certain."""
    assert choose([KIND, BOX, AGE, MASK]) == [KIND]
    assert choose([BOX, AGE]) == [BOX] and choose([AGE]) == [AGE] and choose([MASK]) == [MASK]


def test_names_numbers_and_all() -> None:
    outputs = [KIND, BOX, AGE, MASK]
    assert choose(outputs, ["age", 0, "0"]) == [AGE, KIND]
    assert choose(outputs, EVERY) == outputs
    with pytest.raises(ModelError, match=r"no output 'mas'. Nearest: mask"):
        choose(outputs, ["mas"])


def test_a_long_name_is_cut_in_messages() -> None:
    long = replace(MASK, name="mask_" + "y" * 1800)
    assert str(long) == f"mask_{'y' * 71} ... (8 x 8 x 2: {MASK.head.describe()})"
    with pytest.raises(ModelError, match=r"no output 'mas'. Nearest: mask_y{71} \.\.\., "):
        choose([long, KIND], ["mas"])


def test_a_name_that_is_a_number_counts_before_the_number(caplog: pytest.LogCaptureFixture) -> None:
    assert numbers_of(["1", "0", "x"], ["0", 2, "2", "no"]) == [1, 2, 2]
    outputs = [ModelOutput(name, number, (2,), Head(2, "softmax")) for number, name in enumerate("10x")]
    assert [one.number for one in choose(outputs, ["0"])] == [1] and choose(outputs, [0])[0].number == 0
    assert caplog.text.count("taken by its name") == 1


def test_several_are_listed_with_their_shapes() -> None:
    with pytest.raises(ModelError) as caught:
        choose([AGE, MASK])
    assert "age (1: regression, one value" in str(caught.value) and "mask (8 x 8 x 2:" in str(caught.value)
    assert '`output_name="age"`' in str(caught.value)


def test_names_are_those_of_the_model() -> None:
    x = np.zeros(2)
    named = SimpleNamespace(output_names=["kind", "age"])
    assert names_of_outputs(named, [x, x]) == ["kind", "age"]
    assert names_of_outputs(named, {"b": x, "a": x}) == ["a", "b"], (
        "in the order in which Keras flattens them"
    )
    assert names_of_outputs(SimpleNamespace(), [x, x]) == ["output_0", "output_1"]
    assert names_of_outputs(SimpleNamespace(output_names=["y", "y"]), [x, x]) == ["output_0", "output_1"]
    assert names_of_outputs(SimpleNamespace(), x) == ["output"]
