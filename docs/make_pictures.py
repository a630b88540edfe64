"""Draw `pictures.jpg`: twelve pictures under the overlays of papers, of pytorch-grad-cam and of this tool.

    python docs/make_pictures.py docs

The maps are Score-CAM's of a MobileNet trained on ImageNet (`pictures_maps.json`), so that no model is needed
here. The pictures come with scikit-image and are in the public domain or under CC0.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data

from xai_cam.drawing.colormaps import colour
from xai_cam.drawing.overlay import OverlayStyle, draw_overlay, place
from xai_cam.drawing.panels import Panel, draw_panels
from xai_cam.images.picture import Region

SIDE = 168
QUALITY = 82

PICTURES = {
    "chelsea": "a photo",
    "coffee": "warm",
    "astronaut": "coloured",
    "rocket": "dark",
    "hubble_deep_field": "nearly black",
    "camera": "grey",
    "coins": "dark grey",
    "microaneurysms": "pale grey",
    "shepp_logan_phantom": "like an X-ray",
    "retina": "medical",
    "immunohistochemistry": "bright",
    "chelsea_32": "32 x 32 pixels",
}
"""Names in `skimage.data`, and what they are examples of."""

WITHOUT_GREEN = np.array(
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
)
"""Linear sRGB as people without green cones see it (Machado et al. 2009)."""


def main(folder: Path) -> None:
    """Write the sheet."""
    maps = json.loads((folder / "pictures_maps.json").read_text(encoding="utf-8"))
    rows = []
    for name, kind in PICTURES.items():
        pixels, saliency = picture(name), np.array(maps[name], np.float32)
        ours = draw_overlay(pixels, saliency)
        row = [
            Panel(pixels, kind),
            Panel(as_in_papers(pixels, saliency), "jet x 0.4 added"),
            Panel(as_pytorch_grad_cam(pixels, saliency), "jet at 0.5"),
            Panel(draw_overlay(pixels, saliency, style=OverlayStyle("turbo", "constant")), "turbo, constant"),
            Panel(ours, "glow, alpha"),
            Panel(draw_overlay(pixels, saliency, style=OverlayStyle(blend="spotlight")), "spotlight"),
            Panel(in_grey(ours), "alpha in grey"),
            Panel(without_green(ours), "alpha, no green cones"),
        ]
        rows.append(row)
    Image.fromarray(draw_panels(rows, SIDE)).save(folder / "pictures.jpg", quality=QUALITY)


def picture(name: str) -> np.ndarray:
    """A picture as a square, (SIDE, SIDE, 3) uint8: all of it, as a model sees it."""
    small = name.endswith("_32")
    found = np.asarray(getattr(data, name.removesuffix("_32"))())
    found = np.rint(found * 255).astype(np.uint8) if found.dtype.kind == "f" else found
    image = Image.fromarray(found).convert("RGB")
    image = image.resize((32, 32), Image.Resampling.BOX) if small else image
    how = Image.Resampling.NEAREST if small else Image.Resampling.LANCZOS
    return np.asarray(image.resize((SIDE, SIDE), how))


def jet(pixels: np.ndarray, saliency: np.ndarray) -> np.ndarray:
    """The colours of jet all over the picture, in [0, 255]."""
    size = pixels.shape[:2]
    return colour(place(saliency, Region(0, 0, *size), size)[0], "jet").astype(np.float64)


def as_in_papers(pixels: np.ndarray, saliency: np.ndarray) -> np.ndarray:
    """As many papers and the tutorial of Keras: colours times 0.4 added, scaled to what there is."""
    added = pixels + 0.4 * jet(pixels, saliency)
    return np.rint(255 * (added - added.min()) / np.ptp(added)).astype(np.uint8)


def as_pytorch_grad_cam(pixels: np.ndarray, saliency: np.ndarray) -> np.ndarray:
    """As `show_cam_on_image`: halves of both, over their maximum."""
    mixed = 0.5 * pixels + 0.5 * jet(pixels, saliency)
    return np.rint(255 * mixed / mixed.max()).astype(np.uint8)


def linear(pixels: np.ndarray) -> np.ndarray:
    """SRGB as light."""
    one = pixels / 255
    return np.where(one <= 0.04045, one / 12.92, ((one + 0.055) / 1.055) ** 2.4)


def encoded(light: np.ndarray) -> np.ndarray:
    """Light as sRGB."""
    one = np.clip(light, 0, 1)
    found = np.where(one <= 0.0031308, one * 12.92, 1.055 * one ** (1 / 2.4) - 0.055)
    return np.rint(255 * found).astype(np.uint8)


def in_grey(pixels: np.ndarray) -> np.ndarray:
    """The picture as it is printed without colours."""
    light = linear(pixels) @ [0.2126, 0.7152, 0.0722]
    return encoded(light)[..., None].repeat(3, axis=2)


def without_green(pixels: np.ndarray) -> np.ndarray:
    """The picture as people without green cones see it."""
    return encoded(linear(pixels) @ WITHOUT_GREEN.T)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
