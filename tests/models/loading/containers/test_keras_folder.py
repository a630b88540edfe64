"""Unzipped `.keras` files: all that is in them is read, and nothing outside of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.keras3_files import save_folder, zipped
from support.small_models import build_tiny
from support.systems import link, pipe
from xai_cam import load_model
from xai_cam.errors import InputError, ModelError
from xai_cam.models.convert import convert
from xai_cam.models.loading.finding import find_model_files
from xai_cam.models.loading.kinds import Kind
from xai_cam.models.loading.load import load_architecture, load_files
from xai_cam.models.loading.sniff import first_look


@pytest.fixture(scope="module")
def model() -> Any:
    return build_tiny()


def same(loaded: Any, model: Any) -> bool:
    return all(map(np.array_equal, loaded.get_weights(), model.get_weights()))


@pytest.mark.parametrize("sharded", [False, True])
def test_a_folder_is_a_model(model: Any, tmp_path: Path, sharded: bool):
    folder = save_folder(model, tmp_path / "named.anything", sharded)
    assert first_look(folder) is Kind.KERAS_FOLDER
    files = find_model_files(folder)
    loaded = load_files(files.model, files.weights)
    assert same(loaded.model, model) and loaded.container == "an unpacked .keras folder"
    assert loaded.origin.keras_version and loaded.origin.keras_version.startswith("3.")
    parts = {path.name for path in files.parts}
    assert ({"config.json", "metadata.json"} < parts and "model.weights.h5" in parts) or sharded
    assert {path.name for path in folder.iterdir() if path.is_file()} == parts


def test_its_config_names_it_and_gives_its_weights(model: Any, tmp_path: Path):
    folder = save_folder(model, tmp_path / "folder")
    assert find_model_files(folder / "config.json").model == folder
    architecture = tmp_path / "model.json"
    architecture.write_text(model.to_json(), encoding="utf-8")
    assert same(load_model(architecture, folder), model)
    other = build_tiny(seed=1)
    other.save_weights(tmp_path / "other.weights.h5")
    (folder / "model.weights.h5").unlink()
    assert same(load_model(folder, tmp_path / "other.weights.h5"), other)
    with pytest.raises(ModelError, match=r"incomplete: model.weights.h5 is missing. Copy all of it again"):
        load_model(folder)


def test_a_folder_of_two_files_will_do(model: Any, tmp_path: Path):
    folder = save_folder(model, tmp_path / "folder")
    (folder / "metadata.json").unlink()
    assert same(load_model(folder), model)
    assert load_architecture(folder).output_shape == (None, 3)


def test_sharded_weights_in_an_archive(model: Any, tmp_path: Path):
    folder = save_folder(model, tmp_path / "folder", sharded=True)
    path = zipped(folder)
    assert same(load_model(path), model)
    architecture = tmp_path / "model.json"
    architecture.write_text(model.to_json(), encoding="utf-8")
    assert same(load_model(architecture, path), model)
    sorted(folder.glob("*.h5"))[0].unlink()
    with pytest.raises(ModelError, match=r"incomplete: model_00000.weights.h5 is missing in it"):
        load_model(zipped(folder))


@pytest.mark.parametrize("name", ["config.json", "metadata.json", "model.weights.h5"])
def test_no_link_leads_out_of_it(model: Any, tmp_path: Path, name: str):
    folder = save_folder(model, tmp_path / "folder")
    link(folder / name, (folder / name).rename(tmp_path / name))
    with pytest.raises(ModelError, match=f"{name} is a link that leads out of the folder"):
        load_model(folder)
    with pytest.raises(ModelError, match=f"{name} is a link that leads out of the folder"):
        _ = find_model_files(folder).parts


def test_links_of_the_hub_are_followed(model: Any, tmp_path: Path):
    """It keeps the files of a model as links into a store that belongs to it."""
    folder = save_folder(model, tmp_path / "models--one--net" / "snapshots" / "abc")
    blobs = tmp_path / "models--one--net" / "blobs"
    blobs.mkdir()
    for path in [path for path in folder.iterdir() if path.is_file()]:
        link(path, path.rename(blobs / f"{path.name}0"))
    assert same(load_model(folder), model)


def test_pipes_are_not_opened(model: Any, tmp_path: Path):
    folder = save_folder(model, tmp_path / "folder")
    (folder / "model.weights.h5").unlink()
    pipe(folder / "model.weights.h5")
    with pytest.raises(ModelError, match="is a pipe, not a file"):
        load_model(folder)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("config.json", "[1]", "does not describe a Keras model"),
        ("config.json", "[" * 100_000, "larger or nested deeper"),
        ("config.json", json.dumps({"module": "os", "class_name": "system", "config": {}}), "refused"),
        ("metadata.json", "{", "is damaged"),
        ("model.weights.h5", "nothing", "damaged"),
    ],
)
def test_what_is_in_it_is_looked_through(model: Any, tmp_path: Path, name: str, content: str, message: str):
    folder = save_folder(model, tmp_path / "folder")
    (folder / name).write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=message):
        load_model(folder)


def test_no_file_of_it_is_written_over(model: Any, tmp_path: Path):
    folder = save_folder(model, tmp_path / "folder")
    weights = folder / "model.weights.h5"
    before = weights.read_bytes()
    with pytest.raises(InputError, match=r"model.weights.h5 is one of the inputs"):
        convert(find_model_files(folder), folder / "model.json", as_json=True, overwrite=True)
    assert weights.read_bytes() == before
    done = convert(find_model_files(folder), tmp_path / "new.keras")
    assert done.loaded.container == "an unpacked .keras folder" and done.difference == 0
