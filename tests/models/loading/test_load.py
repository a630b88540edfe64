"""The one way in: files of every kind, whatever they are called, or a reason why not."""

from __future__ import annotations

import copy
import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from support.model_forms import write_forms
from support.small_models import build_tiny
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.audit import audit, refuse
from xai_cam.models.loading.building import build
from xai_cam.models.loading.upgrade import upgrade

X = np.random.default_rng(3).normal(0, 1, (2, 16, 16, 3)).astype(np.float32)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_forms(tmp_path_factory.mktemp("forms"))


def assert_tiny(model: Any) -> None:
    np.testing.assert_array_equal(np.asarray(model(X)), np.asarray(build_tiny()(X)))


# --- By content --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "weights"),
    [
        (("json", "a.json"), ("keras3", "w.weights.h5")),
        (("json", "a.txt"), ("keras3", "w.h5")),
        (("json", "a.json"), ("legacy", "w.weights.h5")),
        (("json", "a.json"), ("legacy", "w.hdf5")),
        (("json", "a.json"), ("whole", "w.h5")),
        (("json", "a.json"), ("whole", "w.weights.h5")),
        (("whole", "m.keras"), None),
        (("archive", "m.h5"), None),
        (("archive", "m.keras"), ("legacy", "w.h5")),
        (("whole", "m.h5"), ("keras3", "w.h5")),
    ],
    ids=str,
)
def test_names_do_not_matter(files: dict[str, Path], tmp_path: Path, model: Any, weights: Any):
    paths = [Path(shutil.copy(files[pair[0]], tmp_path / pair[1])) for pair in (model, weights) if pair]
    assert_tiny(load_model(*paths))


def test_a_byte_order_mark_is_no_obstacle(files: dict[str, Path], tmp_path: Path):
    path = tmp_path / "m.json"
    path.write_bytes(b"\xef\xbb\xbf" + files["json"].read_bytes())
    assert_tiny(load_model(path, files["keras3"]))


# --- Damaged files -----------------------------------------------------------------------------------


def cut(path: Path, target: Path, share: float = 0.5) -> Path:
    data = path.read_bytes()
    target.write_bytes(data[: int(len(data) * share)])
    return target


def test_missing_files(files: dict[str, Path], tmp_path: Path):
    for arguments in ((tmp_path / "none.h5",), (files["json"], tmp_path / "none.h5")):
        with pytest.raises(ModelError, match="Cannot read"):
            load_model(*arguments)


@pytest.mark.parametrize("name", ["json", "whole", "archive"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_models_that_were_cut_off(files: dict[str, Path], tmp_path: Path, name: str, share: float):
    path = cut(files[name], tmp_path / "model", share)
    with pytest.raises(ModelError, match=r"damaged|neither"):
        load_model(path, files["keras3"] if name == "json" else None)


@pytest.mark.parametrize("name", ["keras3", "legacy", "whole"])
def test_weights_that_were_cut_off(files: dict[str, Path], tmp_path: Path, name: str):
    with pytest.raises(ModelError, match="damaged"):
        load_model(files["json"], cut(files[name], tmp_path / "w.h5"))


@pytest.mark.parametrize("text", ["[]", "{}", '{"a": 1}', '{"class_name": "Sequential"}', "[1, 2"])
def test_a_json_that_is_no_model(files: dict[str, Path], tmp_path: Path, text: str):
    path = tmp_path / "m.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=r"not describe a Keras model|damaged"):
        load_model(path, files["keras3"])


def test_a_zip_that_is_no_model(tmp_path: Path):
    path = tmp_path / "m.keras"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")
    with pytest.raises(ModelError, match=r"not a .keras model"):
        load_model(path)


def test_an_h5_that_holds_something_else(files: dict[str, Path], tmp_path: Path):
    path = tmp_path / "data.h5"
    with h5py.File(path, "w") as file:
        file["images"] = np.zeros(3)
    with pytest.raises(ModelError, match="contains no Keras weights"):
        load_model(files["json"], path)


def places(node: Any) -> Iterator[tuple[Any, Any]]:
    """Every (container, key) in a JSON tree."""
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in list(items):
        yield node, key
        yield from places(value)


@pytest.mark.parametrize("junk", [None, 7, "x", [], {}, [None], {"class_name": []}], ids=repr)
def test_configurations_with_a_wrong_value_anywhere(files: dict[str, Path], junk: Any):
    """Whatever one value is replaced by: the model is built, or refused with a reason."""
    original = json.loads(files["json"].read_text(encoding="utf-8"))
    for i in range(0, sum(1 for _ in places(original)), 3):
        config = copy.deepcopy(original)
        container, key = list(places(config))[i]
        container[key] = junk
        try:
            refuse(audit(config))
            build(upgrade(config).config)
        except ModelError as error:
            assert len(error.message) > 20
