"""Images as callers bring them: one array, whatever they were; and the labels of datasets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from xai_cam.errors import InputError
from xai_cam.images.arrays import as_array, batch_of, is_dataset, split_labels

X = np.arange(3 * 4 * 5 * 3, dtype=np.float32).reshape(3, 4, 5, 3)


def test_lists_of_images_and_arrays_of_objects() -> None:
    np.testing.assert_array_equal(as_array([*X]), X)
    objects = np.empty(3, object)
    objects[:] = [*X]
    np.testing.assert_array_equal(as_array(objects), X)


@pytest.mark.parametrize("size", [None, 1, 2, 3, 7])
def test_datasets_give_images_and_labels_whatever_their_batches(size: int | None) -> None:
    import tensorflow as tf

    pairs = tf.data.Dataset.from_tensor_slices((X, [2, 0, 1], [0.1, 0.2, 0.3]))  # with weights
    dataset = pairs if size is None else pairs.batch(size)
    assert is_dataset(dataset) and not is_dataset(X)
    images, labels = split_labels(dataset)
    np.testing.assert_array_equal(images, X)
    np.testing.assert_array_equal(labels, [2, 0, 1])
    images, labels = split_labels(dataset.map(lambda x, *_: x))
    assert labels is None and images.shape == X.shape


def test_datasets_that_are_none() -> None:
    import tensorflow as tf

    def unlike() -> Any:
        yield from (X[0], X[0, :2])

    several = tf.data.Dataset.from_generator(unlike, output_signature=tf.TensorSpec((None, None, 3)))
    broken = tf.data.Dataset.from_tensor_slices(["none.png"]).map(tf.io.read_file)
    for dataset, message in (
        (several, r"differ in shape \(\(4, 5, 3\), \(2, 5, 3\)\)"),
        (tf.data.Dataset.from_tensor_slices({"image": X}), "dicts of image"),
        (broken, "cannot be read"),
        (tf.data.Dataset.from_tensor_slices(X).repeat(), "never ends"),
    ):
        with pytest.raises(InputError, match=message):
            as_array(dataset)
    assert as_array(tf.data.Dataset.from_tensor_slices(X[:0])).size == 0


def test_a_batch_for_a_model() -> None:
    for given in (X, [*X], X.astype(np.float64), np.asfortranarray(X)):
        batch = batch_of(given, (4, 5, 3))
        assert batch.dtype == np.float32 and batch.flags.c_contiguous
        np.testing.assert_array_equal(batch, X)
    assert batch_of(X[0], (None, None, 3)).shape == batch_of(X[0], None).shape == (1, 4, 5, 3)
    grey = X[..., 0]
    assert batch_of(grey, (4, 5, 1)).shape == (3, 4, 5, 1) and batch_of(grey[0], (4, 5, 1)).shape == (
        1,
        4,
        5,
        1,
    )
    assert batch_of(X[:1, ..., :1][0], (4, 5, 1)).shape == (1, 4, 5, 1)
    assert batch_of([], (4, None, 3)).shape == (0, 4, 0, 3)


@pytest.mark.parametrize(
    ("given", "shape", "message"),
    [
        (X, (4, 4, 3), r"\(3, 4, 5, 3\); the model takes n x 4 x 4 x 3\. Give"),
        (X[:, :0], (None, None, 3), "n x any x any x 3"),
        (np.moveaxis(X, 3, 1), (4, 5, 3), "Put the channels last"),
        (X[..., :2], (None, None, 3), "n x any x any x 3. Give"),
        (X * np.where(np.arange(3) == 1, np.inf, 1)[:, None, None, None] + 1, None, "Image 1 holds"),
    ],
)
def test_what_does_not_fit_the_model(given: Any, shape: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        batch_of(given, shape)


def test_whole_numbers_are_taken_as_they_are_and_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    found = batch_of(np.full((1, 2, 2, 3), 200, np.uint8), (2, 2, 3))
    assert found.dtype == np.float32 and (found == 200).all()
    assert "taken as they are" in caplog.text
    caplog.clear()
    batch_of(np.ones((1, 2, 2, 3), np.uint8), (2, 2, 3))
    batch_of(np.ones((1, 2, 2, 3), np.float32), (2, 2, 3))
    assert not caplog.text
