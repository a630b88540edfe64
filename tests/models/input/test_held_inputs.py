"""At what a model's other inputs are held."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from xai_cam.errors import InputError
from xai_cam.models.input.held_inputs import check_names, held_at, rows_for
from xai_cam.models.input.model_inputs import ModelInput

AGE, META, WORD = ModelInput("age", (1,)), ModelInput("meta", (3,)), ModelInput("word", (2,), "int32")


@pytest.mark.parametrize(
    ("wanted", "value", "expected"),
    [
        (AGE, 63, [[63], [63]]),
        (AGE, [1, 2], [[1], [2]]),
        (AGE, [[1], [2]], [[1], [2]]),
        (AGE, [[5]], [[5], [5]]),
        (META, [1, 2, 3], [[1, 2, 3]] * 2),
        (META, [[1, 2, 3]], [[1, 2, 3]] * 2),
        (META, [[1, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5, 6]]),
        (WORD, [7.0, 8.0], [[7, 8]] * 2),
        (ModelInput("count", ()), [4, 5], [4, 5]),
        (ModelInput("open", (None, 2)), np.ones((5, 2)), np.ones((2, 5, 2)).tolist()),
    ],
)
def test_a_value_for_all_or_a_row_for_each(wanted: ModelInput, value: Any, expected: Any) -> None:
    found = rows_for(wanted, value, 2)
    assert found.tolist() == expected
    assert found.dtype == ("int32" if wanted is WORD else "float32")


@pytest.mark.parametrize(
    ("wanted", "value", "message"),
    [
        (META, 1, r"has the shape \(\) for 2 images"),
        (META, [[1, 2, 3]] * 3, r"\(3, 3\) for 2 images"),
        (META, [1, 2], "takes meta"),
        (WORD, [0.5, 1], "whole numbers"),
        (AGE, "old", "holds no numbers"),
        (AGE, np.nan, "NaN or infinity"),
    ],
)
def test_what_does_not_fit(wanted: ModelInput, value: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        rows_for(wanted, value, 2)


def test_all_by_name_in_the_models_order() -> None:
    age, meta = held_at([AGE, META], {"meta": [1, 2, 3], "age": 4}, 1)
    assert age.tolist() == [[4]] and meta.tolist() == [[1, 2, 3]]


def test_missing_ones_are_listed_with_shape_and_kind() -> None:
    with pytest.raises(InputError, match=r"2 other inputs.*age \(1, float32\); word \(2, int32\).*`extra`"):
        check_names([AGE, WORD], {})
    with pytest.raises(InputError, match=r"no input 'ago' besides the image. Nearest: age"):
        check_names([AGE], {"ago": 1})
    with pytest.raises(InputError, match=r"no input besides the image.* Leave it out"):
        check_names([], {"age": 1})
