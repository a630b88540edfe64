"""Maps of the pixels as plain loops, from the formulas of their papers."""

from .arrays import Array


def saliency(gradient: Array) -> list[list[float]]:
    """Largest absolute gradient (H, W, c) of each pixel's channels: Simonyan et al. 2014, section 3.1."""
    return [[max(abs(float(value)) for value in pixel) for pixel in row] for row in gradient]
