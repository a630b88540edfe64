"""What a model says of whole images: the scores of its classes and the class that it chooses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from xai_cam.models.facts import NetworkFacts
from xai_cam.models.output.head import Head


def tracing_predictions(network: NetworkFacts) -> Callable[..., Any]:
    """A function to trace: (images, *extras) -> (2, n, N), the scores, and the output by which it chooses.

    Scores are probabilities where the model gives them for the whole image, else its outputs.
    """

    def trace(images: Any, *extras: Any) -> Any:
        import tensorflow as tf

        table, head = network.live().run(images, extras=extras).table(), network.head
        known = head.has_probabilities and not head.is_segmentation
        return tf.stack([table.probabilities if known else table.output, table.output])

    return trace


def as_predictions(head: Head, answers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores (n, N) and predicted classes (n,) int32, as the model's head chooses them.

    Of a tie of two classes of one unit it is class 1; of a segmentation the class with the most places, or
    class 1 if any place is that. Of a regression it is the first value.
    """
    scores, output = answers
    if head.is_regression:
        predicted = np.zeros(len(output))
    elif head.kind == "binary":
        predicted = output[:, 1] > 0 if head.is_segmentation else output[:, 1] >= output[:, 0]
    else:
        predicted = output.argmax(axis=1)
    return np.array(scores), predicted.astype(np.int32)
