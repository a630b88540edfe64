"""Maps of the pixels as plain loops, from the formulas of their papers."""

from collections.abc import Callable

from .arrays import Array

Gradient = Callable[[Array], Array]
"""The gradient of a score at an input (H, W, c)."""


def saliency(gradient: Array) -> list[list[float]]:
    """Largest absolute gradient (H, W, c) of each pixel's channels: Simonyan et al. 2014, section 3.1."""
    return [[max(abs(float(value)) for value in pixel) for pixel in row] for row in gradient]


def gradient_input(x: Array, gradient: Array) -> list[list[float]]:
    """Sum over the channels of input times gradient."""
    return [
        [sum(float(a) * float(b) for a, b in zip(*pixels, strict=True)) for pixels in zip(*rows, strict=True)]
        for rows in zip(x, gradient, strict=True)
    ]


def integrated_gradients(x: Array, start: Array, gradient: Gradient, steps: int) -> list[list[float]]:
    """Sum over the channels of (x - x0) times the mean gradient at the middles of the steps from x0 to x."""
    total = 0 * x
    for t in range(1, steps + 1):
        total = total + gradient(start + (t - 0.5) / steps * (x - start))
    return gradient_input(x - start, total / steps)


def smooth_grad(inputs: list[Array], gradient: Gradient) -> list[list[float]]:
    """Saliency of the mean gradient at noisy inputs: Smilkov et al. 2017, section 3."""
    total = 0 * inputs[0]
    for x in inputs:
        total = total + gradient(x)
    return saliency(total / len(inputs))
