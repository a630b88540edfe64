"""Kernels by hand: their Fourier sum as a double loop, shares of its energy by counting, and convolutions.

Signs and axes as a signal processor has them: u counts cycles per pixel along a row, v down a column.
"""

from __future__ import annotations

import cmath
import math

from .arrays import Array

BANDS = ("low", "middle", "high")
SIDES = ("horizontal", "vertical", "diagonal")


def response(kernel: Array, u: float, v: float) -> complex:
    """H(u, v) = sum over y, x of k[y, x] exp(-2 pi i (u x + v y))."""
    total = 0j
    for y, row in enumerate(kernel):
        for x, weight in enumerate(row):
            total += float(weight) * cmath.exp(-2j * math.pi * (u * x + v * y))
    return total


def energies(kernel: Array, grid: int = 96) -> dict[str, float]:
    """Shares of |H|² by band and by orientation on grid x grid frequencies, and the largest |H| as `peak`.

    low r < 1/6, middle 1/6 <= r < 1/3, high the rest; for 0 < r <= 1/2 the angle from the u axis: vertical
    structures up to 30 degrees, horizontal ones from 60 degrees on, diagonal ones between.
    """
    sums, peak = dict.fromkeys((*BANDS, *SIDES), 0.0), 0.0
    for i in range(-grid // 2, grid // 2):
        for j in range(-grid // 2, grid // 2):
            size = abs(response(kernel, j / grid, i / grid))
            peak = max(peak, size)
            r = math.hypot(i / grid, j / grid)
            band = "low" if r < 1 / 6 - 1e-12 else "middle" if r < 1 / 3 - 1e-12 else "high"
            sums[band] += size**2
            if 0 < r <= 0.5:
                angle = math.degrees(math.atan2(abs(i), abs(j)))
                side = "vertical" if angle <= 30 else "horizontal" if angle >= 60 else "diagonal"
                sums[side] += size**2
    for names in (BANDS, SIDES):
        total = sum(sums[name] for name in names)
        for name in names:
            sums[name] /= total
    return {**sums, "peak": peak}


def correlation(kernel: Array, other: Array) -> float:
    """sum k c / sqrt(sum k² sum c²)."""
    both = ours = theirs = 0.0
    for row, others in zip(kernel, other, strict=True):
        for a, b in zip(row, others, strict=True):
            both, ours, theirs = both + a * b, ours + a * a, theirs + b * b
    return both / math.sqrt(ours * theirs)


def correlate(picture: Array, kernel: Array) -> list[list[float]]:
    """The kernel laid over each place of a picture where it fits, as it is: sum of products."""
    height, width = len(kernel), len(kernel[0])
    return [
        [
            sum(kernel[i][j] * picture[y + i][x + j] for i in range(height) for j in range(width))
            for x in range(len(picture[0]) - width + 1)
        ]
        for y in range(len(picture) - height + 1)
    ]


def stamp(picture: Array, kernel: Array) -> list[list[float]]:
    """Each pixel writes the kernel, times its value, into a larger picture: a transposed convolution."""
    height, width = len(kernel), len(kernel[0])
    result = [[0.0] * (len(picture[0]) + width - 1) for _ in range(len(picture) + height - 1)]
    for y, row in enumerate(picture):
        for x, value in enumerate(row):
            for i in range(height):
                for j in range(width):
                    result[y + i][x + j] += float(value) * float(kernel[i][j])
    return result
