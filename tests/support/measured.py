"""Measures of maps that nobody measured: for tests of what is made of them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from xai_cam import METRICS
from xai_cam.metrics.image_metrics import ImageMetrics, MapMetrics

NAN = math.nan


def measured(variant: str, target: int = 0, curve: tuple[float, ...] = (), **values: float) -> MapMetrics:
    known = dict.fromkeys(("masked_probability", *METRICS), NAN) | values
    curves = {"deletion": np.array(curve, np.float32)} if curve else {}
    return MapMetrics(variant, "conv", variant, target, 0, 1.5, "logit", 0.5, "ok", "", known, curves)


def image(*maps: MapMetrics, rank: Any = ((1.0, 0.5), (0.5, 1.0))) -> ImageMetrics:
    matrix = np.array(rank, float)
    return ImageMetrics(maps, {"rank_correlation": matrix, "top_overlap": matrix / 2})
