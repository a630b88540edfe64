"""What runs that draw pictures cost beside the encoder of their PNG files.

    python benchmarks/pictures.py [--images 40] [--rounds 3]

JPEGs of 500 x 375 are cut from photographs of scikit-image, seeded. `xai-cam features` draws figures of three
layers of the sample model, `xai-cam kernels apply` filters by a layer of it and by named kernels. Measured in
turn, all images each:

- run: the command in this process, model and tracing included;
- encoder: the pixels that the run wrote, encoded again by the function of the run, in as many threads.

A run has to decode, to ask the model, to draw and to write besides: the nearer the ratio is to 1, the less of
that is left beside what no run of such pictures can avoid. Seconds are of the processor, in all threads:
those on the clock say little where a machine is shared.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from click.testing import CliRunner
from folder import write_photos
from PIL import Image

from measuring import machine, show_rows
from xai_cam.cli import main as command
from xai_cam.files.png import encode_png
from xai_cam.files.threads import thread_count

SHAPES = Path(__file__).resolve().parents[1] / "sample_models" / "shapes"
MODEL = ["-m", str(SHAPES / "model.json"), "-w", str(SHAPES / "model.weights.h5")]
RUNS = {
    "features, 3 layers": ["features", *MODEL, "-l", "conv1_1,conv2_1,smooth3"],
    "features, 1 layer": ["features", *MODEL, "-l", "conv3_3"],
    "kernels apply, 2 kernels": ["kernels", "apply", "--fir", "gaussian:1.5", "--fir", "sobel-x"],
    "kernels apply, 4 filters": ["kernels", "apply", *MODEL, "-l", "conv1_1", "--filters", "0-3"],
    "kernels apply, figures": [
        *("kernels", "apply", *MODEL, "-l", "conv1_1", "--filters", "0,1", "--save", "figure")
    ],
}


def run(arguments: list[str], photos: Path, output: Path) -> None:
    """The command over all photographs."""
    options = [str(photos), "-o", str(output), "--overwrite", "-q"]
    result = CliRunner().invoke(command, [*arguments, *options], catch_exceptions=False)
    if result.exit_code:
        raise SystemExit(result.output)


def encode(pictures: list[np.ndarray]) -> None:
    """The same pixels, to PNG files in memory."""
    with ThreadPoolExecutor(thread_count()) as pool:
        list(pool.map(lambda pixels: len(encode_png(pixels, "key", "text")), pictures))


def of_processor(task: Callable[[], None]) -> float:
    """Seconds of all threads of this process."""
    start = time.process_time()
    task()
    return time.process_time() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        photos = write_photos(Path(folder) / "photos", options.images)
        for number, (name, arguments) in enumerate(RUNS.items()):
            output = Path(folder) / str(number)
            run(arguments, photos, output)  # warms up, and writes what is encoded
            pictures = [np.asarray(Image.open(path)) for path in sorted(output.glob("*.png"))]
            seconds = np.array(
                [
                    (
                        of_processor(lambda a=arguments, o=output: run(a, photos, o)),
                        of_processor(lambda p=pictures: encode(p)),
                    )
                    for _ in range(options.rounds)
                ]
            )
            whole, encoder = np.median(seconds, axis=0) / options.images * 1000
            ratio = float(np.median(seconds[:, 0] / seconds[:, 1]))
            rows.append(
                {"run": name, "run / encoder": ratio, "run, ms an image": whole, "encoder, ms": encoder}
            )
    show_rows(rows)
    print(f"\n{options.images} images, {options.rounds} rounds. {machine()}.")


if __name__ == "__main__":
    main()
