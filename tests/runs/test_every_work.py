"""What holds for every command that takes images: each is decoded once, and fails alone."""

from __future__ import annotations

import csv
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

import xai_cam.images.picture
import xai_cam.models.loading.load
import xai_cam.runs.picture_run
import xai_cam.runs.task
from support.commands import named, run
from xai_cam.files.rows import INPUT, ORIGIN, SECONDS, TRUTH
from xai_cam.runs.picture_run import PictureWork
from xai_cam.runs.plan import Plan

Files = Callable[..., tuple[Path, Path]]

GOOD = ("ant/a.png", "ant/b.png", "bee/a.png", "bee/b.png", "cat/a.png")
BROKEN, MISSING = "bee/aa.png", "gone.png"
"""The first lies in the midst of the others."""

NO_PICTURE, NO_FILE = "not an image file, despite its name", "there is no such file"


@dataclass(frozen=True)
class Command:
    """A command, and what is told of an image that is good.

    Attributes
    ----------
    outputs : int
        Of each good image.
    rows : int
        Of each good image in a table; 0: it has no row of each image.
    """

    words: tuple[str, ...]
    options: tuple[object, ...] = ()
    outputs: int = 0
    rows: int = 1
    uses_model: bool = True

    def run(self, files: tuple[Path, Path], *more: object) -> Result:
        model = named(files) if self.uses_model else []
        return run(*self.words, *model, *self.options, "photos", *more)


SMALL = ("-b", 2)
MAPS = ("-r", *SMALL, "-o", "out", "--method", "grad-cam", "--method", "hires-cam")
COMMANDS = {
    "explain": Command(("explain",), (*MAPS, "--save", "overlay,raw"), 4, 2),
    "explain --report": Command(("explain",), (*MAPS, "--report", "page.html"), 2, 2),
    "compare": Command(("compare",), (*MAPS, "--steps", 2), 1, 2),
    "compare --report": Command(("compare",), (*MAPS, "--steps", 2, "--report", "page.html"), 1, 2),
    "evaluate": Command(("evaluate",), ("--labels", "labels.txt", *SMALL)),
    "evaluate --try-preprocess": Command(
        ("evaluate",), ("--labels", "labels.txt", *SMALL, "--try-preprocess"), rows=0
    ),
    "features": Command(("features",), ("-r", "-l", "conv_1", "-o", "out", "--save", "grid,npy"), 2),
    "kernels apply": Command(
        ("kernels", "apply"),
        ("-r", "--fir", "box", "-o", "out", "--save", "picture,raw"),
        2,
        uses_model=False,
    ),
    "kernels edit": Command(("kernels", "edit"), ("-r", "--zero", "conv_1:0", *SMALL)),
    "kernels edit --rank": Command(("kernels", "edit"), ("-r", "--rank", *SMALL), rows=0),
    "sanity": Command(("sanity",), ("-r", "--draws", 1, "--others", 1, "--method", "grad-cam"), rows=0),
}

every_command = pytest.mark.parametrize("name", COMMANDS)


@pytest.fixture(autouse=True)
def photos(tmp_path: Path, make_photo: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """`photos`, below the current folder beside `labels.txt`."""
    monkeypatch.chdir(tmp_path)
    for seed, name in enumerate(GOOD):
        make_photo(tmp_path / "photos" / name, seed=seed)
    (tmp_path / "labels.txt").write_text("ant\nbee\ncat\n", encoding="utf-8")
    return tmp_path / "photos"


class Counts:
    """How often something was done, by what it was done to; several threads may count."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.patch, self.lock = patch, threading.Lock()
        self.counts: dict[str, Counter[Any]] = {}

    def watch(self, owner: Any, name: str, key: Callable[..., Any]) -> None:
        """Count the calls of a function by a key of their arguments."""
        real, counts = getattr(owner, name), self.counts.setdefault(name, Counter())

        def watched(*arguments: Any, **options: Any) -> Any:
            with self.lock:
                counts[key(*arguments, **options)] += 1
            return real(*arguments, **options)

        self.patch.setattr(owner, name, watched)


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Counter[Any]]:
    """How often images were decoded and hashed, digests and targets looked at, and the model loaded."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own cache"))  # where no model is known
    watching = Counts(monkeypatch)
    watching.watch(xai_cam.images.picture, "decode_image", lambda image, *_, **__: image.fp.name)
    watching.watch(xai_cam.runs.task, "fingerprint", str)
    watching.watch(Plan, "digest", lambda plan, task, *of: (task.image.path, *of))
    watching.watch(Plan, "check_target", lambda plan, path: path)
    watching.watch(PictureWork, "_digests", lambda work, task: task.image.path)
    watching.watch(xai_cam.runs.picture_run, "check_replaceable", lambda path: path)
    watching.watch(xai_cam.models.loading.load, "load_files", lambda *_, **__: "the model")
    return watching.counts


@every_command
def test_each_image_is_decoded_once_and_the_model_loaded_once(
    name: str, model_files: Files, counts: dict[str, Counter[Any]], photos: Path
) -> None:
    command = COMMANDS[name]
    result = command.run(model_files())
    assert result.exit_code == 0, result.stderr
    decoded = {path: count for path, count in counts["decode_image"].items() if "photos" in Path(path).parts}
    assert decoded == {str(Path("photos", name)): 1 for name in GOOD}
    assert counts["load_files"] == ({"the model": 1} if command.uses_model else {})
    assert set(counts["fingerprint"].values()) <= {1}


@every_command
def test_digests_and_targets_are_looked_at_once_for_each_output(
    name: str, model_files: Files, counts: dict[str, Counter[Any]]
) -> None:
    command = COMMANDS[name]
    assert command.run(model_files()).exit_code == 0
    digests, targets = counts["digest"] + counts["_digests"], counts["check_target"]
    targets = targets or counts["check_replaceable"]
    assert set(digests.values()) | set(targets.values()) <= {1}
    assert len(targets) == command.outputs * len(GOOD)
    assert bool(digests) == bool(command.outputs)


@every_command
def test_a_second_run_decodes_no_image_that_is_up_to_date(
    name: str, model_files: Files, counts: dict[str, Counter[Any]]
) -> None:
    command = COMMANDS[name]
    if not command.outputs:
        pytest.skip("it writes nothing of an image")
    assert command.run(model_files()).exit_code == 0
    for counter in counts.values():
        counter.clear()
    assert command.run(model_files()).exit_code == 0
    assert not [path for path in counts["decode_image"] if "photos" in Path(path).parts]
    assert not counts["load_files"] and not counts["check_target"] and not counts["check_replaceable"]
    assert set(counts["digest"].values()) | set(counts["_digests"].values()) == {1}


@every_command
def test_a_broken_image_and_a_missing_one_fail_alone(name: str, model_files: Files, photos: Path) -> None:
    """They are told in words, and have a row that says nothing else of them but what they truly show."""
    command = COMMANDS[name]
    (photos / BROKEN).write_text("no picture", encoding="utf-8")
    broken, missing = Path("photos", BROKEN), Path("photos", MISSING)
    table = ("--results", "rows.csv") if command.rows else ()
    result = command.run(model_files(), missing, *table)
    assert result.exit_code == 1, result.stderr
    failures = {line for line in result.stderr.splitlines() if line.startswith("Failed: ")}
    assert failures == {f"Failed: {broken}: {NO_PICTURE}.", f"Failed: {missing}: {NO_FILE}."}
    if not command.rows:
        return
    with Path("rows.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    failed = [row for row in rows if row["outcome"] == "failed"]
    assert [(row["image"], row["message"]) for row in failed] == [
        (str(missing), NO_FILE),
        (str(broken), NO_PICTURE),
    ]
    for row in failed:
        said = {column for column, value in row.items() if value}
        of_the_run = {"preprocessing", *INPUT, *ORIGIN, SECONDS}
        assert said - {"status", *TRUTH} - of_the_run == {"image", "outcome", "message"}
        assert row.get("status", "failed") == "failed"
    good = [row["image"] for row in rows if row["outcome"] != "failed"]
    assert good == [str(Path("photos", name)) for name in GOOD for _ in range(command.rows)]
