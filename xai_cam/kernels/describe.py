"""Description of a kernel as an image filter: its name, and the numbers behind it.

With a kernel k of h rows and w columns, its frequency response is

    H(u, v) = sum over y, x of k[y, x] exp(-2 pi i (u x + v y)),   -1/2 <= u, v < 1/2 cycles per pixel,

u along the rows (x), v down the columns (y), 1/2 the Nyquist frequency. Energies are sums of |H|² over a
grid of `GRID` x `GRID` frequencies (k padded with zeros), r = sqrt(u² + v²):

- bands, as shares of all energy: low r < 1/6, middle 1/6 <= r < 1/3, high r >= 1/3. A lone point, which
  lets all frequencies through alike, has 9 %, 26 % and 65 % (`WHITE`).
- orientations, as shares of the energy at 0 < r <= 1/2, by the angle a = arctan(|v| / |u|): horizontal
  a >= 60° (what varies down the columns: structures that lie), vertical a <= 30° (what varies along the
  rows: structures that stand), diagonal between. A lone point has a third of each.

A *horizontal edge* is one whose border between bright and dark runs horizontally.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from xai_cam.kernels.named_kernels import LARGEST, NAMED_KERNELS, make_kernel

GRID = 96
"""Frequencies along an axis; more for larger kernels. A multiple of 12, so that 1/6 and 1/3 lie on it."""

WHITE = (math.pi / 36, math.pi / 12, 1 - math.pi / 9)
"""Shares of the plane of frequencies that the bands are: those of a lone point's energy."""

CLOSE = 0.8
"""Size of a correlation from which on a kernel bears the classic's name."""

FOURFOLD = 4.0
"""A band that is passed or stopped differs by that much from another, 6 dB, for as much of the plane."""

ORIENTED, SMALL = 0.6, 0.25
"""Share of the energy in one orientation, and largest |H(0, 0)| / max |H|, of an edge or a line."""

ZERO = 1e-9
"""Below it, as a share of the whole, what is left of a classic in another window is rounding."""

NAMES = {
    "box": "low-pass",
    "gaussian": "low-pass",
    "delta": "identity",
    "sobel-x": "vertical edge",
    "sobel-y": "horizontal edge",
    "prewitt-x": "vertical edge",
    "prewitt-y": "horizontal edge",
    "laplacian": "Laplacian-like",
    "laplacian-8": "Laplacian-like",
    "sharpen": "sharpening",
    "unsharp": "sharpening",
}
"""The classics that kernels are compared with, and what is like them. (`dilation` is a scaled box.)"""


@dataclass(frozen=True)
class Character:
    """Description of one kernel.

    Attributes
    ----------
    name : str
        `low-pass`, `vertical edge`, …, by the rules of `describe`.
    dc_gain : float
        H(0, 0), the sum of the weights: what a plain picture of 1 becomes.
    peak : float
        Largest |H| on the grid.
    low, middle, high : float
        Shares of the energy in the bands; 0 for a kernel of zeros.
    horizontal, vertical, diagonal : float
        Shares of the energy in the orientations.
    odd : float
        Share of the energy in what changes its sign when the kernel is turned by 180° about the point where
        that leaves it most alike or most unlike: 1 for an edge, 0 for a line or a blob, wherever it lies.
    nearest : str
        The classic with the largest size of the correlation; empty where there is none.
    correlation : float
        sum k c / sqrt(sum k² sum c²) with that classic; below 0, the kernel is like its negative.
    """

    name: str
    dc_gain: float
    peak: float
    low: float
    middle: float
    high: float
    horizontal: float
    vertical: float
    diagonal: float
    odd: float
    nearest: str
    correlation: float


def describe(kernel: np.ndarray) -> Character:
    """Description of a kernel: its name, frequency bands, orientation and nearest classic.

    The first rule that holds names it:

    1. `zero`: all weights are 0; `not finite`: one is NaN or infinite; `gain`: it is 1 x 1.
    2. |correlation| >= 0.8 with the nearest classic: what `NAMES` says of it.
    3. `vertical edge`, `horizontal edge`, `diagonal edge`: correlations a and b with Sobel (or Prewitt) x and
       y, sqrt(a² + b²) >= 0.8, that is the correlation with the one turned to the best angle; within 22.5° of
       an axis it is named after that.
    4. `vertical` or `horizontal`, `edge` (odd >= 1/2) or `line`: |H(0, 0)| <= max |H| / 4, and that
       orientation has at least 60 % of the energy.
    5. Energy per frequency (a band's share over its share of the plane): `low-pass`, most in the low band,
       and 6 dB more than in the high one; `high-pass`, the other way round; `band-pass`, in the
       middle band 6 dB more than in both others.
    6. `mixed`.

    Classics have the kernel's size (`classics_of`).

    Parameters
    ----------
    kernel : (h, w) float
        One plane of a filter.
    """
    kernel = np.asarray(kernel, np.float64)
    if not np.isfinite(kernel).all():
        return _without("not finite", math.nan)
    size = float(np.abs(kernel).max())
    if size == 0:
        return _without("zero", 0.0)
    if kernel.shape == (1, 1):
        return Character("gain", float(kernel[0, 0]), size, *WHITE, 1 / 3, 1 / 3, 1 / 3, 0.0, "", 0.0)
    unit = kernel / size  # the energy of tiny weights would be 0
    gain, (peak, bands, sides) = float(unit.sum()), _energies(unit)
    odd, found = _oddness(unit), _correlations(unit)
    nearest = max(found, key=lambda name: round(abs(found[name]), 9), default="")
    correlation = found.get(nearest, 0.0)
    if abs(correlation) >= CLOSE:
        name = NAMES[nearest]
    else:
        name = _edge(found) or _line(sides, odd, abs(gain) / peak) or _band(bands) or "mixed"
    return Character(
        name=name,
        dc_gain=gain * size,
        peak=peak * size,
        low=bands[0],
        middle=bands[1],
        high=bands[2],
        horizontal=sides[0],
        vertical=sides[1],
        diagonal=sides[2],
        odd=odd,
        nearest=nearest,
        correlation=correlation,
    )


def _without(name: str, value: float) -> Character:
    """Of a kernel that has no shares, the same value everywhere."""
    return Character(name, value, value, value, value, value, value, value, value, value, "", value)


def classics_of(height: int, width: int) -> dict[str, np.ndarray]:
    """The classics in a kernel's size, each of sum of squares 1; those of which nothing is left are left out.

    Each is made square, of the smallest odd size that is neither below the height nor the width, and brought
    to the kernel's height and width: along a side that differs by an odd number, neighbours are averaged,
    which moves it by the half pixel that the centre of an even side lies off; then its middle is taken. There
    are none for kernels above 99 x 99.
    """
    return dict(_classics_of(height, width))


@lru_cache(maxsize=32)
def _classics_of(height: int, width: int) -> tuple[tuple[str, np.ndarray], ...]:
    size = max(height, width) | 1
    found = []
    for name in NAMES if size <= LARGEST else ():
        if not NAMED_KERNELS[name].smallest <= size <= NAMED_KERNELS[name].largest:
            continue
        whole = make_kernel(name, size)[0]
        kernel = _middle(_middle(whole, height).T, width).T
        norm = float(np.sqrt((kernel**2).sum()))
        if norm > ZERO * float(np.sqrt((whole**2).sum())):
            found.append((name, kernel / norm))
    return tuple(found)


def _middle(kernel: np.ndarray, height: int) -> np.ndarray:
    """The middle `height` rows, between the rows where there is no other way."""
    if (len(kernel) - height) % 2:
        kernel = (kernel[1:] + kernel[:-1]) / 2
    start = (len(kernel) - height) // 2
    return kernel[start : start + height]


def _correlations(kernel: np.ndarray) -> dict[str, float]:
    norm = math.sqrt((kernel**2).sum())
    return {name: float((kernel * c).sum() / norm) for name, c in _classics_of(*kernel.shape)}


def _oddness(kernel: np.ndarray) -> float:
    """(1 - c) / 2 with c = sum over x of k(x) k(s - x) / sum k², s / 2 the point with the largest |c|."""
    height, width = kernel.shape
    turned = np.fft.ifft2(np.fft.fft2(kernel, (2 * height - 1, 2 * width - 1)) ** 2).real / (kernel**2).sum()
    return float(1 - turned.flat[np.abs(turned).argmax()]) / 2


def _energies(kernel: np.ndarray) -> tuple[float, tuple[float, ...], tuple[float, ...]]:
    """Largest |H|; shares of the energy: low, middle, high; horizontal, vertical, diagonal."""
    count = max(GRID, GRID * -(-max(kernel.shape) // GRID))
    energy = np.abs(np.fft.fft2(kernel, (count, count))) ** 2
    shares = [float(energy[part].sum()) for part in _parts(count)]
    bands, sides = np.array(shares[:3]), np.array(shares[3:])
    all_sides = sides.sum() or 1.0
    return (
        math.sqrt(energy.max()),
        tuple(map(float, bands / bands.sum())),
        tuple(map(float, sides / all_sides)),
    )


@lru_cache(maxsize=4)
def _parts(count: int) -> tuple[np.ndarray, ...]:
    """Which frequencies are low, middle, high; horizontal, vertical, diagonal, (count, count) bool each."""
    steps = np.fft.fftfreq(count, 1 / count)  # whole numbers: squares compare exactly
    v, u = np.meshgrid(steps, steps, indexing="ij")
    square = u**2 + v**2
    low, below_high = 36 * square < count**2, 9 * square < count**2
    around = (square > 0) & (4 * square <= count**2)
    lies, stands = v**2 >= 3 * u**2, u**2 >= 3 * v**2
    return low, ~low & below_high, ~below_high, around & lies, around & stands, around & ~lies & ~stands


def _edge(correlations: dict[str, float]) -> str:
    """The edge at whose angle Sobel or Prewitt would be near; else empty."""
    for family in ("sobel", "prewitt"):
        along, down = (abs(correlations.get(f"{family}-{axis}", 0.0)) for axis in "xy")
        if math.hypot(along, down) >= CLOSE:
            turned = math.degrees(math.atan2(down, along))
            return f"{'vertical' if turned <= 22.5 else 'horizontal' if turned >= 67.5 else 'diagonal'} edge"
    return ""


def _line(sides: tuple[float, ...], odd: float, dc: float) -> str:
    """An edge or a line by orientation; else empty."""
    side = int(np.argmax(sides[:2]))
    if dc > SMALL or sides[side] < ORIENTED:
        return ""
    return f"{('horizontal', 'vertical')[side]} {'edge' if odd >= 0.5 else 'line'}"


def _band(bands: tuple[float, ...]) -> str:
    """What is passed, by energy per frequency; else empty."""
    low, middle, high = (share / white for share, white in zip(bands, WHITE, strict=True))
    if low >= max(middle, FOURFOLD * high):
        return "low-pass"
    if high >= max(middle, FOURFOLD * low):
        return "high-pass"
    return "band-pass" if middle >= FOURFOLD * max(low, high) else ""
