"""How faithful the maps are on the images of a folder: means with intervals, and differences in pairs.

    python benchmarks/faithfulness.py MODEL WEIGHTS FOLDER [--layer NAME] [--preprocess signed]

Each image is explained for the class that the model predicts. Two Markdown tables are printed: the mean of
every metric with its 95 % bootstrap interval, and each method against the first one on the same images.
The same images, model and layer give the same figures, up to the rounding of float32.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from xai_cam import METHODS, Explainer, load_model, read_image
from xai_cam.baselines import BASELINES
from xai_cam.estimates import Difference, Estimate, mean_interval, paired_difference
from xai_cam.images import FITS, fit_picture
from xai_cam.inputs import find_images
from xai_cam.metrics import METRICS, Case, measure_batch
from xai_cam.preprocessing import SCALINGS, choose_preprocessing

DEFAULT_METHODS = "grad-cam,score-cam,score-cam-official"
MASK_FREE = ("drop", "increase", "deletion", "insertion")
CENTRE = 8 / 7  # the share around 224 pixels in 256, as ImageNet classifiers are usually evaluated

Table = dict[str, dict[str, np.ndarray]]
"""Of each method, of each metric: the values of all images."""


def read_images(explainer: Explainer, options: argparse.Namespace) -> Iterator[np.ndarray]:
    """Preprocessed images (H, W, c), those below the folder in the order of their names."""
    network = explainer.network
    preprocessing = choose_preprocessing(network, options.preprocess)
    *size, channels = network.input_shape
    for image in find_images([options.folder], recursive=True).images:
        picture = read_image(image.path)
        if options.fit == "centre":
            larger = (round(size[0] * CENTRE), round(size[1] * CENTRE))
            top, left = (larger[0] - size[0]) // 2, (larger[1] - size[1]) // 2
            values = fit_picture(picture, larger, channels, "crop")[0]
            values = values[top : top + size[0], left : left + size[1]]
        else:
            values = fit_picture(picture, (size[0], size[1]), channels, options.fit)[0]
        yield preprocessing.apply(values)


def measure_folder(explainer: Explainer, options: argparse.Namespace) -> Table:
    """Values of every metric, for the methods and then the baselines."""
    names = options.methods.split(",") + (list(BASELINES) if options.baselines else [])
    values: dict[str, dict[str, list[float]]] = {name: {m: [] for m in wanted(options)} for name in names}
    images, done = read_images(explainer, options), 0
    while batch := list(islice(images, options.batch_size)):
        began = time.perf_counter()
        found = measure_batch(
            explainer.engine.probabilities,
            make_cases(explainer, np.stack(batch), options),
            options.steps,
            options.curves,
        )
        for of_image in found:
            for name, faithfulness in zip(names, of_image, strict=True):
                for metric in values[name]:
                    values[name][metric].append(getattr(faithfulness, metric))
        done += len(batch)
        print(f"{done} images, {(time.perf_counter() - began) / len(batch):.1f} s each", file=sys.stderr)
    return {name: {m: np.array(v) for m, v in row.items()} for name, row in values.items()}


def make_cases(explainer: Explainer, batch: np.ndarray, options: argparse.Namespace) -> list[Case]:
    """The maps of a batch, to be measured: of each image those of the methods, then the baselines'."""
    baselines = list(BASELINES) if options.baselines else []
    return [
        Case(
            image,
            [explanation.saliency_map for explanation in maps],
            [explanation.target_class for explanation in maps],
            [explanation.probability for explanation in maps],
        )
        for image, maps in zip(
            batch, explainer.explain(batch, options.methods.split(","), baselines=baselines), strict=True
        )
    ]


def wanted(options: argparse.Namespace) -> list[str]:
    """Names of the metrics that are measured: those that need no masks."""
    return list(MASK_FREE if options.curves else MASK_FREE[:2])


def cell(figure: Estimate | Difference, metric: str) -> str:
    """A value with its interval, in the metric's unit."""
    digits = 1 if METRICS[metric].unit == "%" else 3
    value, low, high = (round(x, digits) + 0.0 for x in (figure.value, figure.low, figure.high))  # no -0.0
    return f"{value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def print_table(header: list[str], rows: list[list[str]]) -> None:
    """Print a Markdown table."""
    for row in (header, ["---"] * len(header), *rows):
        print("| " + " | ".join(row) + " |")
    print()


def show(table: Table, options: argparse.Namespace) -> None:
    """Print means, then differences to the first method."""
    metrics = wanted(options)
    titles = [f"{METRICS[m].title}{', %' * (METRICS[m].unit == '%')}" for m in metrics]
    directions = [f"{t} ({METRICS[m].better} is better)" for t, m in zip(titles, metrics, strict=True)]
    means = [[name, *(cell(mean_interval(row[m]), m) for m in metrics)] for name, row in table.items()]
    print_table(["method", *directions], means)
    first, *others = table
    rows = []
    for name in others:
        row = [f"{name} - {first}"]
        for m in metrics:
            found = paired_difference(table[name][m], table[first][m], METRICS[m].better)
            row.append(f"{cell(found, m)}, won {100 * found.won:.0f} %, tied {100 * found.tied:.0f} %")
        rows.append(row)
    if rows:
        print_table(["difference", *titles], rows)


def describe(explainer: Explainer, images: int, options: argparse.Namespace) -> str:
    """What was measured on what."""
    import keras
    import tensorflow as tf

    return (
        f"{images} images, fit {options.fit}, preprocessing {options.preprocess}; "
        f"layer {explainer.target_layer.path}, class predicted, {options.steps} steps; "
        f"TensorFlow {tf.__version__}, Keras {keras.__version__}."
    )


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("weights", help="- if the model's file holds them")
    parser.add_argument("folder")
    parser.add_argument("--layer")
    parser.add_argument("--preprocess", default="auto", choices=["auto", *SCALINGS])
    parser.add_argument(
        "--fit", default="stretch", choices=[*FITS, "centre"], help="centre: 7/8 of the largest centred crop"
    )
    parser.add_argument(
        "--methods", default=DEFAULT_METHODS, help=f"comma between them; all: {','.join(METHODS)}"
    )
    parser.add_argument("--baselines", action="store_true", help="maps that know nothing of the class, too")
    parser.add_argument("--curves", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--steps", type=int, default=32)
    parser.add_argument("--batch-size", type=int, default=8)
    return parser.parse_args()


def main() -> None:
    options = read_options()
    model: Any = load_model(options.model, None if options.weights == "-" else options.weights)
    explainer = Explainer(model, options.layer)
    table = measure_folder(explainer, options)
    images = len(next(iter(next(iter(table.values())).values())))
    show(table, options)
    print(describe(explainer, images, options))


if __name__ == "__main__":
    main()
