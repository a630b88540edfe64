"""Pages to test the report with: pictures of one colour, hostile names, numbers that are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from xai_cam.metrics.bootstrap import Estimate
from xai_cam.report.assets import AssetStore, folder_of
from xai_cam.report.model import (
    Column,
    Curve,
    CurveChart,
    DifferenceRow,
    Item,
    Map,
    Matrix,
    Page,
    SummaryRow,
)

HOSTILE = (
    '"><img src=x onerror=alert(1)>.jpg',
    "<script>alert(1)<!--.jpg",
    "фото\u202egpj.exe",
    "odd\udcff.jpg",
    "line\nbreak\u2028.jpg",
    "{{ 7*7 }}${7*7}.jpg",
    "' onfocus=alert(1) autofocus='.jpg",
)
METHODS = ("grad-cam", "score-cam")
DROP = Column("drop", "Average drop", "lower", "%", "How much of the probability is lost.")
GAIN = Column("insertion", "Insertion", "higher")


def flat(value: int, size: tuple[int, int] = (30, 40)) -> np.ndarray:
    """(H, W, 3) uint8 of one grey."""
    return np.full((*size, 3), value, np.uint8)


def make_item(number: int, name: str, store: AssetStore | None = None) -> Item:
    """The image of that number: every fifth is wrong, every seventh map of the second method is blank."""
    predicted = ("ant", "bee", "cat")[number % 3]
    truth = predicted if number % 5 else "dog"
    maps = tuple(
        Map(
            variant=method,
            layer="conv",
            method=method,
            class_index=number % 3,
            class_name=predicted,
            score=1.5,
            score_name="logit",
            probability=(number + 1) / 100,
            status="blank" if m and number % 7 == 0 else "ok",
            cause="nothing speaks for it" if m and number % 7 == 0 else "",
            metrics={"drop": float((37 * number + 11 * m) % 101), "insertion": None if number % 4 else 0.5},
            overlay=store.put(f"{number:x}{m:x}ab", flat(200 + m)) if store else None,
            file=f"maps/{name}_{method}.png",
            provenance={"tool": "xai-cam 1", "image_sha256": f"{number:064x}", "note": name},
        )
        for m, method in enumerate(METHODS)
    )
    picture = store.put(f"{number:x}ff", flat(20)) if store else None
    return Item(f"test/{name}", "written", "", picture, truth, predicted, truth == predicted, maps)


def make_page(count: int = 12, path: Path | None = None, hostile: bool = True) -> Page:
    """A page with everything on it: `count` images, the last of which failed; pictures if there is a path."""
    store = AssetStore(folder_of(path)) if path else None
    names = [*HOSTILE[:count], *(f"image_{i}.jpg" for i in range(len(HOSTILE), count))]
    if not hostile:
        names = [f"image_{i}.jpg" for i in range(count)]
    items = [make_item(i, name, store) for i, name in enumerate(names[:-1])]
    items.append(Item(f"test/{names[-1]}", "failed", "this is <b>no</b> picture"))
    return Page(
        title="A <b>page</b> & its maps",
        items=tuple(items),
        columns=(DROP, GAIN),
        summary=(
            SummaryRow(
                "grad-cam", {"drop": Estimate(30, 20, 40, count), "insertion": Estimate(0.5, 0.4, 0.6, count)}
            ),
            SummaryRow("score-cam", {"drop": Estimate(15, 10, 20, count)}),
        ),
        differences=(
            DifferenceRow("grad-cam", "score-cam", "drop", 15, 5, 25, 0.25, 0.0, count),
            DifferenceRow("grad-cam", "score-cam", "insertion", 0.1, -0.1, 0.3, 0.5, 0.0, count),
        ),
        matrices=(Matrix("Agreement", list(METHODS), [[1.0, -0.25], [-0.25, None]], "a <i>note</i>"),),
        curve_charts=(
            CurveChart(
                "Deletion", "removed", "probability", "", (Curve("grad-cam", [0, 0.5, 1], [0.8, 0.4, 0]),)
            ),
        ),
        facts=(("model", "model<x>.json"),),
        notes=("Look & see.",),
    )
