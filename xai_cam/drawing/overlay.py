"""Saliency map -> colours -> blended picture, at the original's size and place, or enlarged to be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from xai_cam.drawing.colormaps import (
    COLORMAPS,
    DEFAULT_COLORMAP,
    DIVERGING,
    colour,
    heights_of,
    levels_of,
    table_of,
)
from xai_cam.drawing.slices import by_slices, is_volume
from xai_cam.errors import InputError
from xai_cam.files.strips import Strips
from xai_cam.images.picture import Region
from xai_cam.images.resizing import interpolation_matrix

BLENDS = ("alpha", "constant", "spotlight")
"""How a map is laid over a picture.

`alpha`: its colours, as opaque as the map is high. `constant`: its colours, equally opaque everywhere.
`spotlight`: no colours; the picture is dimmed and greyed where the map is low.
"""

OPACITIES = {"alpha": 0.75, "constant": 0.5, "spotlight": 0.9}
"""The opacity of each blend where none is given."""

SHADE = 0.3
"""Brightness of what a spotlight of opacity 1 leaves dark, as a share of the picture's own."""

STRIP_PIXELS = 1 << 16
"""Overlays are blended strip by strip: what is in between stays in the processor's cache, and small."""


def place(saliency_map: np.ndarray, region: Region, size: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """The saliency map in the pixels of the original picture.

    Bilinear with half-pixel centres: pixel centres of the original are looked up on the map's grid, which
    spans `region`; beyond its outermost centres the map goes on unchanged.

    Parameters
    ----------
    saliency_map : (h, w) float32
        The map, on the layer's grid.
    region : Region
        The rectangle of the original that the model saw.
    size : (H, W)
        Size of the original picture.

    Returns
    -------
    placed : (H, W) float32
        0 where the model did not see.
    seen : (H, W) bool
    """
    rows, inside_y = interpolation_matrix(size[0], saliency_map.shape[0], region.top, region.bottom)
    columns, inside_x = interpolation_matrix(size[1], saliency_map.shape[1], region.left, region.right)
    return rows @ saliency_map.astype(np.float32) @ columns.T, np.logical_and.outer(inside_y, inside_x)


def draw_heatmap(
    saliency_map: np.ndarray, region: Region, size: Sequence[int], colormap: str = DEFAULT_COLORMAP
) -> np.ndarray:
    """The coloured map alone, (H, W, 3) uint8 RGB; that of a volume of size (D, H, W) slice by slice."""
    if len(size) == 3:
        return by_slices(
            size, saliency_map, region, lambda s: draw_heatmap(s.saliency_map, s.region, size[1:], colormap)
        )
    return colour(place(saliency_map, region, size)[0], colormap)


def heatmap_strips(
    saliency_map: np.ndarray, region: Region, size: tuple[int, int], colormap: str = DEFAULT_COLORMAP
) -> Strips:
    """The same, drawn strip by strip."""
    rows, _ = interpolation_matrix(size[0], saliency_map.shape[0], region.top, region.bottom)
    columns, _ = interpolation_matrix(size[1], saliency_map.shape[1], region.left, region.right)
    tall = rows @ saliency_map
    return Strips(size, lambda top, bottom: colour(tall[top:bottom] @ columns.T, colormap))


@dataclass(frozen=True)
class OverlayStyle:
    """How a map is laid over a picture.

    Parameters
    ----------
    colormap : str
        A name in `COLORMAPS`; `spotlight` has no colours of its own.
    blend : str
        A name in `BLENDS`.
    opacity : float, optional
        Of the colours, or of the shade of `spotlight`, from 0 to 1: for `alpha` where the map is 1.
        Default: the blend's own (`OPACITIES`).
    signed : bool
        Of a map in [-1, 1], which has two sides: it is drawn red where it is above 0 and blue below, and the
        further from 0, the more opaque.

    Raises
    ------
    InputError
        There is no such colour map or blend, or the opacity is not from 0 to 1; or a signed map is to have
        other colours.

    Examples
    --------
    >>> import xai_cam
    >>> xai_cam.OverlayStyle("viridis", "constant").describe()
    'viridis, constant, opacity 0.5'
    """

    colormap: str = DEFAULT_COLORMAP
    blend: str = BLENDS[0]
    opacity: float | None = None
    signed: bool = False

    def __post_init__(self) -> None:
        if self.colormap not in COLORMAPS:
            raise InputError(f"Unknown colour map {self.colormap!r}. Use {', '.join(COLORMAPS)}.")
        if self.blend not in BLENDS:
            raise InputError(f"Unknown `blend` {self.blend!r}. Use {', '.join(BLENDS)}.")
        if self.opacity is not None and not 0 <= self.opacity <= 1:
            raise InputError(f"`opacity` is {self.opacity!r}. Give a number from 0 to 1.")
        if self.signed and self.colormap != DEFAULT_COLORMAP:
            raise InputError(
                f"The colours of {self.colormap} run one way, and a map with `sign` both has two sides. "
                "Leave `colormap` out: it is drawn in red and blue."
            )
        if self.signed and self.blend == "spotlight":
            raise InputError(
                "A spotlight has no colours that tell the two sides of a map with `sign` both apart. Use "
                "another `blend`."
            )

    @property
    def colours(self) -> str:
        """The colour map that is used: `DIVERGING` of a signed map."""
        return DIVERGING if self.signed else self.colormap

    @property
    def strength(self) -> float:
        """The opacity, given or the blend's own."""
        return OPACITIES[self.blend] if self.opacity is None else self.opacity

    def describe(self) -> str:
        """As `glow, alpha, opacity 0.75`."""
        colours = [] if self.blend == "spotlight" else [self.colours]
        return ", ".join([*colours, self.blend, f"opacity {self.strength:g}"])

    @property
    def identity(self) -> list[str | float]:
        """All that an overlay depends on, for its provenance."""
        return [*([] if self.blend == "spotlight" else [self.colours]), self.blend, self.strength]


def draw_overlay(
    pixels: np.ndarray,
    saliency_map: np.ndarray,
    region: Region | None = None,
    style: OverlayStyle | None = None,
) -> np.ndarray:
    """The picture with the map laid over it.

    Parameters
    ----------
    pixels : (H, W, 3) uint8 RGB
        The original picture; of a volume (D, H, W, 3), which is drawn slice by slice.
    saliency_map : (h, w) float32 in [0, 1]
        An all-zero (blank) map leaves the picture as it is. For a signed style in [-1, 1]. That of a volume
        is (d, h, w).
    region : Region, optional
        What the model saw of the picture; default: all. The rest stays as it is.
    style : OverlayStyle, optional
        Colours, blend and opacity.

    Returns
    -------
    overlay : (H, W, 3) uint8 RGB

    Examples
    --------
    >>> import numpy as np, xai_cam
    >>> pixels, saliency_map = np.full((40, 60, 3), 90, np.uint8), np.eye(4, dtype=np.float32)
    >>> xai_cam.draw_overlay(pixels, saliency_map, style=xai_cam.OverlayStyle(blend="spotlight")).shape
    (40, 60, 3)
    """
    size, width = pixels.shape[:-1], pixels.shape[-2]
    region = region or Region.whole(size)
    if is_volume(pixels):
        return by_slices(
            size,
            saliency_map,
            region,
            lambda s: draw_overlay(s.pixels, s.saliency_map, s.region, style),
            pixels,
        )
    picture, (first, last) = _laid(pixels, saliency_map, region, style)
    drawn = pixels.copy()
    step = max(1, STRIP_PIXELS // width)
    for top in range(first, last, step):
        bottom = min(top + step, last)
        drawn[top:bottom] = picture.rows(top, bottom)
    return drawn


def overlay_strips(
    pixels: np.ndarray, saliency_map: np.ndarray, region: Region, style: OverlayStyle | None = None
) -> Strips:
    """The picture with the map laid over it, as of `draw_overlay`, drawn strip by strip."""
    return _laid(pixels, saliency_map, region, style)[0]


def _laid(
    pixels: np.ndarray, saliency_map: np.ndarray, region: Region, style: OverlayStyle | None
) -> tuple[Strips, tuple[int, int]]:
    """The picture with the map laid over it, and between which rows that changes it."""
    style, (height, width) = style or OverlayStyle(), pixels.shape[:2]
    rows, inside_y = interpolation_matrix(height, saliency_map.shape[0], region.top, region.bottom)
    columns, inside_x = interpolation_matrix(width, saliency_map.shape[1], region.left, region.right)
    across = slice(*_ends(inside_x))
    tall = rows @ saliency_map.astype(np.float32)
    first, last = _ends(inside_y)
    if across.start == across.stop or not saliency_map.any():  # the region lies beside the picture
        first = last = 0

    def drawn(top: int, bottom: int) -> np.ndarray:
        strip, start, stop = pixels[top:bottom].copy(), max(top, first), min(bottom, last)
        if start < stop:
            seen = strip[start - top : stop - top, across]
            seen[:] = blend(seen, tall[start:stop] @ columns[across].T, style)
        return strip

    return Strips((height, width), drawn), (first, last)


def blend(pixels: np.ndarray, placed: np.ndarray, style: OverlayStyle) -> np.ndarray:
    """A picture (H, W, 3) with a map (H, W) of its own size laid over it, uint8; see `draw_overlay`."""
    import cv2

    keep, laid = _blending(style)
    levels = cv2.cvtColor(levels_of(placed, style.colours), cv2.COLOR_GRAY2RGB)
    over = cv2.LUT(levels, laid)
    if style.blend == "spotlight":
        grey = cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
        over = cv2.multiply(grey, over, dtype=cv2.CV_32F)
    kept = cv2.multiply(pixels, cv2.LUT(levels, keep), dtype=cv2.CV_32F)  # uint8 would wrap around
    return np.asarray(cv2.add(kept, over, dtype=cv2.CV_8U))


@lru_cache(maxsize=32)
def _blending(style: OverlayStyle) -> tuple[np.ndarray, np.ndarray]:
    """For each level of a map, the share of the picture that stays, and what is added: (256, 1, 3) float32.

    What is added is a colour, or, for a spotlight, a share of the picture's grey.
    """
    height = heights_of(style.colours)[:, None, None]
    rising = height * height * (3 - 2 * height)  # level at both ends: nothing where there is no evidence
    curve = {"alpha": rising, "constant": np.ones_like(height), "spotlight": 1 - rising}[style.blend]
    share = style.strength * curve.repeat(3, axis=2)
    below = SHADE if style.blend == "spotlight" else table_of(style.colours)
    return (1 - share).astype(np.float32), (share * below).astype(np.float32)


def _ends(inside: np.ndarray) -> tuple[int, int]:
    """Where the pixels inside a region begin and end: they lie side by side."""
    found = np.flatnonzero(inside)
    return (int(found[0]), int(found[-1]) + 1) if len(found) else (0, 0)
