"""Charts by Matplotlib, which is optional: always in one style, with their provenance in the file."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from xai_cam.extras import require
from xai_cam.files.provenance import KEY, Provenance

DOTS_PER_INCH = 120


@contextmanager
def default_style() -> Iterator[None]:
    """Use Matplotlib's default style meanwhile: the user's may need LaTeX, or missing fonts.

    Raises
    ------
    XaiCamError
        Matplotlib is not installed.
    """
    matplotlib = require("matplotlib")
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        yield


def new_figure(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Any, Any]:
    """An empty figure of a size in inches, and its axes: one, or an array (rows, columns)."""
    figure = _chart(require("matplotlib.figure").Figure)(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=rows * columns == 1)


@cache
def _chart(figure: Any) -> Any:
    """Matplotlib's figure, which a notebook shows without pyplot and the state that it keeps."""

    class Chart(figure):  # type: ignore[misc] # Matplotlib is optional
        def _repr_png_(self) -> bytes:
            with default_style():
                return encode_chart(self, {})

    return Chart


def without_formulas(text: str) -> str:
    """The text as Matplotlib shows it letter by letter: between two dollars it would see a formula."""
    return text.replace("$", r"\$")


def encode_chart(figure: Any, provenance: Provenance) -> bytes:
    """The figure as a PNG file with its provenance."""
    buffer = io.BytesIO()
    text = {KEY: json.dumps(provenance), "Software": None}
    figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH, metadata=text)
    return buffer.getvalue()
