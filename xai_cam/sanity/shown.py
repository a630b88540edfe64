"""A sanity check that shows itself: a table of verdicts, the maps of an image, the curves."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xai_cam.cam.names import method_at
from xai_cam.cam.pictured import Source
from xai_cam.drawing.html import block, chart, lines, picture, table, title
from xai_cam.drawing.matplotlib_chart import default_style
from xai_cam.errors import InputError
from xai_cam.extras import is_there, require
from xai_cam.images.labels import name_of
from xai_cam.images.picture import Picture
from xai_cam.metrics.bootstrap import Estimate
from xai_cam.sanity.checks import Check, Similarity
from xai_cam.sanity.curves import curve_figure
from xai_cam.sanity.report import Shown, as_figures, draw_sanity, image_to_show, table_of
from xai_cam.sanity.result import Sanity


@dataclass(frozen=True, eq=False, repr=False)
class SanityReport(Sanity):
    """What `sanity_check` returns: `verdicts` in words, and `checks`, the figures behind them.

    In a notebook it shows the verdicts, the similarities with their intervals, and one image's maps. Where it
    is pickled, the reference to the images stays behind.

    Attributes
    ----------
    checks : tuple of Check
        For each layer and method: similarity to the original maps, step by step.
    predicted : (n,) int
        The class explained of each image.
    draws, seed : int
        How often, and from what, random weights were drawn.
    source : Source, optional
        Where the images are.
    labels : sequence of str, optional
        Names of the classes.
    """

    source: Source | None = None
    labels: Sequence[str] | None = None

    def __repr__(self) -> str:
        found = ", ".join(f"{method_at(v.method, v.layer)} {v.outcome}" for v in self.verdicts)
        draws = f"{self.draws} draw{'s' * (self.draws != 1)}"
        return f"<Sanity check of {len(self.predicted)} images, {draws}: {found}>"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: what the command writes as `sanity.json`."""
        images = [
            {"image": number, "class": int(index), "class_name": name_of(int(index), self.labels)}
            for number, index in enumerate(self.predicted)
        ]
        return as_figures(self, images, {})

    def to_frame(self) -> Any:
        """A row for each step of each check, as a `pandas.DataFrame`: similarities with their intervals.

        Raises
        ------
        XaiCamError
            pandas is not installed.
        """
        return require("pandas").read_csv(io.StringIO(table_of(self)))

    def plot(self) -> Any:
        """Similarity to the original maps, layer by layer, as a `matplotlib.figure.Figure`.

        Raises
        ------
        XaiCamError
            Matplotlib is not installed.
        """
        with default_style():
            return curve_figure(self)

    def figure(self, image: int | None = None) -> np.ndarray:
        """One image's maps, before and after each layer was made random, (H, W, 3) uint8 RGB.

        Parameters
        ----------
        image : int, optional
            Its number; default: the first that has most of the maps.

        Raises
        ------
        InputError
            There is no such image, none has a map, or the images are not known.
        """
        number = image_to_show(self, image)
        if self.source is None or number is None or not 0 <= number < len(self.predicted):
            raise InputError(
                f"There is no picture of image {image if number is None else number}. Give the number of an "
                "image that was checked, before the check is pickled."
            )
        shown, name = self.source[number], f"image {number}"
        return draw_sanity(
            self,
            Shown(
                number,
                name if shown.path is None else shown.path.name,
                name_of(int(self.predicted[number]), self.labels),
                Picture(shown.pixels, shown.pixels),
                shown.region,
            ),
        )

    def _repr_html_(self) -> str:
        columns = ("layer", "method", "outcome", "other classes", "layers above random", "all random")
        rows = [
            (check.layer, check.method, verdict.outcome, *_cells(check))
            for check, verdict in zip(self.checks, self.verdicts, strict=True)
        ]
        parts = [title(repr(self)[1:-1]), table(columns, rows), lines(map(str, self.verdicts))]
        if self.source is not None and image_to_show(self) is not None:
            parts.append(picture(self.figure(), "maps of an image while layers are made random"))
        if is_there("matplotlib"):
            parts.append(chart(self.plot(), "similarity to the original maps"))
        return block(*parts)


def _cells(check: Check) -> list[str]:
    """Mean rank correlation with its interval: with other classes, below random layers, all random."""
    above = check.above
    return [
        _similar(check.classes) if check.other_classes else "",
        _similar(above.similarity) if above else "",
        _similar(check.steps[-1].similarity),
    ]


def _similar(similarity: Similarity) -> str:
    found: Estimate = similarity.correlation
    if np.isnan(found.value):
        return "not known"
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"
