"""Draw `methods.jpg`: twelve photos, and the maps that every method makes of them, a method a row.

    python docs/make_methods_sheet.py MODEL WEIGHTS LABELS docs [--preprocess signed] [--engine auto]

Each photo is explained for the class that the model predicts, at its default layer, with each method's own
defaults. The photos are those of `sample_models/pictures`, of scikit-image (public domain or CC0) and the two
of scikit-learn (CC BY), so that the sheet may be shown with any model of a thousand classes.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from PIL import Image, ImageOps
from skimage import data
from sklearn.datasets import load_sample_image

import xai_cam
from xai_cam.drawing.panels import GAP, Panel, draw_panels

PICTURES = Path(__file__).resolve().parents[1] / "sample_models" / "pictures"
OURS = ("chelsea.png", "kitten.jpg", "shepherd.jpg")
OF_SCIKIT_IMAGE = ("coffee", "rocket", "astronaut", "camera", "coins", "retina", "hubble_deep_field")
OF_SCIKIT_LEARN = ("china.jpg", "flower.jpg")
SIDE, QUALITY, LONGEST = 112, 70, 16
SHOWN = 0.75
"""Of the size that the sheet is drawn at, so that its letters are smooth and its file small."""


def write_photos(folder: Path) -> list[Path]:
    """The middle square of each photo as a file, in the order of the sheet."""
    pixels = [np.asarray(Image.open(PICTURES / name).convert("RGB")) for name in OURS]
    pixels += [np.asarray(getattr(data, name)()) for name in OF_SCIKIT_IMAGE]
    pixels += [np.asarray(load_sample_image(name)) for name in OF_SCIKIT_LEARN]
    found = []
    for number, one in enumerate(pixels):
        side = min(one.shape[:2])
        top, left = ((length - side) // 2 for length in one.shape[:2])
        found.append(folder / f"{number:02d}.png")
        square = Image.fromarray(one[top : top + side, left : left + side]).convert("RGB")
        square.resize((2 * SIDE, 2 * SIDE), Image.Resampling.LANCZOS).save(found[-1])
    return found


def rows_of(options: argparse.Namespace, photos: list[Path]) -> list[list[Panel]]:
    """The photos with what the model says of each, and below them a row of maps for every method."""
    model = xai_cam.load_model(options.model, options.weights)
    images = xai_cam.prepare(model, photos, preprocess=options.preprocess)
    found = xai_cam.explain(model, images, method="all", labels=options.labels, engine=options.engine)
    first = [e for e in found if e.method == found[0].method]
    rows = [[Panel(images.pixels[e.image], e.target.split(",")[0][:LONGEST]) for e in first]]
    for method in dict.fromkeys(e.method for e in found):
        maps = [e for e in found if e.method == method]
        rows.append([Panel(images.overlay(e), "" if e.image else method) for e in maps])
    return rows


def main() -> None:
    """Write the sheet."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--preprocess", default="signed")
    parser.add_argument("--engine", default="auto")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = rows_of(options, write_photos(Path(folder)))
    pixels = np.pad(draw_panels(rows, SIDE), ((0, 0), (GAP, GAP), (0, 0)), constant_values=255)
    sheet = ImageOps.scale(Image.fromarray(pixels), SHOWN, Image.Resampling.LANCZOS)
    sheet.save(options.folder / "methods.jpg", quality=QUALITY, optimize=True)


if __name__ == "__main__":
    main()
