"""The table of rules names operations that TensorFlow has."""

from __future__ import annotations

import tensorflow as tf

from xai_cam.cam.engines.openvino.rules.table import RULES


def test_they_are_operations_of_tensorflow() -> None:
    assert [kind for kind in RULES if not hasattr(tf.raw_ops, kind)] == []
