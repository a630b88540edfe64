"""What time and memory grow with: channels, images, the size of a batch and of a chunk.

    python benchmarks/scaling.py [--engine tensorflow,openvino] [--images 2000] [--chart scaling.png]

- Channels: Score-CAM of one image on MobileNetV2, random weights, by `--max-channels`.
- Chunk and batch size: one call of that network, with masked inputs for Score-CAM and images for Grad-CAM.
- Images: one run of `xai-cam explain` over a folder, watched from outside: the heat maps that are there and
  the memory it takes, a few times a second.
- Peaks of memory are those of processes of their own: of a whole `xai-cam explain` of one image for the
  networks of ImageNet.

Times of one axis are taken in turn and are medians; r2 is that of a straight line through them.
"""

from __future__ import annotations

import argparse
import itertools
import os
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from measuring import Cell, in_turn, machine, show_rows
from scaling_runs import Curve, run_peak, watch_run, write_images, write_model

CHANNELS = (16, 80, 320, 640, 1280)
SIZES = (1, 2, 4, 8, 16, 32)
LIMITS = {"mobilenet_v2": (32, 320, 1280), "resnet50": (32, 128, 512)}
"""Network -> channels that the memory of a whole command is measured for."""

METHODS = {"grad-cam": [], "score-cam": ["--max-channels", "16"]}
"""Methods of the runs over many images, with further options."""

SETTLED = 0.1
"""Share of a run after which its memory has to be flat."""


def straightness(x: np.ndarray, y: np.ndarray) -> tuple[float, float, float]:
    """Slope and intercept of the least-squares line, and r2: 1 where all points lie on it."""
    slope, intercept = np.polyfit(x, y, 1)
    rest = ((y - slope * x - intercept) ** 2).sum()
    return float(slope), float(intercept), float(1 - rest / ((y - y.mean()) ** 2).sum())


def prepare(engine: str) -> tuple[Any, Any, np.ndarray]:
    """MobileNetV2, its explainer, and pictures of which every channel is alive."""
    from throughput import make_images, make_network
    from xai_cam import Explainer

    model = make_network("mobilenet_v2")
    explainer = Explainer(model, engine=engine)
    return explainer.network, explainer, make_images(model, max(SIZES))


def time_channels(engine: str, rounds: int) -> Curve:
    """Seconds of Score-CAM of one image against its channels."""
    from xai_cam import Explainer

    network, _, images = prepare(engine)
    explainers = {
        n: Explainer(network, engine=engine, max_channels=n, channels_by="spread") for n in CHANNELS
    }
    tasks = {n: partial(one.explain, images[:1], ["score-cam"]) for n, one in explainers.items()}
    return _curve("channels", tasks, rounds)


def time_chunks(engine: str, rounds: int) -> Curve:
    """Seconds of Score-CAM of one chunk, against its masked inputs."""
    from xai_cam import Explainer

    network, _, images = prepare(engine)
    explainers = {
        n: Explainer(network, engine=engine, chunk_size=n, max_channels=n, channels_by="spread")
        for n in SIZES
    }
    tasks = {n: partial(one.explain, images[:1], ["score-cam"]) for n, one in explainers.items()}
    return _curve("masked inputs in a chunk", tasks, rounds)


def time_batches(engine: str, rounds: int) -> Curve:
    """Seconds of Grad-CAM of one batch, against its images."""
    _, explainer, images = prepare(engine)
    tasks = {n: partial(explainer.explain, images[:n], ["grad-cam"]) for n in SIZES}
    return _curve("images in a batch", tasks, rounds)


def _curve(label: str, tasks: dict[int, Any], rounds: int) -> Curve:
    found = in_turn({str(n): task for n, task in tasks.items()}, rounds)
    return Curve(label, np.array(list(tasks), float), np.array([np.median(s) for s in found.values()]))


def show_curve(title: str, curve: Curve) -> None:
    """Print the points of a straight line."""
    slope, intercept, r2 = straightness(curve.x, curve.y)
    print(f"\n{title}\n")
    show_rows([{curve.label: f"{x:.0f}", "seconds": y} for x, y in zip(curve.x, curve.y, strict=True)])
    print(f"\n{slope * 1000:.3g} ms each + {intercept:.2g} s; r2 = {r2:.4f}.")


def show_runs(runs: dict[str, Curve]) -> None:
    """Print what the runs over many images took, and how flat their memory was."""
    rows: list[dict[str, Cell]] = []
    for name, run in runs.items():
        slope, _, r2 = straightness(run.x, run.y)
        settled = run.memory[run.x >= SETTLED * run.x[-1]]
        rows.append(
            {
                "run": name,
                "images": f"{run.x[-1]:.0f}",
                "ms an image": slope * 1000,
                "r2": f"{r2:.4f}",
                "MiB at 10 %": f"{settled[0]:.0f}",
                "at the end": f"{settled[-1]:.0f}",
                "highest": f"{run.memory.max():.0f}",
                "highest / at 10 %": f"{run.memory.max() / settled[0]:.3f}",
            }
        )
    show_rows(rows)


def measure_runs(engine: str, folder: Path, count: int) -> dict[str, Curve]:
    """One run over many images for each method."""
    from xai_cam.runs.demo import sample_model

    images = write_images(folder / "images", count)
    files = sample_model("shapes")
    runs = {}
    for method, options in METHODS.items():
        output = folder / f"{engine} {method}"
        given = ["-m", files.model, "-w", files.weights, "--method", method, "--engine", engine, *options]
        runs[f"{method}, {engine}"] = watch_run([*given, "-o", output, "-q", images], output)
    return runs


def measure_peaks(engine: str, folder: Path) -> dict[str, Curve]:
    """Peaks of memory of one image's Score-CAM, by channels, for each network."""
    image = write_images(folder / "one", 1, (480, 640))
    peaks = {}
    for network, limits in LIMITS.items():
        model = write_model(folder / network, network)
        given = ["-m", model, "--method", "score-cam", "--engine", engine, "-q", "-o", folder / "maps", image]
        found = [run_peak([*given, "--overwrite", "--max-channels", most]) for most in limits]
        peaks[f"{network}, {engine}"] = Curve("channels", np.array(limits, float), np.array(found))
    return peaks


def show_peaks(peaks: dict[str, Curve]) -> None:
    """Print the peaks of memory."""
    show_rows(
        [
            {"explain of one image": name, "channels": f"{x:.0f}", "peak MiB": f"{y:.0f}"}
            for name, curve in peaks.items()
            for x, y in zip(curve.x, curve.y, strict=True)
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--engine", default="tensorflow,openvino", help="one or several, with commas")
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--chart", type=Path, metavar="FILE")
    options = parser.parse_args()
    times: dict[str, dict[str, Curve]] = {"channels": {}, "sizes": {}}
    runs: dict[str, Curve] = {}
    peaks: dict[str, Curve] = {}
    engines = options.engine.split(",")
    for engine in engines:  # first: a process begins with the peak of the one that starts it
        with tempfile.TemporaryDirectory() as name:
            runs |= measure_runs(engine, Path(name), options.images)
            peaks |= measure_peaks(engine, Path(name))
    for engine in engines:
        times["channels"][f"Score-CAM, {engine}"] = time_channels(engine, options.rounds)
        times["sizes"][f"Score-CAM, masked inputs, {engine}"] = time_chunks(engine, options.rounds)
        times["sizes"][f"Grad-CAM, images, {engine}"] = time_batches(engine, options.rounds)
    for title, curve in itertools.chain.from_iterable(found.items() for found in times.values()):
        show_curve(f"{title}: one image or one call, mobilenet_v2", curve)
    print()
    show_runs(runs)
    print()
    show_peaks(peaks)
    print(f"\n{machine()}.")
    if options.chart:
        from scaling_chart import draw

        draw(options.chart, times["channels"], times["sizes"], runs, peaks)


if __name__ == "__main__":
    main()
