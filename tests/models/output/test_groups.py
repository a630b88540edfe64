"""Several classes as one, against sums of probabilities."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from xai_cam.errors import InputError
from xai_cam.models.output.groups import check_groups, with_groups
from xai_cam.models.output.head import Head

Z = np.random.default_rng(5).normal(0, 3, (4, 5)).astype(np.float32)
GROUPS = ((1, 3), (0, 2, 4))


def test_classes_that_exclude_each_other() -> None:
    """The group's logit in place of those of its members leaves all other probabilities as they are."""
    p = np.exp(Z) / np.exp(Z).sum(1, keepdims=True)
    scores, chances = with_groups(Head(5, "softmax"), tf.constant(Z), tf.constant(p), GROUPS)
    np.testing.assert_allclose(scores[:, :5], Z)
    for column, group in enumerate(GROUPS, 5):
        np.testing.assert_allclose(chances[:, column], p[:, group].sum(1), rtol=1e-5)
        others = [c for c in range(5) if c not in group]
        joined = np.exp(np.concatenate([Z[:, others], scores[:, column : column + 1]], 1))
        np.testing.assert_allclose(joined[:, :-1] / joined.sum(1, keepdims=True), p[:, others], rtol=1e-4)


@pytest.mark.parametrize("activation", ["sigmoid", "linear"])
def test_labels_that_do_not(activation: str) -> None:
    p = 1 / (1 + np.exp(-Z.astype(np.float64)))
    output = p.astype(np.float32) if activation == "sigmoid" else Z
    head = Head(5, activation, "multilabel")
    scores, chances = with_groups(head, tf.constant(Z), tf.constant(output), GROUPS)
    for column, group in enumerate(GROUPS, 5):
        any_of = 1 - np.prod(1 - p[:, group], axis=1)
        np.testing.assert_allclose(chances[:, column], any_of, rtol=1e-4)
        np.testing.assert_allclose(scores[:, column], np.log(any_of / (1 - any_of)), rtol=1e-3, atol=1e-4)


def test_extreme_logits_stay_finite() -> None:
    z = tf.constant([[200.0, 180.0, -200.0], [-200.0, -190.0, -300.0]])
    scores, _ = with_groups(Head(3, "sigmoid"), z, tf.sigmoid(z), ((0, 1),))
    assert float(scores[0, 3]) == pytest.approx(380, rel=1e-3) and np.isfinite(scores).all()


def test_what_means_nothing_is_refused() -> None:
    for head, group in ((Head(3, "softmax"), (0, 1, 2)), (Head(1, "sigmoid"), (0, 1))):
        with pytest.raises(InputError, match="whose probability is always 1"):
            check_groups(head, [group])
    with pytest.raises(InputError, match="needs probabilities"):
        check_groups(Head(3, "relu", "scores"), [(0, 1)])
    check_groups(Head(3, "sigmoid"), [(0, 1, 2)])  # of labels any may be there, or none
    with pytest.raises(InputError, match="no class 9: its 3 classes are 0 to 2"):
        check_groups(Head(3, "softmax"), [(1, 9)])
