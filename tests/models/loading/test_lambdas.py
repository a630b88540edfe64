"""The one Lambda of keras.applications is known by its code; all others are refused as ever."""

from __future__ import annotations

import base64
import copy
import json
import marshal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.keras2_models import SHAPE, randomise, written
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.lambdas import CODES, replace_known_lambdas

tf_keras = pytest.importorskip("tf_keras")

X = np.random.default_rng(1).uniform(0, 1, (2, *SHAPE)).astype("float32")


def net(function: Callable[..., Any], **arguments: Any) -> Any:
    make = tf_keras.layers
    image = tf_keras.Input(SHAPE)
    x = make.Conv2D(3, 3, padding="same", name="maps")(image)
    y = make.Conv2D(3, 1, name="block35_1_conv")(x)
    x = make.Lambda(function, output_shape=SHAPE, arguments=arguments, name="block35_1")([x, y])
    return randomise(tf_keras.Model(image, make.Dense(2)(make.GlobalAveragePooling2D()(x))))


def scaled_sum() -> Any:
    return net(lambda inputs, scale: inputs[0] + inputs[1] * scale, scale=0.17)


def test_the_sum_of_inception_resnet(tmp_path: Path):
    model = scaled_sum()
    for path, weights in written(model, tmp_path, ("json + h5", "whole h5")):
        np.testing.assert_allclose(load_model(path, weights)(X), model(X), rtol=1e-5, atol=1e-6)


def code_of(instructions: bytes) -> str:
    """A stored function as Python 3.6 to 3.10 wrote it, with other instructions."""
    head = b"\xe3\2\0\0\0\0\0\0\0\2\0\0\0\3\0\0\0S\0\0\0"
    consts = b")\3N\xe9\0\0\0\0\xe9\1\0\0\0\xa9\0)\2\xda\6inputs\xda\5scale"
    tail = b"r\3\0\0\0r\3\0\0\0\xfa\x04x.py\xda\x08<lambda>\xa8\0\0\0\xf3\0\0\0\0"
    size = len(instructions).to_bytes(4, "little")
    return base64.b64encode(head + b"s" + size + instructions + consts + tail).decode()


def layer(code: str = code_of(CODES[1]), **change: Any) -> dict[str, Any]:
    config = {"name": "block35_1", "function": [code, None, None], "function_type": "lambda"}
    config |= {"arguments": {"scale": 0.17}, **change}
    return {"class_name": "Lambda", "config": config, "inbound_nodes": [[["x", 0, 0, {}], ["y", 0, 0, {}]]]}


@pytest.mark.parametrize("code", CODES, ids=["3.5", "3.6", "3.11"])
def test_codes_of_other_versions(code: bytes):
    found = layer(code_of(code))
    assert replace_known_lambdas({"config": {"layers": [found]}}) == ["block35_1"]
    assert found["class_name"] == "CustomScaleLayer"
    assert found["config"] == {"name": "block35_1", "scale": 0.17}


def test_the_code_of_this_python():
    own = (lambda inputs, scale: inputs[0] + inputs[1] * scale).__code__
    found = layer(base64.b64encode(marshal.dumps(own)).decode())
    known = replace_known_lambdas(found) == ["block35_1"]
    assert known == (own.co_code in CODES)


def one_tensor(found: dict[str, Any]) -> None:
    found["inbound_nodes"] = [[["x", 0, 0, {}]]]


def with_keywords(found: dict[str, Any]) -> None:
    found["inbound_nodes"][0][0][3] = {"y": {"class_name": "Evil"}}


OTHERS: dict[str, Any] = {
    "another operation": lambda f: f.update(layer(code_of(CODES[1].replace(b"\x17", b"\x18")))),
    "more instructions": lambda f: f.update(layer(code_of(CODES[1] + b"S\0"))),
    "no code": lambda f: f["config"].update(function=["", None, None]),
    "no base 64": lambda f: f["config"].update(function=["é", None, None]),
    "defaults": lambda f: f["config"]["function"].__setitem__(1, [1]),
    "a closure": lambda f: f["config"]["function"].__setitem__(2, [1]),
    "a mask": lambda f: f["config"].update(mask=["code", None, None]),
    "another argument": lambda f: f["config"]["arguments"].update(more=1),
    "a scale of text": lambda f: f["config"]["arguments"].update(scale="1"),
    "one tensor": one_tensor,
    "keywords": with_keywords,
    "no calls": lambda f: f.pop("inbound_nodes"),
}


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
def test_others_stay(change: Any):
    found = layer()
    change(found)
    before = copy.deepcopy(found)
    assert replace_known_lambdas({"layers": [found]}) == []
    assert found == before


@pytest.mark.parametrize(
    "function",
    [
        lambda inputs, scale: inputs[0] - inputs[1] * scale,
        lambda inputs, scale: inputs[1] + inputs[0] * scale,
    ],
)
def test_other_code_is_refused(function: Any, tmp_path: Path):
    ((path, weights),) = written(net(function, scale=0.17), tmp_path, ("json + h5",))
    with pytest.raises(ModelError, match="'block35_1' is a Lambda, which contains code"):
        load_model(path, weights)


def test_one_of_many_is_enough_to_refuse(tmp_path: Path):
    """What is known does not vouch for what is not."""
    ((path, weights),) = written(scaled_sum(), tmp_path, ("json + h5",))
    config = json.loads(path.read_text())
    evil = copy.deepcopy(next(one for one in config["config"]["layers"] if one["class_name"] == "Lambda"))
    evil["name"] = evil["config"]["name"] = "evil"
    evil["config"]["function"][0] = base64.b64encode(marshal.dumps(compile("1", "e", "eval"))).decode()
    config["config"]["layers"].append(evil)
    path.write_text(json.dumps(config))
    with pytest.raises(ModelError, match="'evil' is a Lambda, which contains code"):
        load_model(path, weights)
