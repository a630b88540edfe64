"""What tells a model as it is opened from any other."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.systems import pipe
from xai_cam import installation
from xai_cam.models.known.identity import identity_of, keras_settings, versions_of
from xai_cam.models.known.options import NetworkOptions
from xai_cam.models.loading.custom_code import CustomCode
from xai_cam.models.loading.model_files import ModelFiles

TRUST = {"allow_unsafe": False, "limit": None}
OPTIONS = NetworkOptions()


@pytest.fixture
def stored(files: tuple[Path, Path]) -> ModelFiles:
    """The tiny model's files; nothing of them is opened here."""
    return ModelFiles(*files)


def test_it_is_the_same_for_the_same_model_elsewhere(stored: ModelFiles, tmp_path: Path) -> None:
    assert stored.weights is not None
    other = ModelFiles(tmp_path / "b.json", tmp_path / "b.h5")
    for path, copy in ((stored.model, other.model), (stored.weights, other.weights)):
        assert copy is not None
        copy.write_bytes(path.read_bytes())
    found = identity_of(stored, TRUST, OPTIONS)
    assert found is not None and len(found) == 64
    assert found == identity_of(other, TRUST, OPTIONS)


def test_the_files_count(stored: ModelFiles) -> None:
    before = identity_of(stored, TRUST, OPTIONS)
    assert stored.weights is not None
    assert identity_of(ModelFiles(stored.model), TRUST, OPTIONS) != before
    stored.weights.write_bytes(stored.weights.read_bytes() + b"0")
    assert identity_of(ModelFiles(stored.model, stored.weights), TRUST, OPTIONS) != before
    assert identity_of(replace(stored, inside="encoder"), TRUST, OPTIONS) != before


def test_how_they_are_opened_counts(stored: ModelFiles) -> None:
    before = identity_of(stored, TRUST, OPTIONS)
    assert identity_of(stored, {**TRUST, "allow_unsafe": True}, OPTIONS) is None, "its code may do anything"
    assert identity_of(stored, {**TRUST, "limit": "seconds=9"}, OPTIONS) != before
    assert identity_of(stored, TRUST, replace(OPTIONS, head="binary")) != before
    number: Any = np.int64(0)
    assert identity_of(stored, TRUST, replace(OPTIONS, outputs=(number,))) is None


def test_the_file_of_teachable_machine_beside_it_counts(stored: ModelFiles) -> None:
    before = identity_of(stored, TRUST, OPTIONS)
    said = {"packageName": "@teachablemachine/image", "imageSize": 16}
    (stored.model.parent / "metadata.json").write_text(json.dumps(said), encoding="utf-8")
    assert identity_of(stored, TRUST, OPTIONS) != before


def test_versions_count(stored: ModelFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    found, real = {identity_of(stored, TRUST, OPTIONS)}, installation.versions_of(("keras", "tensorflow"))
    for package in ("keras", "tensorflow"):
        others = {**real, package: "0.0.1"}
        with monkeypatch.context() as patch:
            patch.setattr(installation, "versions_of", lambda _, others=others: others)
            found.add(identity_of(stored, TRUST, OPTIONS))
    with monkeypatch.context() as patch:
        patch.setattr("xai_cam._version.__version__", "0.0.1")
        found.add(identity_of(stored, TRUST, OPTIONS))
    assert len(found) == 4


def test_code_of_the_user_has_none(stored: ModelFiles) -> None:
    coded = replace(stored, code=CustomCode("own.py", {}, "0" * 64))
    assert identity_of(coded, TRUST, OPTIONS) is None


def test_files_that_cannot_be_read_have_none(tmp_path: Path) -> None:
    assert identity_of(ModelFiles(tmp_path / "missing.keras"), TRUST, OPTIONS) is None
    pipe(tmp_path / "pipe.keras")
    assert identity_of(ModelFiles(tmp_path / "pipe.keras"), TRUST, OPTIONS) is None


def test_without_tensorflow_there_is_none(stored: ModelFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "versions_of", lambda _: {"keras": "3.15.1"})
    assert versions_of() is None and identity_of(stored, TRUST, OPTIONS) is None


def test_the_versions_are_those_that_are_installed() -> None:
    found = versions_of()
    assert found is not None
    assert found["keras"] == metadata.version("keras") and found["python"] == list(sys.version_info[:2])


def test_a_module_that_was_changed_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    before = versions_of()
    monkeypatch.setattr(installation, "newest", lambda: 7)
    assert before != versions_of() == {**(before or {}), "code": 7}


DEFAULTS = {"floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last"}


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        (None, {}),
        ('{"floatx": "float32", "backend": "jax"}', {}),
        ('{"image_data_format": "channels_first"}', {"image_data_format": "channels_first"}),
        ("[1]", {}),
        ("{", {}),
    ],
)
def test_settings_of_keras_that_change_a_model(
    text: str | None, changed: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    if text is not None:
        (tmp_path / "keras.json").write_text(text, encoding="utf-8")
    assert keras_settings() == {**DEFAULTS, **changed}


def test_neither_tensorflow_nor_keras_is_imported_for_it(stored: ModelFiles) -> None:
    code = (
        "import sys; sys.modules['tensorflow'] = sys.modules['keras'] = None\n"
        "from pathlib import Path\n"
        "from xai_cam.models.known.identity import identity_of\n"
        "from xai_cam.models.known.options import NetworkOptions\n"
        "from xai_cam.models.loading.model_files import ModelFiles\n"
        "files = ModelFiles(*map(Path, sys.argv[1:]))\n"
        "print(identity_of(files, {'allow_unsafe': False, 'limit': None}, NetworkOptions()))\n"
    )
    command = [sys.executable, "-c", code, str(stored.model), str(stored.weights)]
    found = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    assert found.stdout.strip() == identity_of(stored, TRUST, OPTIONS)
