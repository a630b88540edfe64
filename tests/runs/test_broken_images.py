"""Broken images are remembered by their bytes, and nothing else is."""

from __future__ import annotations

import csv
import hashlib
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

import xai_cam.runs.broken_images
from support.commands import counted, named, run
from support.systems import link, pipe
from xai_cam.errors import ImageError
from xai_cam.files.cache import Cache
from xai_cam.images.finding import ImageFile
from xai_cam.models.loading import load
from xai_cam.runs.broken_images import NAME, BrokenImages, is_lasting
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.tasks import tasks_of

READING = {"window": None, "depth": None}
REASON = "not an image file, despite its name"


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def broken(path: Path, content: bytes = b"no picture", error: Exception | None = None) -> ImageState:
    """The state of an image that was not decoded."""
    path.write_bytes(content)
    state = ImageState(tasks_of([ImageFile(path, Path())])[0], {}, todo=True)
    assert state.task.image_hash == hashlib.sha256(content).hexdigest()
    state.fail(error or ImageError(REASON))
    return state


def known(cache: Cache, state: ImageState, reading: dict[str, object] = READING) -> str | None:
    """What a later run knows of it."""
    return BrokenImages(reading, cache).reason_of(state.task.image_hash)


def test_another_run_knows_them(tmp_path: Path, cache: Cache) -> None:
    images = BrokenImages(READING, cache)
    states = [broken(tmp_path / f"{number}.png", b"no picture %d" % number) for number in range(3)]
    for state in (*states, states[0]):
        images.remember(state)
    assert [known(cache, state) for state in states] == [REASON] * 3
    (entry,) = cache.folder.iterdir()
    assert len((entry / NAME).read_text("ascii").splitlines()) == 3, "each once"
    assert known(cache, states[0], {"window": [0, 9], "depth": None}) is None, (
        "read otherwise, it may be good"
    )
    assert known(cache, broken(tmp_path / "new.png", b"another one")) is None


def chain(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "lasting"),
    [
        (ImageError("damaged"), True),
        (chain(ImageError("damaged"), OSError("image file is truncated")), True),
        (chain(ImageError("damaged"), ValueError()), True),
        (chain(ImageError("too large"), MemoryError()), False),
        (chain(ImageError("damaged"), OSError("Unable to allocate 1.6 GiB")), False),
        (ImageError("its pixels would fill the memory (a decompression bomb)"), True),
        (chain(ImageError("cannot be read"), PermissionError(13, "Permission denied")), False),
        (chain(ImageError("cannot be read"), chain(OSError(), OSError(5, "Input/output error"))), False),
        (OSError(5, "Input/output error"), False),
        (None, False),
    ],
)
def test_what_is_no_matter_of_bytes_is_not_kept(
    error: Exception | None, lasting: bool, tmp_path: Path, cache: Cache
) -> None:
    assert is_lasting(error) == lasting
    state = broken(tmp_path / "a.png", error=error or ImageError(REASON))
    state.cause = error
    BrokenImages(READING, cache).remember(state)
    assert (known(cache, state) is not None) == lasting


def test_a_file_that_was_replaced_meanwhile_is_not_kept(tmp_path: Path, cache: Cache) -> None:
    """The hash is that of the file before; what could not be decoded may have been the new one."""
    state = broken(tmp_path / "a.png")
    (tmp_path / "a.png").write_bytes(b"something else")
    BrokenImages(READING, cache).remember(state)
    (tmp_path / "a.png").unlink()
    BrokenImages(READING, cache).remember(state)
    assert known(cache, state) is None


@pytest.mark.parametrize("content", [b"", b"\xff" * 999, b"[" * 99_999, b"0" * 64 + b" \n", b"0" * 64])
def test_what_somebody_wrote_into_it_is_passed_over(content: bytes, tmp_path: Path, cache: Cache) -> None:
    state = broken(tmp_path / "a.png")
    BrokenImages(READING, cache).remember(state)
    (entry,) = cache.folder.iterdir()
    line = (entry / NAME).read_bytes()
    (entry / NAME).write_bytes(content + b"\n" + line)
    assert known(cache, state) == REASON
    assert BrokenImages(READING, cache).reason_of("0" * 64) is None


def test_it_does_not_grow_without_end(tmp_path: Path, cache: Cache, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xai_cam.runs.broken_images, "MAX_BYTES", 1000)
    images = BrokenImages(READING, cache)
    for number in range(30):
        images.remember(broken(tmp_path / "a.png", b"%d" % number))
    (entry,) = cache.folder.iterdir()
    assert 900 < (entry / NAME).stat().st_size < 1200


def test_a_link_or_a_pipe_in_its_place_is_left_alone(tmp_path: Path, cache: Cache) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("no pipes with names")
    state = broken(tmp_path / "a.png")
    BrokenImages(READING, cache).remember(state)
    (entry,) = cache.folder.iterdir()
    (entry / NAME).unlink()
    (tmp_path / "theirs.txt").write_text("theirs", encoding="utf-8")
    link(entry / NAME, tmp_path / "theirs.txt")
    BrokenImages(READING, cache).remember(state)
    assert (tmp_path / "theirs.txt").read_text(encoding="utf-8") == "theirs"
    (entry / NAME).unlink()
    pipe(entry / NAME)
    assert known(cache, state) is None


def test_without_a_cache_nothing_is_known(tmp_path: Path) -> None:
    state, nowhere = broken(tmp_path / "a.png"), Cache(Path(os.devnull) / "xai-cam")
    BrokenImages(READING, nowhere).remember(state)
    assert known(nowhere, state) is None


def failed_in(rows: Path) -> list[dict[str, str]]:
    """The rows of failed images, but for how long they took."""
    with rows.open(newline="", encoding="utf-8") as file:
        return [{**row, "seconds": ""} for row in csv.DictReader(file) if row["outcome"] == "failed"]


@pytest.mark.parametrize(
    ("command", "more"),
    [("explain", []), ("compare", ["--method", "grad-cam", "--steps", "0"]), ("features", [])],
)
def test_a_rerun_with_a_broken_image_opens_no_model(
    command: str,
    more: list[str],
    model_files: Callable[..., tuple[Path, Path]],
    make_photo: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own cache"))
    photos = tmp_path / "photos"
    make_photo(photos / "a.png")
    (photos / "b.png").write_bytes(b"no picture")
    rows = tmp_path / "rows.csv"
    words = [command, *named(model_files()), photos, "--results", rows, *more]
    first = run(*words)
    assert first.exit_code == 1 and counted(first, 1, failed=1)
    told, failed = f"Failed: {photos / 'b.png'}: {REASON}.", failed_in(rows)

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the model was opened")

    with monkeypatch.context() as patch:
        patch.setattr(load, "load_files", refuse)
        again = run(*words)
    assert again.exit_code == 1 and counted(again, 0, up_to_date=1, failed=1)
    assert told in first.stderr and told in again.stderr
    assert failed_in(rows) == failed and len(failed) == 1
    if command != "explain":
        return
    with monkeypatch.context() as patch, pytest.raises(AssertionError, match="was opened"):
        patch.setattr(load, "load_files", refuse)
        run(*words, "--overwrite", "--no-cache")
    make_photo(photos / "b.png", seed=3)
    assert counted(run(*words), 1, up_to_date=1), "a good file in its place is a new one"


def test_another_process_looks_into_its_own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = BrokenImages({"window": [0, 1]}, Cache(tmp_path / "here"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "there"))
    there = pickle.loads(pickle.dumps(here))
    assert there._key == here._key and there._cache.folder == tmp_path / "there" / "xai-cam"
