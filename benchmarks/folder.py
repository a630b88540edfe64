"""What a run over a folder of photographs costs beside its parts measured alone, and its memory.

    python benchmarks/folder.py [--model model.json --weights weights.h5] [--images 1000] [--rounds 3]
        [--floor]

JPEGs of 500 x 375 are cut from photographs of scikit-image, seeded. Measured in turn, all images each:

- pictures: decoding, fitting, drawing, encoding and writing by the functions of the run, in one thread and
  in as many as the run has; no model;
- model: forward and backward passes in batches of the run's size; no pictures;
- the floor: both at the same time, the pictures in as many threads as the run has, with nothing of a run
  around them: neither order nor rows, no look for what is there already, no graph to make;
- the run: `Runner.run` with the model loaded, tracing included; and `xai-cam explain` as a command.

With `--floor` the pictures in threads, the floor, the run and the command alone, in two minutes.

Peak memory is that of commands of their own over more and more images. Without `--model` the network is
MobileNet 0.25 of keras.applications with seeded random weights.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from PIL import Image

from measuring import Cell, in_turn, machine, show_rows
from scaling_runs import run_peak

SIZE = (375, 500)
BATCH = 16
"""Images about which a run asks the model together."""

PHOTOGRAPHS = ("astronaut", "coffee", "chelsea", "rocket")
LIMIT = 1.5
"""What the run may take, as a multiple of the larger of its parts."""


def write_photos(folder: Path, count: int) -> Path:
    """JPEGs cut from photographs at seeded places and scales, half of them mirrored."""
    from skimage import data

    sources = [Image.fromarray(getattr(data, name)()) for name in PHOTOGRAPHS]
    rng = np.random.default_rng(0)
    folder.mkdir()
    for number in range(count):
        source = sources[number % len(sources)]
        scale = min(source.height / SIZE[0], source.width / SIZE[1]) * rng.uniform(0.7, 1)
        height, width = SIZE[0] * scale, SIZE[1] * scale
        top, left = rng.uniform(0, source.height - height), rng.uniform(0, source.width - width)
        box = left, top, left + width, top + height
        photo = source.resize(SIZE[::-1], Image.Resampling.BICUBIC, box)
        photo = photo.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else photo
        photo.save(folder / f"{number:05}.jpg", quality=92)
    return folder


def write_network(path: Path) -> None:
    """MobileNet 0.25 with seeded random weights."""
    import keras

    keras.utils.set_random_seed(0)
    keras.applications.MobileNet(alpha=0.25, weights=None).save(path)


def named(model: Path, weights: Path | None) -> list[object]:
    """The options that name a model."""
    return ["-m", model, *(["-w", weights] if weights else [])]


def peak_of(options: list[object], photos: Path) -> float:
    """Peak memory of a command over a folder, in MiB; no less than what this process takes meanwhile."""
    with tempfile.TemporaryDirectory() as output:
        return run_peak([*options, "-o", output, photos])


class Silent:
    """Watches a run and says nothing."""

    def ignore(self, *what: object) -> None:
        """Nothing is told."""

    notice = row = progress = ignore


class Parts:
    """A run over a folder, and its parts, each over all images and into a new folder."""

    def __init__(self, model: Path, weights: Path | None, photos: Path) -> None:
        from xai_cam import Explainer, load_model
        from xai_cam.images.finding import find_images
        from xai_cam.models.loading.finding import find_model_files

        self.named = named(model, weights)
        self.files = find_model_files(model, weights)
        self.model = load_model(self.files.model, self.files.weights)
        self.photos, self.images = photos, find_images([str(photos)]).images
        self.place = tempfile.TemporaryDirectory()
        self.work = self.make_work(Path(self.place.name))
        self.reader = self.work.prepare()  # once: the model is no part of what pictures cost
        batch = [self.decode(number) for number in range(min(BATCH, len(self.images)))]
        self.values = np.stack([state.fed for state in batch])
        self.explainer = Explainer(self.model)
        self.maps = self.explainer.explain(self.values)

    def make_work(self, output: Path) -> Any:
        """What the run does with images."""
        from xai_cam.runs.explain_run import ExplainWork
        from xai_cam.runs.plan import Request, make_plan

        plan = make_plan(Request(), self.files, self.images, output, overwrite=True)
        return ExplainWork(plan, lambda: self.model, Silent().notice)

    def decode(self, number: int) -> Any:
        """An image as the run hands it to the model."""
        from xai_cam.runs.image_state import ImageState

        task = self.work.plan.tasks[number]
        state = ImageState(replace(task), self.work.blank)  # a task keeps the hash of its image
        self.work.look_up(state)
        self.reader.read(state, lambda weight: None)
        return state

    def pictures(self, threads: int) -> None:
        """Decode and encode every image, with the maps of the first batch over and over."""

        def carry_out(number: int) -> None:
            state = self.decode(number)
            state.explanations = {None: self.maps[number % len(self.maps)]}
            self.work.write(state)
            if state.failure:
                raise SystemExit(state.failure)

        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(carry_out, range(len(self.images))))

    def passes(self) -> None:
        """Forward and backward, as many images as there are."""
        from xai_cam.cam.engines.questions import PREDICTED

        for start in range(0, len(self.images), len(self.values)):
            images = self.values[: len(self.images) - start]
            self.explainer.engine.gradients(images, np.full((len(images), 1), PREDICTED, np.int32), "logit")

    def together(self, threads: int) -> None:
        """Pictures and passes at the same time, and nothing else: no run can be faster on these cores."""
        with ThreadPoolExecutor(1) as beside:
            passes = beside.submit(self.passes)
            self.pictures(threads)
            passes.result()

    def run(self) -> None:
        """The run, with the model loaded."""
        from xai_cam.runs.runner import Runner

        with tempfile.TemporaryDirectory() as output:
            work = self.make_work(Path(output))
            summary = Runner(work.plan.tasks, work, Silent(), batch_size=BATCH).run()
        if summary.written != len(self.images):
            raise SystemExit(f"the run ended with {summary}")

    def command(self) -> None:
        """The command."""
        peak_of(self.named, self.photos)


def measure(parts: Parts, rounds: int, floor_only: bool = False) -> list[dict[str, Cell]]:
    """Seconds of the run and its parts, and how they compare with the larger part and with the floor."""
    from xai_cam.files.threads import thread_count

    threads = thread_count()
    in_one, passes = "decode + encode, 1 thread", "forward + backward"
    pictures, floor = f"decode + encode, {threads} threads", f"the floor, {threads} threads"
    tasks: dict[str, Callable[[], object]] = {
        in_one: partial(parts.pictures, 1),
        passes: parts.passes,
        pictures: partial(parts.pictures, threads),
        floor: partial(parts.together, threads),
        "run": parts.run,
        "command": parts.command,
    }
    if floor_only:
        del tasks[in_one], tasks[passes]
    found = in_turn(tasks, rounds)
    beside = {pictures: found[pictures], "the floor": found[floor]}
    if not floor_only:
        beside = {"the larger part": np.maximum(found[in_one], found[passes]), **beside}
    return [
        {
            "what": name,
            "seconds": float(np.median(seconds)),
            "images a second": len(parts.images) / float(np.median(seconds)),
            **{f"/ {other}": float(np.median(seconds / of_other)) for other, of_other in beside.items()},
        }
        for name, seconds in found.items()
    ]


def measure_memory(options: list[object], photos: Path, counts: list[int]) -> list[dict[str, Cell]]:
    """Peak memory of commands over so many images: the photographs over and over, under new names."""
    rows: list[dict[str, Cell]] = []
    sources = sorted(photos.iterdir())
    for count in counts:
        with tempfile.TemporaryDirectory(dir=photos.parent) as folder:
            for number in range(count):
                os.link(sources[number % len(sources)], Path(folder) / f"{number:05}.jpg")
            rows.append({"images": str(count), "peak MiB": peak_of(options, Path(folder))})
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", type=Path)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--images", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", default="500,1000,2000", help="Numbers of images; empty: none.")
    parser.add_argument("--floor", action="store_true", help="The floor and the run alone.")
    parser.add_argument("--only-write", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only_write:
        write_network(options.only_write)
        return
    with tempfile.TemporaryDirectory() as place:
        folder, model = Path(place), options.model
        photos = write_photos(folder / "photos", options.images)
        if model is None:  # in a process of its own: ours is to stay small until memory is measured
            model = folder / "model.keras"
            command = [sys.executable, __file__, "--only-write", model]
            subprocess.run(command, check=True, capture_output=True)
        counts = [int(count) for count in options.memory.split(",") if count and not options.floor]
        memory = measure_memory(named(model, options.weights), photos, counts)
        show_rows(measure(Parts(model, options.weights, photos), options.rounds, options.floor))
        limit = "" if options.floor else f" The run may take {LIMIT} of the larger part."
        print(f"\n{machine()}; {options.images} images.{limit}\n")
        if memory:
            show_rows(memory)


if __name__ == "__main__":
    main()
