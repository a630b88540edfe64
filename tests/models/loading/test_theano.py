"""What Theano did otherwise: padding on both sides, kernels turned round."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from xai_cam.models.loading import theano

SHAPE = [None, 4, 4, 3]


def layer(class_name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": {"name": class_name.lower(), **config}}


@pytest.mark.parametrize(
    ("size", "strides", "dilation", "padding"),
    [
        ([3, 3], [1, 1], [1, 1], None),  # TensorFlow pads the same
        ([2, 3], [1, 1], [1, 1], [[1, 0], [1, 1]]),
        ([3, 5], [2, 1], [1, 1], [[1, 1], [2, 2]]),
        ([3, 3], [1, 1], [2, 2], None),
        ([2, 2], [1, 1], [2, 2], None),  # 3 x 3 once it is dilated
        ([1, 1], [2, 2], [1, 1], None),
    ],
)
def test_the_padding_of_theano(size: Any, strides: Any, dilation: Any, padding: Any):
    arguments = {"kernel_size": size, "strides": strides, "dilation_rate": dilation, "padding": "same"}
    conv = layer("Conv2D", filters=2, data_format="channels_last", **arguments)
    layers = [layer("InputLayer", batch_shape=SHAPE), conv]
    config = {"class_name": "Sequential", "config": {"name": "s", "layers": layers}}
    assert theano.explicit_padding(config) == (["conv2d"] if padding else [])
    assert [inner["class_name"] for inner in layers] == [
        "InputLayer",
        *(["ZeroPadding2D"] if padding else []),
        "Conv2D",
    ]
    assert conv["config"]["padding"] == ("valid" if padding else "same")
    if padding:
        assert layers[1]["config"]["padding"] == padding


def test_padding_in_a_functional_model_at_every_call():
    conv = layer("Conv2D", kernel_size=[2, 2], padding="same")
    conv["inbound_nodes"] = [[["a", 0, 0, {}]], [["b", 1, 2, {}]]]
    config = {"class_name": "Functional", "config": {"layers": [conv]}}
    theano.explicit_padding(config)
    padding, conv = config["config"]["layers"]
    name = padding["config"]["name"]
    assert padding["inbound_nodes"] == [[["a", 0, 0, {}]], [["b", 1, 2, {}]]]
    assert conv["inbound_nodes"] == [[[name, 0, 0, {}]], [[name, 1, 0, {}]]]


def test_rotation_is_by_180_degrees():
    kernel = np.arange(6.0).reshape(3, 2, 1, 1)
    np.testing.assert_array_equal(theano.rotate(kernel)[..., 0, 0], [[5, 4], [3, 2], [1, 0]])
