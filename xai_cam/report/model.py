"""Contents of a report as plain data: callers fill it in, `page.write_report` makes HTML of it.

All texts are untrusted (names of files, labels, what a picture says of itself) and are shown as they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from xai_cam.metrics.bootstrap import Estimate


@dataclass(frozen=True)
class Asset:
    """A picture that the page shows: URLs of its thumbnail and of its full size, relative to the page.

    `width` and `height` are those of the full size.
    """

    key: str
    thumb: str
    full: str
    width: int
    height: int


@dataclass(frozen=True)
class Column:
    """A metric: its name among the metrics, and how it is headed.

    Attributes
    ----------
    better : str
        `lower`, `higher`, or empty where neither is.
    unit : str
        Written behind the title, such as `%`.
    summary : str
        One line that says what it measures.
    objection : str
        A sentence on what speaks against it.
    """

    name: str
    title: str
    better: str = ""
    unit: str = ""
    summary: str = ""
    objection: str = ""


@dataclass(frozen=True)
class Parts:
    """The parts of a map above a threshold, in pixels of the image.

    Attributes
    ----------
    size : (int, int)
        Width and height of the image.
    boxes : tuple of (x, y, width, height)
        Those that were asked for, the largest part's first; empty where there is none.
    area : int
        Pixels of the largest part.
    peak : (int, int), optional
        Where the map is highest, x and y.
    """

    size: tuple[int, int]
    boxes: tuple[tuple[float, ...], ...] = ()
    area: int = 0
    peak: tuple[int, int] | None = None


@dataclass(frozen=True)
class Map:
    """One heat map of an image.

    Attributes
    ----------
    variant : str
        What is compared: a method, or a method at a layer, or a baseline.
    status, cause : str
        The explanation's: `ok`, `blank`, `flat` or `non-finite`, and why if it is not `ok`.
    metrics : dict
        Value of each column, by its name; None or NaN where there is none.
    overlay : Asset, optional
        The picture with the map blended in.
    file : str
        Path of the output on disk.
    provenance : dict
        Provenance of its file.
    parts : Parts, optional
        Where it is high, if that was asked for.
    """

    variant: str
    layer: str = ""
    method: str = ""
    class_index: int | str | None = None
    class_name: str = ""
    score: float | None = None
    score_name: str = ""
    probability: float | None = None
    status: str = "ok"
    cause: str = ""
    metrics: dict[str, float | None] = field(default_factory=dict)
    overlay: Asset | None = None
    file: str = ""
    provenance: dict[str, Any] = field(default_factory=dict)
    parts: Parts | None = None


@dataclass(frozen=True)
class Item:
    """One image of the run.

    Attributes
    ----------
    image : str
        Its path.
    outcome : str
        `written`, `up to date` or `failed`.
    message : str
        Why it failed.
    picture : Asset, optional
        The image without a map.
    truth : str, optional
        Name of its true class, where that is known.
    predicted : str
        Name of the class that the model predicts.
    right : bool, optional
        Whether the two are one class; None where the truth is not known.
    """

    image: str
    outcome: str
    message: str = ""
    picture: Asset | None = None
    truth: str | None = None
    predicted: str = ""
    right: bool | None = None
    maps: tuple[Map, ...] = ()


@dataclass(frozen=True)
class SummaryRow:
    """A variant's means, by the name of the column."""

    variant: str
    estimates: dict[str, Estimate]


@dataclass(frozen=True)
class DifferenceRow:
    """Two variants on the same images: the mean of first - second, and how often the first is better.

    `won` and `tied` are shares of the `count` images, 0 to 1.
    """

    first: str
    second: str
    column: str
    value: float
    low: float
    high: float
    won: float
    tied: float
    count: int


@dataclass(frozen=True)
class Matrix:
    """A number for each pair of `names`, -1 to 1, such as how alike their maps are."""

    title: str
    names: list[str]
    values: list[list[float | None]]
    note: str = ""


@dataclass(frozen=True)
class Curve:
    """A variant's mean curve, with a band from `low` to `high` where these are given."""

    variant: str
    x: list[float]
    y: list[float]
    low: list[float] | None = None
    high: list[float] | None = None


@dataclass(frozen=True)
class CurveChart:
    """Curves of several variants in one pair of axes; bands end at the `limits` of what y can be."""

    title: str
    x_label: str
    y_label: str
    note: str = ""
    curves: tuple[Curve, ...] = ()
    limits: tuple[float, float] = (-math.inf, math.inf)


@dataclass(frozen=True)
class ColourBar:
    """The colours of the overlays, from low to high, as `#rrggbb`, and what stands at the ends and below."""

    shades: tuple[str, ...]
    low: str = "0"
    high: str = "maximum of each map"
    note: str = ""


@dataclass(frozen=True)
class PagePart:
    """What makes a page one of several, each of a shard of a run.

    Attributes
    ----------
    shard : str
        Such as `3/16`.
    images, all_images : int
        How many images the shard shows, and how many the run has; 0 where that is not known.
    positions : tuple of int
        The place of each item in the run's plan.
    comparison : dict, optional
        Of a comparison: what was measured of the items that did not fail, and how.
    options, paths : str
        Hashes of what the run made and of which images, as a `Share` has them.
    """

    shard: str
    images: int
    all_images: int
    positions: tuple[int, ...]
    comparison: dict[str, Any] | None = None
    options: str = ""
    paths: str = ""


@dataclass(frozen=True)
class Page:
    """A whole report; everything but title and items may be empty.

    Attributes
    ----------
    facts : list of (name, value)
        How it was made: model and weights, their hashes, versions, preprocessing, options.
    findings : list of str
        Conclusions from the figures.
    notes : list of str
        What a reader should know before looking.
    model : str
        Name of the model, above all else.
    colours : ColourBar, optional
        What the colours of the overlays mean.
    part : PagePart, optional
        Of a page of a shard, to be merged with the others.
    """

    title: str
    items: tuple[Item, ...]
    columns: tuple[Column, ...] = ()
    summary: tuple[SummaryRow, ...] = ()
    differences: tuple[DifferenceRow, ...] = ()
    matrices: tuple[Matrix, ...] = ()
    curve_charts: tuple[CurveChart, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    findings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    model: str = ""
    colours: ColourBar | None = None
    part: PagePart | None = None

    @property
    def variants(self) -> tuple[str, ...]:
        """All of them, each once: in the order of the summary, then as they come."""
        names = [row.variant for row in self.summary]
        names += [curve.variant for chart in self.curve_charts for curve in chart.curves]
        names += [shown.variant for item in self.items for shown in item.maps]
        return tuple(dict.fromkeys(names))

    @property
    def assets(self) -> Iterator[Asset]:
        """Every picture that the page refers to."""
        for item in self.items:
            for asset in (item.picture, *(shown.overlay for shown in item.maps)):
                if asset is not None:
                    yield asset
