"""`xai-cam evaluate` among broken images, odd names, pipes and terminals."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import xai_cam.models.input.feeding
import xai_cam.runs.scaling_run
from support import colours
from support.commands import clean_environment, counted, evaluate, explain, judged, named, strict, tree
from support.small_models import save_model
from xai_cam.cam.classifier import Classifier
from xai_cam.cli.console import Console
from xai_cam.files.text_tables import StdoutWriter

Files = Callable[..., tuple[Path, Path]]
LABELS = ("--labels", "labels.txt")


# --- Images ------------------------------


def test_a_broken_image_is_named_and_the_others_are_counted(painted: Path, judges: Files) -> None:
    (painted / "ant" / "a.png").write_text("no picture", encoding="utf-8")
    (painted / "ant" / "b.jpg").write_bytes(b"")
    result = evaluate(judges(), *LABELS, "--results", "rows.jsonl", "--charts", "report", painted, "gone.png")
    assert result.exit_code == 1 and judged(result, 16, 2, 3)
    for line in (
        "Failed: gone.png: there is no such file.",
        "Failed: test/ant/a.png: not an image file, despite its name.",
        "Failed: test/ant/b.jpg: the file is empty.",
    ):
        assert line in result.stderr.splitlines()
    rows = [strict(line) for line in Path("rows.jsonl").read_text("utf-8").splitlines()]
    failed = {row["image"]: row for row in rows if row["outcome"] == "failed"}
    assert set(failed) == {"gone.png", "test/ant/a.png", "test/ant/b.jpg"} and len(rows) == 21
    assert failed["test/ant/b.jpg"]["truth_name"] == "ant" and failed["test/ant/b.jpg"]["p_ant"] is None
    said = strict(Path("report/evaluation.json").read_text("utf-8"))
    assert (said["images"], said["failed"]) == (18, 3)


@pytest.mark.parametrize("option", [(), ("--json",), ("--only", "wrong"), ("--try-preprocess",)])
def test_nothing_but_broken_images(option: tuple[str, ...], judges: Files, painted: Path) -> None:
    for path in painted.rglob("*.png"):
        path.write_text("no picture", encoding="utf-8")
    result = evaluate(judges(), *LABELS, *option, painted)
    assert result.exit_code == 1 and result.stdout in ("", "[]\n")
    assert result.stderr.count("Failed: test/") == 18 and "18 failed in " in result.stderr.splitlines()[-1]


def test_no_image_at_all(judges: Files, painted: Path) -> None:
    Path("empty").mkdir()
    for arguments in (("empty",), ("nowhere",), (painted, "--exclude", "*")):
        result = evaluate(judges(), *LABELS, *arguments)
        assert result.exit_code == 4 and not result.stdout
        assert "No image found" in result.stderr and "-r" not in result.stderr


def test_what_xai_cam_wrote_is_left_out(judges: Files, painted: Path) -> None:
    first = evaluate(judges(), *LABELS, "--charts", painted / "report", "--json", painted)
    explain(judges(), painted, "-r")
    before = tree(painted)
    again = evaluate(judges(), *LABELS, "--charts", painted / "report", "--json", painted)
    assert (first.exit_code, again.exit_code, again.stdout) == (0, 0, first.stdout)
    assert "Skipped 21 pictures written by xai-cam." in again.stderr
    assert tree(painted) == before, "the same figures, in other words"


def test_include_exclude_and_lists(judges: Files, painted: Path) -> None:
    assert judged(evaluate(judges(), *LABELS, painted, "--exclude", "ant/*"), 4, 0)
    assert judged(evaluate(judges(), *LABELS, painted, "--include", "bee/*"), 3, 0)
    names = "".join(f"{path}\n" for path in colours.mistakes(painted))
    assert judged(evaluate(judges(), *LABELS, "--from-file", "-", stdin=names), 0, 2)


def test_scores_that_are_no_numbers_fail_their_image(painted: Path, tmp_path: Path) -> None:
    model = colours.build(activation=None)
    kernel, bias = (weights * 1e36 for weights in colours.weights(3))
    model.set_weights([*model.get_weights()[:2], kernel, bias])  # too large for pictures from 0 to 255
    files = save_model(model, tmp_path / "large")
    assert judged(evaluate(files, *LABELS, painted), 16, 2)
    result = evaluate(files, *LABELS, "--preprocess", "raw", painted)
    assert result.exit_code == 1 and judged(result, 0, 0, 18)
    assert result.stderr.count("the model's scores hold NaN or infinity: check the weights and") == 18
    tried = {}
    for trial in strict(evaluate(files, "--try-preprocess", "--json", painted).stdout):
        tried.setdefault(trial["preprocess"], trial)
    assert (tried["raw"]["accuracy"], tried["raw"]["log_loss"]) == (0, None)
    assert tried["unit"]["accuracy"] == pytest.approx(16 / 18) and tried["unit"]["log_loss"] > 0


def test_an_image_that_is_gone_as_soon_as_it_was_read(
    judges: Files, painted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = xai_cam.models.input.feeding.read_file

    def lose(path: Path, admit: Callable[[int], None], *options: Any) -> Any:
        picture = real(path, admit, *options)
        path.unlink()
        return picture

    monkeypatch.setattr("xai_cam.models.input.feeding.read_file", lose)
    result = evaluate(judges(), *LABELS, painted)
    assert result.exit_code == 0 and judged(result, 16, 2)
    assert "First image 00.png: input 0.0353 to 0.682, predicted ant" in result.stderr


def test_images_that_no_scaling_was_tried_on_are_counted(
    judges: Files, painted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a run that its store ended; what `evaluate` itself says then is tested where it counts."""
    plain = xai_cam.runs.scaling_run.try_scalings

    def ended(*arguments: Any) -> Any:
        search, summary = plain(*arguments)
        summary.left = 3
        return search, summary

    monkeypatch.setattr(xai_cam.runs.scaling_run, "try_scalings", ended)
    result = evaluate(judges(), *LABELS, "--try-preprocess", painted)
    assert "18 tried, 0 failed, 3 not tried in " in result.stderr


# --- Streams ------------------------------


def test_results_on_standard_output_are_alone_there(judges: Files, painted: Path) -> None:
    result = evaluate(judges(), *LABELS, "--results", "-", painted)
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert len(rows) == 18 and set(rows[0]) >= {"image", "outcome", "truth_name", "predicted_name", "p_cat"}
    assert [row["image"] for row in rows if row["outcome"] == "wrong"] == [
        str(p) for p in colours.mistakes(painted)
    ]
    assert "accuracy  " in result.stderr and judged(result, 16, 2)


def test_quiet(judges: Files, painted: Path) -> None:
    result = evaluate(judges(), *LABELS, "-q", "--only", "wrong", painted)
    assert result.stdout == "".join(f"{path}\n" for path in colours.mistakes(painted))
    assert len(result.stderr.splitlines()) == 1 and judged(result, 16, 2)


def test_mistakes_are_piped_into_explain(judges: Files, painted: Path) -> None:
    for only, expected in (("wrong", 2), ("right", 16)):
        told = evaluate(judges(), *LABELS, "--only", only, painted)
        assert told.exit_code == 0 and len(told.stdout.splitlines()) == expected
        result = explain(judges(), "--from-file", "-", "-o", only, stdin=told.stdout)
        assert result.exit_code == 0 and counted(result, expected)
    assert {Path(name).stem for name in tree(Path("wrong"))} == {
        f"{p.stem}_grad-cam" for p in colours.mistakes(painted)
    }


def test_unsure_is_what_the_margin_says(judges: Files, painted: Path) -> None:
    Image.new("RGB", (8, 8), (128, 128, 128)).save(painted / "ant" / "grey.png")
    margins = {}
    for path in sorted(painted.rglob("*.png")):
        second, first = sorted(colours.answer(path)[0])[-2:]
        margins[str(path)] = first - second
    for asked in (None, 0.9, 0, 1):
        option, margin = ((), 0.2) if asked is None else (("--margin", asked), asked)
        result = evaluate(judges(), *LABELS, "--only", "unsure", *option, painted)
        assert result.stdout.splitlines() == [name for name, m in margins.items() if m < margin]
    assert 0 < sum(m < 0.2 for m in margins.values()) < sum(m < 0.9 for m in margins.values()) < 19
    refused = evaluate(judges(activation="relu"), *LABELS, "--only", "unsure", painted)
    assert refused.exit_code == 2 and not refused.stdout
    assert "--only unsure needs probabilities, but the model ends in relu" in refused.stderr


@pytest.mark.skipif(os.name == "nt", reason="file names are Unicode there")
def test_names_that_are_no_unicode_go_through_a_pipe(judges: Files, painted: Path) -> None:
    os.rename(colours.mistakes(painted)[0], painted / "ant" / os.fsdecode(b"caf\xe9.png"))
    os.rename(painted / "bee", painted / os.fsdecode(b"b\xe9e"))
    result = evaluate(judges(), "--only", "wrong", "--charts", "report", "--results", "rows.jsonl", painted)
    assert result.exit_code == 0, result.stderr
    assert b"caf\xe9.png\n" in result.stdout_bytes
    strict(Path("report/evaluation.json").read_text("utf-8"))
    done = explain(judges(), "--from-file", "-", "-o", "maps", stdin=result.stdout_bytes)
    assert done.exit_code == 0 and counted(done, 2)
    assert evaluate(judges(), painted).exit_code == evaluate(judges(), "--json", painted).exit_code == 0


def test_a_terminal_that_lacks_letters(judges: Files, painted: Path) -> None:
    """As with `xai-cam ... > file` on Windows."""
    os.rename(painted / "cat", painted / "猫")
    codepage = clean_environment(PYTHONIOENCODING="cp1252", CUDA_VISIBLE_DEVICES="-1")
    command = [sys.executable, "-m", "xai_cam", "evaluate", *named(judges()), "-q", str(painted)]
    for option, part in (((), rb"\u732b"), (("--json",), rb"\u732b"), (("--only", "right"), "猫".encode())):
        done = subprocess.run([*map(str, command), *option], capture_output=True, check=False, env=codepage)
        assert done.returncode == 0, done.stderr
        assert part in done.stdout and b"Traceback" not in done.stderr


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_what_was_asked_for_is_not_written_into_the_line_of_progress(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, terminal)
    monkeypatch.setenv("TERM", "xterm")
    console = Console(writer=StdoutWriter(["image", "outcome"]))
    for act in (lambda: console.say("a"), lambda: console.row({"image": "b", "outcome": "right"})):
        console.progress(1, 3)
        time.sleep(0.05)
        act()
    console.progress(3, 3)
    lines = re.sub(r"\r[^\r]*\x1b\[K", "", terminal.getvalue())
    assert lines == "image,outcome\na\nb,right\n" and "1 of 3 images\x1b[K" in terminal.getvalue()


def test_ctrl_c(judges: Files, painted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    score, calls = Classifier.score, []

    def stop(self: Classifier, images: Any) -> Any:
        calls.append(images)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return score(self, images)

    monkeypatch.setattr(Classifier, "score", stop)
    result = evaluate(judges(), *LABELS, "-b", 5, "--results", "rows.csv", "--charts", "report", painted)
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr.endswith("Interrupted. No figures are printed for only some of the images.\n")
    assert len(Path("rows.csv").read_text(encoding="utf-8").splitlines()) == 6 and not list(
        Path("report").iterdir()
    )
