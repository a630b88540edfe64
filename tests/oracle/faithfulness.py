"""How faithful a map is, as plain loops from the papers' definitions.

A model is here any function `probability(image) -> float` of one class. Images are (H, W, c), maps (h, w).
"""

import math
from collections.abc import Callable

import numpy as np

from .arrays import Array, Pair
from .resize import resize

Probability = Callable[[Array], float]


def saliency(cam: Array, size: Pair) -> Array:
    """The map over its maximum, at `size`; a map of zeros stays."""
    cam = np.asarray(cam, dtype=np.float64)
    return resize(cam / cam.max() if cam.max() > 0 else cam, size)


def multiplied(image: Array, cam: Array) -> Array:
    """Every channel of every pixel times the pixel's saliency."""
    weights = saliency(cam, image.shape[:2])
    result = np.zeros(image.shape)
    for i, j, k in np.ndindex(image.shape):
        result[i, j, k] = image[i, j, k] * weights[i, j]
    return result


def drop(y: float, o: float) -> float:
    """Share of the probability that is lost, in percent (Chattopadhay et al. 2018)."""
    return 0.0 if o >= y else 100 * (y - o) / y


def increase(y: float, o: float) -> float:
    """100 if the probability rises (the same)."""
    return 100.0 if o > y else 0.0


def gain(y: float, o: float) -> float:
    """Share of what is missing to 1 that is gained, in percent (Zhang et al. 2024)."""
    return 0.0 if o <= y else 100 * (o - y) / (1 - y)


# --- Deletion and insertion ------------------------------


def salient_first(cam: Array, size: Pair) -> list[Pair]:
    """All pixels, the most salient first; of equal ones (to five decimals) the first of the upper row."""
    weights = saliency(cam, size)
    left = [(i, j) for i in range(size[0]) for j in range(size[1])]
    return sorted(left, key=lambda pixel: (-round(float(weights[pixel]), 5), pixel))


def mirrored(i: int, n: int) -> int:
    """Index of the pixel that stands at i beyond the edge: … 2 1 [0 1 2 … n - 1] n - 2 …"""
    if n == 1:
        return 0
    while not 0 <= i < n:
        i = -i if i < 0 else 2 * (n - 1) - i
    return i


def blur(image: Array) -> Array:
    """Each pixel's neighbourhood, weighted by a Gaussian to 4 sigma; sigma is 0.1 of the shorter side."""
    height, width, _ = image.shape
    sigma = 0.1 * min(height, width)
    reach = math.ceil(4 * sigma)
    bell = [math.exp(-(d**2) / (2 * sigma**2)) for d in range(-reach, reach + 1)]
    result = np.zeros(image.shape)
    for i in range(height):
        for j in range(width):
            total = np.zeros(image.shape[2])
            for a, down in enumerate(bell):
                for b, across in enumerate(bell):
                    row, column = mirrored(i + a - reach, height), mirrored(j + b - reach, width)
                    total += down * across * image[row, column]
            result[i, j] = total / sum(bell) ** 2
    return result


def exchanged(start: Array, other: Array, cam: Array, steps: int) -> list[Array]:
    """`start` with 0, 1/steps, …, all of its pixels taken from `other`, the most salient first."""
    height, width, _ = start.shape
    order = salient_first(cam, (height, width))
    images = []
    for step in range(steps + 1):
        image = np.array(start, dtype=np.float64)
        for i, j in order[: round(step / steps * height * width)]:
            image[i, j] = other[i, j]
        images.append(image)
    return images


def deleted(image: Array, cam: Array, steps: int) -> list[Array]:
    """Pixels give way to the image's mean colour."""
    colour = np.zeros(image.shape[2])
    for i, j in np.ndindex(image.shape[:2]):
        colour += image[i, j]
    return exchanged(image, np.zeros(image.shape) + colour / (image.shape[0] * image.shape[1]), cam, steps)


def inserted(image: Array, cam: Array, steps: int) -> list[Array]:
    """Pixels of the image come back into the blurred one."""
    return exchanged(blur(image), image, cam, steps)


def area(curve: list[float]) -> float:
    """Sum of the trapezoids between neighbouring points, which are 1 / steps apart."""
    steps = len(curve) - 1
    return sum((curve[i] + curve[i + 1]) / 2 / steps for i in range(steps))


def curve(probability: Probability, images: list[Array]) -> list[float]:
    """Probabilities of one image after the other."""
    return [probability(image) for image in images]


# --- Pointing ------------------------------


def energy_pointing(placed: Array, mask: Array) -> float:
    """Sum of the map inside the object over the sum of all (Wang et al. 2020)."""
    inside = everywhere = 0.0
    for i, j in np.ndindex(placed.shape):
        everywhere += float(placed[i, j])
        inside += float(placed[i, j]) if mask[i, j] else 0.0
    return inside / everywhere


def pointing_game(placed: Array, mask: Array) -> float:
    """100 if the largest value, the first of several, is inside the object (Zhang et al. 2016)."""
    best = (0, 0)
    for pixel in np.ndindex(placed.shape):
        if placed[pixel] > placed[best]:
            best = pixel
    return 100.0 if mask[best] else 0.0


# --- The map alone ------------------------------


def complexity(weights: Array) -> float:
    """Sum of the map over the number of its pixels (Poppi et al. 2021)."""
    total = 0.0
    for pixel in np.ndindex(weights.shape):
        total += abs(float(weights[pixel]))
    return total / weights.size


def entropy(weights: Array) -> float:
    """That of the pixels' shares of the map, in nats (Bhatt et al. 2020)."""
    total, result = sum(abs(float(w)) for w in weights.flat), 0.0
    for w in weights.flat:
        share = abs(float(w)) / total
        result -= share * math.log(share) if share > 0 else 0
    return result


def sparseness(weights: Array) -> float:
    """Gini: half the mean difference of two pixels, over the mean of all (Chalasani et al. 2020)."""
    values = [abs(float(w)) for w in weights.flat]
    differences = sum(abs(a - b) for a in values for b in values) / len(values) ** 2
    return differences / 2 / (sum(values) / len(values))
