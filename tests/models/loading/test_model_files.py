"""The files of a model, and their hashes."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from support.model_forms import write_forms
from xai_cam.models.loading.finding import find_model_files
from xai_cam.models.loading.model_files import ModelFiles


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_forms(tmp_path_factory.mktemp("forms"))


def test_hashes_are_those_of_the_files(files: dict[str, Path]):
    model, weights = find_model_files(files["json"], files["keras3"]).hashes
    assert model != weights and len(model) == len(weights) == 64
    whole = find_model_files(files["whole"]).hashes
    assert whole[0] == whole[1]


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    folder = tmp_path / "saved"
    (folder / "variables").mkdir(parents=True)
    for name in ("saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"):
        (folder / name).write_text(name, encoding="utf-8")
    return folder


def test_the_hash_of_a_folder_is_that_of_its_sums(saved: Path):
    """As `sha256sum` makes it, of all files that are read and in the order of their names."""
    names = ["saved_model.pb", "variables/variables.data-00000-of-00001", "variables/variables.index"]
    lines = [f"{hashlib.sha256((saved / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    assert ModelFiles(saved).hashes[0] == hashlib.sha256("".join(lines).encode()).hexdigest()
    if shutil.which("sha256sum"):
        printed = subprocess.run(["sha256sum", *names], cwd=saved, capture_output=True, check=True)
        assert ModelFiles(saved).hashes[0] == hashlib.sha256(printed.stdout).hexdigest()


def test_a_change_of_any_part_is_seen(saved: Path):
    files = ModelFiles(saved)
    before = files.hashes
    assert files.are_unchanged()
    (saved / "variables" / "variables.index").write_text("other", encoding="utf-8")
    assert not files.are_unchanged()
    assert files.hashes != before
    assert files.are_unchanged()
    (saved / "keras_metadata.pb").touch()
    assert not files.are_unchanged(), "a part more"


def test_parts_of_files_that_are_not_there():
    assert ModelFiles(Path("m.json"), Path("w.h5")).parts == (Path("m.json"), Path("w.h5"))
