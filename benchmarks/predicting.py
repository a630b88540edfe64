"""What predictions cost by OpenVINO, as ratios to TensorFlow's: of a batch, and of `evaluate` over a folder.

    python benchmarks/predicting.py [--rounds 5] [--images 256] [--networks shapes,mobilenet_v2,resnet50]

Everything is measured in turn, and the figures are medians of ratios. *a batch* is 32 images in a loaded
model, as `evaluate` asks about them. *pays from* is how many images of a run win back what the conversion
costs, with the check of its first answers. The commands are `xai-cam evaluate` from their start, over
photographs of 500 x 375 whose folders are classes: by TensorFlow, by OpenVINO with nothing kept, and again
with what that has kept.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from folder import write_photos

from measuring import Cell, in_turn, machine, show_rows
from throughput import NETWORKS, make_images, make_network

BATCH = 32


def measure(name: str, rounds: int, count: int, photos: Path, folder: Path) -> dict[str, Cell]:
    """Times and ratios of one network."""
    from xai_cam.cam.classifier import Classifier
    from xai_cam.cam.engines.questions import Computing
    from xai_cam.models.network import Network

    model = make_network(name)
    network, images = Network(model), [*make_images(model, BATCH)]
    usual, other = (
        Classifier(network, Computing(engine, cache=False)) for engine in ("tensorflow", "openvino")
    )
    usual.score(images)
    start = time.perf_counter()
    other.score(images)
    first = time.perf_counter() - start
    batch = in_turn({"usual": lambda: usual.score(images), "other": lambda: other.score(images)}, rounds)
    saved = float(np.median(batch["usual"] - batch["other"])) / BATCH
    cost = first - float(np.median(batch["other"]))
    path = folder / f"{name}.keras"
    model.save(path)
    runs = commands(path, photos, folder / f"cache of {name}", rounds)
    return {
        "network": name,
        "TensorFlow, ms an image": float(np.median(batch["usual"])) / BATCH * 1000,
        "OpenVINO / TensorFlow, a batch": float(np.median(batch["other"] / batch["usual"])),
        "conversion, s": cost,
        "pays from, images": f"{cost / saved:,.0f}" if saved > 0 else "never",
        f"evaluate {count} by TensorFlow, s": float(np.median(runs["usual"])),
        "OpenVINO / TensorFlow, nothing kept": float(np.median(runs["first"] / runs["usual"])),
        "again": float(np.median(runs["again"] / runs["usual"])),
    }


def commands(model: Path, photos: Path, cache: Path, rounds: int) -> dict[str, np.ndarray]:
    """Seconds of `xai-cam evaluate` by each way of computing, after a round to warm up."""

    def first() -> None:
        shutil.rmtree(cache, ignore_errors=True)
        evaluate(model, photos, cache, "openvino")

    tasks: dict[str, Callable[[], object]] = {
        "usual": partial(evaluate, model, photos, cache, "tensorflow"),
        "first": first,
        "again": partial(evaluate, model, photos, cache, "openvino"),
    }
    return in_turn(tasks, max(rounds // 2, 1))


def evaluate(model: Path, photos: Path, cache: Path, engine: str) -> None:
    """`xai-cam evaluate`, silent."""
    options = ["-m", str(model), "--engine", engine, "--labels", "none", "-q", str(photos)]
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache)}
    command = [sys.executable, "-m", "xai_cam", "evaluate", *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)


def write_classes(folder: Path, count: int) -> Path:
    """Photographs in two folders, which are named as classes 0 and 1."""
    folder.mkdir()
    for number in (0, 1):
        write_photos(folder / str(number), count // 2)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--images", type=int, default=256)
    parser.add_argument("--networks", default=",".join(NETWORKS))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        photos = write_classes(Path(made) / "photos", options.images)
        names = options.networks.split(",")
        rows = [measure(name, options.rounds, options.images, photos, Path(made)) for name in names]
    show_rows(rows)
    print(f"\n{machine()}; {BATCH} images a batch.")


if __name__ == "__main__":
    main()
