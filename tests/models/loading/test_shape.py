"""What is missing in a configuration, or of another type, is told; a fault of ours is not called that."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.configurations import layer, old, sequential
from support.small_models import build_tiny
from xai_cam.errors import ModelError
from xai_cam.models.loading import shape
from xai_cam.models.loading import upgrade as upgrading
from xai_cam.models.loading.passes import Pass


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"class_name": "Functional", "config": {"name": "m"}}, "'m' has no list of layers"),
        (sequential(layer("ReLU"), 7), "a layer of 's' has no class"),
        (sequential({"class_name": "ReLU"}), "a layer of 's', a ReLU, has no configuration"),
        (sequential(layer("ReLU", name=3)), "the name of a ReLU is 3"),
        (sequential(layer("Conv2D", data_format=[])), "the data_format of 'conv2d' is"),
        (sequential({**layer("ReLU"), "inbound_nodes": 1}), "the calls of 'relu' are not a list"),
        (sequential(layer("TimeDistributed")), "the layer inside 'timedistributed' has no class"),
        (sequential(layer("ReLU", activation={"config": {}})), "the model has no class"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_no_keras_wrote(config: dict[str, Any], reason: str):
    with pytest.raises(ModelError, match=rf"configuration is damaged \({reason}"):
        shape.check_shape(config)


def test_what_keras_wrote():
    shape.check_shape(json.loads(build_tiny().to_json()))
    shape.check_shape(old(layer("Flatten"), layer("Dense", units=2)))
    shape.check_shape({"class_name": "Sequential", "config": [layer("Flatten")]})


def test_layers_of_the_users_own_hold_what_they_like():
    odd = {"class_name": "Mine", "config": {"name": "mine", "layers": 3, "activation": {"config": {}}}}
    shape.check_shape(sequential(odd), {"Mine"})
    with pytest.raises(ModelError, match="damaged"):
        shape.check_shape(sequential(odd))


def test_numbers_and_names():
    conv = layer("Conv2D", kernel_size=[3, 5], strides=2)
    assert shape.whole_numbers(conv, "kernel_size", 1, 2) == [3, 5]
    assert shape.whole_numbers(conv, "strides", 1, 2) == [2, 2]
    assert shape.whole_numbers(conv, "dilation_rate", 1, 2) == [1, 1]
    for bad in ([3], [3, "5"], "x", [[3, 5]], 1.5):
        with pytest.raises(ModelError, match="kernel_size of 'conv2d' is"):
            shape.whole_numbers(layer("Conv2D", kernel_size=bad), "kernel_size", 1, 2)
    assert shape.name_of(conv) == "conv2d"
    with pytest.raises(ModelError, match="a ReLU has no name"):
        shape.name_of({"class_name": "ReLU", "config": {}})


def test_a_fault_of_a_pass_is_no_damage(monkeypatch: pytest.MonkeyPatch):
    def broken(_: dict[str, Any]) -> bool:
        return bool({}["a key that we forgot"])

    monkeypatch.setattr(upgrading, "PASSES", [Pass("it is our fault", broken)])
    with pytest.raises(KeyError, match="a key that we forgot"):
        upgrading.upgrade(old(layer("Flatten")))
