"""Make the pictures of grid.md: the maps of both cat-and-dog models, cell by cell and over the photo.

python docs/make_grid.py docs
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

import xai_cam
from xai_cam.cam.explanation import Explanation
from xai_cam.drawing.colormaps import colour
from xai_cam.drawing.panels import Panel, draw_panels
from xai_cam.runs.demo import labels_file, sample_model

PICTURES = Path(__file__).resolve().parents[1] / "sample_models" / "pictures"
NAMES = ("chelsea.png", "kitten.jpg", "shepherd.jpg")
MODELS = ("dogcat", "dogcat_small")
LAYERS = ("block1", "block3", "block4")
METHODS = ("grad-cam", "score-cam")
CLASSES = ("cat", "dog")


def cells(explanation: Explanation, size: tuple[int, int]) -> np.ndarray:
    """The map in colours, each cell a rectangle of one colour."""
    saliency_map = explanation.saliency_map
    rows, columns = (
        (np.arange(pixels) + 0.5) * count // pixels
        for pixels, count in zip(size, saliency_map.shape, strict=True)
    )
    return colour(saliency_map[np.ix_(rows.astype(int), columns.astype(int))])


def panels(explanation: Explanation, images: xai_cam.Prepared, name: str) -> list[Panel]:
    """The map cell by cell, and over its photo."""
    grid = "{} x {}".format(*explanation.cam.shape)
    told = f"{CLASSES[explanation.target_class]}, p = {explanation.probability:.3f}"
    size = images.pixels[explanation.image].shape[:2]
    return [
        Panel(cells(explanation, size), f"{name}: {grid} cells"),
        Panel(images.overlay(explanation), f"{name}: {told}"),
    ]


def write(rows: list[list[Panel]], target: Path) -> None:
    """Write rows of panels as a JPEG."""
    Image.fromarray(draw_panels(rows, 210)).save(target, quality=86, subsampling=0, optimize=True)


def animals(target: Path) -> None:
    """Write what `--save figure` makes of the two photos that show whole animals, one above the other."""
    files = sample_model("dogcat_small")
    model = ["-m", files.model, "-w", files.weights, "--labels", labels_file(files)]
    shown = ("shepherd", "kitten")
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "xai_cam", "explain", *model, "--save", "figure", "-o", folder]
        subprocess.run([*map(str, command), *(str(PICTURES / f"{name}.jpg") for name in shown)], check=True)
        pictures = [Image.open(next(Path(folder).glob(f"{name}*.png"))).convert("RGB") for name in shown]
    width = min(picture.width for picture in pictures)
    stacked = np.concatenate([np.asarray(picture)[:, :width] for picture in pictures])
    Image.fromarray(stacked).save(target, quality=88, subsampling=0, optimize=True)


def main(folder: Path) -> None:
    """Write a figure for each method, a row a photo, one of several layers of `dogcat_small`, one to show."""
    animals(folder / "animals.jpg")
    rows: dict[str, list[list[Panel]]] = {method: [] for method in METHODS}
    layers = []
    for name in MODELS:
        files = sample_model(name)
        model = xai_cam.load_model(files.model, files.weights)
        images = xai_cam.prepare(model, [PICTURES / picture for picture in NAMES], "unit")
        for image, maps in enumerate(xai_cam.explain(model, images, method=METHODS).by_image):
            for one in maps:
                if len(rows[one.method]) <= image:
                    rows[one.method].append([Panel(images.pixels[image], "photo")])
                rows[one.method][image] += panels(one, images, name)
        if name == "dogcat_small":
            for image, maps in enumerate(xai_cam.explain(model, images, LAYERS).by_image):
                shown = [panels(one, images, one.layer)[0] for one in maps]
                layers.append([Panel(images.pixels[image], "photo"), *shown])
    for method in METHODS:
        write(rows[method], folder / f"grid_{method}.jpg")
    write(layers, folder / "grid_layers.jpg")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
