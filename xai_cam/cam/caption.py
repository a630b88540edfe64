"""An explanation in a few lines, to be read below its picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xai_cam.cam.explanation import Explanation
from xai_cam.images.labels import name_of

COARSE = 4
"""A map of so few cells down and across is told to be coarse: its blobs are as large as its cells."""


def caption_of(explanation: Explanation, labels: Sequence[str] | None = None) -> list[str]:
    """The class and its probability, or the value; then method, layer and grid; then what is to be known.

    Parameters
    ----------
    explanation : Explanation
        The map.
    labels : sequence of str, optional
        Names of the classes.
    """
    rows, columns = explanation.cam.shape
    lines = [_target(explanation, labels)]
    lines.append(f"{explanation.method} at {explanation.layer}, {rows} × {columns} cells")
    if max(rows, columns) <= COARSE:
        lines.append(f"A coarse map: only {rows} × {columns} cells, drawn smoothly over the whole picture.")
    if explanation.status != "ok" or explanation.cause:
        status = "" if explanation.status == "ok" else f"{explanation.status}: "
        lines.append(_sentence(f"{status}{explanation.cause}"))
    return lines


def _target(explanation: Explanation, labels: Sequence[str] | None) -> str:
    if explanation.score_name == "value":
        name = name_of(explanation.target_class, labels)
        return f"{name if labels else f'value {name}'}: {explanation.score:.4g}"
    number = f"{explanation.probability:.3f}" if np.isfinite(explanation.probability) else ""
    number = number or f"{explanation.score_name} {explanation.score:.3g}"
    target = f"{_class(explanation.target_class, labels)} {number}"
    if explanation.predicted_class in (None, explanation.target_class):
        return target
    return f"{target} (predicted {_class(explanation.predicted_class, labels)})"


def _class(index: int | None, labels: Sequence[str] | None) -> str:
    return name_of(index, labels) if labels else f"class {index}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
