"""What the commands of the campaign are: each with its inputs, in a folder of its own."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from faults.forked import start

HEAVY = "masks", "cat.png"
"""Example files that no command of the campaign reads."""


@dataclass(frozen=True)
class Scenario:
    """A command line; it runs in the folder where its inputs lie.

    Parameters
    ----------
    name : str
        What the table calls it.
    arguments : sequence of str
        Behind `xai-cam`.
    """

    name: str
    arguments: Sequence[str]


SCENARIOS = (
    Scenario(
        "explain",
        (
            *("explain", "-q", "-m", "model.keras", "-r", "photos", "-o", "out", "--results", "rows.csv"),
            *("--save", "overlay", "--save", "heatmap", "--save", "raw", "-b", "2"),
        ),
    ),
    Scenario(
        "explain beside its images",
        ("explain", "-q", "-m", "model.keras", "-r", "photos", "--report", "page.html", "-b", "2"),
    ),
    Scenario(
        "compare",
        (
            *("compare", "-q", "-m", "model.keras", "-r", "photos", "-o", "out", "--results", "rows.csv"),
            *("--method", "grad-cam", "--method", "layer-cam", "--steps", "0", "--report", "page.html"),
        ),
    ),
    Scenario(
        "evaluate",
        ("evaluate", "-q", "-m", "model.keras", "--charts", "charts", "--results", "rows.csv", "photos"),
    ),
    Scenario("convert", ("convert", "-q", "-m", "model.json", "-w", "weights.h5", "-o", "new/new.keras")),
    Scenario("convert --json", ("convert", "-q", "-m", "model.keras", "-o", "new/new.json", "--json")),
    Scenario(
        "kernels edit",
        ("kernels", "edit", "-q", "-m", "model.json", "-w", "weights.h5", "--zero", "conv1_1:0", "-o", "new"),
    ),
)


def write_inputs(folder: Path) -> None:
    """Write the inputs of all scenarios to a new folder: a model in both forms, labels and pictures.

    In a fork, since the model is run for them.
    """
    folder.mkdir(parents=True)
    ended = start(("demo", "-q", "--files", "."), folder).wait()
    assert ended.code == 0, ended
    for name in HEAVY:
        shutil.rmtree(folder / name) if (folder / name).is_dir() else (folder / name).unlink()
