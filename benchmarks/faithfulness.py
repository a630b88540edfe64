"""How faithful the maps are on the images of a folder: means with intervals, and differences in pairs.

    python benchmarks/faithfulness.py MODEL WEIGHTS FOLDER [--layer NAME] [--preprocess signed]

Each image is explained for the class that the model predicts. Two Markdown tables are printed: the mean of
every metric with its 95 % bootstrap interval, and each method against the first one on the same images. The
last line says how many forward passes that took, and how many it would be if maps shared none.
The same images, model and layer give the same figures, up to the rounding of float32.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from xai_cam import BASELINES, METHODS, METRICS, compare, load_model, read_image
from xai_cam.images.finding import find_images
from xai_cam.images.fitting import FITS, fit_picture
from xai_cam.metrics import faithfulness
from xai_cam.metrics.comparison import Comparison
from xai_cam.metrics.probes import Probes
from xai_cam.models.input.preprocessing import SCALINGS, choose_preprocessing
from xai_cam.models.network import Network

DEFAULT_METHODS = "grad-cam,score-cam,score-cam-official"


def read_images(model: Any, options: argparse.Namespace) -> np.ndarray:
    """Preprocessed images (n, H, W, c), those below the folder in the order of their names."""
    network = Network(model)
    preprocessing = choose_preprocessing(network, options.preprocess)
    height, width, channels = network.input_shape
    pictures = [read_image(image.path) for image in find_images([options.folder], recursive=True).images]
    if not pictures:
        raise SystemExit(f"No image found in {options.folder}.")
    fitted = (fit_picture(picture, (height, width), channels, options.fit)[0] for picture in pictures)
    return np.stack([preprocessing.apply(values) for values in fitted])


def cell(figure: Any, metric: str) -> str:
    """A value with its interval, in the metric's unit."""
    digits = 1 if METRICS[metric].unit == "%" else 3
    value, low, high = (round(x, digits) + 0.0 for x in (figure.value, figure.low, figure.high))  # no -0.0
    return f"{value:.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"


def print_table(header: list[str], rows: list[list[str]]) -> None:
    """Print a Markdown table."""
    for row in (header, ["---"] * len(header), *rows):
        print("| " + " | ".join(row) + " |")
    print()


class CountedProbes(Probes):
    """Counts the inputs of a whole run, and those that its maps would have if none were shared."""

    scored = alone = 0

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        probes = [probe for of_case in self.of_cases for probe in of_case if probe is not None]
        CountedProbes.scored += len(self.inputs)
        CountedProbes.alone += sum(1 + 2 * max(len(probe.deletion) - 1, 0) for probe in probes)


def show(found: Comparison) -> None:
    """Print means, then differences to the first contender."""
    titles = [METRICS[m].title + ", %" * (METRICS[m].unit == "%") for m in found.metrics]
    means = [
        [name, *(cell(figures[m], m) for m in found.metrics)] for name, figures in found.estimates.items()
    ]
    print_table(["method", *titles], means)
    first, *others = found.variants
    rows = []
    for name in others:
        pairs = {m: found.between(name, first, m) for m in found.metrics}
        cells = (
            f"{cell(pair, m)}, won {100 * pair.won:.0f} %, tied {100 * pair.tied:.0f} %"
            for m, pair in pairs.items()
        )
        rows.append([f"{name} - {first}", *cells])
    print_table(["difference", *titles], rows)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("weights", help="- if the model's file holds them")
    parser.add_argument("folder")
    parser.add_argument("--layer")
    parser.add_argument("--preprocess", default="auto", choices=["auto", *SCALINGS])
    parser.add_argument("--fit", default="stretch", choices=FITS)
    parser.add_argument(
        "--methods", default=DEFAULT_METHODS, help=f"comma between them; all: {','.join(METHODS)}"
    )
    parser.add_argument("--baselines", action="store_true", help="maps that know nothing of the class, too")
    parser.add_argument("--steps", type=int, default=32, help="of deletion and insertion; 0: neither")
    return parser.parse_args()


def main() -> None:
    import keras
    import tensorflow as tf

    options = read_options()
    model = load_model(options.model, None if options.weights == "-" else options.weights)
    images = read_images(model, options)
    faithfulness.Probes = CountedProbes  # type: ignore[misc]
    found = compare(
        model,
        images,
        options.layer,
        options.methods.split(","),
        baselines=list(BASELINES) if options.baselines else [],
        steps=options.steps,
    )
    show(found)
    layer = found.images[0].maps[0].layer
    print(
        f"{len(images)} images of {Path(options.folder).name}, fit {options.fit}, preprocessing "
        f"{options.preprocess}; layer {layer}, class predicted, {options.steps} steps; "
        f"TensorFlow {tf.__version__}, Keras {keras.__version__}. {CountedProbes.scored:,} passes for "
        f"drop, deletion and insertion; {CountedProbes.alone:,} if maps shared none."
    )


if __name__ == "__main__":
    main()
