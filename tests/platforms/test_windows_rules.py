"""Whole commands under rules of Windows: what is open stays, a scanner holds files, folders refuse."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from support import ROOT
from support.commands import clean_environment, tree
from support.small_models import build_tiny, save_model
from support.windows_rules import EVERY, PROTECTED

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="simulated for Linux alone")

COUNT = 2 * EVERY
MODEL = ("-m", "model.json", "-w", "model.weights.h5")
EXPLAIN = ("explain", *MODEL, "photos", "--method", "grad-cam,score-cam", "-o", "maps")
CONVERT = ("convert", *MODEL, "-o", "new.keras", "--overwrite")
BLUR = ("kernels", "apply", "--fir", "box")
COLONS = ("-m", "odd.keras", "--labels", "odd.txt", "photos/0.png")

COMMANDS: dict[str, tuple[object, ...]] = {
    "explain": (*EXPLAIN, "--engine", "openvino", "--results", "rows.csv", "--report", "report.html"),
    "again": (*EXPLAIN, "--engine", "openvino", "--results", "rows.csv", "--report", "report.html"),
    "convert": CONVERT,
    "convert again": CONVERT,
    "pair": ("convert", *MODEL, "-o", "pair.json", "--json"),
    "edit": ("kernels", "edit", *MODEL, "--zero", "conv_1:0", "-o", "edited"),
    "show": ("kernels", "show", *MODEL, "--picture", "-o", "kernels"),
    "protected": (*BLUR, "photos/0.png", "-o", PROTECTED),
    "protected cache": ("explain", *MODEL, "photos/0.png", "-o", "other"),
    "too long": (*BLUR, "photos/0.png", "-o", "long/" * 60),
    "device": (*BLUR, "photos/0.png", "-o", "aux"),
    "layer of a device": ("kernels", "show", "-m", "odd.keras", "-l", "con", "--picture", "-o", "kernels"),
    "labels with colons": ("explain", *COLONS, "-c", "0", "-c", "1", "-o", "odd"),
    "folder": ("layers", "-m", "photos"),
    "damaged": ("explain", "-m", "model.json", "-w", "damaged.weights.h5", "photos", "-o", "none"),
}


@dataclass(frozen=True)
class Ran:
    """What came of the commands, the folder that they worked in, and what they were refused."""

    folder: Path
    outcomes: dict[str, tuple[int, str, str]]
    refused: list[str]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """All of them, one after the other in one process."""
    folder = tmp_path_factory.mktemp("windows")
    write_inputs(folder)
    variables = {name: {"XDG_CACHE_HOME": str(folder / "cache")} for name in COMMANDS}
    variables["protected cache"] = {"XDG_CACHE_HOME": str(folder / PROTECTED)}
    done = subprocess.run(
        [sys.executable, "-m", "support.windows_rules"],
        input=json.dumps([[list(command), variables[name]] for name, command in COMMANDS.items()]),
        cwd=folder,
        env=clean_environment(PYTHONPATH=f"{ROOT}:{ROOT / 'tests'}"),
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    return Ran(folder, dict(zip(COMMANDS, map(tuple, found["outcomes"]), strict=True)), found["refused"])


def write_inputs(folder: Path) -> None:
    import keras

    _, weights = save_model(build_tiny(), folder)
    (folder / PROTECTED).mkdir()
    (folder / "photos").mkdir()
    for number in range(COUNT):
        pixels = np.random.default_rng(number).integers(0, 255, (24, 30, 3), np.uint8)
        Image.fromarray(pixels).save(folder / "photos" / f"{number}.png")
    inputs = keras.Input((16, 16, 3))
    features = keras.layers.Conv2D(4, 3, name="con")(inputs)
    outputs = keras.layers.Dense(2, "softmax")(keras.layers.GlobalAveragePooling2D()(features))
    keras.Model(inputs, outputs).save(folder / "odd.keras")
    (folder / "odd.txt").write_text("a:b\ncon\n", encoding="utf-8")
    (folder / "damaged.weights.h5").write_bytes(weights.read_bytes())
    with h5py.File(folder / "damaged.weights.h5", "a") as file:
        del file["layers/conv2d"]
        file["layers/conv2d"] = [1.0, 2.0]


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_has_a_traceback(name: str, ran: Ran) -> None:
    _, output, traceback = ran.outcomes[name]
    assert not traceback and "Traceback" not in output


@pytest.mark.parametrize(
    "name",
    [name for name in COMMANDS if name not in ("protected", "too long", "device", "folder", "damaged")],
)
def test_files_that_somebody_has_open_are_waited_for(name: str, ran: Ran) -> None:
    code, output, _ = ran.outcomes[name]
    assert code == 0, output
    assert sum(line.startswith("32 ") for line in ran.refused) > 5, "hardly anything was ever refused"


def test_everything_was_written_once(ran: Ran) -> None:
    assert f"{COUNT} written, 0 up to date, 0 failed" in ran.outcomes["explain"][1]
    assert f"0 written, {COUNT} up to date, 0 failed" in ran.outcomes["again"][1]
    assert len([name for name in tree(ran.folder / "maps") if name.endswith(".png")]) == 2 * COUNT


def test_nothing_temporary_stays(ran: Ran) -> None:
    parts = {part for name in tree(ran.folder) for part in name.split("/")}
    assert {part for part in parts if ".tmp" in part or ".lock" in part or ".new-" in part} == set()


def test_a_protected_folder_is_told_at_once(ran: Ran) -> None:
    """As it is by an access list; Python's own temporary files would try two thousand million names."""
    code, output, _ = ran.outcomes["protected"]
    assert code != 0 and f"Cannot write to the folder {PROTECTED}" in output
    assert not tree(ran.folder / PROTECTED)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("too long", "and Windows takes 259"),
        ("device", "Windows takes aux for a device"),
        ("folder", "photos is a folder of pictures"),
    ],
)
def test_places_that_are_none(name: str, said: str, ran: Ran) -> None:
    code, output, _ = ran.outcomes[name]
    assert code != 0 and said in " ".join(output.split())


def test_names_of_devices_and_colons_reach_no_disk(ran: Ran) -> None:
    names = {name.rpartition("/")[2] for name in tree(ran.folder)}
    assert {"con-_kernels.png", "0_grad-cam_a-b.png", "0_grad-cam_con.png"} <= names


def test_weights_that_leave_their_file_open_are_told_in_a_sentence(ran: Ran) -> None:
    """Keras keeps the file open where it fails, and the temporary folder around it cannot be deleted."""
    code, output, _ = ran.outcomes["damaged"]
    assert code == 3 and "Error: " in output


def test_these_are_the_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is open is in use, what was closed is not."""
    from support.windows_rules import in_use

    path = tmp_path / "a"
    path.write_bytes(bytes(5000))
    assert not in_use(str(path))
    with path.open("rb"):
        assert in_use(str(path))
    mapped: Callable[[], object] = np.memmap(path, np.uint8, "r")
    assert in_use(str(path))
    del mapped
    assert not in_use(str(path))
