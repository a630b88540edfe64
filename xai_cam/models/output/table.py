"""What a model says of each image, as a table of one score for each class: of whole images, and of regions.

Where every place of the picture has classes of its own, the score of a class is summed over a region: the
places that are predicted as that class in the image as it is (Vinogradova et al. 2020, arXiv:2002.11434),
or all of them. The region is held: where the image is changed later, it stays.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from xai_cam.models.output.head import Head
from xai_cam.models.output.outputs import to_predicted, to_probabilities

REGIONS = ("predicted", "all")
"""Over which places of a segmentation scores are summed."""


class Table(NamedTuple):
    """Scores of n images for C classes.

    `logits` (n, C), `probabilities` (n, C), NaN where there are none; `output` (n, C) as the model gives it,
    by which classes are ranked; `predicted` (n,) int32.
    """

    logits: Any
    probabilities: Any
    output: Any
    predicted: Any


def table_of(head: Head, logits: Any, output: Any) -> Table:
    """The table of a head that gives one list of numbers for an image, (n, C) each."""
    return Table(logits, probabilities_of(head, logits, output), output, to_predicted(head, output))


def probabilities_of(head: Head, logits: Any, output: Any) -> Any:
    """Probabilities in the shape of the scores; NaN where the head has none."""
    import tensorflow as tf

    if not head.has_probabilities:
        return tf.fill(tf.shape(logits), np.float32(np.nan))
    return to_probabilities(head, logits, output)


# --- Every place of the picture has its own ----------------------------------------------------------


def predicted_places(head: Head, output: Any) -> Any:
    """Which places (n, h, w, C) are predicted as each class, uint8.

    Of classes that exclude each other a place has one, that of the highest output, of a tie the first. Of
    several labels it has those with a probability of 0.5 or more, and perhaps none.
    """
    import tensorflow as tf

    if head.is_regression:
        return tf.ones_like(output, tf.uint8)
    if head.kind == "binary":
        second = output[..., 1] >= output[..., 0]
        return tf.cast(tf.stack([~second, second], -1), tf.uint8)
    if head.kind == "multilabel":
        bound = 0.0 if head.activation == "linear" else 0.5
        return tf.cast(output >= bound, tf.uint8)
    return tf.one_hot(tf.argmax(output, axis=-1), output.shape[-1], on_value=1, off_value=0, dtype=tf.uint8)


def places_of(values: Any) -> list[int]:
    """The axes of (n, h, w, C), or (n, d, h, w, C), that run over places."""
    return list(range(1, len(values.shape) - 1))


def over_region(scores: Any, chances: Any, places: Any) -> tuple[Any, Any]:
    """Sums of scores (n, h, w, C) over a region, 0 where it is empty, and means of `chances`, NaN there.

    `places` are (n, h, w, C) or (n, h, w, 1): 1 where the region of a column is.
    """
    import tensorflow as tf

    weights = tf.cast(places, tf.float32) * tf.ones_like(scores)
    along = places_of(scores)
    count = tf.reduce_sum(weights, axis=along)
    sums = tf.reduce_sum(scores * weights, axis=along)
    return sums, tf.reduce_sum(chances * weights, axis=along) / count


def most_places(head: Head, shares: Any) -> Any:
    """The class with the most places, (n,) int32; of one unit's two classes class 1 if any place is that."""
    import tensorflow as tf

    if head.kind == "binary":
        return tf.cast(shares[:, 1] > 0, tf.int32)
    return tf.argmax(shares, axis=1, output_type=tf.int32)


def table_over(head: Head, logits: Any, output: Any) -> Table:
    """The table of a head that gives numbers at every place, each class's over where it is predicted.

    `output` is the share of all places; of a regression the mean of the values over all of them.
    """
    import tensorflow as tf

    places = predicted_places(head, output)
    sums, means = over_region(logits, probabilities_of(head, logits, output), places)
    if head.is_regression:
        mean = tf.reduce_mean(output, axis=places_of(output))
        return Table(sums, means, mean, to_predicted(head, mean))
    shares = tf.reduce_mean(tf.cast(places, tf.float32), axis=places_of(output))
    return Table(sums, means, shares, most_places(head, shares))
