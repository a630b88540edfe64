"""ROAD as plain loops from Rong et al. 2022: a dense system, an equation a pixel, neighbour by neighbour."""

from collections.abc import Callable

import numpy as np

from .arrays import Array


def filled(image: Array, removed: Array) -> Array:
    """The image (H, W, c) whose removed pixels (H, W) are weighted means of their eight neighbours.

    Weights are 1/6 straight and 1/12 diagonally; those beyond the edge are missing, and the others are
    divided by what they add up to.
    """
    height, width, channels = image.shape
    places = [(i, j) for i in range(height) for j in range(width) if removed[i, j]]
    matrix, sides = np.zeros((len(places), len(places))), np.zeros((len(places), channels))
    for row, (i, j) in enumerate(places):
        total = 0.0
        for u, v in [(i + a, j + b) for a in (-1, 0, 1) for b in (-1, 0, 1) if a or b]:
            if not (0 <= u < height and 0 <= v < width):
                continue
            weight = 1 / 6 if u == i or v == j else 1 / 12
            total += weight
            if removed[u, v]:
                matrix[row, places.index((u, v))] -= weight
            else:
                for k in range(channels):
                    sides[row, k] += weight * image[u, v, k]
        matrix[row, row] = total
    values = np.linalg.solve(matrix, sides) if places else sides
    result = np.array(image, dtype=np.float64)
    for (i, j), value in zip(places, values, strict=True):
        result[i, j] = value
    return result


def filled_volume(volume: Array, removed: Array) -> Array:
    """The same of a volume (D, H, W, c): weights go with one over the squared distance, and there are 26."""
    places = [tuple(map(int, place)) for place in np.argwhere(removed)]
    matrix, sides = np.zeros((len(places), len(places))), np.zeros((len(places), volume.shape[-1]))
    for row, place in enumerate(places):
        for step in np.ndindex(3, 3, 3):
            other = tuple(p + s - 1 for p, s in zip(place, step, strict=True))
            far = sum((s - 1) ** 2 for s in step)
            if not far or any(not 0 <= p < n for p, n in zip(other, removed.shape, strict=True)):
                continue
            matrix[row, row] += 1 / far
            if removed[other]:
                matrix[row, places.index(other)] -= 1 / far
            else:
                sides[row] += volume[other] / far
    result = np.array(volume, dtype=np.float64)
    for place, value in zip(places, np.linalg.solve(matrix, sides), strict=True):
        result[place] = value
    return result


def road(probability: Callable[[Array], float], image: Array, weights: Array) -> tuple[float, float, float]:
    """(LeRF - MoRF) / 2, MoRF and LeRF without noise, of saliencies (H, W) that are all different."""
    places = [(i, j) for i in range(image.shape[0]) for j in range(image.shape[1])]
    places.sort(key=lambda place: -weights[place])
    means = []
    for order in (places, places[::-1]):
        total = 0.0
        for percent in (10, 20, 30, 40, 50, 60, 70, 80, 90):
            removed = np.zeros(image.shape[:2], dtype=bool)
            for place in order[: int(len(order) * percent / 100 + 1e-9)]:
                removed[place] = True
            total += probability(filled(image, removed))
        means.append(total / 9)
    most, least = means
    return (least - most) / 2, most, least
