"""The second run on a known model, as a whole: it says and writes the same, without TensorFlow and Keras."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support.commands import fresh, named
from xai_cam.files.provenance import read_provenance

RUNS = """
import json, sys

class Refusing:
    def find_spec(self, name, path=None, target=None):
        assert name.partition(".")[0] not in ("tensorflow", "keras"), f"{name} is imported"

first, commands = json.loads(sys.argv[1])
if not first:
    sys.meta_path.insert(0, Refusing())
from xai_cam.cli import main
for command in commands:
    try:
        main(command)
    except SystemExit as end:
        print(f"{command[0]} ended with {end.code}", file=sys.stderr, flush=True)
"""

Photo = Callable[..., Path]


def runs(commands: list[list[object]], first: bool = False) -> tuple[str, str]:
    """What commands print, all of them in one process, which is cheaper than one each, and what they say."""
    texts = [[str(word) for word in command] for command in commands]
    done = fresh("-c", RUNS, json.dumps([first, texts]))
    return done.stdout, done.stderr


MANY = "recipro-cam", "occlusion", "rise"
"""Methods each of which asks a question of its own."""


def commands_of(model: list[object], pictures: Path, output: Path) -> list[list[object]]:
    photo, maps = pictures / "a" / "a.png", ["--save", "raw", "-o", output]
    layers = ["-l", "conv_1", "-l", "pool"]
    return [
        ["explain", *model, "--method", "grad-cam", "--method", "score-cam", *maps, photo],
        ["explain", *model, "--method", ",".join(MANY), "--samples", "8", "-c", "top2", *maps, photo],
        ["explain", *model, "--like", pictures / "b" / "b.png", *maps[:2], "-o", output / "like", photo],
        ["explain", *model, "--only", "unsure", "--margin", "1", *maps[:2], "-o", output / "only", photo],
        ["compare", *model, "--measures", "all", "--steps", "2", "-o", output, photo],
        ["features", *model, *layers, "--by", "weight", "--save", "grid,npy", "-o", output, photo],
        ["evaluate", *model, "--labels", pictures / "labels.txt", pictures],
        ["layers", *model, "--json"],
    ]


@pytest.fixture(scope="module")
def known(
    model_files: Callable[..., tuple[Path, Path]], tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[object], Path, tuple[str, str]]:
    """The model of commands that were run once, the folder of their picture and outputs, and their words."""
    pytest.importorskip("openvino")
    model, folder = named(model_files()), tmp_path_factory.mktemp("known")
    for seed, name in enumerate("abc"):
        (folder / "pictures" / name).mkdir(parents=True)
        pixels = np.random.default_rng(seed).integers(0, 256, (24, 30, 3), np.uint8)
        Image.fromarray(pixels).save(folder / "pictures" / name / f"{name}.png")
    (folder / "pictures" / "labels.txt").write_text("a\nb\nc\n", encoding="utf-8")
    return model, folder, runs(commands_of(model, folder / "pictures", folder / "first"), True)


UNSAID = r"WARNING: All log|[IWE]\d{4} |\d+ of \d+ images, "
"""What TensorFlow says, and how far a run is that takes its time."""


def said(text: str) -> list[str]:
    """Lines of the commands themselves, without times and folders."""
    lines = [re.sub(r" in [\d.]+ s\b|(first|second)(?=/)", "", line) for line in text.splitlines()]
    return [line for line in lines if not re.match(UNSAID, line)]


def test_it_says_and_writes_the_same_without_them(known: tuple[list[object], Path, tuple[str, str]]) -> None:
    model, folder, before = known
    after = runs(commands_of(model, folder / "pictures", folder / "second"))
    assert said(after[1]) == said(before[1]) and after[1].count("ended with 0") == 8
    assert said(after[0]) == said(before[0])
    assert json.loads(after[0][after[0].index("\n[") :])[-1]["default"]
    written = sorted(path.relative_to(folder / "first") for path in (folder / "first").rglob("*.npy"))
    assert len(written) == 6 + 2 * len(MANY)
    for name in written:
        first, second = (folder / run / name for run in ("first", "second"))
        expected = np.load(first)
        np.testing.assert_allclose(np.load(second), expected, atol=1e-4 * np.abs(expected).max())
        told = [read_provenance(path) or {} for path in (first, second)]
        assert told[0] and told[0].get("request") == told[1].get("request")


@pytest.mark.parametrize("option", [["--no-cache"], ["--engine", "tensorflow"]])
def test_what_is_asked_of_tensorflow_opens_the_model(
    known: tuple[list[object], Path, tuple[str, str]], option: list[str], tmp_path: Path
) -> None:
    model, folder, _ = known
    commands = commands_of(model, folder / "pictures", tmp_path)
    done = fresh("-c", RUNS, json.dumps([False, [[*map(str, commands[0]), *option]]]))
    assert done.returncode == 1 and "is imported" in done.stderr
