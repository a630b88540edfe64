"""A model's output and its final activation -> scores of classes, probabilities, the predicted class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xai_cam.models.observing import Activation
from xai_cam.models.output.final_activation import find_activation
from xai_cam.models.output.head import Head
from xai_cam.models.traced.placement import Placement

SMALLEST = 1e-37
"""Of a probability whose logarithm is taken."""


def read_output(
    head: Head, output: Any, activations: Sequence[Activation], placement: Placement | None = None
) -> tuple[Any, Any]:
    """Scores before the final activation and the model's own, both (n, classes) float32.

    Of one unit of two classes they are [-z, z] and [1 - p, p]; of a regression both are the values. Where
    every place of the picture has its own, both are (n, h, w, classes); `placement` says where they lie.
    """
    import tensorflow as tf

    count = tf.shape(output)[0]

    def flat(tensor: Any) -> Any:
        if head.pixels is None:
            return tf.cast(tf.reshape(tensor, (count, head.units)), tf.float32)
        if placement is None or placement.plain:
            return tf.cast(tf.reshape(tensor, (count, *head.pixels, head.units)), tf.float32)
        sides = tuple(output.shape)[1:] if None not in output.shape[1:] else tf.shape(output)[1:]
        return tf.cast(placement.laid_out(tf.reshape(tensor, (count, *sides))), tf.float32)

    if head.is_regression:
        return flat(output), flat(output)
    final = find_activation(output, activations)
    own = head.activation != "linear"  # else what was found is part of the network
    y = flat(final.values if own else output)
    if head.activation == "unknown":
        y = tf.maximum(tf.concat([1 - y, y], -1) if head.kind == "binary" else y, SMALLEST)
        return tf.math.log(y), y
    z = flat(final.logits) if own else y
    if head.kind != "binary":
        return z, y
    both = tf.concat([-z, z], -1)
    if not head.has_probabilities or not own:
        return both, both
    exact = final.exact and head.activation == "sigmoid"
    return both, tf.sigmoid(both) if exact else tf.concat([1 - y, y], -1)


def to_probabilities(head: Head, logits: Any, output: Any) -> Any:
    """Probabilities of what `read_output` returned, in its shape; for heads that have them."""
    import tensorflow as tf

    if head.activation != "linear":
        return output
    return tf.nn.softmax(logits) if head.kind == "softmax" else tf.sigmoid(logits)


def to_predicted(head: Head, output: Any) -> Any:
    """Index of the predicted class, (n,) int32: of a tie (p = 0.5, z = 0) of two classes it is class 1.

    Of a regression it is the value that is explained where none is named, the first.
    """
    import tensorflow as tf

    if head.is_regression:
        return tf.zeros(tf.shape(output)[:1], tf.int32)
    if head.kind == "binary":
        return tf.cast(output[:, 1] >= output[:, 0], tf.int32)
    return tf.argmax(output, axis=1, output_type=tf.int32)
