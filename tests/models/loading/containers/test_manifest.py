"""The JSON of a TensorFlow.js model: what it says of the weights, and what nothing writes so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from support.systems import pipe
from xai_cam.errors import ModelError
from xai_cam.models.loading.containers.manifest import Entry, layers_model_in, read_document, shard_names

TOPOLOGY = {"class_name": "Sequential", "config": {"name": "s", "layers": []}}


def document(folder: Path, entry: Any = None, name: str = "model.json", **more: Any) -> Path:
    """A JSON with one weight."""
    weights = [] if entry is None else [entry]
    said = {"modelTopology": TOPOLOGY, "weightsManifest": [{"paths": ["./a.bin"], "weights": weights}]} | more
    (folder / name).write_text(json.dumps(said), encoding="utf-8")
    return folder / name


def weight(**more: Any) -> dict[str, Any]:
    return {"name": "d/kernel", "shape": [3, 2], "dtype": "float32"} | more


def test_what_is_said_of_a_weight(tmp_path: Path):
    packing = {"dtype": "uint16", "min": -1, "scale": 0.5, "original_dtype": "float32"}
    said = {
        Entry("d/kernel", (3, 2), "float32", "float32"): weight(),
        Entry("d/kernel", (), "int32", "int32"): weight(dtype="int32", shape=[]),
        Entry("d/kernel", (3, 2), "bool", "bool", of_training=True): weight(dtype="bool", group="optimizer"),
        Entry("d/kernel", (3, 2), "uint16", "float32", 0.5, -1.0): weight(quantization=packing),
        Entry("d/kernel", (3, 2), "float16", "float32"): weight(quantization={"dtype": "float16"}),
    }
    for expected, entry in said.items():
        path = document(tmp_path, entry, trainingConfig={"loss": "x"})
        found = read_document(path)
        assert found.groups[0].entries == (expected,) and found.training == {"loss": "x"}
        assert shard_names(path) == ["./a.bin"]
    sizes = [entry.size for entry in said]
    assert sizes == [24, 4, 6, 12, 12]


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (weight(dtype="string"), "'d/kernel' holds text, which no layer for images takes"),
        (weight(dtype="complex64"), "holds complex numbers"),
        (weight(dtype="float8"), "numbers of the kind 'float8'"),
        (weight(dtype=["float32"]), "numbers of the kind"),
        (weight(shape=[-1, 2]), "the shape of 'd/kernel' is"),
        (weight(shape=[True, 2]), "the shape of"),
        (weight(shape=[2**50]), "the shape of"),
        (weight(shape=[1] * 40), "the shape of"),
        (weight(shape="32"), "the shape of"),
        (weight(name=3), "a weight has no name"),
        ("d/kernel", "a weight has no name"),
        (weight(quantization={"dtype": "uint4"}), "quantised as 'uint4'"),
        (weight(quantization={"dtype": {}}), "quantised as {}"),
        (weight(quantization=3), "quantised as None"),
        (weight(quantization={"dtype": "uint8"}), "without a scale and a minimum"),
        (weight(quantization={"dtype": "uint8", "scale": float("inf"), "min": 0}), "without a scale"),
        (weight(quantization={"dtype": "uint8", "scale": 1, "min": float("nan")}), "without a scale"),
        (weight(dtype="int32", quantization={"dtype": "float16"}), "'int32', quantised as 'float16'"),
    ],
)
def test_what_no_weight_is(entry: Any, words: str, tmp_path: Path):
    with pytest.raises(ModelError, match=words):
        read_document(document(tmp_path, entry))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"weightsManifest": {"a": 1}}, "its weightsManifest is not a list"),
        ({"weightsManifest": [3]}, "no list of files"),
        ({"weightsManifest": [{"paths": [3], "weights": []}]}, "no list of files"),
        ({"weightsManifest": [{"paths": [], "weights": {}}]}, "no list of weights"),
        ({"modelTopology": None}, "has no architecture"),
        ({"modelTopology": "[" * 1000}, "damaged|larger or nested deeper"),
        ({"format": "graph-model"}, "a TensorFlow.js graph model, which has operations but no layers"),
        ({"modelTopology": {"node": [{"name": "x", "op": "Placeholder"}]}}, "graph model"),
    ],
)
def test_what_no_model_is(more: dict[str, Any], words: str, tmp_path: Path):
    with pytest.raises(ModelError, match=words):
        read_document(document(tmp_path, **more))


def test_what_cannot_be_read(tmp_path: Path):
    path = tmp_path / "model.json"
    with pytest.raises(ModelError, match="Cannot read"):
        read_document(path)
    path.write_text('{"modelTopology": {', encoding="utf-8")
    with pytest.raises(ModelError, match="damaged"):
        read_document(path)
    path.write_text('["modelTopology", "weightsManifest"]', encoding="utf-8")
    with pytest.raises(ModelError, match="has no architecture"):
        read_document(path)
    path.write_text(json.dumps({"modelTopology": "x" * (33 * 2**20)}), encoding="utf-8")
    with pytest.raises(ModelError, match="larger or nested deeper"):
        read_document(path)


def test_the_model_in_a_folder(tmp_path: Path):
    assert layers_model_in(tmp_path) is None and layers_model_in(tmp_path / "none") is None
    (tmp_path / "metadata.json").write_text('{"labels": []}', encoding="utf-8")
    (tmp_path / "config.json").write_text('{"class_name": "Sequential"}', encoding="utf-8")
    assert layers_model_in(tmp_path) is None
    mine = document(tmp_path, name="my-model.json")
    assert layers_model_in(tmp_path) == mine
    other = document(tmp_path, name="other.JSON")
    assert layers_model_in(tmp_path) is None, "which of the two?"
    usual = document(tmp_path)
    assert layers_model_in(tmp_path) == usual
    for path in (usual, other):
        path.unlink()
    pipe(tmp_path / "pipe.json")
    assert layers_model_in(tmp_path) == mine, "nobody waits at a pipe"
