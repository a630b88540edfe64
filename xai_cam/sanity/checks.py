"""Result of a sanity check of one method at one layer: similarity of other maps to the original ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from xai_cam.images.picture import Region
from xai_cam.metrics.bootstrap import Estimate, mean_interval


@dataclass(frozen=True)
class Similarity:
    """Similarity of maps to the original ones: means over images, and the share of blank maps."""

    correlation: Estimate
    overlap: Estimate
    lost: float


@dataclass(frozen=True)
class Step:
    """Similarity after one more layer was made random; `above` says that it stands above the target.

    `draws` holds the mean correlation of each draw of random weights.
    """

    layer: str
    above: bool
    similarity: Similarity
    draws: tuple[float, ...]


@dataclass(frozen=True)
class LeftOut:
    """An image whose own map cannot be compared: its number, the map's status, the likely cause."""

    image: int
    status: str
    cause: str


@dataclass(frozen=True, eq=False)
class Check:
    """Result for one method at one layer.

    Attributes
    ----------
    layer, method : str
    stages : tuple of (path, above)
        The layers made random, in their order.
    images : (n,) int
        Numbers of the images whose maps could be compared.
    left_out : tuple of LeftOut
    correlation, overlap : (n, draws, steps) float
        Of each image's map under random weights with its original; 0 where it shows nothing.
    class_correlation, class_overlap : (n, classes) float
        Of the map of the predicted class with those of the classes next in rank.
    lost, class_lost : bool, of the same shapes
        Which maps show nothing.
    maps : (n, 1 + steps, h, w) float32
        The original, and the maps of the first draw.
    part : Region, optional
        What the maps cover of the input, in shares of its sides; None: all of it.
    sign : str
        What the maps show: one of `map_sign.SIGNS`.
    scored : dict
        Where not all channels had to be scored: see `passes_saved.summed`, of the untouched model's maps.
    """

    layer: str
    method: str
    stages: tuple[tuple[str, bool], ...]
    images: np.ndarray
    left_out: tuple[LeftOut, ...]
    correlation: np.ndarray
    overlap: np.ndarray
    lost: np.ndarray
    class_correlation: np.ndarray
    class_overlap: np.ndarray
    class_lost: np.ndarray
    maps: np.ndarray = field(repr=False)
    part: Region | None = None
    sign: str = "positive"
    scored: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Similarity to the original after each layer that was made random."""
        return tuple(
            Step(
                layer,
                above,
                _similarity(self.correlation[..., s], self.overlap[..., s], self.lost[..., s]),
                tuple(map(float, self.correlation[..., s].mean(axis=0))) if len(self.images) else (),
            )
            for s, (layer, above) in enumerate(self.stages)
        )

    @cached_property
    def classes(self) -> Similarity:
        """Similarity of the predicted class's maps to those of the other classes."""
        return _similarity(self.class_correlation, self.class_overlap, self.class_lost)

    @property
    def other_classes(self) -> int:
        """Number of other classes that each image's predicted one was compared with."""
        return int(self.class_correlation.shape[1])

    @property
    def above(self) -> Step | None:
        """The step at which all layers above the target are random, and it is not; None if there are none."""
        return next((step for step in reversed(self.steps) if step.above), None)


def _similarity(correlation: np.ndarray, overlap: np.ndarray, lost: np.ndarray) -> Similarity:
    """Means over images of values (n, m), m of each image; NaN where there are none."""
    if not correlation.shape[1]:
        correlation = overlap = np.full((len(correlation), 1), np.nan)
    correlation_mean, overlap_mean = (mean_interval(values.mean(axis=1)) for values in (correlation, overlap))
    return Similarity(correlation_mean, overlap_mean, float(lost.mean()) if lost.size else 0.0)
