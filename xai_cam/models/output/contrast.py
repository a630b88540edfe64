"""A class against others: what speaks for it and not for those (Finer-CAM).

s = z_c - gamma * mean over d of z_d, d the classes compared with (Zhang et al. 2025, arXiv:2501.11309).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from xai_cam.models.output.groups import Group

GAMMA = 0.6
"""The weight of the classes compared with, as in the paper."""

RIVALS = 3
"""How many classes are compared with where the most similar ones are asked for."""


def against_named(logits: Any, members: Sequence[Group], named: Sequence[int]) -> Any:
    """Scores (…, C) against named classes, of each column those that are no member of it.

    A column whose members are all that is named stays as it is.
    """
    import tensorflow as tf

    weights = np.zeros((int(logits.shape[-1]), len(members)), np.float32)
    for column, own in enumerate(members):
        others = [d for d in named if d not in own]
        weights[others, column] = 1 / max(len(others), 1)
    return logits - GAMMA * tf.linalg.matmul(logits, tf.constant(weights))


def most_similar(logits: Any, classes: int, members: Sequence[Group], count: int = RIVALS) -> Any:
    """The classes whose logits are closest to that of each column, without its own members.

    Parameters
    ----------
    logits : (n, C)
        Of the classes, then of groups of them.
    classes : int
        How many of the columns are classes.
    members : sequence of tuple
        The classes that each column is made of.
    count : int
        How many are wanted, if there are as many.

    Returns
    -------
    rivals : (n, C, count) int32
    """
    import tensorflow as tf

    most = max(map(len, members))
    count = max(min(count, classes - most), 1)
    own = np.full((len(members), most), -1, np.int32)
    for column, group in enumerate(members):
        own[column, : len(group)] = group
    base = logits[:, :classes]
    order = tf.argsort(base, axis=1, stable=True)
    ranked = tf.gather(base, order, axis=1, batch_dims=1)
    places = tf.searchsorted(ranked, logits)[..., None] + tf.range(-count - most, count + most + 1)
    inside = (places >= 0) & (places < classes)  # of the sorted logits only neighbours can be the closest
    nearby = tf.clip_by_value(places, 0, classes - 1)
    found = tf.gather(order, nearby, axis=1, batch_dims=1)
    apart = tf.abs(tf.gather(ranked, nearby, axis=1, batch_dims=1) - logits[..., None])
    is_own = tf.reduce_any(found[..., None] == own[None, :, None, :], axis=-1)
    apart = tf.where(inside & ~is_own, apart, np.float32(np.inf))
    _, best = tf.math.top_k(-apart, count)
    return tf.gather(found, best, axis=2, batch_dims=2)


def against_rivals(logits: Any, rivals: Any) -> Any:
    """Scores (n, C) against the classes (n, C, count) that each column is compared with."""
    import tensorflow as tf

    others = tf.gather(logits, rivals, axis=1, batch_dims=1)
    return logits - GAMMA * tf.reduce_mean(others, axis=-1)
