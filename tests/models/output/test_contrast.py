"""A class against others, against loops."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from xai_cam.models.output.contrast import GAMMA, against_named, against_rivals, most_similar

Z = np.random.default_rng(6).normal(0, 2, (5, 8)).astype(np.float32)
SINGLE = tuple((c,) for c in range(8))


def test_named_classes_without_the_class_itself() -> None:
    found = against_named(tf.constant(Z), SINGLE, [2, 5])
    for c in range(8):
        others = [d for d in (2, 5) if d != c]
        np.testing.assert_allclose(found[:, c], Z[:, c] - GAMMA * Z[:, others].mean(1), rtol=1e-4, atol=1e-5)
    alone = against_named(tf.constant(Z), SINGLE, [3])
    np.testing.assert_allclose(alone[:, 3], Z[:, 3], err_msg="against itself alone it stays as it is")


def test_named_classes_at_every_place() -> None:
    z = Z[:4].reshape(2, 2, 1, 8)
    found = against_named(tf.constant(z), SINGLE, [1])
    np.testing.assert_allclose(found[..., 0], z[..., 0] - GAMMA * z[..., 1], rtol=1e-4, atol=1e-5)


def closest(row: np.ndarray, score: float, own: tuple[int, ...], count: int) -> set[int]:
    others = [d for d in range(8) if d not in own]
    return set(sorted(others, key=lambda d: abs(row[d] - score))[:count])


def test_the_most_similar_are_the_closest_logits() -> None:
    rivals = most_similar(tf.constant(Z), 8, SINGLE).numpy()
    assert rivals.shape == (5, 8, 3)
    for i, c in np.ndindex(5, 8):
        assert set(rivals[i, c]) == closest(Z[i], Z[i, c], (c,), 3), (i, c)


def test_members_of_a_group_are_no_rivals() -> None:
    members = (*SINGLE, (1, 4, 6))
    joined = np.concatenate([Z, np.log(np.exp(Z[:, [1, 4, 6]]).sum(1, keepdims=True))], 1)
    rivals = most_similar(tf.constant(joined), 8, members).numpy()
    for i in range(5):
        assert set(rivals[i, 8]) == closest(Z[i], joined[i, 8], (1, 4, 6), 3)


@pytest.mark.parametrize(("classes", "count"), [(2, 1), (3, 2), (4, 3)])
def test_as_many_as_there_are(classes: int, count: int) -> None:
    rivals = most_similar(tf.constant(Z[:, :classes]), classes, SINGLE[:classes]).numpy()
    assert rivals.shape == (5, classes, count)
    assert all(c not in rivals[i, c] for i, c in np.ndindex(5, classes))


def test_equal_logits_are_told_apart_by_nothing_but_are_never_the_class_itself() -> None:
    rivals = most_similar(tf.zeros((1, 8)), 8, SINGLE).numpy()
    assert all(c not in rivals[0, c] and len(set(rivals[0, c])) == 3 for c in range(8))


def test_rivals_are_taken_off() -> None:
    rivals = np.array([[[1, 2]] * 8] * 5, np.int32)
    found = against_rivals(tf.constant(Z), tf.constant(rivals))
    np.testing.assert_allclose(found, Z - GAMMA * Z[:, [1, 2]].mean(1, keepdims=True), rtol=1e-4, atol=1e-5)
