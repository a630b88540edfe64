"""Kernels and their frequency responses as pictures: all filters of a layer on one sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xai_cam.drawing.colormaps import colour
from xai_cam.drawing.colour_bar import SHADES, shades_of
from xai_cam.drawing.diverging import diverging
from xai_cam.errors import InputError
from xai_cam.kernels.contact_sheet import USUAL, Layout, compose, draw_tiles, lay_out
from xai_cam.kernels.kernel_bank import KernelBank
from xai_cam.kernels.response import FLOOR, decibels, magnitudes

COMBINES = ("sum", "rgb", "channels")
"""How the kernels of one filter are shown: added up, as the colours of one picture, or each by itself."""

RESPONSE_COLOURS = "viridis"
SIDES = (192, 128, 96, 64, 48, 32)
"""Frequencies along a side of a response: as many as a sheet of the usual size has room for."""


@dataclass(frozen=True)
class Drawn:
    """A sheet, and how much did not fit on it.

    Attributes
    ----------
    pixels : (H, W, 3) uint8 RGB
    filters, channels : int
        How many are left out: filters, and channels of each filter.
    """

    pixels: np.ndarray
    filters: int = 0
    channels: int = 0


def combined(values: np.ndarray, combine: str) -> np.ndarray:
    """Kernels (filters, channels, h, w) as they are shown: each by itself, or sums (filters, 1, h, w)."""
    if combine == "channels":
        return values
    return values.sum(axis=1, dtype=np.float64, keepdims=True)


def check_combine(bank: KernelBank, combine: str) -> None:
    """Refuse colours of kernels that are not three to a filter.

    Raises
    ------
    InputError
    """
    channels = bank.values.shape[1]
    if combine == "rgb" and channels != 3:
        raise InputError(
            f'`combine="rgb"` needs 3 channels for each filter, and {bank.layer} has {channels}. '
            "Use sum or channels, or a first layer of a model of colour pictures."
        )


def draw_kernels(bank: KernelBank, filters: Sequence[int], combine: str, order: str = "rgb") -> Drawn:
    """Filters as tiles, a square for each weight, all on one scale.

    Parameters
    ----------
    bank : KernelBank
        All filters of the layer.
    filters : sequence of int
        Which are shown, in this order.
    combine : str
        One of `COMBINES`. `sum` and `channels`: blue below 0, white at 0, red above it, from -m to m, m the
        largest size of all that is shown. `rgb`: three channels as colours, -m black, 0 medium grey, m full.
    order : str
        What the three channels are: `rgb` or `bgr`.

    Raises
    ------
    InputError
        `rgb` without three channels.
    """
    check_combine(bank, combine)
    chosen = bank.values[list(filters)]
    colours = combine == "rgb"
    if colours:
        shown, tiles = (chosen[:, ::-1] if order == "bgr" else chosen), 1
    else:
        shown = combined(chosen, combine)
        tiles = shown.shape[1]
    layout = lay_out(len(filters), tiles, shown.shape[2], shown.shape[3], len(str(max(filters))))
    limit = largest(shown)
    scale = np.linspace(-limit, limit, SHADES)
    if colours:
        pixels = _grey(shown[: layout.groups].transpose(0, 2, 3, 1)[:, None], limit)
        shades = _grey(np.repeat(scale[:, None], 3, axis=1), limit)
    else:
        pixels = diverging(shown[: layout.groups, : layout.tiles] / (limit or 1.0))
        shades = diverging(scale / (limit or 1.0))
    ticks = [(i / 4, f"{limit * (i - 2) / 2:.3g}") for i in range(5)] if limit else [(0.5, "0")]
    title = [
        bank.describe(),
        f"{_how(bank, combine, order, layout.tiles)} {_which(bank, len(filters), layout)}",
    ]
    drawn = draw_tiles(pixels, [str(f) for f in filters[: layout.groups]], layout)
    picture = compose(title, drawn, shades, ticks)
    return Drawn(picture, max(0, len(filters) - layout.groups), tiles - layout.tiles)


def draw_responses(bank: KernelBank, filters: Sequence[int], combine: str) -> Drawn:
    """|H(u, v)| of filters in dB, from the largest of all that is shown down to -40 dB.

    Frequency 0 is in the centre of each tile, the Nyquist frequency at its edges.

    Parameters
    ----------
    bank : KernelBank
        All filters of the layer.
    filters : sequence of int
        Which are shown, in this order.
    combine : str
        `channels`: of each kernel; else of the sum over the channels.
    """
    shown = combined(bank.values[list(filters)], combine)
    tiles, size = shown.shape[1], max(shown.shape[2:])
    side = next((s for s in SIDES if len(filters) * tiles * s**2 <= USUAL**2), SIDES[-1])
    side = max(side, size)
    layout = lay_out(len(filters), tiles, side, side, len(str(max(filters))))
    part = np.nan_to_num(shown[: layout.groups, : layout.tiles])
    strengths = np.stack([magnitudes(group, side).astype(np.float32) for group in part])
    reference = float(strengths.max())
    pixels = colour(decibels(strengths, reference).reshape(-1, side) / -FLOOR + 1, RESPONSE_COLOURS)
    ticks = [(1 - db / FLOOR, f"{db:.0f} dB") for db in np.linspace(FLOOR, 0, 5)]
    ticks[0] = (0, f"≤ {FLOOR:.0f} dB")
    title = [
        f"Frequency response of {bank.describe()}",
        f"{_whose(bank, combine, layout.tiles)} |H(u, v)| below the largest, {reference:.3g}. "
        "Centre: frequency 0; edges: 1/2 cycle per pixel, ticks every quarter; right: u, along the rows; "
        "down: v. " + _which(bank, len(filters), layout),
    ]
    pixels = pixels.reshape(*strengths.shape, 3)
    names = [str(f) for f in filters[: layout.groups]]
    drawn = draw_tiles(pixels, names, layout, frequency_ticks(side))
    picture = compose(title, drawn, shades_of(RESPONSE_COLOURS), ticks)
    return Drawn(picture, max(0, len(filters) - layout.groups), tiles - layout.tiles)


def frequency_ticks(side: int) -> list[tuple[float, str]]:
    """Frequencies, and the middles of their pixels as shares of a tile of so many frequencies a side."""
    return [((side // 2 + 0.5) / side + u, f"{u:g}".replace("-", "\N{MINUS SIGN}")) for u in (-0.25, 0, 0.25)]


def largest(values: np.ndarray) -> float:
    """The largest size of the finite values."""
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max(initial=0.0))


def _grey(values: np.ndarray, limit: float) -> np.ndarray:
    levels = np.nan_to_num(values / (limit or 1.0)) * 127.5 + 127.5
    return np.rint(np.clip(levels, 0, 255)).astype(np.uint8)


def _how(bank: KernelBank, combine: str, order: str, shown: int) -> str:
    if combine == "rgb":
        names = "red, green, blue" if order == "rgb" else "blue, green, red"
        return f"Channels 0, 1, 2 as {names}; grey is 0."
    return _whose(bank, combine, shown)


def _whose(bank: KernelBank, combine: str, shown: int) -> str:
    channels = bank.values.shape[1]
    if channels == 1:
        return ""
    if combine != "channels":
        return f"Sum over {channels} channels."
    return f"A row for each {'channel' if shown == channels else f'of the first {shown} channels'}."


def _which(bank: KernelBank, filters: int, layout: Layout) -> str:
    """How many filters there are, and where each is if its tile does not say so."""
    shown = min(filters, layout.groups)
    count = f"{shown} of {bank.filters} filters"
    if shown == bank.filters:
        count = f"{shown} filter{'s' * (shown > 1)}"
    where = "" if layout.numbered else ", row by row"
    return f"{count}{where}{'; the first of each has its number' * layout.counted}."
