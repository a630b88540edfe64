"""A sanity check on disk: the maps as a figure, the similarities as a chart, a table and JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from xai_cam.cam.names import method_at
from xai_cam.cam.scaling import as_drawn
from xai_cam.drawing.canvas import BLACK
from xai_cam.drawing.enlarging import enlarge, enlargement
from xai_cam.drawing.overlay import OverlayStyle, draw_overlay
from xai_cam.drawing.panels import Panel, add_note, draw_panels, framed
from xai_cam.drawing.slices import flat, is_volume
from xai_cam.drawing.text import shorten_path
from xai_cam.evaluation.figures import plain
from xai_cam.files.provenance import KEY, Provenance, check_replaceable, encode_picture, read_provenance
from xai_cam.files.text_tables import LineFormat
from xai_cam.files.texts import MOST_BYTES, read_text
from xai_cam.files.writing import write_together
from xai_cam.images.picture import Picture, Region
from xai_cam.sanity.checks import Check, Similarity, Step
from xai_cam.sanity.dependence import ALIKE, FEWEST_IMAGES, SAME, SanityVerdict
from xai_cam.sanity.result import Sanity

FIGURE, CURVES = "sanity", "sanity_curves"
TABLE_FILE, FIGURES_FILE = "sanity.csv", "sanity.json"
SANITY_FILES = (f"{FIGURE}.png", f"{CURVES}.png", TABLE_FILE, FIGURES_FILE)

PANEL_HEIGHT = 192
MAX_PANELS = 8
"""Steps that a row of the figure shows; of more, evenly chosen ones."""

LONGEST_NAME = 30
FRAME = 3
"""Pixels of the line around the map that the others are compared with."""

NOTE = (
    "Framed: the map of the learnt weights. To its right, the weights of one more layer are random in each "
    "map, from the head down; below it the layer, and the rank correlation with the framed map: 1 where all "
    "pixels have the same order, about 0 where the maps have nothing in common. A map that hardly changes "
    "does not depend on what the model has learnt."
)

COLUMNS = (
    *("layer", "method", "step", "randomised", "above_target", "images"),
    *("correlation", "correlation_low", "correlation_high", "overlap", "overlap_low", "overlap_high", "lost"),
)


@dataclass(frozen=True)
class Shown:
    """The image of the figure: its number among those checked, names, and what the model saw of it."""

    number: int
    name: str
    class_name: str
    picture: Picture
    region: Region


def check_folder(folder: Path, overwrite: bool) -> None:
    """Refuse to replace files that this tool did not write.

    Raises
    ------
    InputError
    """
    for name in SANITY_FILES:
        if not overwrite:
            check_replaceable(folder / name, _is_own, "`output`")


def _is_own(path: Path) -> bool:
    if path.suffix == ".png":
        return read_provenance(path) is not None
    try:
        text = read_text(path, MOST_BYTES)
        found = json.loads(text) if path.suffix == ".json" else text.startswith(",".join(COLUMNS))
    except (OSError, ValueError, RecursionError):
        return False
    return found is True or (isinstance(found, dict) and str(found.get("tool", "")).startswith(KEY))


def write_sanity(
    folder: Path,
    sanity: Sanity,
    images: Sequence[dict[str, Any]],
    shown: Shown | None,
    provenance: Provenance,
) -> None:
    """Write `sanity.png`, `sanity.csv`, `sanity.json` and, where Matplotlib is there, `sanity_curves.png`.

    They appear together, when all of them are ready.

    Parameters
    ----------
    folder : Path
        Where they go.
    sanity : Sanity
        The checks.
    images : sequence of dict
        Entry of each image in the JSON, in order.
    shown : Shown, optional
        None leaves the figure out: no image has a map.
    provenance : dict
        What was checked; the JSON begins with it, and the pictures carry it.

    Raises
    ------
    OutputError
        The folder cannot be written to.
    """
    from xai_cam.extras import is_there

    figures = as_figures(sanity, images, provenance)
    text = json.dumps(figures, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    files = {
        TABLE_FILE: table_of(sanity).encode("utf-8", "backslashreplace"),
        FIGURES_FILE: text.encode("utf-8", "backslashreplace"),
    }
    if shown is not None:
        picture = encode_picture(draw_sanity(sanity, shown), provenance | {"shown": shown.name}, "png")
        files[f"{FIGURE}.png"] = picture
    if is_there("matplotlib"):
        from xai_cam.sanity.curves import draw_curves

        files[f"{CURVES}.png"] = draw_curves(sanity, provenance)
    write_together([(folder / name, data) for name, data in files.items()], kept=True)


# --- The table, and all as JSON ----------------------------------------------------------------------


def table_of(sanity: Sanity) -> str:
    """CSV of every step: its similarities, and a column for the mean correlation of each draw.

    Step 0 is the untouched model; the row called `(other classes)` compares classes.
    """
    draws = [f"draw_{number + 1}" for number in range(sanity.draws)]
    form = LineFormat((*COLUMNS, *draws), ",")
    lines = [form.header]
    for check in sanity.checks:
        same = {"layer": check.layer, "method": check.method, "images": len(check.images)}
        for number, step in enumerate(check.steps, 1):
            which = {"step": number, "randomised": step.layer, "above_target": int(step.above)}
            of_draws = {name: f"{value:.6g}" for name, value in zip(draws, step.draws, strict=False)}
            lines.append(form.line(same | which | _cells(step.similarity) | of_draws))
        lines.append(form.line(same | {"randomised": "(other classes)"} | _cells(check.classes)))
    return "".join(lines)


def _cells(similarity: Similarity) -> dict[str, str]:
    numbers = {
        f"{name}{end}": getattr(estimate, bound)
        for name, estimate in (("correlation", similarity.correlation), ("overlap", similarity.overlap))
        for end, bound in (("", "value"), ("_low", "low"), ("_high", "high"))
    }
    return {name: _number(value) for name, value in (numbers | {"lost": similarity.lost}).items()}


def _number(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.6g}"


def as_figures(sanity: Sanity, images: Sequence[dict[str, Any]], provenance: Provenance) -> dict[str, Any]:
    """Everything as plain numbers for JSON, with None where a figure is not known."""
    found: dict[str, Any] = plain(
        {
            **provenance,
            "trials": sanity.draws,
            "seed": sanity.seed,
            "limits": {"do not depend": SAME, "hardly depend": ALIKE, "fewest images": FEWEST_IMAGES},
            "images": list(images),
            "checks": [
                _figures(check, verdict)
                for check, verdict in zip(sanity.checks, sanity.verdicts, strict=True)
            ],
        }
    )
    return found


def _figures(check: Check, verdict: SanityVerdict) -> dict[str, Any]:
    return {
        "layer": check.layer,
        "method": check.method,
        **check.scored,
        "outcome": verdict.outcome,
        "verdict": str(verdict),
        "findings": [
            {
                "on": f.what,
                "maps": f.dependence.value,
                "correlation": f.correlation,
                "overlap": f.overlap,
            }
            for f in verdict.findings
        ],
        "steps": [
            {"randomised": s.layer, "above_target": s.above, **asdict(s.similarity), "draws": s.draws}
            for s in check.steps
        ],
        "classes": {"others": check.other_classes, **asdict(check.classes)},
        "left_out": [asdict(left) for left in check.left_out],
        "per_image": [
            {
                "image": int(image),
                "correlation": check.correlation[i].tolist(),
                "overlap": check.overlap[i].tolist(),
                "class_correlation": check.class_correlation[i].tolist(),
                "class_overlap": check.class_overlap[i].tolist(),
            }
            for i, image in enumerate(check.images)
        ],
    }


# --- The figure --------------------------------------------------------------------------------------


def image_to_show(sanity: Sanity, requested: int | None = None) -> int | None:
    """The number of the image for the figure: the requested one, else the first with most of the maps."""
    if requested is not None:
        return requested
    counts = np.bincount(np.concatenate([check.images for check in sanity.checks]).astype(int), minlength=1)
    return int(counts.argmax()) if counts.any() else None


def draw_sanity(sanity: Sanity, shown: Shown) -> np.ndarray:
    """One image's maps, a row for each check: the picture, the map, and the map after each step.

    The map of the learnt weights, which all others are compared with, is framed. Captions tell which layer
    was made random last, and the rank correlation with the framed map; the maps are those of the first draw.
    As in figure 2 of Adebayo et al. 2018.

    Returns
    -------
    figure : (H, W, 3) uint8 RGB
    """
    pixels, region = _to_panel(shown)
    picture, rows = flat(pixels), []
    for check in sanity.checks:
        title = f"{method_at(check.method, _short(check.layer))}\nlearnt weights"
        row = [Panel(picture, f"{_short(shown.name)}\n{_short(shown.class_name)}")]
        where = np.flatnonzero(check.images == shown.number)
        if not len(where):
            rows.append([*row, Panel(picture, f"{title}: no map")])
            continue
        i = int(where[0])
        place = region.part(check.part)
        original = _overlay(pixels, check.maps[i, 0], place, check)
        row.append(Panel(framed(original, BLACK, FRAME), title))
        for s in shown_steps(check.steps):
            drawn = _overlay(pixels, check.maps[i, 1 + s], place, check)
            found = "no map" if check.lost[i, 0, s] else f"rank correlation {check.correlation[i, 0, s]:.2f}"
            row.append(Panel(drawn, f"+ {_short(check.steps[s].layer)}\n{found}"))
        rows.append(row)
    return add_note(draw_panels(rows, PANEL_HEIGHT), NOTE)


def shown_steps(steps: Sequence[Step]) -> list[int]:
    """Which steps a figure has room for: the first, the last, the last above the target, others evenly."""
    chosen = set(np.linspace(0, len(steps) - 1, min(len(steps), MAX_PANELS)).round().astype(int).tolist())
    above = [number for number, step in enumerate(steps) if step.above]
    if above and above[-1] not in chosen:
        inner = chosen - {0, len(steps) - 1}
        chosen.discard(min(inner, key=lambda number: abs(number - above[-1])))
        chosen.add(above[-1])
    return sorted(chosen)


def _to_panel(shown: Shown) -> tuple[np.ndarray, Region]:
    """The picture at about the size of a panel, and the region in it."""
    pixels, region = shown.picture.pixels, shown.region
    height, width = shown.picture.size
    if height <= PANEL_HEIGHT or is_volume(pixels):
        return enlarge(pixels, region, enlargement((height, width)))
    scale = PANEL_HEIGHT / height
    resized = Image.fromarray(pixels).resize((max(1, round(width * scale)), PANEL_HEIGHT))
    sides = region.top * scale, region.left * scale, region.bottom * scale, region.right * scale
    return np.asarray(resized), Region(*sides)


def _overlay(pixels: np.ndarray, cam: np.ndarray, region: Region, check: Check) -> np.ndarray:
    style = OverlayStyle(signed=check.sign == "both")
    return draw_overlay(pixels, as_drawn(cam, check.method), region, style)


def _short(path: str) -> str:
    return shorten_path(path, LONGEST_NAME)
