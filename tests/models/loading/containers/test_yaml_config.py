"""Architectures in YAML: what they hold is what the JSON of the same model holds, and no more than that."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.keras1_files import write
from support.keras2_models import SHAPE, branches, randomise, sequential
from support.small_models import shared
from xai_cam import load_model
from xai_cam.errors import ModelError, XaiCamError
from xai_cam.models.loading.containers.yaml_config import is_yaml, parse_yaml
from xai_cam.models.loading.finding import find_model_files
from xai_cam.models.loading.kinds import Kind
from xai_cam.models.loading.sniff import sniff
from xai_cam.models.loading.tree import MAX_NESTED

yaml = pytest.importorskip("yaml")
tf_keras = pytest.importorskip("tf_keras")

PATH = Path("m.yaml")
X = np.random.default_rng(1).uniform(0, 1, (2, *SHAPE)).astype("float32")

STYLES: dict[str, dict[str, Any]] = {
    "lines": {"default_flow_style": False},
    "leaves in braces": {"default_flow_style": None},
    "braces": {"default_flow_style": True},
    "unsorted, from a document's start": {"sort_keys": False, "explicit_start": True},
    "with a version": {"version": (1, 1)},
}
"""Of PyYAML below 5.1, which wrote short lists and dicts in braces, and of people."""


def nested(keras: Any) -> Any:
    inner = sequential(keras)
    image = keras.Input(SHAPE)
    return keras.Model(image, keras.layers.Dense(2)(inner(image)))


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("net", [sequential, branches, nested])
def test_a_model_of_tf_keras(net: Any, style: str, tmp_path: Path) -> None:
    """What tf.keras' `to_yaml` did before it was taken out for its unsafety."""
    model = randomise(net(tf_keras))
    text = yaml.dump(model._updated_config(), **STYLES[style])
    assert "!!python/tuple" in text and parse_yaml(text, PATH) == json.loads(model.to_json())
    (tmp_path / "m.yaml").write_text(text, encoding="utf-8")
    if style == "lines" or net is sequential:
        model.save_weights(tmp_path / "m.h5")
        np.testing.assert_allclose(load_model(tmp_path / "m.yaml")(X), model(X), rtol=1e-5, atol=1e-6)
    assert sniff(tmp_path / "m.yaml") is Kind.YAML


@pytest.mark.parametrize("name", ["branches_th_theano", "keras03_th_theano"])
def test_a_model_of_keras_0_and_1(name: str, tmp_path: Path) -> None:
    architecture, weights, expected = write(name, tmp_path)
    config = json.loads(architecture.read_text(encoding="utf-8"))
    (tmp_path / "model.yml").write_text(yaml.dump(config), encoding="utf-8")
    found, plain = load_model(tmp_path / "model.yml", weights), load_model(architecture, weights)
    for ours, theirs in zip(found.get_weights(), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert expected is not None


@pytest.mark.parametrize("name", ["functional-k224", "listwrapper-tf24", "nested-k224", "sequential-k215"])
def test_models_of_keras_2(name: str) -> None:
    folder = shared(f"formats/yaml-{name}")
    expected = np.load(folder / "expected.npz")
    found = np.asarray(load_model(folder / "model.yaml", folder / "model.h5")(expected["x"]))
    np.testing.assert_allclose(found, expected["y"], rtol=1e-4, atol=1e-6)


MODEL = "class_name: Sequential\nconfig: []\n"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (MODEL, True),
        ("\ufeff" + MODEL, True),
        ("# a model\n\n%YAML 1.1\n---\n" + MODEL.replace("\n", "\r\n"), True),
        ("--- \nbackend: theano\n" + MODEL, True),
        ('"backend": x\n"class_name": y\n', True),
        ("{backend: tensorflow, class_name: Model}", True),
        ("class_mode: binary\nlayers:\n- name: Dense\n", True),
        (json.dumps({"class_name": "Sequential"}), False),
        (json.dumps([{"class_name": "Sequential"}], indent=1), False),
        ("name: environment\nchannels:\n- conda\n", False),
        ("A note: the class_name: is missing\n", False),
        ("https://example.org/class_name: x\nclass_name: y\n", False),
        ("", False),
    ],
)
def test_yaml_is_told_apart(text: str, is_one: bool) -> None:
    assert is_yaml(text.encode()) is is_one


def test_values_of_yaml() -> None:
    text = "{a: 1.0e-05, b: ~, c: yes, d: .inf, e: 0x1f, f: '1', g: 2019-01-01, 1: x, h: !!float 3, i: ! 4}"
    expected = {"a": 1e-5, "b": None, "c": True, "d": float("inf"), "e": 31, "f": "1"}
    assert parse_yaml(text, PATH) == {**expected, "g": "2019-01-01", "1": "x", "h": 3.0, "i": "4"}
    assert parse_yaml("x: " + "9" * 5000, PATH) == {"x": "9" * 5000}, "Python cannot write such a number"


def test_what_stands_for_the_same_is_there_twice() -> None:
    """The passes change layers in place: what shared a list in YAML shares none afterwards."""
    found = parse_yaml("- &a {x: &b [1], y: *b}\n- *a", PATH)
    assert found == [{"x": [1], "y": [1]}] * 2
    found[0]["x"].append(2)
    assert found[1] == {"x": [1], "y": [1]} and found[0]["y"] == [1]


BOMBS = {
    "laughs": "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{f'*a{i - 1},' * 10}]\n" for i in range(1, 30)),
    "mappings": "a0: &a0 {x: 1}\n"
    + "".join(f"a{i}: &a{i} {{a: *a{i - 1}, b: *a{i - 1}}}\n" for i in range(1, 40)),
    "texts": f"a: &a {'x' * 500_000}\nb: [{'*a,' * 100_000}]",
    "itself": "a: &a [*a]",
    "itself by tags": "a: &a !!python/tuple [*a]",
    "chain": "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 3_000)),
    "brackets": "[" * 100_000,
    "braces": "{a: " * 100_000,
    "lines": "".join(" " * i + "a:\n" for i in range(1_000)),
    "dashes": "- " * 3_000 + "a",
    "values": "[" + "0," * 1_500_000 + "0]",
    "size": "a: " + "x" * 33_000_000,
    "directives": "".join(f"%TAG !a{i}! tag:x,{i}\n" for i in range(100_000)) + "--- {a: 1}",
    "layers": "layers: [" + "{class_name: ReLU, config: {}}," * 3_001 + "]",
    "side": "batch_input_shape: !!python/tuple [null, 200000000, 3]",
}


@pytest.mark.parametrize("text", BOMBS.values(), ids=list(BOMBS))
def test_yaml_larger_than_any_model(text: str) -> None:
    started = time.process_time()
    with pytest.raises(ModelError, match=r"larger or nested deeper|is damaged"):
        parse_yaml(text, PATH)
    assert time.process_time() - started < (5 if yaml.__with_libyaml__ else 60)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "# nothing",
            "a: [",
            "a: b: c",
            "a: *b",
            "*a",
            "\x00",
            "--- 1\n--- 2\n",
            "a: &b\n b: &c *c",
            "%X 3",
        ),
        *(
            "{<<: {a: 1}}",
            "? [a]\n: 1",
            "? {a: 1}\n: 1",
            *(f"a: 1{line}%TAG !e! tag:e,1:" for line in "\n\r\x85\u2028\u2029"),
            "a: " + "1:" * 400 + "1.5",
            "a: !!int x",
            "a: !!float ''",
            "a: 0x_",
            "\ud800: 1",
        ),
    ],
)
def test_damaged_yaml(text: str) -> None:
    with pytest.raises(ModelError, match="is damaged"):
        parse_yaml(text, PATH)


def test_the_library_is_missed_politely(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(MODEL, encoding="utf-8")
    monkeypatch.setitem(sys.modules, "yaml", None)
    monkeypatch.setattr("xai_cam.extras.find_spec", lambda _: None)
    for find in (find_model_files, load_model):
        with pytest.raises(XaiCamError, match=r"needs PyYAML, which is not installed. Run `.*install"):
            find(tmp_path / "m.yaml")


def test_depth_is_that_of_json() -> None:
    depth = MAX_NESTED - 1
    text = "[" * depth + "]" * depth
    assert parse_yaml(text, PATH) == json.loads(text)
