"""A comparison that shows itself: a table of means with intervals, conclusions, maps side by side, charts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from xai_cam.cam.channel_limits import ChannelLimits
from xai_cam.cam.explanations import Explanations
from xai_cam.cam.threshold import SHARE
from xai_cam.drawing.html import block, chart, lines, picture, table, title
from xai_cam.drawing.matplotlib_chart import default_style, new_figure, without_formulas
from xai_cam.drawing.panels import Panel, draw_panels
from xai_cam.drawing.text import one_line
from xai_cam.errors import InputError
from xai_cam.extras import is_there, require
from xai_cam.metrics.bootstrap import Estimate
from xai_cam.metrics.comparison import Comparison
from xai_cam.metrics.image_metrics import CURVES, ImageMetrics, variant_name
from xai_cam.metrics.measures import METRICS
from xai_cam.metrics.printed import table_of

MAX_EXAMPLES = 3
"""Images whose maps are shown side by side; those of all would hold the memory of a long comparison."""

EXAMPLE_HEIGHT = 160
ARROWS = {"lower": " \u2193", "higher": " \u2191", "neither": ""}


class ComparisonReport(Comparison):
    """What `compare` returns: everything that was measured of all images, its summary, and maps to look at.

    In a notebook it shows the means with their intervals, the conclusions, and the maps of the first images.

    Parameters
    ----------
    images : sequence of ImageMetrics
        What was measured of each map.
    examples : Explanations
        The maps of the first images.
    limits, threshold
        As of a `Comparison`.
    """

    def __init__(
        self,
        images: Sequence[ImageMetrics],
        examples: Explanations | None = None,
        limits: ChannelLimits | None = None,
        threshold: float | str = SHARE,
    ) -> None:
        super().__init__(images, limits, threshold)
        self.examples = Explanations() if examples is None else examples

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: what the command prints with `--json`."""
        return self.as_figures()

    def to_frame(self, by: str = "variant") -> Any:
        """The figures as a `pandas.DataFrame`.

        Parameters
        ----------
        by : str
            `variant`: a row for each variant and metric, with its mean and interval; `image`: a row for each
            map of each image.

        Raises
        ------
        InputError
            It is another word.
        XaiCamError
            pandas is not installed.
        """
        rows = {"variant": self._means, "image": self._maps}
        if by not in rows:
            raise InputError(f"`by` is {by!r}. Use {' or '.join(rows)}.")
        return require("pandas").DataFrame(list(rows[by]()))

    def _means(self) -> Iterator[dict[str, Any]]:
        for variant, found in self.estimates.items():
            for metric, estimate in found.items():
                yield {
                    "variant": variant,
                    "metric": metric,
                    "better": METRICS[metric].better,
                    **vars(estimate),
                }

    def _maps(self) -> Iterator[dict[str, Any]]:
        for number, image in enumerate(self.images):
            for one in image.maps:
                told = {name: value for name, value in vars(one).items() if name not in ("values", "curves")}
                measured = ("masked_probability", *(n for n in self.metrics if not METRICS[n].pooled))
                yield {"image": number, **told, **{name: one.values[name] for name in measured}}

    def table(self, kind: str = "md") -> str:
        """The means with their intervals as the source of a table, as papers print it: the best mean bold.

        A star says that it is better than every other one (paired bootstrap over images, 95 %).

        Parameters
        ----------
        kind : str
            `tex` for LaTeX with booktabs, or `md` for Markdown.

        Raises
        ------
        InputError
            It is another word.
        """
        return table_of(self, kind)

    def plot(self) -> Any:
        """Means with their 95 % intervals, and the mean curves, as a `matplotlib.figure.Figure`.

        Raises
        ------
        XaiCamError
            Matplotlib is not installed.
        """
        curves = [name for name in CURVES if self.curves(name)]
        panels = max(1, len(self.metrics) + len(curves))
        columns = min(panels, 3)
        rows = -(-panels // columns)
        high = max(2.6, 1.2 + 0.35 * len(self.variants))
        with default_style():
            figure, axes = new_figure(4.2 * columns, high * rows, rows, columns)
            places = list(np.ravel(axes))
            for place in places[len(self.metrics) + len(curves) :]:
                place.set_axis_off()
            for place, metric in zip(places, self.metrics, strict=False):
                self._draw_means(place, metric)
            for place, name in zip(places[len(self.metrics) :], curves, strict=False):
                self._draw_curves(place, name)
        return figure

    def _draw_means(self, axes: Any, metric: str) -> None:
        found = [self.estimates[name][metric] for name in self.variants]
        for row, one in enumerate(found):
            axes.plot([one.low, one.high], [row, row], color=f"C{row % 10}", linewidth=2)
            axes.plot([one.value], [row], "o", color=f"C{row % 10}")
        axes.set_yticks(range(len(found)), [without_formulas(one_line(name)) for name in self.variants])
        axes.set_ylim(len(found) - 0.5, -0.5)
        axes.set_title(_heading(metric), fontsize=10)
        axes.grid(axis="x", alpha=0.3)

    def _draw_curves(self, axes: Any, name: str) -> None:
        for curve in self.curves(name):
            number = self.variants.index(curve.variant)
            label = without_formulas(one_line(curve.variant))
            axes.plot(curve.fractions, curve.mean, color=f"C{number % 10}", label=label)
            axes.fill_between(
                curve.fractions, curve.low, curve.high, color=f"C{number % 10}", alpha=0.15, linewidth=0
            )
        axes.set(xlabel="share of the pixels", ylabel="probability", ylim=(-0.02, 1.02))
        axes.set_title(f"{name} curve", fontsize=10)
        axes.legend(fontsize=8)

    def figure(self) -> np.ndarray:
        """The maps of the first images side by side, a row an image, (H, W, 3) uint8 RGB.

        Raises
        ------
        InputError
            There is none.
        """
        if not self.examples:
            raise InputError("There is no image whose maps could be shown. Compare at least one.")
        several = len({one.layer for one in self.examples}) > 1
        rows = []
        for maps in self.examples.by_image:
            drawn = [Panel(one.drawn("overlay"), variant_name(one, several)) for one in maps]
            shown = maps[0].picture
            rows.append(drawn if shown is None else [Panel(shown.pixels, one_line(maps[0].target)), *drawn])
        return draw_panels(rows, EXAMPLE_HEIGHT)

    def _repr_html_(self) -> str:
        columns = ("", *(_heading(metric) for metric in self.metrics))
        rows = [
            (variant, *(_interval(found[metric]) for metric in self.metrics))
            for variant, found in self.estimates.items()
        ]
        parts = [title(repr(self)[1:-1]), table(columns, rows, self._best()), lines(self.conclusions)]
        if self.examples:
            parts.append(picture(self.figure(), "maps of the first images side by side"))
        if self.metrics and is_there("matplotlib"):
            parts.append(chart(self.plot(), "means with their intervals"))
        return block(*parts)

    def _best(self) -> Iterator[tuple[int, int]]:
        """Cells of the means that are better than all others by more than chance, by row and column."""
        for column, metric in enumerate(self.metrics, 1):
            best = self.best(metric)
            if best is not None:
                yield self.variants.index(best), column


def _heading(metric: str) -> str:
    about = METRICS[metric]
    return f"{about.title}{ARROWS[about.better]}{f' ({about.unit})' if about.unit else ''}"


def _interval(found: Estimate) -> str:
    if math.isnan(found.value):
        return ""
    known = not math.isnan(found.low)
    return f"{found.value:.3g}" + (f" ({found.low:.3g} to {found.high:.3g})" if known else "")
