"""What is known of a metric for each class of each image, and its means over the classes of an image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np

from xai_cam.metrics.image_metrics import ImageMetrics, MapMetrics
from xai_cam.metrics.measures import METRICS


class ClassValues:
    """A metric of all variants: a value for each class that was explained, or the table of a pooled one.

    Parameters
    ----------
    images : sequence of ImageMetrics
    variants : sequence of str
    metric : str
    """

    def __init__(self, images: Sequence[ImageMetrics], variants: Sequence[str], metric: str) -> None:
        pooled = metric in METRICS and METRICS[metric].pooled
        self.variants, self.count = list(variants), len(images)
        rows, cells = dict[Hashable, int](), list[tuple[int, int, float | np.ndarray]]()
        of = list[int]()
        for number, image in enumerate(images):
            seen = Counter[Hashable]()
            for one in image.maps:
                column, key = self.variants.index(one.variant), _key(one)
                row = rows.setdefault((number, key, seen[column, key]), len(rows))
                seen[column, key] += 1
                of += [number] * (row == len(of))
                cell = one.curves.get(metric) if pooled else one.values[metric]
                if cell is not None:
                    cells.append((row, column, cell))
        shape = np.shape(cells[0][2]) if cells else (1, 1) if pooled else ()
        self._of = np.array(of, int)
        self._cells = np.full((len(variants), len(rows), *shape), np.nan)
        for row, column, cell in cells:
            self._cells[column, row] = cell
        self._known = ~np.asarray(np.isnan(self._cells).any(axis=tuple(range(2, self._cells.ndim))))

    def of(self, variant: str) -> np.ndarray:
        """The mean over the classes of each image (n, …), NaN where none is known."""
        column = self.variants.index(variant)
        return self._means(column, self._known[column])

    def of_both(self, first: str, second: str) -> tuple[np.ndarray, np.ndarray]:
        """Those of two variants over the classes that are known of both, to compare like with like."""
        columns = self.variants.index(first), self.variants.index(second)
        known = self._known[columns[0]] & self._known[columns[1]]
        return self._means(columns[0], known), self._means(columns[1], known)

    def _means(self, column: int, known: np.ndarray) -> np.ndarray:
        cells, of = self._cells[column][known], self._of[known]
        total, count = np.zeros((self.count, *cells.shape[1:])), np.bincount(of, minlength=self.count)
        np.add.at(total, of, cells)
        total[count == 0] = np.nan
        return np.asarray(total / np.maximum(count, 1).reshape(-1, *[1] * (cells.ndim - 1)))


def _key(one: MapMetrics) -> Hashable:
    """What a map explains, whichever variant it is of."""
    return one.output_name, one.target_class, one.members, one.against, one.direction
