"""The embedding of an image: the numbers of an output, whatever they mean."""

from __future__ import annotations

from typing import Any

from xai_cam.models.output.answers import Answers


def embedding_of(answers: Answers, which: int = 0) -> Any:
    """(n, k) numbers of an output: of maps the means over all places."""
    import tensorflow as tf

    found = tf.cast(answers.tensors[answers.outputs[which].number], tf.float32)
    if found.shape.rank and found.shape.rank > 2:
        found = tf.reduce_mean(found, axis=list(range(1, found.shape.rank - 1)))
    return tf.reshape(found, (tf.shape(found)[0], -1))
