"""What TensorFlow says of a chunk, a few inputs at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from xai_cam import Explainer
from xai_cam.cam.engines.openvino.reference import AT_ONCE, CHECKED, by_tensorflow


def test_the_first_inputs_are_asked_about_a_few_at_a_time(tiny_model: Any) -> None:
    """Rows that are the chunk's are cut, others are handed over whole."""
    sizes: list[int] = []

    def traced(rows: Any, table: Any) -> Any:
        tf.py_function(lambda n: sizes.append(int(n)), [tf.shape(rows)[0]], [])
        return tf.cast(rows, tf.float32) * table

    signature = [tf.TensorSpec((None,), tf.int32, name="rows"), tf.TensorSpec((1,), tf.float32, name="table")]
    concrete = tf.function(traced, signature, autograph=False).get_concrete_function()
    engine: Any = Explainer(tiny_model, engine="tensorflow").engine
    chunk = {"rows": np.arange(CHECKED + 5, dtype=np.int32), "table": np.array([3], np.float32)}
    found = by_tensorflow(engine, concrete, chunk, ["rows"])
    assert found.tolist() == [3 * k for k in range(CHECKED)] and sizes == [AT_ONCE] * (CHECKED // AT_ONCE)
