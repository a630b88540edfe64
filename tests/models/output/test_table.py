"""Tables of scores: of whole images, and of regions, against loops over places."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from xai_cam.models.output.head import Head
from xai_cam.models.output.table import over_region, predicted_places, probabilities_of, table_of, table_over

Z = np.random.default_rng(3).normal(0, 2, (2, 3, 4, 3)).astype(np.float32)


def softmax(z: np.ndarray) -> np.ndarray:
    powers = np.exp(z - z.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def sigmoid(z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-z))


def test_a_list_of_scores() -> None:
    z = Z[:, 0, 0]
    table = table_of(Head(3, "softmax"), tf.constant(z), tf.constant(softmax(z)))
    np.testing.assert_allclose(table.logits, z)
    np.testing.assert_allclose(table.probabilities, softmax(z), rtol=1e-6)
    assert table.predicted.numpy().tolist() == z.argmax(1).tolist()


def test_no_probabilities_are_nan() -> None:
    head = Head(3, "relu", "scores")
    assert np.isnan(probabilities_of(head, tf.constant(Z), tf.constant(Z))).all()


def test_regions_of_classes_that_exclude_each_other() -> None:
    """Each class over the places where it is the highest: sums of z, means of p, shares of all places."""
    p = softmax(Z)
    table = table_over(Head(3, "softmax", pixels=(3, 4)), tf.constant(Z), tf.constant(p))
    table = table._replace(**{name: np.asarray(one) for name, one in table._asdict().items()})
    for i in range(2):
        for c in range(3):
            places = [(r, k) for r in range(3) for k in range(4) if Z[i, r, k].argmax() == c]
            assert table.output[i, c] == pytest.approx(len(places) / 12)
            assert table.logits[i, c] == pytest.approx(sum(Z[i, r, k, c] for r, k in places), rel=1e-5)
            if places:
                mean = sum(p[i, r, k, c] for r, k in places) / len(places)
                assert table.probabilities[i, c] == pytest.approx(mean, rel=1e-5)
            else:
                assert np.isnan(table.probabilities[i, c])
        assert table.predicted[i] == np.bincount(Z[i].argmax(-1).ravel(), minlength=3).argmax()


def test_regions_of_labels_that_do_not() -> None:
    """A place has every label of 0.5 or more, and perhaps none."""
    for activation, output in (("sigmoid", sigmoid(Z)), ("linear", Z)):
        head = Head(3, activation, "multilabel", pixels=(3, 4))
        np.testing.assert_array_equal(predicted_places(head, tf.constant(output)), Z >= 0)


def test_one_unit_is_an_object_and_the_rest() -> None:
    z = Z[..., :1]
    both = np.concatenate([-z, z], -1)
    head = Head(1, "sigmoid", pixels=(3, 4))
    table = table_over(head, tf.constant(both), tf.constant(sigmoid(both)))
    np.testing.assert_allclose(table.logits[:, 1], np.maximum(z, 0).sum((1, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(table.logits[:, 0], np.maximum(-z, 0).sum((1, 2, 3)), rtol=1e-5)
    assert table.predicted.numpy().tolist() == [1, 1], "any place is enough"
    none = table_over(head, tf.constant([[[[1.0, -1.0]]]]), tf.constant([[[[0.7, 0.3]]]]))
    assert none.predicted.numpy().tolist() == [0] and np.isnan(none.probabilities[0, 1])


def test_values_at_all_places() -> None:
    head = Head(3, "linear", "regression", pixels=(3, 4))
    table = table_over(head, tf.constant(Z), tf.constant(Z))
    np.testing.assert_allclose(table.logits, Z.sum((1, 2)), rtol=1e-5)
    np.testing.assert_allclose(table.output, Z.mean((1, 2)), rtol=1e-5)
    assert np.isnan(table.probabilities).all() and not table.predicted.numpy().any()


def test_an_empty_region_has_no_mean() -> None:
    sums, means = over_region(tf.constant(Z), tf.constant(Z), tf.zeros((2, 3, 4, 1), tf.uint8))
    assert not np.asarray(sums).any() and np.isnan(means).all()
