"""Several classes as one: what the score and the probability of "a cat or a lynx" are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from xai_cam.errors import InputError
from xai_cam.images.class_specs import check_classes
from xai_cam.models.output.head import Head
from xai_cam.models.output.table import probabilities_of

Group = tuple[int, ...]


def check_groups(head: Head, groups: Sequence[Group]) -> None:
    """Refuse groups that a head's scores have no meaning for.

    Raises
    ------
    InputError
    """
    for group in groups:
        check_classes(np.array(group), head.classes)
        named = "+".join(map(str, group))
        if not head.has_probabilities:
            raise InputError(
                f"`target_class={named!r}` takes several classes as one, for which the model needs "
                f"probabilities, and it is {head.describe()}. Name one at a time."
            )
        if head.kind != "multilabel" and len(group) >= head.classes:
            raise InputError(
                f"`target_class={named!r}` takes all classes as one, whose probability is always 1. Leave "
                "one out."
            )


def with_groups(head: Head, logits: Any, output: Any, groups: Sequence[Group]) -> tuple[Any, Any]:
    """Scores and probabilities (…, C), a column for each group put behind those of the classes.

    Of classes that exclude each other the probability of a group is the sum, and its logit the logarithm of
    the sum of exp(z): what one class in place of the group would have. Of several labels it is the
    probability that at least one holds, if they were independent: p = 1 - prod(1 - p_i), and
    z = log(prod(1 + exp(z_i)) - 1), which is the logit of p.
    """
    import tensorflow as tf

    probabilities = probabilities_of(head, logits, output)
    scores, chances = [logits], [probabilities]
    for group in groups:
        z, p = (tf.gather(one, group, axis=-1) for one in (logits, probabilities))
        if head.kind == "multilabel":
            rest = tf.reduce_prod(1 - p, axis=-1, keepdims=True)
            if head.activation == "unknown":  # the scores are logarithms of probabilities
                scores.append(tf.math.log(tf.maximum(1 - rest, 1e-37)))
            else:
                scores.append(_softplus_less(tf.reduce_sum(tf.nn.softplus(z), axis=-1, keepdims=True)))
            chances.append(1 - rest)
        elif head.kind == "binary":
            raise InputError("Two classes as one have a probability of 1. Name one of them.")
        else:
            scores.append(tf.reduce_logsumexp(z, axis=-1, keepdims=True))
            chances.append(tf.reduce_sum(p, axis=-1, keepdims=True))
    return tf.concat(scores, -1), tf.concat(chances, -1)


def _softplus_less(total: Any) -> Any:
    """log(exp(t) - 1), t > 0, without overflow."""
    import tensorflow as tf

    return total + tf.math.log(-tf.math.expm1(-tf.maximum(total, 1e-30)))
