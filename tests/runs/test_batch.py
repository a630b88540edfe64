"""The images of a batch: which of them fails when an output cannot have its name."""

from __future__ import annotations

import errno
import threading
from pathlib import Path

import pytest

from support.works import tasks
from xai_cam.files import batch as files
from xai_cam.runs.batch import Batch
from xai_cam.runs.image_state import ImageState

BLANK = dict.fromkeys(("image", "outcome", "message", "output"))


def written(folder: Path) -> tuple[Batch, list[ImageState]]:
    """Two images of two outputs each, written and with their rows."""
    found = [ImageState(task, BLANK) for task in tasks(2)]
    batch = Batch(found)
    for state in found:
        for kind in ("map", "raw"):
            path = folder / f"{state.task.stem}_{kind}"
            state.write(path, b"1")
            state.add_row("written", {"output": str(path), "message": ""})
    return batch, found


def test_the_image_fails_whose_output_has_no_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = files.rename

    def rename(part: Path, path: Path) -> None:
        if path.name == "01_raw":
            raise PermissionError(errno.EACCES, "Permission denied")
        real(part, path)

    monkeypatch.setattr(files, "rename", rename)
    batch, found = written(tmp_path)
    assert batch.name() == [found[1]]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["00_map", "00_raw", "01_map"]
    assert not found[0].failure and "Permission denied" in found[1].failure
    assert [row["outcome"] for row in found[1].rows] == ["written", "failed"]


def test_it_waits_for_its_images() -> None:
    found = [ImageState(task, BLANK) for task in tasks(2)]
    batch, ended = Batch(found), threading.Event()

    def wait() -> None:
        batch.wait()
        ended.set()

    thread = threading.Thread(target=wait)
    thread.start()
    found[1].ended.set()
    assert not ended.wait(0.05)
    found[0].ended.set()
    assert ended.wait(5)
    thread.join()


def test_an_image_of_no_batch_writes_at_once(tmp_path: Path) -> None:
    (task,) = tasks(1)
    ImageState(task, BLANK).write(tmp_path / "a", b"1")
    assert (tmp_path / "a").read_bytes() == b"1"
