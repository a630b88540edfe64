"""Files of a model travel by hash, and only where they are not there; what arrives is the same model."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from support.systems import posix
from xai_cam.errors import InputError
from xai_cam.models.loading.custom_code import CustomCode, read_code
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.runs.executors.model_transport import KEPT, arrived, as_they_are, copies, listed, missing_of


@pytest.fixture
def files(tmp_path: Path) -> ModelFiles:
    """A model, its weights elsewhere, and code that imports from beside it."""
    for name, text in {
        "a/model.json": "model",
        "b/weights.h5": "weights",
        "code/layers.py": "import other\nCUSTOM_OBJECTS = {'twice': other.twice}\n",
        "code/other.py": "def twice(x):\n    return 2 * x\n",
    }.items():
        (tmp_path / "from" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "from" / name).write_text(text, encoding="utf-8")
    there = tmp_path / "from"
    return ModelFiles(
        there / "a/model.json", there / "b/weights.h5", read_code(str(there / "code/layers.py"))
    )


def test_files_that_are_there_are_used_as_they_are(files: ModelFiles) -> None:
    found = listed(files)
    assert found.are_here() and missing_of([found]) == [] and as_they_are(found) == files
    assert len(found.hashes) == 4


def test_others_of_the_same_names_are_not(files: ModelFiles) -> None:
    found = listed(files)
    files.model.write_text("another", encoding="utf-8")
    assert not found.are_here() and missing_of([found]) == [*found.hashes]


def test_what_arrives_is_the_same_model_at_another_place(files: ModelFiles, tmp_path: Path) -> None:
    found, read = listed(files), list[str]()
    before = files.hashes

    def content(path: str) -> bytes:
        read.append(path)
        return held[path]

    held = {path: Path(path).read_bytes() for path in found.hashes}
    for path in held:
        Path(path).unlink()
    there = arrived(found, content, tmp_path / "to")
    assert there.hashes == before and there.origin == files.origin and there.names == files.names
    assert there.model.read_text(encoding="utf-8") == "model" and tmp_path / "to" in there.model.parents
    assert there.custom_objects["twice"](4) == 8, "and the module beside it came along"
    assert arrived(found, content, tmp_path / "to").model == there.model
    assert sorted(read) == sorted(held), "each was asked for once, by the first worker"


def test_what_somebody_changed_there_is_not_taken(files: ModelFiles, tmp_path: Path) -> None:
    found = listed(files)
    held = {path: Path(path).read_bytes() for path in found.hashes}
    first = arrived(found, held.__getitem__, tmp_path / "to")
    first.model.write_text("another", encoding="utf-8")
    again = arrived(found, held.__getitem__, tmp_path / "to")
    assert again.model != first.model and again.hashes == files.hashes


def test_what_nobody_used_for_long_goes(files: ModelFiles, tmp_path: Path) -> None:
    found = listed(files)
    held = {path: Path(path).read_bytes() for path in found.hashes}
    for name, age in {"sent-old": KEPT + 60, "sent-new": KEPT - 60}.items():
        (tmp_path / "to" / name).mkdir(parents=True)
        os.utime(tmp_path / "to" / name, (time.time() - age,) * 2)
    arrived(found, held.__getitem__, tmp_path / "to")
    assert sorted(path.name for path in (tmp_path / "to").iterdir()) == sorted(["sent-new", found.key])


def test_a_user_without_a_home(files: ModelFiles, tmp_path: Path) -> None:
    found = listed(files)
    (tmp_path / "file").touch()
    there = arrived(found, lambda path: Path(path).read_bytes(), tmp_path / "file" / "below")
    assert there.hashes == files.hashes


@posix
def test_workers_that_begin_at_once_fetch_it_once(files: ModelFiles, tmp_path: Path) -> None:
    found, read = listed(files), list[str]()

    def content(path: str) -> bytes:
        read.append(path)
        time.sleep(0.02)
        return Path(path).read_bytes()

    with ThreadPoolExecutor(4) as pool:
        there = list(pool.map(lambda _: arrived(found, content, tmp_path / "to").model, range(4)))
    assert len(set(there)) == 1 and sorted(read) == sorted(found.hashes)
    assert [path.name for path in (tmp_path / "to").iterdir()] == [found.key]


def test_a_file_that_is_replaced_on_the_way_is_not_taken_for_it(files: ModelFiles, tmp_path: Path) -> None:
    found = listed(files)
    with pytest.raises(InputError, match="was replaced while the run began"):
        arrived(found, lambda path: b"another", tmp_path / "to")
    assert not list((tmp_path / "to").iterdir())


def test_copies_are_known_by_the_names_of_the_command() -> None:
    sent = ModelFiles(Path("m.json"), Path("w.h5"), CustomCode("layers.py", {}, ""))
    here = ModelFiles(Path("/c/m.json"), Path("/c/w.h5"), CustomCode("/c/layers.py", {}, ""))
    names = {"/c/m.json": "m.json", "/c/w.h5": "w.h5", "/c/layers.py": "layers.py"}
    assert copies(sent, here) == {str(Path(copy)): name for copy, name in names.items()}
    assert copies(sent, sent) == copies(ModelFiles(Path("m.json")), ModelFiles(Path("m.json"))) == {}
