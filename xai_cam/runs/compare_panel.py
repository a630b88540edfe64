"""One picture of all maps of an image: the original, each map blended in, captions, and a colour bar."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from xai_cam.cam.explanation import Explanation
from xai_cam.drawing.colour_bar import bar_shades, draw_colour_bar
from xai_cam.drawing.overlay import OverlayStyle, draw_overlay, enlarge, enlargement
from xai_cam.drawing.panels import Panel, draw_panels
from xai_cam.drawing.text import shorten
from xai_cam.drawing.tiles import centred
from xai_cam.images.labels import name_of
from xai_cam.images.picture import Region
from xai_cam.metrics.faithfulness import METRICS
from xai_cam.metrics.image_metrics import ImageMetrics, MapMetrics

SCALES = ("own", "method", "all")
"""The maximum that a map is divided by: its own, that of its method's maps at its layer, or that of all."""

HEIGHT = 288
NARROWEST = 0.75
"""A picture that is narrower than this share of its height gets white sides, so that captions fit."""

LONGEST_NAME = 40


@dataclass(frozen=True)
class PanelStyle:
    """How a panel is drawn."""

    overlay: OverlayStyle = field(default_factory=OverlayStyle)
    scale: str = "own"
    enlarge: int | None = None


def draw_comparison(
    name: str,
    pixels: np.ndarray,
    region: Region,
    explanations: Sequence[Explanation],
    compared: ImageMetrics,
    labels: Sequence[str] | None,
    style: PanelStyle,
) -> np.ndarray:
    """The panel of one image: a row for each class and layer, its first picture the original.

    Parameters
    ----------
    name : str
        Name of the image.
    pixels : (H, W, 3) uint8 RGB
        The image itself.
    region : Region
        What the model saw of it.
    explanations, compared
        The maps, and what was measured of each, in the same order.
    labels : sequence of str, optional
        Names of the classes.
    style : PanelStyle
        Colours, scale and size.

    Returns
    -------
    panel : (H, W, 3) uint8 RGB
    """
    factor = enlargement((pixels.shape[0], pixels.shape[1]), style.enlarge)
    pixels, region = enlarge(pixels, region, factor)
    scales = scale_maps(explanations, style.scale)
    rows: dict[tuple[int, str], list[Panel]] = {}
    for explanation, scaled, measured in zip(explanations, scales, compared.maps, strict=True):
        row = rows.setdefault((explanation.target_class, explanation.layer), [])
        if not row:
            row.append(Panel(_widened(pixels), f"{_short(name)}\n{_answer(explanation, labels)}"))
        drawn = draw_overlay(pixels, scaled, region.part(explanation.part), style.overlay)
        row.append(Panel(_widened(drawn), caption_of(measured, labels)))
    top = max((float(e.cam.max()) for e in explanations if e.status != "non-finite"), default=1.0)
    ticks = {
        "own": ((0, "0"), (1, "max.")),
        "method": ((0, "0"), (1, "max. of method")),
        "all": ((0, "0"), (0.5, f"{top / 2:.3g}"), (1, f"{top:.3g}")),
    }[style.scale]
    bar = Panel(draw_colour_bar(bar_shades(style.overlay, pixels), ticks, HEIGHT), "")
    return draw_panels([[*row, bar] for row in rows.values()], HEIGHT)


def scale_maps(explanations: Sequence[Explanation], scale: str) -> list[np.ndarray]:
    """Maps (h, w) in [0, 1], each divided as `scale` says; a blank map stays 0.

    Maps of different methods have different units: `all` shows how large they are, not which is right.
    """
    if scale == "own":
        return [e.saliency_map for e in explanations]
    groups = [(e.method, e.layer) if scale == "method" else () for e in explanations]
    tops: dict[tuple[str, ...], float] = {}
    for group, e in zip(groups, explanations, strict=True):
        tops[group] = max(tops.get(group, 0.0), float(e.cam.max()))
    return [
        e.cam / np.float32(tops[g]) if tops[g] > 0 else e.saliency_map
        for g, e in zip(groups, explanations, strict=True)
    ]


def caption_of(measured: MapMetrics, labels: Sequence[str] | None) -> str:
    """The lines below a map: who drew it, of which class with which score, and how faithful it is."""
    status = "" if measured.status == "ok" else f" ({measured.status})"
    lines = [f"{measured.variant}{status}", _target(measured, labels)]
    values = {name: value for name, value in measured.values.items() if not math.isnan(value)}
    for names in (("drop", "increase"), ("deletion", "insertion"), ("energy_pointing", "pointing_game")):
        measured_values = [_metric_text(name, values[name]) for name in names if name in values]
        lines += [", ".join(measured_values)] if measured_values else []
    return "\n".join(lines)


def _answer(explanation: Explanation, labels: Sequence[str] | None) -> str:
    """The model's answer: the class predicted, or the value of a regression."""
    if explanation.predicted_class is None:
        return f"value {explanation.score:.6g}"
    return f"predicted {_short(name_of(explanation.predicted_class, labels))}"


def _target(measured: MapMetrics, labels: Sequence[str] | None) -> str:
    name = _short(name_of(measured.target_class, labels))
    if measured.score_name == "value":
        return f"value {name}: {measured.score:.6g}"
    known = "" if math.isnan(measured.probability) else f", p {measured.probability:.3f}"
    return f"{name}{known}, {measured.score_name[:5]} {measured.score:.3g}"


def _metric_text(name: str, value: float) -> str:
    if name in ("increase", "pointing_game"):  # yes or no, of one image
        return {"increase": ("no increase", "increase"), "pointing_game": ("misses", "hits")}[name][value > 0]
    short = METRICS[name].title.removeprefix("average ").partition(" ")[0]
    return f"{short} {value:.1f} %" if METRICS[name].unit else f"{short} {value:.3f}"


def _widened(pixels: np.ndarray) -> np.ndarray:
    height = pixels.shape[0]
    return centred(pixels, (height, math.ceil(height * NARROWEST)))


def _short(name: str) -> str:
    return shorten(name, LONGEST_NAME)
