"""What goes into a model, in the kind of numbers and the structure that it takes."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from xai_cam.models.entrance import Entrance
from xai_cam.models.input.model_inputs import ModelInput


def test_other_inputs_become_the_kind_of_numbers_that_is_taken() -> None:
    given: list[Any] = []

    class Taking:
        _inputs_struct = (None, None)

        def __call__(self, inputs: Any, training: bool) -> Any:
            given.extend(inputs)

    entrance = Entrance([ModelInput("k", (1,), "int64"), ModelInput("x", (8, 8, 1))], 1, (8, 8, 1))
    entrance.call(Taking(), tf.zeros((1, 8, 8, 1)), [tf.ones((1, 1))])
    assert [one.dtype for one in given] == [tf.int64, tf.float32]
