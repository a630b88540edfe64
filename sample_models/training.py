"""What training scripts share: a history on disk, the best weights kept, a figure, an evaluation."""

import csv
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import keras

HISTORY = ("epoch", "side", "rate", "seconds", "loss", "accuracy", "val_loss", "val_accuracy", "val_auc")


class History(keras.callbacks.Callback):
    """Adds a row per epoch to a CSV file, so that several runs add up."""

    def __init__(self, file: Path, side: int) -> None:
        super().__init__()
        self.file, self.side = file, side
        self.done = len(file.read_text(encoding="utf-8").splitlines()) - 1 if file.exists() else 0
        if not file.exists():
            file.write_text(",".join(HISTORY) + "\n", encoding="utf-8")

    def on_epoch_begin(self, epoch: int, logs: dict | None = None) -> None:
        """Start the clock."""
        self.start = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Write the row."""
        self.done += 1
        measured = {name: float(value) for name, value in (logs or {}).items()}
        measured["rate"] = float(self.model.optimizer.learning_rate)
        row = {name: f"{value:.5g}" for name, value in measured.items() if name in HISTORY}
        seconds = f"{time.perf_counter() - self.start:.0f}"
        with self.file.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, HISTORY, lineterminator="\n")
            writer.writerow(row | {"epoch": self.done, "side": self.side, "seconds": seconds})


class KeepBest(keras.callbacks.Callback):
    """Copies the weights into the shipped network, and writes them, whenever the validation loss is lower.

    `best` is the loss of the weights that are there already.
    """

    def __init__(self, shipped: keras.Model, file: Path, best: float) -> None:
        super().__init__()
        self.shipped, self.file, self.best = shipped, file, best

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Compare."""
        loss = float((logs or {})["val_loss"])
        if loss < self.best:
            self.best = loss
            self.shipped.set_weights(self.model.get_weights())
            self.shipped.save_weights(self.file)


def read_history(file: Path) -> list[dict[str, float]]:
    """The rows of a history, one an epoch."""
    with file.open(newline="", encoding="utf-8") as text:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(text)]


def draw_history(file: Path, target: Path) -> None:
    """Draw loss and accuracy of training and validation, epoch by epoch; a line where the size changes."""
    from matplotlib.figure import Figure

    rows = read_history(file)
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    for axes, name in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        epochs = [row["epoch"] for row in rows]
        for prefix, label in (("", "training"), ("val_", "validation")):
            axes.plot(epochs, [row[prefix + name] for row in rows], label=label)
        for before, after in pairwise(rows):
            if before["side"] != after["side"]:
                axes.axvline(after["epoch"] - 0.5, color="0.6", linestyle=":", linewidth=1)
        axes.set(xlabel="epoch", ylabel=name)
        axes.legend()
    figure.savefig(target, dpi=110)


def evaluate(folder: Path, pictures: Sequence[tuple[str, str]], *options: str) -> dict[str, Any]:
    """Measure the model in `folder` with `xai-cam evaluate`, whose report goes there too; its figures.

    Parameters
    ----------
    pictures : sequence of (path, class name)
    """
    report = folder / "report"
    report.mkdir(exist_ok=True)
    table = report / "test.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("image", "class"), *((Path(p).resolve(), name) for p, name in pictures)])
    model = [
        "-m",
        folder / "model.json",
        "-w",
        folder / "model.weights.h5",
        "--labels",
        folder / "labels.txt",
    ]
    command = [sys.executable, "-m", "xai_cam", "evaluate", *model, "--truth", table, "--charts", report]
    subprocess.run([*map(str, command), *options], check=True)
    table.unlink()
    figures: dict[str, Any] = json.loads((report / "evaluation.json").read_text(encoding="utf-8"))
    return figures
