"""JSON that is no architecture is called by its name, whether it is to be the model or its weights."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.foreign_files import DOCUMENTS
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.containers.foreign.documents import MOST, describes_a_model
from xai_cam.models.loading.finding import find_model_files
from xai_cam.models.loading.sniff import sniff


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_it_is_called_by_its_name(name: str, indent: int | None, tmp_path: Path):
    content, words = DOCUMENTS[name]
    path = tmp_path / "model.json"
    path.write_text(json.dumps(content, indent=indent), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        sniff(path)
    assert words in caught.value.message


def test_it_is_no_weights_either(tmp_path: Path, files: tuple[Path, Path]):
    path = tmp_path / "labels.json"
    path.write_text('["cat", "dog"]', encoding="utf-8")
    for find in (find_model_files, load_model):
        with pytest.raises(ModelError, match=r"list of labels\. Give it with `labels`"):
            find(files[0], path)


def test_a_long_one_is_told_by_its_beginning(tmp_path: Path):
    path = tmp_path / "coco.json"
    path.write_text('{"images": [], "annotations": [' + "1," * (MOST // 2) + "1]}", encoding="utf-8")
    with pytest.raises(ModelError, match="COCO"):
        sniff(path)


def test_one_that_breaks_off(tmp_path: Path, files: tuple[Path, Path]):
    path = tmp_path / "m.json.part"
    path.write_bytes(files[0].read_bytes()[:-3])
    with pytest.raises(ModelError, match=r"does not end as JSON does .* ends in \.part, .*\. Download"):
        sniff(path)


@pytest.mark.parametrize(
    "parsed",
    [
        {"class_name": "Sequential", "config": []},
        {"name": "Sequential", "layers": [{"name": "Dense"}]},
        {"modelTopology": {"class_name": "Sequential"}},
        {"format": "layers-model", "modelTopology": {"model_config": {}}, "weightsManifest": []},
        {"metadata": {}, "weight_map": {"/layers/dense/vars": "model_00000.weights.h5"}},
        '{"class_name": "Sequential"}',
    ],
)
def test_descriptions_of_models_pass(parsed: object):
    assert describes_a_model(parsed)


def test_json_that_was_written_twice(tmp_path: Path, files: tuple[Path, Path]):
    """As by `json.dump(model.to_json(), file)`: it is read, and no more often than twice."""
    path = tmp_path / "m.json"
    text = files[0].read_text(encoding="utf-8")
    path.write_text(json.dumps(text), encoding="utf-8")
    assert load_model(path, files[1]).count_params() == load_model(*files).count_params()
    path.write_text(json.dumps(json.dumps(text)), encoding="utf-8")
    with pytest.raises(ModelError, match=r"plain text|not describe a Keras model"):
        load_model(path, files[1])
