"""What is opened is what was hashed, whoever writes the files meanwhile."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from xai_cam.errors import ModelError
from xai_cam.models.loading import steady
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.models.loading.steady import ATTEMPTS, open_steadily

JSON = '{"weights": "%s"}'


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelFiles:
    monkeypatch.setattr(steady, "PAUSE", 0.0)
    (tmp_path / "m.json").write_text(JSON % "a", encoding="utf-8")
    (tmp_path / "w.h5").write_bytes(b"\x89HDF\r\n\x1a\na")
    return ModelFiles(tmp_path / "m.json", tmp_path / "w.h5")


def weights_of(files: ModelFiles) -> bytes:
    assert files.weights is not None
    return files.weights.read_bytes()


class Loading:
    """Reads the weights; before each reading a training may save others."""

    def __init__(self, files: ModelFiles, *saves: Callable[[Path], object]) -> None:
        self.files, self.saves = files, list(saves)
        self.read: list[bytes] = []

    def __call__(self) -> bytes:
        assert self.files.weights is not None
        time.sleep(0.01)  # a training's save is later than the hash by more than the disk's clock
        for after in self.saves[:1]:
            after(self.files.weights)
        self.saves = self.saves[1:]
        self.read.append(weights_of(self.files))
        return self.read[-1]


def saved(text: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n" + text)


def test_files_at_rest_are_opened_once(files: ModelFiles, caplog: pytest.LogCaptureFixture) -> None:
    before, load = files.hashes, Loading(files)
    assert open_steadily(files, load).endswith(b"a")
    assert len(load.read) == 1 and files.hashes == before and not caplog.messages


def test_weights_that_are_saved_meanwhile(files: ModelFiles, caplog: pytest.LogCaptureFixture) -> None:
    """They are read again, and the hash is theirs."""
    before, same, load = files.hashes, files.watch(), Loading(files, saved(b"b"))
    assert same()
    opened = open_steadily(files, load)
    assert len(load.read) == 2 and opened.endswith(b"b")
    assert files.hashes == (before[0], hashlib.sha256(opened).hexdigest()) and not same()
    assert caplog.messages == ["The model changed while it was loaded (m.json and w.h5): it is loaded again."]


def test_weights_that_are_others_for_a_moment(files: ModelFiles, caplog: pytest.LogCaptureFixture) -> None:
    """A hash before and one after would be the same: only the file's times tell what was read."""
    first = weights_of(files)

    load = Loading(files, saved(b"b"))

    def for_a_moment() -> bytes:
        read = load()
        if len(load.read) == 1:
            saved(first[8:])(files.weights or Path())
        return read

    same = files.watch()
    assert open_steadily(files, for_a_moment) == first
    assert load.read[0].endswith(b"b"), "the test reads others at first"
    assert same() and not caplog.messages, "what is known of the model was right all the time"


def test_a_file_that_is_half_written(files: ModelFiles) -> None:
    def load() -> bytes:
        assert files.weights is not None
        if weights_of(files).endswith(b"a"):
            time.sleep(0.01)
            files.weights.write_bytes(b"\x89HDF\r\n\x1a\nb")
            raise ModelError("It is damaged.")
        return weights_of(files)

    assert open_steadily(files, load).endswith(b"b")


def test_a_damaged_model_is_told_at_once(files: ModelFiles) -> None:
    calls = []

    def load() -> None:
        calls.append(1)
        raise ModelError("It is damaged.")

    with pytest.raises(ModelError, match=r"^It is damaged\.$"):
        open_steadily(files, load)
    assert len(calls) == 1


def test_files_that_never_rest(files: ModelFiles) -> None:
    load = Loading(files, *(saved(b"%d" % number) for number in range(20)))
    with pytest.raises(ModelError, match=r"keeps changing while it is loaded \(m\.json and w\.h5\)\."):
        open_steadily(files, load)
    assert len(load.read) == ATTEMPTS


def test_missing_files_are_told_as_ever(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="No such file"):
        open_steadily(ModelFiles(tmp_path / "m.json"), lambda: None)
