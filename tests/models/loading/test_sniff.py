"""What a file is, by its content; which files make a model."""

from __future__ import annotations

import shutil
from pathlib import Path

import h5py
import pytest

from support.model_forms import write_forms
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.finding import complete, find_model_files
from xai_cam.models.loading.kinds import Kind
from xai_cam.models.loading.sniff import first_look, sniff


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_forms(tmp_path_factory.mktemp("forms"))


@pytest.mark.parametrize("suffix", [".h5", ".weights.h5", ".keras", ".json", ".hdf5", ""])
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("json", Kind.ARCHITECTURE),
        ("keras3", Kind.KERAS3_WEIGHTS),
        ("whole", Kind.WHOLE_H5),
        ("archive", Kind.KERAS_ARCHIVE),
        ("legacy", Kind.LEGACY_WEIGHTS),
    ],
)
def test_kinds_are_told_by_content(
    files: dict[str, Path], tmp_path: Path, name: str, kind: Kind, suffix: str
):
    path = Path(shutil.copy(files[name], tmp_path / f"file{suffix}"))
    assert sniff(path) is kind


def test_the_first_bytes_alone(files: dict[str, Path], monkeypatch: pytest.MonkeyPatch):
    """They tell no kinds of HDF5 apart, and nothing is opened as such."""
    monkeypatch.setattr(h5py, "File", lambda *_: pytest.fail("a file was opened"))
    found = {name: first_look(path) for name, path in files.items()}
    assert found == {
        **dict.fromkeys(("keras3", "whole", "legacy")),
        "json": Kind.ARCHITECTURE,
        "archive": Kind.KERAS_ARCHIVE,
    }
    assert complete(files["legacy"], None, first_look).model == files["legacy"]


def test_hashes_are_those_of_the_files(files: dict[str, Path]):
    model, weights = find_model_files(files["json"], files["keras3"]).hashes
    assert model != weights and len(model) == len(weights) == 64
    whole = find_model_files(files["whole"]).hashes
    assert whole[0] == whole[1]


@pytest.mark.parametrize("content", [b"", b"   \n", b"GIF89a", "здравствуй".encode(), b"\x89HDF\r\n\x1a\n"])
def test_what_is_no_model(tmp_path: Path, content: bytes):
    path = tmp_path / "model.h5"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"empty|neither JSON|damaged"):
        load_model(path)


def test_a_json_alone_takes_the_one_h5_beside_it(files: dict[str, Path], tmp_path: Path):
    path = Path(shutil.copy(files["json"], tmp_path / "m.json"))
    with pytest.raises(ModelError, match=r"There is no .h5 file beside"):
        load_model(path)
    first = Path(shutil.copy(files["legacy"], tmp_path / "b.H5"))
    (tmp_path / "folder.h5").mkdir()
    assert find_model_files(path).weights == first
    shutil.copy(files["keras3"], tmp_path / "a.hdf5")
    with pytest.raises(ModelError, match=r"several H5 files .*a.hdf5, b.H5"):
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
