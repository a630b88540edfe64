"""Runs that are killed between two names, several runs at one place: nothing is mixed, doubled or lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.commands import explain, named, run, tree
from support.small_models import build_tiny, save_model
from xai_cam.files import staging
from xai_cam.files.locks import held
from xai_cam.files.staging import Staging

Files = Callable[..., tuple[Path, Path]]


class Killed(BaseException):
    """The process is gone: nothing is cleaned up."""


@pytest.fixture
def kill(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let the process be killed before a rename, by its number from 0 on."""

    def at(number: int) -> None:
        left, leave = [number], Staging.__exit__

        def rename(path: Path, target: Path) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            os.replace(path, target)

        monkeypatch.setattr(staging, "rename", rename)

        def end(found: Staging, *error: Any) -> None:
            if left[0] >= 0:
                leave(found, *error)
            elif found._own.mark is not None:
                os.close(found._own.mark)  # as the system does

        monkeypatch.setattr(Staging, "__exit__", end)

    return at


def edit(files: tuple[Path, ...], output: Path, *more: object) -> int:
    """`kernels edit`, which writes a pair; its exit code."""
    return run("kernels", "edit", *named(files), "--zero", "conv_1:0", "-o", output, "-q", *more).exit_code


def loads(pair: list[Path]) -> bool:
    import keras

    model = keras.models.model_from_json(pair[0].read_text("utf-8"))
    model.load_weights(pair[1])
    return True


@pytest.mark.parametrize("old", [False, True])
def test_a_pair_of_which_one_has_its_name(
    old: bool,
    kill: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
    model_files: Files,
    tmp_path: Path,
) -> None:
    """Nothing takes it for a model, and the same command goes on."""
    output, more = tmp_path / "new", ["--overwrite"] if old else []
    pair = [output / "model.json", output / "model.weights.h5"]
    if old:
        output.mkdir()
        for file, given in zip(pair, model_files(seed=1), strict=True):
            file.write_bytes(given.read_bytes())
    kill(1)
    with pytest.raises(Killed):
        edit(model_files(), output, *more)
    monkeypatch.undo()
    (left,) = output.glob(".xai-cam-*.tmp")
    assert pair[0].exists() and pair[1].exists() is old
    refused = run("layers", "-m", pair[0], "-w", pair[1] if old else model_files()[1])
    assert refused.exit_code == 3 and "was ended too soon. Run its command again" in refused.stderr
    assert edit(model_files(), output, *more) == 0
    assert loads(pair) and not left.exists()
    assert run("layers", "-m", pair[0]).exit_code == 0


def test_a_pair_of_which_none_has_its_name(
    kill: Callable[[int], None], monkeypatch: pytest.MonkeyPatch, model_files: Files, tmp_path: Path
) -> None:
    kill(0)
    with pytest.raises(Killed):
        edit(model_files(), tmp_path / "new")
    monkeypatch.undo()
    assert [path.suffix for path in (tmp_path / "new").iterdir()] == [".tmp"]
    assert edit(model_files(), tmp_path / "new") == 0
    assert loads([tmp_path / "new" / "model.json", tmp_path / "new" / "model.weights.h5"])


def test_a_conversion_to_two_files(
    kill: Callable[[int], None], monkeypatch: pytest.MonkeyPatch, model_files: Files, tmp_path: Path
) -> None:
    command = ["convert", *named(model_files()), "-o", tmp_path / "new.json", "--json"]
    kill(1)
    with pytest.raises(Killed):
        run(*command)
    monkeypatch.undo()
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".tmp"]
    old = tmp_path / ".xai-cam-00112233445566ff.tmp"  # of another run, which had named nothing
    old.mkdir()
    os.utime(old, (1000, 1000))
    assert run(*command).exit_code == 0
    assert loads([tmp_path / "new.json", tmp_path / "new.weights.h5"]) and not old.exists()
    again = run(*command)
    assert again.exit_code == 2 and "exists" in again.stderr, "a pair that is whole is nobody's to replace"


def test_a_page_is_never_without_its_pictures(
    monkeypatch: pytest.MonkeyPatch,
    kill: Callable[[int], None],
    make_photo: Callable[..., Path],
    model_files: Files,
    tmp_path: Path,
) -> None:
    """The new pictures are there before the page, and the old ones as long as it is the old one."""
    pytest.importorskip("jinja2")
    for name in ("1", "2"):
        make_photo(tmp_path / "photos" / f"{name}.png", seed=int(name))
    page, options = tmp_path / "page.html", ["-o", tmp_path / "maps", "--report", tmp_path / "page.html"]
    assert explain(model_files(), tmp_path / "photos" / "1.png", *options).exit_code == 0
    before = page.read_text("utf-8"), tree(tmp_path / "page_files")
    write = "xai_cam.report.page.write_whole"
    with monkeypatch.context() as patch:
        patch.setattr(write, lambda *_, **__: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            explain(model_files(), tmp_path / "photos", *options)
    assert page.read_text("utf-8") == before[0]
    assert before[1].items() <= tree(tmp_path / "page_files").items()
    assert explain(model_files(), tmp_path / "photos", *options).exit_code == 0
    assert all(name in page.read_text("utf-8") for name in tree(tmp_path / "page_files"))


@pytest.mark.parametrize("option", ["--results", "--report", "--sheet"])
def test_what_another_run_has_is_named(
    option: str, make_photo: Callable[..., Path], model_files: Files, tmp_path: Path
) -> None:
    make_photo(tmp_path / "photos" / "1.png")
    suffix = {"--results": ".csv", "--report": ".html", "--sheet": ".pdf"}[option]
    path = tmp_path / f"out{suffix}"
    path.touch()
    if option != "--results":
        path.unlink()
    with held(path):
        result = explain(model_files(), tmp_path / "photos", "-o", tmp_path / "maps", option, path)
    assert result.exit_code == 1
    assert f"{path} is being written by another run (process {os.getpid()}, since 20" in result.stderr
    assert f"Wait for it, or name another {option}." in result.stderr
    assert not list(tmp_path.rglob(".xai-cam*")) and not list(tmp_path.rglob("*_grad-cam.png"))


@pytest.mark.parametrize("command", ["convert", "edit", "sanity", "evaluate"])
def test_so_are_models_and_folders_of_figures(
    command: str, make_photo: Callable[..., Path], model_files: Files, tmp_path: Path
) -> None:
    make_photo(tmp_path / "photos" / "0" / "1.png")
    output, model = tmp_path / "out", named(model_files())
    output.mkdir()
    arguments, file = {
        "convert": (["convert", *model, "-o", output / "m.keras"], "m.keras"),
        "edit": (["kernels", "edit", *model, "--zero", "conv_1:0", "-o", output], "model.json"),
        "sanity": (["sanity", *model, tmp_path / "photos" / "0", "-o", output], "sanity.json"),
        "evaluate": (["evaluate", *model, tmp_path / "photos", "--charts", output], "evaluation.json"),
    }[command]
    with held(output / file):
        result = run(*arguments)
    assert result.exit_code == 1 and "is being written by another run" in result.stderr
    assert list(output.iterdir()) == []


def test_a_run_over_the_folder_removes_what_a_killed_one_left(
    make_photo: Callable[..., Path], model_files: Files, tmp_path: Path
) -> None:
    """Also where all is up to date, beside the images and in a folder of its own."""
    photo = make_photo(tmp_path / "photos" / "1.png")
    files = save_model(build_tiny(), tmp_path / "model")
    for options, folder in ([], photo.parent), (["-o", tmp_path / "maps"], tmp_path / "maps"):
        for _ in range(2):
            folder.mkdir(exist_ok=True)
            with Staging(folder) as place:
                place.write(b"half of a map")
                (folder / "kept").mkdir(exist_ok=True)
                left = folder / ".xai-cam-00112233445566ff.tmp"
                left.mkdir()
                for path in place.place.iterdir():
                    (left / path.name).write_bytes(path.read_bytes())
            for path in (*left.iterdir(), left):
                os.utime(path, (1000, 1000))
            assert explain(files, photo, *options).exit_code == 0
            assert not left.exists() and (folder / "kept").exists()
