"""What is computed of shapes at once, as tf.keras computes it for images."""

from __future__ import annotations

from typing import Any

import pytest
import tensorflow as tf

from support.tf_functions import Compared, Function
from xai_cam.models.loading.functions.calls import BATCH, Call, Open
from xai_cam.models.loading.functions.numbers import MOST, computed


def _backend(name: str) -> Any:
    return getattr(pytest.importorskip("tf_keras").backend, name)


FUNCTIONS: dict[str, Function] = {
    "flattened": lambda _, y: tf.reshape(y, [tf.shape(y)[0], -1]),
    "of another tensor": lambda x, y: tf.reshape(tf.concat([x, y], -1), [tf.shape(x)[0], -1, 4]),
    "sides multiplied": lambda _, y: tf.reshape(y, (tf.shape(y)[0], tf.shape(y)[1] * tf.shape(y)[2], 4)),
    "the whole shape": lambda x, y: tf.reshape(tf.reshape(y, [-1, 192]), tf.shape(x)),
    "stacked": lambda _, y: tf.reshape(y, tf.stack([tf.shape(y)[0], 48, 4])),
    "joined": lambda _, y: tf.reshape(y, tf.concat([tf.shape(y)[:1], [48, 4]], 0)),
    "a product": lambda _, y: tf.reshape(y, [-1, tf.reduce_prod(tf.shape(y)[1:])]),
    "images folded into the batch": lambda _, y: tf.reshape(
        tf.reshape(y, [-1, 4]), [tf.shape(y)[0], tf.shape(tf.reshape(y, [-1, 4]))[0] // tf.shape(y)[0], 4]
    ),
    "resized to another": lambda _, y: tf.image.resize(y[:, ::2, ::2], tf.shape(y)[1:3]),
    "twice as large": lambda _, y: tf.image.resize(y, tf.shape(y)[1:3] * 2),
    "broadcast": lambda x, y: tf.broadcast_to(y[:, :1], tf.shape(x)),
    "divided by a side": lambda _, y: y / tf.cast(tf.shape(y)[1], tf.float32),
    "divided by a size": lambda _, y: (
        y / tf.cast(tf.size(y[0]), tf.float32) * tf.cast(tf.rank(y), tf.float32)
    ),
    "a dot product": lambda _, y: _backend("dot")(y, tf.constant([[1.0, 2.0]] * 4)),
    "a switch": lambda x, y: _backend("switch")(y > 0, x, y),
    "a batch made flat": lambda _, y: _backend("batch_flatten")(y),
}


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    return Compared(FUNCTIONS, tmp_path_factory.mktemp("numbers"))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_computes_the_same(name: str, compared: Compared) -> None:
    compared.check(name)


IMAGES = Open(BATCH)


@pytest.mark.parametrize(
    ("function", "first", "arguments", "expected"),
    [
        ("math.multiply", [2, 3], {"y": 4}, [8, 12]),
        ("math.subtract", 7, {"y": [1, 2]}, [6, 5]),
        ("floor_div", 7, {"y": 2}, 3),
        ("math.add", IMAGES, {"y": 1}, Open(BATCH + 1)),
        ("math.subtract", IMAGES, {"y": IMAGES}, 0),
        ("math.multiply", Open(None), {"y": 2}, Open(None)),
        ("math.truediv", 3, {"y": 2}, 1.5),
        ("unstack", [1, 2], {}, (1, 2)),
        ("split", [1, 2, 3, 4], {"num_or_size_splits": 2}, ([1, 2], [3, 4])),
        ("gather", [5, 6, 7], {"indices": [2, 0]}, [7, 5]),
        ("cast", [1, 2], {"dtype": "float32"}, [1.0, 2.0]),
    ],
)
def test_of_numbers(function: str, first: Any, arguments: dict[str, Any], expected: Any) -> None:
    assert computed(function, Call(first, arguments)) == expected


@pytest.mark.parametrize(
    ("function", "first", "arguments"),
    [
        ("math.multiply", ["x", 0, 0], {"y": 4}),
        ("math.multiply", 2, {"y": ["x", 0, 0]}),
        ("math.multiply", 2**40, {"y": 2**40}),
        ("math.reduce_prod", [2**30, 2**30], {}),
        ("floor_div", 7, {"y": 0}),
        ("concat", [[1] * MOST, [1]], {"axis": 0}),
        ("tile", [[1, 2]], {"multiples": [MOST, MOST]}),
        ("__operators__.getitem", [1, 2], {"slice_spec": 9}),
        ("__operators__.getitem", [1, 2], {"slice_spec": {"class_name": "Lambda"}}),
        ("io.read_file", 1, {}),
        ("cast", [1, 2], {"dtype": ["evil"]}),
        ("reshape", [1, 2], {"shape": [3]}),
        ("unstack", 3, {}),
        ("math.add", [[n] for n in range(MOST)], {"y": [*range(MOST)]}),
        ("math.greater", [[n] for n in range(MOST)], {"y": [*range(MOST)]}),
        ("where", [[n] for n in range(MOST)], {"x": [*range(MOST)], "y": 0}),
        ("gather", [[*range(MOST)]], {"indices": [0] * MOST}),
        ("math.truediv", [1.0] * (MOST + 1), {"y": 2}),
    ],
)
def test_what_is_not_computed(function: str, first: Any, arguments: dict[str, Any]) -> None:
    """Of tensors, or to more or larger numbers than a shape has."""
    assert computed(function, Call(first, arguments)) is None
