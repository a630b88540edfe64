"""What is written below a map: lines on what it shows."""

from __future__ import annotations

from typing import Any

import numpy as np

from xai_cam.cam.map_sign import describe_sign
from xai_cam.cam.methods import METHODS
from xai_cam.cam.names import method_at
from xai_cam.cam.scaling import BRIGHTENED, is_of_pixels
from xai_cam.drawing.text import one_line
from xai_cam.images.labels import name_of

COARSE = 4
"""A map of so few cells down and across is called coarse: what it shows is no smaller than its cells."""


def caption_of(one: Any, note: str = "") -> list[str]:
    """Lines on what a `DrawnMap` shows: class and probability; method, layer and grid; whatever is odd."""
    known, value = np.isfinite(one.probability), one.score_name == "value"
    number = f"p = {one.probability:.3f}" if known else f"{one.score_name} {one.score:.3g}"
    name = one_line(name_of(one.predicted_class, one.labels))
    # Of a region the class with the most places elsewhere, often the background, is no other answer.
    same = one.region is not None or one.predicted_class in (None, one.target_class)
    other = "" if same else f", predicted {name}"
    grid = " × ".join(map(str, one.cam.shape))
    fine = one.made_of or f"{grid} cells"
    absolute = one.method in METHODS and METHODS[one.method].absolute
    shows = "absolute values" if absolute else describe_sign(one.sign, value and one.direction != "down")
    bright = BRIGHTENED if is_of_pixels(one.method) and one.status == "ok" else ""
    error = one.standard_error
    off = "" if error is None else f"standard error up to {100 * error:.2g} % of the maximum"
    coarse = max(one.cam.shape[-2:]) <= COARSE
    odd = ": ".join(filter(None, ("" if one.status == "ok" else one.status, one.cause)))
    return [
        f"{one.target}: {one.score:.4g}" if value else f"{one.target}, {number}{other}",
        ", ".join(filter(None, (method_at(one.method, one.layer), fine, off, shows, bright))),
        *([f"A coarse map: {grid} cells, drawn smoothly over the whole picture"] * coarse),
        *(f"{line[:1].upper()}{line[1:]}" for line in (odd, note) if line),
    ]
