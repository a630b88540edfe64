"""JSON is counted before and after it is read."""

from __future__ import annotations

import codecs
import json
import time
from pathlib import Path

import pytest

from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading import tree
from xai_cam.models.loading.tree import MAX_NESTED, MAX_NODES, MAX_TEXT, parse

PATH = Path("m.json")


def test_json_that_is_larger_or_deeper_than_any_model():
    assert parse("[" * (MAX_NESTED - 1) + "]" * (MAX_NESTED - 1), PATH)
    shape = {"class_name": "InputLayer", "config": {"batch_shape": [None, 10**6, 4, 3]}}
    for text in ("[" * 1000 + "]" * 1000, "[" * 10**5, json.dumps([0] * 500_000), json.dumps(shape)):
        with pytest.raises(ModelError, match="larger or nested deeper"):
            parse(text, PATH)
    with pytest.raises(ModelError, match="is damaged"):
        parse("{", PATH)


def test_what_holds_too_many_values_is_not_read(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tree.json, "loads", lambda *_: pytest.fail("it was read"))
    for text in ("[" + "[]," * MAX_NODES + "0]", "[" + '{"a":1},' * MAX_NODES + "0]"):
        with pytest.raises(ModelError, match="larger or nested deeper"):
            parse(text, PATH)


def test_commas_in_a_text_are_no_values():
    text = ",[{" * 200_000 + '\\"' * 9
    assert parse(json.dumps([text, "\\"]), PATH) == [text, "\\"]


@pytest.mark.parametrize("end", ["", "\\"])
def test_a_text_that_never_closes_is_gone_through_once(end: str):
    """From every quote inside it anew, this takes minutes."""
    started = time.process_time()
    with pytest.raises(ModelError, match="is damaged"):
        parse('{"a": "' + '\\",' * 450_000 + end, PATH)
    assert time.process_time() - started < 5


def test_texts_longer_than_any_of_a_model():
    assert parse(json.dumps(["x" * MAX_TEXT]), PATH)
    for config in (["x" * (MAX_TEXT + 1)], _nested(["x" * 100_000] * 20, 150)):
        with pytest.raises(ModelError, match="larger or nested deeper"):
            parse(json.dumps(config), PATH)


def _nested(config: list, depth: int) -> list:
    for _ in range(depth):
        config = [config]
    return config


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_bytes_in_the_encodings_of_json(encoding: str):
    assert parse('["é"]'.encode(encoding), PATH) == ["é"]
    with pytest.raises(ModelError, match="is damaged"):
        parse(codecs.BOM_UTF8 + b'["\xff"]', PATH)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000 + "]" * 100_000,
        '{"a":' * 5_000 + "1" + "}" * 5_000,
        '{"class_name": "Sequential", "config": [' + '{"class_name":"ReLU","config":{}},' * 30_000 + "{}]}",
        '{"class_name": "Sequential", "x": "' + "y" * 34_000_000 + '"}',
        '{"class_name": "Sequential", "x": [' + "[]," * 500_000 + "[]]}",
        '{"class_name": "Sequential", "config": [{"config": {"batch_input_shape": [null, 200000000, 3]}}]}',
    ],
    ids=["brackets", "nested", "layers", "long", "lists", "input"],
)
def test_json_larger_than_any_model(text: str, tmp_path: Path, files: tuple[Path, Path]):
    path = tmp_path / "m.json"
    path.write_text(text, encoding="utf-8")
    started = time.process_time()
    with pytest.raises(ModelError, match="larger or nested deeper"):
        load_model(path, files[1])
    assert time.process_time() - started < 20
