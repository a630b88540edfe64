"""What a file is, by its content; which files make a model."""

from __future__ import annotations

import shutil
from pathlib import Path

import h5py
import pytest

from support.model_forms import write_forms
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.kinds import Kind
from xai_cam.models.loading.sniff import container, first_look, sniff


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


@pytest.mark.parametrize("content", [b"", b"   \n", b"GIF89a", "здравствуй".encode(), b"\x89HDF\r\n\x1a\n"])
def test_what_is_no_model(tmp_path: Path, content: bytes):
    path = tmp_path / "model.h5"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"empty|neither JSON|damaged|picture"):
        load_model(path)


def test_folders_and_jsons_of_other_kinds(tmp_path: Path):
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "saved_model.pb").touch()
    assert first_look(tmp_path / "saved") is Kind.SAVED_MODEL
    (tmp_path / "cp.index").touch()
    assert first_look(tmp_path / "cp") is Kind.CHECKPOINT
    for text, kind in (
        ('{"format": "layers-model", "modelTopology": {}}', Kind.TFJS),
        ('{"metadata": {}, "weight_map": {}}', Kind.SHARDED_WEIGHTS),
        (' {"class_name": "Sequential"}', Kind.ARCHITECTURE),
        (" " * 100 + '{"modelTopology": {}}', Kind.TFJS),
    ):
        (tmp_path / "m.json").write_text(text, encoding="utf-8")
        assert first_look(tmp_path / "m.json") is kind
        assert container(tmp_path / "m.json") is (None if kind is Kind.ARCHITECTURE else kind)


def test_what_is_one_file_is_no_container_whatever_it_is(files: dict[str, Path], tmp_path: Path):
    (tmp_path / "odd").write_bytes(b"GIF89a")
    assert {container(path) for path in (*files.values(), tmp_path / "odd", tmp_path / "gone")} == {None}
