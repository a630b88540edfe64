"""Which files make a model."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support.model_forms import write_forms
from support.systems import pipe
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.finding import complete, find_model_files
from xai_cam.models.loading.sniff import first_look


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_forms(tmp_path_factory.mktemp("forms"))


def test_weights_alone_are_told_by_their_groups(files: dict[str, Path]):
    """The first bytes do not tell them, and `load_model`, which opens them anyway, does not ask for more."""
    assert complete(files["legacy"], None, first_look).model == files["legacy"]
    with pytest.raises(ModelError, match="weights without an architecture"):
        find_model_files(files["legacy"])


def test_a_json_alone_takes_the_one_h5_beside_it(files: dict[str, Path], tmp_path: Path):
    path = Path(shutil.copy(files["json"], tmp_path / "m.json"))
    with pytest.raises(ModelError, match=r"There are no weights .* beside"):
        load_model(path)
    first = Path(shutil.copy(files["legacy"], tmp_path / "b.H5"))
    (tmp_path / "folder.h5").mkdir()
    assert find_model_files(path).weights == first
    shutil.copy(files["keras3"], tmp_path / "a.hdf5")
    with pytest.raises(ModelError, match=r"several weights .*a.hdf5, b.H5"):
        load_model(path)


@pytest.mark.parametrize(
    ("model", "weights", "message"),
    [
        ("legacy", None, "weights without an architecture"),
        ("keras3", None, "weights without an architecture"),
        ("json", "json", "is an architecture JSON, not weights"),
    ],
)
def test_files_in_the_wrong_place(files: dict[str, Path], model: str, weights: str | None, message: str):
    for find in (find_model_files, load_model):
        with pytest.raises(ModelError, match=message):
            find(files[model], weights and files[weights])


def test_other_weights_beside_a_json(files: dict[str, Path], tmp_path: Path):
    """HDF5, in one file or in shards, comes before a checkpoint."""
    path = Path(shutil.copy(files["json"], tmp_path / "m.json"))
    for name in ("cp.ckpt.index", "cp.ckpt.data-00000-of-00001"):
        (tmp_path / name).touch()
    assert find_model_files(path).weights == tmp_path / "cp.ckpt"
    (tmp_path / "m.weights.json").write_text('{"weight_map": {}}', encoding="utf-8")
    assert find_model_files(path).weights == tmp_path / "m.weights.json"
    shutil.copy(files["legacy"], tmp_path / "b.h5")
    with pytest.raises(ModelError, match=r"several weights .*: b.h5, m.weights.json"):
        find_model_files(path)


@pytest.mark.parametrize("name", ["weights", "best.hd5", "epoch.03", "w.he5"])
def test_hdf5_beside_a_json_under_any_suffix(files: dict[str, Path], tmp_path: Path, name: str):
    path = Path(shutil.copy(files["json"], tmp_path / "m.json"))
    (tmp_path / "README.md").write_text("no weights", encoding="utf-8")
    pipe(tmp_path / "waits")
    weights = Path(shutil.copy(files["keras3"], tmp_path / name))
    assert find_model_files(path).weights == weights
    assert load_model(path).count_params() == load_model(path, weights).count_params()


def test_a_container_is_found_by_any_of_its_files(tmp_path: Path):
    (tmp_path / "saved" / "variables").mkdir(parents=True)
    for name in ("saved_model.pb", "variables/variables.index"):
        (tmp_path / "saved" / name).touch()
    for path in (tmp_path / "saved", tmp_path / "saved" / "saved_model.pb"):
        assert find_model_files(path).model == tmp_path / "saved"
