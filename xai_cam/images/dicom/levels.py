"""Grey values of DICOM files -> levels from 0 to 255: rescaled, then seen through a window or a table.

The formulas are those of the standard, PS3.3, C.11.1 (modality) and C.11.2 (values of interest). The results
are not rounded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from xai_cam.errors import ImageError
from xai_cam.images.dicom.elements import Elements
from xai_cam.images.dicom.header import (
    CENTRE,
    FUNCTION,
    INTERCEPT,
    MODALITY_TABLE,
    SLOPE,
    VOI_TABLE,
    WIDTH,
    Header,
)
from xai_cam.images.dicom.numbers import number, word
from xai_cam.images.dicom.tables import level_table
from xai_cam.images.grey_levels import GreyWindow

FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")

Rule = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Levels:
    """How stored grey values become levels.

    Attributes
    ----------
    rule : callable
        From numbers, float64, to levels from 0 to 255.
    window : str
        What is black and white, as the rows of results have it.
    chosen : bool
        Whether that was asked for, or the file says it.
    asked : bool
        Whether it was asked for.
    """

    rule: Rule = lambda values: values
    window: str = ""
    chosen: bool = True
    asked: bool = False


@dataclass(frozen=True)
class VoiWindow:
    """A window of a file: its centre and width, and one of `FUNCTIONS`."""

    centre: float
    width: float
    function: str = "LINEAR"

    @property
    def valid(self) -> bool:
        """Whether the standard allows the width."""
        return self.width >= 1 if self.function == "LINEAR" else self.width > 0

    @property
    def ends(self) -> tuple[float, float]:
        """The values that become black and white; of a SIGMOID, where its tangent in the centre is."""
        if self.function == "LINEAR":
            return self.centre - 0.5 - (self.width - 1) / 2, self.centre - 0.5 + (self.width - 1) / 2
        return self.centre - self.width / 2, self.centre + self.width / 2

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Levels from 0 to 255 of rescaled values."""
        if self.function == "SIGMOID":
            power = np.clip(-4 * (values - self.centre) / self.width, -700, 700)  # no more fits an exponent
            return np.asarray(255 / (1 + np.exp(power)))
        low, high = self.ends
        if low == high:  # of width 1: black or white
            return np.where(values > low, 255.0, 0.0)
        return np.asarray(255 * np.clip((values - low) / (high - low), 0, 1))

    def __str__(self) -> str:
        low, high = self.ends
        return f"{low:.10g}:{high:.10g}" + (" SIGMOID" if self.function == "SIGMOID" else "")


def levels_of(header: Header, asked: GreyWindow | None = None) -> Levels:
    """How the grey values of a file become levels; `asked`: the window or the depth that the caller wants.

    Raises
    ------
    ImageError
        The file is damaged, or its values have no known range and nothing says which one is white.
    """
    if asked and asked.deep_only and header.stored > 8 and not header.floats:
        low = -(asked.high + 1) / 2 if header.signed else 0.0  # of stored values
        window = GreyWindow(low, low + asked.high)
        return Levels(_shown(header, _through(window)), _ends(window), asked=True)
    rescale, ends = _modality(header)
    if asked and not asked.deep_only:
        found = Levels(_through(asked), _ends(asked), asked=True)
    else:
        found = _of_file(header, ends)
    return replace(found, rule=_shown(header, lambda values: found.rule(rescale(values))))


def _through(window: GreyWindow) -> Rule:
    return lambda values: np.clip((values - window.low) / (window.high - window.low), 0, 1) * 255


def _ends(window: GreyWindow) -> str:
    return f"{window.low:.10g}:{window.high:.10g}"


def _shown(header: Header, rule: Rule) -> Rule:
    """The same, with white for the lowest values where the file asks for that."""
    return (lambda values: 255 - rule(values)) if header.colours == "MONOCHROME1" else rule


def _modality(header: Header) -> tuple[Rule, tuple[float, float]]:
    """What stored numbers mean, as Hounsfield units, and the lowest and highest that can be."""
    low, high = header.ends
    if tables := _items(header, MODALITY_TABLE):
        table = level_table(tables[0], header.signed)
        return table.apply, (0, table.highest)
    slope = number(header.elements, SLOPE, "Rescale Slope", "DS")
    intercept = number(header.elements, INTERCEPT, "Rescale Intercept", "DS")
    factor, offset = 1.0 if slope is None else slope, intercept or 0.0
    ends = sorted((factor * low + offset, factor * high + offset))
    return (lambda values: factor * values + offset), (ends[0], ends[1])


def _of_file(header: Header, ends: tuple[float, float]) -> Levels:
    """What the file says of its values of interest: the first table, the first window, or all that can be."""
    if tables := _items(header, VOI_TABLE):
        table = level_table(tables[0], ends[0] < 0)
        scale = 255 / table.highest
        return Levels(lambda values: np.minimum(scale * table.apply(values), 255), "table of the file")
    elements = header.elements
    centre, width = (number(elements, tag, "window", "DS") for tag in (CENTRE, WIDTH))
    if centre is not None and width is not None:
        window = VoiWindow(centre, width, _function(elements))
        if window.valid:
            return Levels(window.apply, str(window))
    if header.floats:
        raise ImageError(
            "its values are floating-point numbers, and it names no window; give `window=(low, high)`"
        )
    full = GreyWindow(*ends)
    if full.low == full.high:
        raise ImageError("its slope makes all values equal; give `window=(low, high)`")
    return Levels(_through(full), _ends(full), chosen=False)


def _function(elements: Elements) -> str:
    """How levels follow from values within the window."""
    if FUNCTION not in elements or not elements[FUNCTION].value.strip(b"\0 "):
        return FUNCTIONS[0]
    found = word(elements, FUNCTION, FUNCTIONS)
    if not found:
        raise ImageError(
            f"its window has none of the functions {', '.join(FUNCTIONS)}; give `window=(low, high)`"
        )
    return found


def _items(header: Header, tag: int) -> tuple[Elements, ...]:
    return header.elements[tag].items if tag in header.elements else ()
