"""Files replaced while a command runs: what is written names the bytes that were read, or is made anew."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.commands import counted, explain, named, provenance, run, sha256, tree
from support.small_models import build_tiny, save_model
from xai_cam.models.loading import load as loading
from xai_cam.models.loading import steady

Files = tuple[Path, Path]


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Files, Path]:
    """A model, and weights that a training may save in the place of its own."""
    monkeypatch.setattr(steady, "PAUSE", 0.0)
    files = save_model(build_tiny(seed=1), tmp_path / "model")
    return files, save_model(build_tiny(seed=2), tmp_path / "later")[1]


@pytest.fixture
def photos(tmp_path: Path, make_photo: Callable[..., Path]) -> Path:
    for number, name in enumerate("abc"):
        make_photo(tmp_path / "photos" / f"{name}.png", seed=number)
    return tmp_path / "photos"


class Meanwhile:
    """Something that happens before the model is read for the first time, and after it."""

    def __init__(self, before: Callable[[], object], after: Callable[[], object] = lambda: None) -> None:
        self.before, self.after, self.loads = before, after, 0
        self._load, self._patch = loading.load_files, pytest.MonkeyPatch()

    def __enter__(self) -> Meanwhile:
        self._patch.setattr(loading, "load_files", self.load)
        return self

    def __exit__(self, *_: object) -> None:
        self._patch.undo()

    def load(self, *given: Any, **options: Any) -> Any:
        self.loads += 1
        if self.loads > 1:
            return self._load(*given, **options)
        time.sleep(0.02)  # later than what was hashed, by more than a tick of the disk's clock
        self.before()
        loaded = self._load(*given, **options)
        time.sleep(0.02)
        self.after()
        return loaded


def saved(later: Path, files: Files) -> Meanwhile:
    """A training saves its weights."""
    return Meanwhile(lambda: shutil.copyfile(later, files[1]))


def expected(files: Files, photos: Path, tmp_path: Path) -> dict[str, bytes]:
    """The maps by a model and of images that nobody touches."""
    explain(files, photos, "-o", tmp_path / "expected")
    return tree(tmp_path / "expected")


def test_weights_that_are_saved_before_they_are_read(
    trained: tuple[Files, Path], photos: Path, tmp_path: Path
) -> None:
    """The maps are those of the new weights and say so, those of images that were up to date too."""
    files, later = trained
    out = tmp_path / "o"
    explain(files, photos / "a.png", "-o", out, "--no-cache")  # else the next run need not load it
    with saved(later, files) as training:
        found = explain(files, photos, "-o", out, "--results", tmp_path / "rows.csv")
    assert counted(found, 3) and training.loads == 2, found.stderr
    assert "The model changed while it was loaded (model.json and model.weights.h5)" in found.stderr
    assert {provenance(path)["weights_sha256"] for path in out.iterdir()} == {sha256(later)}
    assert (tmp_path / "rows.csv").read_text(encoding="utf-8").count(sha256(later)) == 3
    assert tree(out) == expected(files, photos, tmp_path)
    assert counted(explain(files, photos, "-o", out), 0, 3)


def test_weights_that_are_others_for_a_moment(
    trained: tuple[Files, Path], photos: Path, tmp_path: Path
) -> None:
    """Hashes before and after are the same, and what was read in between is not."""
    files, later = trained
    first = files[1].read_bytes()
    training = saved(later, files)
    training.after = lambda: files[1].write_bytes(first)
    with training:
        assert counted(explain(files, photos, "-o", tmp_path / "o"), 3)
    assert training.loads == 2
    assert tree(tmp_path / "o") == expected(files, photos, tmp_path)


@pytest.mark.parametrize(
    "command",
    [
        ["compare", "--steps", 0],
        ["features", "--layer", "conv_1"],
        ["kernels", "apply", "--layer", "conv_1", "--filters", "0"],
    ],
    ids=lambda command: command[0],
)
def test_other_commands(
    trained: tuple[Files, Path], photos: Path, tmp_path: Path, command: list[object]
) -> None:
    files, later = trained
    more = [*named(files), photos / "a.png", "-o", tmp_path / "o", "--results", tmp_path / "rows.csv"]
    with saved(later, files):
        found = run(*command, *more)
        assert counted(found, 1), found.stderr
    assert {provenance(path)["weights_sha256"] for path in (tmp_path / "o").iterdir()} == {sha256(later)}
    assert counted(run(*command, *more), 0, 1)


def test_a_model_that_is_made_of_another_names_what_was_read(
    trained: tuple[Files, Path], tmp_path: Path
) -> None:
    files, later = trained
    with saved(later, files):
        edit = ["kernels", "edit", *named(files), "--zero", "conv_1:0"]
        found = run(*edit, "-o", tmp_path / "edited")
    assert found.exit_code == 0, found.stderr
    assert sha256(later) in (tmp_path / "edited" / "model.json").read_text(encoding="utf-8")


def test_an_image_that_is_replaced_before_it_is_read(
    trained: tuple[Files, Path], photos: Path, tmp_path: Path
) -> None:
    """It was looked up before the model was loaded, and is read after it."""
    files, _ = trained
    with Meanwhile(lambda: shutil.copyfile(photos / "c.png", photos / "a.png")):
        found = explain(files, photos, "-o", tmp_path / "o")
    assert counted(found, 3)
    assert "a.png was replaced while it was read: the new file is taken." in found.stderr
    assert tree(tmp_path / "o") == expected(files, photos, tmp_path)


def test_a_mask_that_is_replaced_fails_its_image_alone(
    trained: tuple[Files, Path], photos: Path, tmp_path: Path, make_photo: Callable[..., Path]
) -> None:
    files, _ = trained
    for name in "abc":
        make_photo(tmp_path / "masks" / f"{name}.png", seed=7)
    command = ["compare", *named(files), photos, "-o", tmp_path / "o", "--steps", 0]
    command += ["--masks", tmp_path / "masks", "--results", tmp_path / "rows.csv"]
    with Meanwhile(lambda: make_photo(tmp_path / "masks" / "a.png", seed=8)):
        found = run(*command)
    assert (
        counted(found, 2, 0, 1)
        and "what says where its object is was replaced while the run went on" in found.stderr
    )
    assert counted(run(*command), 1, 2)
