"""Parts of tensors, and several tensors made one or one made several, as tf.keras computes them."""

from __future__ import annotations

import pytest
import tensorflow as tf

from support.tf_functions import Compared, Function

FUNCTIONS: dict[str, Function] = {
    "channels reversed": lambda x, _: x[..., ::-1],
    "a part": lambda x, _: x[:, 1:-1, 2:, 0:1],
    "a channel": lambda x, _: x[:, :, :, 1],
    "the first channel": lambda x, _: x[..., 0],
    "the first image": lambda x, _: x[0],
    "the first row": lambda x, _: x[:, 0],
    "a new axis": lambda x, _: x[:, :, tf.newaxis, :, 1:],
    "slice": lambda _, y: tf.slice(y, [0, 1, 0, 0], [-1, 3, -1, 2]),
    "strides": lambda _, y: tf.strided_slice(y, [0, 1, 0, 0], [2, 4, 8, 4], [1, 1, 2, 1]),
    "chosen channels": lambda _, y: tf.gather(y, [2, 1, 0], axis=-1),
    "a chosen channel": lambda _, y: tf.gather(y, 2, axis=3),
    "one hot": lambda _, y: tf.one_hot(tf.argmax(y, axis=-1), 4),
    "other than hot": lambda x, _: tf.one_hot(tf.cast(x, tf.int32), 3, on_value=2.0, off_value=1.0, axis=1),
    "hot bytes": lambda x, _: tf.one_hot(tf.cast(x, tf.int32), 3, dtype=tf.uint8),
    "concat": lambda x, y: tf.concat([x, y], axis=-1),
    "concat of one": lambda x, _: tf.concat([x], axis=-1),
    "concat of the same": lambda x, _: tf.concat([x, x, x], 3),
    "stack": lambda x, y: tf.stack([x, y], 1),
    "sum of several": lambda x, y: tf.add_n([x, y, x]),
    "halves": lambda _, y: tf.split(y, 2, axis=-1)[1],
    "unequal parts": lambda _, y: tf.split(y, [1, 3], -1)[1],
    "the rest": lambda _, y: tf.split(y, [1, -1, 1], -1)[1],
    "parts in another order": lambda _, y: tf.concat(tf.split(y, 4, 3)[::-1], 3),
    "unstacked": lambda _, y: tf.stack(tf.unstack(y, axis=-1)[::-1], -1),
}


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    return Compared(FUNCTIONS, tmp_path_factory.mktemp("parts"))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_computes_the_same(name: str, compared: Compared) -> None:
    compared.check(name)
