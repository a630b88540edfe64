"""One picture of all maps of an image: the original, each map blended in, captions, and a colour bar."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from xai_cam.cam.explanation import Explanation
from xai_cam.cam.map_sign import describe_sign
from xai_cam.cam.scaling import BRIGHTENED, is_of_pixels
from xai_cam.drawing.colour_bar import BarStyle, bar_shades, draw_colour_bar
from xai_cam.drawing.enlarging import enlarge, enlargement
from xai_cam.drawing.overlay import OverlayStyle
from xai_cam.drawing.panels import GAP, Panel, add_note, draw_panels
from xai_cam.drawing.slices import flat
from xai_cam.drawing.text import shorten
from xai_cam.drawing.tiles import centred
from xai_cam.files.strips import is_large
from xai_cam.images.fitting import shrunk
from xai_cam.images.labels import name_of
from xai_cam.images.picture import Region
from xai_cam.images.target_words import rival_names
from xai_cam.metrics.image_metrics import ImageMetrics, MapMetrics
from xai_cam.metrics.measures import METRICS
from xai_cam.runs.target_part import class_name_of, words_of

SCALES = ("own", "method", "all")
"""The maximum that a map is divided by: its own, that of its method's maps at its layer, or that of all."""

FILLED = {"mean": "the mean colour", "blur": "blurred", "zero": "0 in what the model takes", "noise": "noise"}
"""What takes the place of pixels, where it is not the usual."""

HEIGHT, LOWEST, WIDEST = 288, 96, 576
"""Height of the pictures; of wide ones less, so that none is wider than the last."""

LARGEST = 2048
"""Longer side of a large picture while maps are laid over it; it is drawn much smaller."""

WIDTH = 1920
"""A figure that is wider is shown so small that nobody reads its captions: its maps go on below."""

ARROWS = {"lower": " ↓", "higher": " ↑", "neither": ""}

FONT_SIZE = 16
NARROWEST = 0.75
"""A picture that is narrower than this share of its height gets white sides, so that captions fit."""

_beside = "drop", "increase", "deletion", "insertion", "energy_pointing", "pointing_game"
_others = tuple(name for name in METRICS if name not in _beside)
PAIRS = tuple(names[i : i + 2] for names in (_beside, _others) for i in range(0, len(names), 2))
"""Measures whose values stand in one line."""

_first_words = [metric.title.removeprefix("average ").partition(" ")[0] for metric in METRICS.values()]

LONGEST_NAME, LETTER = 40, 8
"""Letters of a name, and about how many pixels each takes."""


@dataclass(frozen=True)
class PanelStyle:
    """How a panel is drawn, of maps of which sign."""

    overlay: OverlayStyle = field(default_factory=OverlayStyle)
    scale: str = "own"
    enlarge: int | None = None
    sign: str = "positive"
    outline: bool = True


def draw_comparison(
    name: str,
    pixels: np.ndarray,
    region: Region,
    explanations: Sequence[Explanation],
    compared: ImageMetrics,
    labels: Sequence[str] | Mapping[str, Sequence[str] | None] | None,
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
    labels : sequence of str, or mapping, optional
        Names of the classes; of several outputs by the output's name.
    style : PanelStyle
        Colours, scale and size.

    Returns
    -------
    panel : (H, W, 3) uint8 RGB
    """
    if is_large(pixels.shape):  # the maps of all methods lie beside each other in memory
        pixels, region = shrunk(pixels, region, LARGEST)
    factor = enlargement(pixels.shape[-3:-1], style.enlarge)
    pixels, region = enlarge(pixels, region, factor)
    picture = _widened(flat(pixels))
    height, width = _size_of(picture)
    title = shorten(name, min(LONGEST_NAME, width // LETTER))
    firsts = {one.output_name: one for one in reversed(explanations)}
    answers = [_answer(one, _of(labels, name)) for name, one in reversed(firsts.items())]
    original = Panel(picture, "\n".join([title, *answers]))
    rows: dict[tuple[int, int, str], list[Panel]] = {}
    for explanation, scaled, measured in zip(
        explanations, scale_maps(explanations, style.scale), compared.maps, strict=True
    ):
        row = rows.setdefault((explanation.column, explanation.target_class, explanation.layer), [])
        drawn = explanation.drawn_over(pixels, region, style.overlay, style.outline, scaled)
        row.append(Panel(_widened(drawn), caption_of(measured, _of(labels, measured.output_name))))
    room = max(1, (WIDTH - BarStyle.width) // (width + GAP) - 1)
    ticks = _ticks(explanations, style)
    bar = Panel(draw_colour_bar(bar_shades(style.overlay, pixels), ticks, height), "")
    lines = [line for maps in rows.values() for line in _lines(original, maps, bar, room)]
    bright = style.scale == "own" and any(is_of_pixels(one.method) for one in explanations)
    return add_note(draw_panels(lines, height, FONT_SIZE), _note(compared, style, bright))


def _size_of(pixels: np.ndarray) -> tuple[int, int]:
    """Height and width at which a picture is drawn."""
    rows, columns = pixels.shape[:2]
    height = int(np.clip(WIDEST * rows // columns, LOWEST, HEIGHT))
    return height, columns * height // rows


def _lines(original: Panel, maps: Sequence[Panel], bar: Panel, room: int) -> list[list[Panel]]:
    """The maps of one class and layer in lines of one length, the original before the first, or above all."""
    length = math.ceil(len(maps) / math.ceil(len(maps) / room))
    blank, no_bar = (Panel(np.full_like(one.pixels, 255), "") for one in (original, bar))
    if room == 1:
        return [[original, bar], *([one, no_bar] for one in maps)]
    lines = []
    for start in range(0, len(maps), length):
        line = list(maps[start : start + length])
        line += [blank] * (length - len(line))
        lines.append([blank, *line, no_bar] if start else [original, *line, bar])
    return lines


def _ticks(explanations: Sequence[Explanation], style: PanelStyle) -> Sequence[tuple[float, str]]:
    """What stands at the colour bar; of signed maps it has 0 in its middle."""
    top = max((_top(e) for e in explanations if e.status != "non-finite"), default=1.0)
    end = {"own": "maximum", "method": "max. of method"}.get(style.scale, f"{top:.3g}")
    if style.overlay.signed:
        return (0, f"\N{MINUS SIGN}{end}"), (0.5, "0"), (1, end)
    middle = ((0.5, f"{top / 2:.3g}"),) if style.scale == "all" else ()
    return (0, "0"), *middle, (1, end)


def _top(explanation: Explanation) -> float:
    """The largest absolute value of a map."""
    return float(np.abs(explanation.cam).max())


def _note(compared: ImageMetrics, style: PanelStyle, bright: bool = False) -> str:
    """What the captions and the colours mean; `bright`: some maps are brightened."""
    measured = [name for name in METRICS if any(not math.isnan(m.values[name]) for m in compared.maps)]
    meanings = [f"{_short_title(name)}: {METRICS[name].summary}" for name in measured if name != "increase"]
    colours = {
        "own": "Colours: each map from 0 to its own maximum",
        "method": "Colours: all maps of a method from 0 to their maximum",
        "all": "Colours: all maps from 0 to the largest value of all",
    }[style.scale] + (" on either side" if style.overlay.signed else "")
    colours += f"; of gradients at the input {BRIGHTENED}" if bright else ""
    values = any(m.score_name == "value" for m in compared.maps)
    shows = describe_sign(style.sign, values)
    shown = [f"Shown is {shows}" if style.sign == "negative" else shows.capitalize()] if shows else []
    if compared.baseline in FILLED:
        meanings.append(f"Pixels that are removed, or not there yet, are {FILLED[compared.baseline]}")
    directed = meanings and style.sign != "negative"
    arrows = ["↓: lower is better, ↑: higher is better"] if directed else []
    return ". ".join(
        [colours, *shown, *(f"{text[0].upper()}{text[1:]}" for text in meanings), *arrows, ""]
    ).strip()


def scale_maps(explanations: Sequence[Explanation], scale: str) -> list[np.ndarray]:
    """Maps (h, w) in [0, 1], of both signs in [-1, 1], each divided as `scale` says; a blank map stays 0.

    Maps of different methods have different units: `all` shows how large they are, not which is right.
    """
    if scale == "own":
        return [e.scaled_map for e in explanations]
    groups = [(e.method, e.layer) if scale == "method" else () for e in explanations]
    tops: dict[tuple[str, ...], float] = {}
    for group, e in zip(groups, explanations, strict=True):
        tops[group] = max(tops.get(group, 0.0), _top(e))
    return [
        e.cam / np.float32(tops[g]) if tops[g] > 0 else e.scaled_map
        for g, e in zip(groups, explanations, strict=True)
    ]


def caption_of(measured: MapMetrics, labels: Sequence[str] | None) -> str:
    """The lines below a map: who drew it, of which class with which score, and how faithful it is."""
    status = "" if measured.status == "ok" else f" ({measured.status})"
    lines = [f"{measured.variant}{status}", _target(measured, labels)]
    values = {name: value for name, value in measured.values.items() if not math.isnan(value)}
    directed = measured.sign != "negative"
    for names in PAIRS:
        measured_values = [_metric_text(name, values[name], directed) for name in names if name in values]
        lines += [", ".join(measured_values)] if measured_values else []
    return "\n".join(lines)


def _of(
    labels: Sequence[str] | Mapping[str, Sequence[str] | None] | None, output_name: str
) -> Sequence[str] | None:
    """The labels of one output."""
    return labels.get(output_name) if isinstance(labels, Mapping) else labels


def _answer(explanation: Explanation, labels: Sequence[str] | None) -> str:
    """The model's answer: the class predicted, the value of a regression, the likeness to a reference."""
    start = f"{explanation.output_name}: " if explanation.output_name else ""
    if explanation.predicted_class is None:
        what = "value" if explanation.score_name == "value" else explanation.score_name
        return f"{start}{what} {explanation.score:.6g}"
    return f"{start}predicted {_short(name_of(explanation.predicted_class, labels))}"


def _target(measured: MapMetrics, labels: Sequence[str] | None) -> str:
    name = class_name_of(measured.target_class, measured.members, labels)
    name = f"value {name}" if measured.score_name == "value" else name
    rivals = rival_names(measured.against, labels)
    words = words_of(name, measured.score_name, rivals, measured.output_name, measured.direction)
    if measured.score_name == "value":
        return f"{_short(words)}: {measured.score:.6g}"
    known = "" if math.isnan(measured.probability) else f", p {measured.probability:.3f}"
    if known and measured.score_name == "probability":
        return f"{_short(words)}{known}"
    kind = {"contrast": "contrast", "similarity": ""}.get(measured.score_name, measured.score_name[:5])
    return f"{_short(words)}{known}, {f'{kind} ' if kind else ''}{measured.score:.3g}"


def _metric_text(name: str, value: float, directed: bool) -> str:
    metric = METRICS[name]
    if metric.answers:
        return metric.answers[value > 0]
    arrow = ARROWS[metric.better] if directed else ""
    number = f"{value:.1f} {metric.unit}" if metric.unit else f"{value:.3f}"
    return f"{_short_title(name)}{arrow} {number}"


def _short_title(name: str) -> str:
    """The first word of a measure's title, where it is the only one that begins so."""
    title = METRICS[name].title.removeprefix("average ")
    first = title.partition(" ")[0]
    return first if _first_words.count(first) == 1 else title


def _widened(pixels: np.ndarray) -> np.ndarray:
    height = pixels.shape[0]
    return centred(pixels, (height, math.ceil(height * NARROWEST)))


def _short(name: str) -> str:
    return shorten(name, LONGEST_NAME)
