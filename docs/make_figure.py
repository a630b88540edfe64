"""Draw the README's picture: one scene with two shapes, each explained by Grad-CAM and Score-CAM.

python docs/make_figure.py docs/shapes.png
"""

from __future__ import annotations

import sys

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from xai_cam import draw_overlay, explain, load_model
from xai_cam.demo import sample_model
from xai_cam.labels import read_labels
from xai_cam.sample_models.make_shapes import draw_scene

SIZE, CAPTION = 288, 30
SHAPES = ("star", "circle")
METHODS = ("grad-cam", "score-cam")


def main(target: str) -> None:
    files = sample_model("shapes")
    model, labels = load_model(files.model, files.weights), read_labels(files.model.with_name("labels.txt"))
    scene = draw_scene(np.random.default_rng(7), SHAPES, SIZE)
    small = np.asarray(Image.fromarray(scene.picture).resize((96, 96), Image.Resampling.BILINEAR))
    classes = [labels.index(shape) for shape in SHAPES]
    panels = [(scene.picture, "the picture")]
    for found in explain(model, small.astype(np.float32) / 255, method=METHODS, target_class=classes):
        overlay = draw_overlay(scene.picture, found.saliency_map)
        panels.append((overlay, f"{labels[found.target_class]}, {found.method}, p = {found.probability:.2f}"))

    width, gap = SIZE, 8
    figure = Image.new("RGB", ((width + gap) * len(panels) - gap, SIZE + CAPTION), "white")
    draw, font = ImageDraw.Draw(figure), ImageFont.load_default(15)
    for number, (pixels, caption) in enumerate(panels):
        left = number * (width + gap)
        figure.paste(Image.fromarray(pixels), (left, 0))
        draw.text((left + width / 2, SIZE + CAPTION / 2), caption, "black", font, anchor="mm")
    figure.save(target)


if __name__ == "__main__":
    main(sys.argv[1])
