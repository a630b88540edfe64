"""The command line before any work is done: help, versions, wrong options, and how fast it is to answer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import click
import pytest

import xai_cam
from support.commands import clean_environment, fresh, named
from xai_cam.cli import main

SCRIPT = """
import json, sys
from click.testing import CliRunner
from xai_cam.cli import main

answers = {}
for name, arguments in json.load(sys.stdin).items():
    result = CliRunner().invoke(main, arguments)
    loaded = sorted({"tensorflow", "keras", "sklearn", "matplotlib"} & set(sys.modules))
    known = result.exception is None or isinstance(result.exception, SystemExit)
    answers[name] = (result.exit_code, result.stdout, result.stderr, loaded, known)
print(json.dumps(answers))
"""
"""Runs every case below in one fresh process, and looks after each whether a heavy library was imported."""

HELP = {f"{name} --help": ([name, "--help"], "Usage: ", 0) for name in main.commands} | {
    "--help": (["--help"], "Grad-CAM", 0),
    "-h": (["-h"], "Grad-CAM", 0),
    "--version": (["--version"], f"xai-cam {xai_cam.__version__}\n", 0),
    "methods": (["methods"], "arXiv:1610.02391", 0),
    "methods --json": (["methods", "--json"], '"grad-cam"', 0),
}
"""Arguments, a part of standard output, exit code."""

EXPLAIN = {
    "method": (["--method", "gradcam"], "'gradcam' is none of the choices. Nearest: grad-cam", 2),
    "class without labels": (["-c", "dog", "--labels", "none"], "'dog' needs --labels", 2),
    "label": (["--labels", "labels.txt", "-c", "kat"], "'kat' is not among the labels. Nearest: cat", 2),
    "labels missing": (["--labels", "nowhere.txt"], "Cannot read the labels nowhere.txt", 2),
    "labels empty": (["--labels", "empty.txt"], "holds no labels", 2),
    "labels broken": (["--labels", "model.json", "-c", "dog"], "is not a list of labels", 2),
    "size": (["--size", "224"], "'224' is not a size. Write height x width", 2),
    "size zero": (["--size", "0x4"], "'0x4' is not a size", 2),
    "option": (["--colour", "jet"], "--colour", 2),
    "score": (["--method", "score-cam", "--score", "probability"], "every class gets the same map", 2),
    "official score": (["--method", "score-cam-official", "--score", "logit"], "defined on probabilities", 2),
    "no such score": (["--score", "loss"], "'loss' is not one of 'logit'", 2),
    "preprocess": (["--preprocess", "imagenet"], "'imagenet' is not one of 'auto'", 2),
    "channel order": (["--channel-order", "gbr"], "'gbr' is not one of 'rgb'", 2),
    "fit": (["--fit", "squeeze"], "'squeeze' is not one of 'stretch'", 2),
    "results": (
        ["--results", "rows.xlsx"],
        "rows.xlsx must end in .csv, .tsv, .jsonl, .parquet or .json (COCO)",
        2,
    ),
    "device": (["--device", "tpu"], "Unknown device 'tpu'. Use auto, cpu, gpu or gpu:N.", 2),
    "engine": (["--engine", "torch"], "'torch' is not one of 'auto'", 2),
    "save": (["--save", "overlay,video"], "not one of overlay, figure, animation, heatmap, raw", 2),
    "colormap": (["--colormap", "grey"], "'grey' is not one of 'glow', 'turbo'", 2),
    "opacity": (["--opacity", "1.5"], "1.5 is not in the range", 2),
    "format": (["--format", "gif"], "'gif' is not one of 'png'", 2),
    "enlarge": (["--enlarge", "0.5"], "'0.5' is neither a number of at least 1 nor auto", 2),
    "batch size": (["-b", "0"], "'0' is neither a number of at least 1 nor auto", 2),
    "chunk size": (["--chunk-size", "many"], "'many' is neither", 2),
    "list of images": (["--from-file", "nowhere.txt"], "Cannot read the list nowhere.txt", 2),
    "results over an input": (["table.csv", "--results", "table.csv"], "is one of the inputs", 2),
    "results over the labels": (
        ["--labels", "table.csv", "--results", "table.csv"],
        "is one of the inputs",
        2,
    ),
    "results over the list": (
        ["--from-file", "table.csv", "--results", "table.csv"],
        "is one of the inputs",
        2,
    ),
}
"""Additional arguments of a run that would be fine without them, a part of the message, exit code."""

OTHERS = {
    "command": (["explian"], "No such command 'explian'", 2),
    "no images": (["explain", "-m", "model.json"], "Missing argument 'IMAGES...'", 2),
    "no model named": (["explain", "a.png"], "Missing option '-m' / '--model'", 2),
    "model missing": (["explain", "-m", "nowhere.json", "a.png"], "Cannot read nowhere.json", 3),
    "model is a folder": (["explain", "-m", "folder", "a.png"], "holds a Keras model, 'model.json'", 3),
    "model is text": (["explain", "-m", "labels.txt", "a.png"], "neither JSON, nor HDF5", 3),
    "model is empty": (["explain", "-m", "empty.txt", "a.png"], "empty.txt is empty", 3),
    "weights missing": (["explain", "-m", "model.json", "-w", "no.h5", "a.png"], "Cannot read no.h5", 3),
    "weights are JSON": (["explain", "-m", "model.json", "-w", "model.json", "a.png"], "not weights", 3),
    "weights alone": (["explain", "-m", "model.weights.h5", "a.png"], "without an architecture", 3),
    "no H5 beside": (
        ["explain", "-m", "folder/model.json", "a.png"],
        "There are no weights (.h5, .weights.json, checkpoint) beside",
        3,
    ),
    "empty folder": (["explain", "-m", "model.json", "empty"], "No image found", 4),
    "missing image": (["explain", "-m", "model.json", "no.png"], "No image found (no.png does not exist)", 4),
    "demo count": (["demo", "--count", "0"], "0 is not in the range", 2),
    "demo into a file": (["demo", "-o", "a.png"], "'a.png' is a file", 2),
}
"""Arguments, a part of the message, exit code."""

ONLY = {
    "only wrong needs the truth": (
        ["--only", "wrong"],
        "--only wrong needs the truth. Use",
        2,
    ),
    "only right needs the truth": (["--only", "right", "-c", "0"], "--only right needs the truth", 2),
    "only what": (["--only", "sure"], "'sure' is not one of 'wrong'", 2),
    "margin alone": (
        ["--margin", "0.1"],
        "--margin is for --only unsure.",
        2,
    ),
    "margin of wrong": (["--only", "wrong", "-c", "folder", "--margin", "0"], "Give both, or neither", 2),
    "margin too large": (["--only", "unsure", "--margin", "2"], "2.0 is not in the range", 2),
    "margin nan": (["--only", "unsure", "--margin", "nan"], "--margin nan is not a number. Give one from", 2),
}
"""As EXPLAIN."""

EVALUATE = {
    "no folder": ([], "Missing argument 'FOLDERS...'. Name the folder whose sub-folders are classes.", 2),
    "two on stdout": (["photos", "--json", "--only", "wrong"], "--json and --only both write to stand", 2),
    "results and json": (["photos", "--json", "--results", "-"], "--json and --results - both write", 2),
    "results and only": (["photos", "--only", "right", "--results", "-"], "--only and --results - both", 2),
    "trial and report": (
        ["photos", "--try-preprocess", "--charts", "r"],
        "so --charts would have no effect",
        2,
    ),
    "trial and results": (
        ["photos", "--try-preprocess", "--results", "r.csv"],
        "so --results would have no",
        2,
    ),
    "trial and only": (
        ["photos", "--try-preprocess", "--only", "wrong"],
        "so --only would have no effect",
        2,
    ),
    "truth missing": (["photos", "--truth", "nowhere.csv"], "Cannot read the true classes in nowhere.csv", 2),
    "truth of one column": (["photos", "--truth", "table.csv"], "table.csv has the line 'a.png'", 2),
    "truth of others": (["photos", "--truth", "truth.csv"], "truth.csv lists none of the images", 4),
    "results over the truth": (["--truth", "truth.csv", "--results", "truth.csv"], "is one of the inputs", 2),
    "classes": (
        ["photos", "--labels", "labels.txt"],
        "only among the images bird; only among the labels dog, cat. Rename the folders",
        2,
    ),
    "report over an image": (["photos", "--charts", "photos/bird"], "roc.png is one of the inputs", 2),
    "report of others": (
        ["a.png", "--charts", "others"],
        "exists and was not written by xai-cam",
        2,
    ),
    "results of another kind": (["photos", "--results", "rows.txt"], "rows.txt must end in .csv, .tsv", 2),
    "another device": (["photos", "--device", "tpu"], "Unknown device 'tpu'", 2),
    "an empty folder": (["empty"], "No image found. Name files, folders or globs.", 4),
    "nothing but a missing image": (["no.png"], "No image found (no.png does not exist)", 4),
    "no such list": (["--from-file", "nowhere.txt"], "Cannot read the list nowhere.txt", 2),
}
"""Arguments after the model's, a part of the message, exit code."""

WRONG = (
    {
        name: (["explain", "-m", "model.json", "a.png", *a], t, e)
        for name, (a, t, e) in (EXPLAIN | ONLY).items()
    }
    | {
        f"evaluate: {name}": (["evaluate", "-m", "model.json", *a], t, e)
        for name, (a, t, e) in EVALUATE.items()
    }
    | OTHERS
)


class Answer(NamedTuple):
    """What one command line came to."""

    exit_code: int
    stdout: str
    stderr: str
    loaded: list[str]
    known: bool


@pytest.fixture(scope="module")
def answers(
    tmp_path_factory: pytest.TempPathFactory, model_files: Callable[..., tuple[Path, Path]]
) -> dict[str, Answer]:
    """Every case of this file, run in one fresh process."""
    folder = tmp_path_factory.mktemp("cases")
    for file in model_files():
        (folder / file.name).write_bytes(file.read_bytes())
    for inner in ("folder", "empty", "others", "photos/bird"):
        (folder / inner).mkdir(parents=True)
    (folder / "folder" / "model.json").write_bytes((folder / "model.json").read_bytes())
    for name, text in {
        "labels.txt": "dog\ncat\n",
        "empty.txt": "",
        "table.csv": "a.png\n",
        "a.png": "-",
        "photos/bird/roc.png": "-",
        "others/evaluation.json": "{}",
        "truth.csv": "a.png,bird\n",
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    cases = {name: arguments for name, (arguments, _, _) in (HELP | WRONG).items()}
    done = fresh("-c", SCRIPT, input=json.dumps(cases), cwd=folder, env=clean_environment())
    assert not done.returncode, done.stderr
    assert (folder / "table.csv").read_text(encoding="utf-8") == "a.png\n"
    return {name: Answer(*answer) for name, answer in json.loads(done.stdout).items()}


@pytest.mark.parametrize("name", HELP)
def test_help_answers_on_standard_output_without_tensorflow(name: str, answers: dict[str, Answer]) -> None:
    _, part, exit_code = HELP[name]
    answer = answers[name]
    assert (answer.exit_code, answer.stderr, answer.loaded) == (exit_code, "", [])
    assert part in answer.stdout


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_command_line_is_told_in_two_sentences_without_tensorflow(
    name: str, answers: dict[str, Answer]
) -> None:
    _, part, exit_code = WRONG[name]
    answer = answers[name]
    assert answer.known and answer.exit_code == exit_code, answer
    assert (answer.stdout, answer.loaded) == ("", [])
    before, _, message = answer.stderr.partition("Error: ")
    assert part in message.replace("\n", " ")
    assert "Traceback" not in answer.stderr
    assert not before or before.startswith("Usage: ")
    assert len(re.findall(r"[.!?](?=\s|$)", message)) <= 2


@pytest.mark.parametrize("name", main.commands)
def test_help_says_what_every_option_is_for(name: str) -> None:
    for parameter in main.commands[name].params:
        if isinstance(parameter, click.Option):
            obvious = isinstance(parameter.type, click.Choice) and parameter.default is not None
            assert parameter.help or obvious, f"{name} {parameter.opts[-1]}"
            # Click puts a text of one's own in brackets, as if it stood for a number
            assert not isinstance(parameter.show_default, str), f"{name} {parameter.opts[-1]}"


def test_windows_hands_globs_on_unexpanded(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}
    monkeypatch.setattr(click.Group, "main", lambda self, *args, **kwargs: seen.update(kwargs))
    main(["--help"])
    assert seen["windows_expand_args"] is False


def test_the_real_command_is_quiet_where_tensorflow_is_loud(
    tiny_files: tuple[Path, Path], make_photo: Callable[..., Path], tmp_path: Path
) -> None:
    make_photo(tmp_path / "photos" / "a.png")
    command = ["-m", "xai_cam", "explain", *named(tiny_files), "photos"]
    done = fresh(*command, cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout == ""
    layer, first, count = done.stderr.splitlines()
    assert layer.startswith("Layer conv_2 ") and first.startswith("Preprocessing unit, rgb ")
    assert count.startswith("1 written, 0 up to date, 0 failed in ")

    import_times = fresh("-X", "importtime", *command, cwd=tmp_path)
    assert "0 written, 1 up to date, 0 failed in " in import_times.stderr
    assert "xai_cam.runs.explain_run" in import_times.stderr
    assert not re.search(r"\b(tensorflow|keras)\b", import_times.stderr), (
        "nothing to do, TensorFlow all the same"
    )
