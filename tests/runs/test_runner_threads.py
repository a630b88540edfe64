"""Runs whose threads overtake each other: what is written and told, in which order, and how much is held."""

from __future__ import annotations

import _thread
import csv
import json
import threading
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import xai_cam.models.input.feeding
import xai_cam.runs.runner
from support.commands import counted, explain, named, run, tree
from support.small_models import build_tiny
from xai_cam.cam.classifier import Classifier
from xai_cam.cam.layers_explainer import LayersExplainer
from xai_cam.errors import ModelError, OutputError
from xai_cam.files.batch import OutputBatch
from xai_cam.images.finding import ImageFile
from xai_cam.images.readers import read_image
from xai_cam.models.input.feeding import Feeding
from xai_cam.models.input.preprocessing import Preprocessing
from xai_cam.models.network import Network
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.prediction_run import PredictionWork
from xai_cam.runs.runner import Runner
from xai_cam.runs.tasks import tasks_of

Files = Callable[..., tuple[Path, Path]]

COUNT = 12
BROKEN = 5
"""The one that is no picture."""

NAMES = [f"{number:02}.png" for number in range(COUNT)]


@pytest.fixture
def photos(tmp_path: Path, make_photo: Callable[..., Path]) -> Path:
    for number, name in enumerate(NAMES):
        make_photo(tmp_path / "photos" / name, seed=number)
    return tmp_path / "photos"


@pytest.fixture(autouse=True)
def several_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xai_cam.runs.runner, "thread_count", lambda: 4)


class Silent:
    """Watches a run and says nothing."""

    def ignore(self, *what: object) -> None:
        """Nothing is reported."""

    notice = row = progress = ignore


def slow_down(
    monkeypatch: pytest.MonkeyPatch, target: str, wait: Callable[[int], float] = lambda call: 0.02
) -> None:
    """Let a function take longer, by the number of the call."""
    module, name = target.rsplit(".", 1)
    real, lock, calls = getattr(import_module(module), name), threading.Lock(), [0]

    def slow(*arguments: Any, **options: Any) -> Any:
        with lock:
            calls[0] += 1
            call = calls[0]
        time.sleep(wait(call))
        return real(*arguments, **options)

    monkeypatch.setattr(target, slow)


def overtaken(call: int) -> float:
    """Of four calls the first takes longest."""
    return 0.012 * (3 - (call - 1) % 4)


def rows_of(path: Path) -> list[dict[str, Any]]:
    """Without the time that each took, which no two runs share."""
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(lines)) if path.suffix == ".csv" else [json.loads(line) for line in lines]
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


@pytest.mark.parametrize("batch", [1, 3, 50])
def test_rows_and_files_are_those_of_a_run_without_haste(
    batch: int, photos: Path, model_files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (photos / NAMES[BROKEN]).write_text("no picture", encoding="utf-8")
    explain(model_files(), photos, "-o", tmp_path / "one", "--results", tmp_path / "one.jsonl", "-b", 3)
    slow_down(monkeypatch, "xai_cam.models.input.feeding.read_file", overtaken)
    slow_down(monkeypatch, "xai_cam.runs.explain_run.encode", overtaken)
    asked = ["-o", tmp_path / "two", "--results", tmp_path / "two.jsonl", "-b", batch]
    assert counted(explain(model_files(), photos, *asked), COUNT - 1, failed=1)
    assert tree(tmp_path / "one").keys() == tree(tmp_path / "two").keys()
    told = rows_of(tmp_path / "two.jsonl")
    assert [Path(row["image"]).name for row in told] == NAMES
    assert [row["outcome"] == "failed" for row in told] == [n == BROKEN for n in range(COUNT)]
    for one, two in zip(rows_of(tmp_path / "one.jsonl"), told, strict=True):
        if one["outcome"] == "written":
            np.testing.assert_allclose(one.pop("score"), two.pop("score"), rtol=1e-5)
            np.testing.assert_allclose(one.pop("probability"), two.pop("probability"), rtol=1e-5)
            first, second = (read_image(row.pop("overlay")).pixels.astype(int) for row in (one, two))
            assert abs(first - second).max() <= 2
        assert one == two


def test_compare_tells_and_draws_the_same_in_the_same_order(
    photos: Path, model_files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (photos / NAMES[BROKEN]).write_text("no picture", encoding="utf-8")
    methods = ["--method", "grad-cam,hires-cam"]
    asked = ["compare", *named(model_files()), photos, *methods, "-b", 4, "--steps", 2]
    assert run(*asked, "-o", tmp_path / "one", "--results", tmp_path / "one.csv").exit_code == 1
    slow_down(monkeypatch, "xai_cam.models.input.feeding.read_file", overtaken)
    slow_down(monkeypatch, "xai_cam.runs.compare_run.draw_comparison", overtaken)
    assert run(*asked, "-o", tmp_path / "two", "--results", tmp_path / "two.csv").exit_code == 1
    one, two = (rows_of(tmp_path / f"{name}.csv") for name in ("one", "two"))
    for row in one + two:
        row["panel"] = Path(row["panel"]).name
    assert one == two and list(dict.fromkeys(Path(row["image"]).name for row in two)) == NAMES
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


@pytest.mark.parametrize("where", ["decode", "write"])
def test_fail_fast_writes_nothing_of_the_images_behind(
    where: str, photos: Path, model_files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where those behind would be ready long before the one that fails."""
    if where == "decode":
        (photos / NAMES[BROKEN]).write_text("no picture", encoding="utf-8")
        slow_down(
            monkeypatch,
            "xai_cam.models.input.feeding.read_file",
            lambda call: 0.2 if call == BROKEN + 1 else 0,
        )
    else:
        real = OutputBatch.write

        def write(self: OutputBatch, path: Path, data: bytes, new: bool) -> None:
            if path.name.startswith(NAMES[BROKEN][:2]):
                time.sleep(0.2)
                raise OutputError("The disk is full.")
            real(self, path, data, new)

        monkeypatch.setattr(OutputBatch, "write", write)
    out, rows = tmp_path / "out", tmp_path / "rows.jsonl"
    result = explain(model_files(), photos, "-o", out, "--results", rows, "--fail-fast", "-b", 4)
    assert result.exit_code == 1 and counted(result, BROKEN, failed=1)
    assert "Stopped at the first failure." in result.stderr
    assert set(tree(out)) == {f"{number:02}_grad-cam.png" for number in range(BROKEN)}
    assert [row["outcome"] for row in rows_of(rows)] == ["written"] * BROKEN + ["failed"]


def test_the_model_is_opened_and_asked_in_one_thread(
    photos: Path, model_files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: set[threading.Thread] = set()

    def watch(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def watched(*arguments: Any, **options: Any) -> Any:
            seen.add(threading.current_thread())
            return real(*arguments, **options)

        monkeypatch.setattr(owner, name, watched)

    watch(LayersExplainer, "at_layers")
    watch(Network, "__init__")
    watch(xai_cam.models.input.feeding, "choose_preprocessing")
    assert explain(model_files(), photos, "-b", 2).exit_code == 0
    assert seen == {threading.main_thread()}


@pytest.mark.parametrize(("batch", "most_pixels", "bound"), [(2, None, 7), (50, 3000, 13), (50, 1, 1)])
def test_no_more_pictures_are_held_than_asked_by_number_or_by_pixels(
    batch: int,
    most_pixels: int | None,
    bound: int,
    photos: Path,
    model_files: Files,
    make_photo: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Pictures have 720 pixels. Held: those decoded ahead, those of a batch, and those being written.

    By number 3 + 2 + 2. By 3,000 pixels: at most 3 ahead (with what the model takes of them) and the one
    whose turn it is, 5 that fill a batch, 4 that are written. Where each is too large, it is alone.
    """
    for number in range(COUNT, 40):
        make_photo(photos / f"{number:02}.png", seed=number)
    if most_pixels:
        monkeypatch.setattr("xai_cam.runs.runner.MAX_PIXELS", most_pixels)
        monkeypatch.setattr("xai_cam.runs.runner.MAX_BYTES", 7 * most_pixels)
    lock, held, most = threading.Lock(), set(), 0
    real, drop = xai_cam.models.input.feeding.read_file, ImageState.release

    def read(path: Path, admit: Callable[[int], None], *options: Any) -> Any:
        nonlocal most
        picture = real(path, admit, *options)
        with lock:
            held.add(path)
            most = max(most, len(held))
        return picture

    def let_go(state: ImageState) -> None:
        drop(state)
        with lock:
            held.discard(state.task.image.path)

    monkeypatch.setattr("xai_cam.models.input.feeding.read_file", read)
    monkeypatch.setattr(ImageState, "release", let_go)
    slow_down(monkeypatch, "xai_cam.runs.explain_run.encode", lambda call: 0.01)
    assert counted(explain(model_files(), photos, "-b", batch), 40)
    assert not held and min(2, bound) <= most <= bound


def test_what_was_computed_before_the_model_failed_is_written_and_told(
    photos: Path, model_files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = LayersExplainer.at_layers, []

    def fail(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 3:
            raise ModelError("The model broke.")
        return real(*arguments)

    monkeypatch.setattr(LayersExplainer, "at_layers", fail)
    slow_down(monkeypatch, "xai_cam.runs.explain_run.encode", lambda call: 0.05)
    result = explain(
        model_files(), photos, "-b", 4, "-o", tmp_path / "out", "--results", tmp_path / "r.jsonl"
    )
    assert result.exit_code == 3 and "The model broke." in result.stderr
    told = [Path(row["image"]).name for row in rows_of(tmp_path / "r.jsonl")]
    assert told == NAMES[:8]
    assert set(tree(tmp_path / "out")) == {f"{name[:2]}_grad-cam.png" for name in told}


@pytest.mark.parametrize("method", ["grad-cam", "score-cam"])
def test_ctrl_c_tells_what_is_on_the_disk(
    method: str, photos: Path, model_files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def press(call: int) -> float:
        if call == 4:
            _thread.interrupt_main()
        return 0.05

    slow_down(monkeypatch, "xai_cam.runs.explain_run.encode", press)
    out, rows = tmp_path / "out", tmp_path / "rows.jsonl"
    result = explain(model_files(), photos, "--method", method, "-b", 6, "-o", out, "--results", rows)
    assert result.exit_code == 130
    assert "Interrupted. Finished work is kept; run the same command again to continue." in result.stderr
    told = [Path(row["image"]).name for row in rows_of(rows)]
    assert 3 <= len(told) < COUNT
    written = {name for name in NAMES if (out / f"{name[:2]}_{method}.png").exists()}
    assert len(tree(out)) == len(written), "a temporary file stayed"
    # The signal may come in the midst of telling one image.
    assert set(told) <= written and len(written) - len(told) <= 1 and told == sorted(told)
    for thread in threading.enumerate():
        if thread.name.startswith("xai-cam"):  # Ctrl-C came while it started: nobody waits for it
            thread.join(5)
            assert not thread.is_alive()


def test_predictions_come_in_the_order_of_the_images(photos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (photos / NAMES[BROKEN]).write_text("no picture", encoding="utf-8")
    feeding = Feeding(Network(build_tiny()), Preprocessing("unit", "rgb", ""))
    paths = [photos / name for name in NAMES]

    def predict() -> list[ImageState]:
        found: list[ImageState] = []
        work = PredictionWork(feeding, Classifier(feeding.network), found.append)
        Runner(tasks_of([ImageFile(path, Path()) for path in paths]), work, Silent(), batch_size=3).run()
        return found

    expected = predict()
    slow_down(monkeypatch, "xai_cam.models.input.feeding.read_file", overtaken)
    found = predict()
    assert [one.task.image.path for one in found] == paths
    assert [one.failure != "" for one in found] == [n == BROKEN for n in range(COUNT)]
    for one, two in zip(expected, found, strict=True):
        if not one.failure:
            np.testing.assert_allclose(one.answer.scores, two.answer.scores, rtol=1e-5)
