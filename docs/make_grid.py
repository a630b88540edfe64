"""Make the pictures of grid.md: the maps of both cat-and-dog models, cell by cell and over the photo.

python docs/make_grid.py docs
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

import xai_cam
from xai_cam.cam.explanation import Explanation
from xai_cam.drawing.overlay import colour
from xai_cam.drawing.panels import Panel, draw_panels
from xai_cam.runs.demo import sample_model

PICTURES = Path(__file__).resolve().parents[1] / "sample_models" / "pictures"
NAMES = ("chelsea.png", "kitten.jpg", "shepherd.jpg")
MODELS = ("dogcat", "dogcat_small")
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


def main(folder: Path) -> None:
    """Write `grid_grad-cam.jpg` and `grid_score-cam.jpg`: a row a photo, two panels a model."""
    rows: dict[str, list[list[Panel]]] = {method: [] for method in METHODS}
    explained = []
    for name in MODELS:
        files = sample_model(name)
        model = xai_cam.load_model(files.model, files.weights)
        images = xai_cam.prepare(model, [PICTURES / name for name in NAMES], "unit")
        explained.append((name, images, xai_cam.explain(model, images, method=METHODS)))
    for number in range(len(NAMES)):
        pixels = explained[0][1].pixels[number]
        for which, method in enumerate(METHODS):
            row = [Panel(pixels, "photo")]
            for name, images, maps in explained:
                one = maps.by_image[number][which]
                grid = "{} x {}".format(*one.cam.shape)
                told = f"{CLASSES[one.target_class]}, p = {one.probability:.3f}"
                row += [
                    Panel(cells(one, pixels.shape[:2]), f"{name}: {grid} cells"),
                    Panel(images.overlay(one), f"{name}: {told}"),
                ]
            rows[method].append(row)
    for method in METHODS:
        figure = draw_panels(rows[method], 210)
        Image.fromarray(figure).save(folder / f"grid_{method}.jpg", quality=86, subsampling=0, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
