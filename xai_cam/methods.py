"""The methods, in pure NumPy: evidence -> channel weights, one function and one row of `METHODS` each.

Common to all: `activations` A is (n, h, w, k) of the target layer. `gradients` G = ds/dA has its shape, s
being the score of the target class. `scores` S is (n, k): the score of the class for the input masked by
each channel, NaN for a channel that is constant over the map and so makes no mask. Every function returns
weights that broadcast to A, and `combine` makes the map of them:

    map = relu(sum_k W_k A_k)

Sums over (i, j) run over the h x w positions of the layer's output.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

Array = np.ndarray[Any, np.dtype[np.float32]]


class Evidence(Enum):
    """What a method needs to know of the model, beside the activations."""

    GRADIENTS = "gradients"
    MASKED_SCORES = "masked scores"


@dataclass(frozen=True)
class Method:
    """A row of the table: which evidence a method needs, how it weighs it, who proposed it.

    `scores` lists the class scores the method may use, the default first: `logit` or `probability`.
    """

    name: str
    evidence: Evidence
    weights: Callable[[Array, Array], Array]
    scores: tuple[str, ...]
    summary: str
    cost: str
    paper: str


def combine(activations: Array, weights: Array) -> Array:
    """Maps: the weighted sum of the channels, its negative part cut off.

    Returns
    -------
    cams : (n, h, w) float32
    """
    return np.maximum((weights * activations).sum(axis=-1, dtype=np.float32), 0)


def grad_cam(activations: Array, gradients: Array) -> Array:
    """Channel weights: the mean gradient of each channel (Selvaraju et al. 2017, eq. 1).

    Returns
    -------
    weights : (n, 1, 1, k) float32
    """
    return gradients.mean(axis=(1, 2), keepdims=True)


def hires_cam(activations: Array, gradients: Array) -> Array:
    """Position weights: the gradient itself (Draelos & Carin 2020, eq. 4).

    Returns
    -------
    weights : (n, h, w, k) float32
    """
    return gradients


def layer_cam(activations: Array, gradients: Array) -> Array:
    """Position weights: the positive part of the gradient (Jiang et al. 2021, eq. 5).

    Returns
    -------
    weights : (n, h, w, k) float32
    """
    return np.maximum(gradients, 0)


def score_cam(activations: Array, scores: Array) -> Array:
    """Channel weights: softmax over the live channels of their masked logits (Wang et al. 2020, Algorithm 1).

    The paper subtracts the baseline's score from each; it cancels in the softmax.

    Returns
    -------
    weights : (n, 1, 1, k) float32
        Sum to 1 over the live channels, 0 for a constant channel.
    """
    live = ~np.isnan(scores)
    logits = np.where(live, scores, -np.inf)
    top = logits.max(axis=1, keepdims=True, initial=-np.inf)
    powers = np.where(live, np.exp(logits - np.where(np.isfinite(top), top, 0)), 0)
    total = powers.sum(axis=1, keepdims=True)
    return np.divide(powers, total, out=np.zeros_like(powers), where=total > 0)[:, None, None, :]


def score_cam_official(activations: Array, scores: Array) -> Array:
    """Channel weights: the class probability under each mask, as it is (the code of Wang et al. 2020).

    Returns
    -------
    weights : (n, 1, 1, k) float32
        0 for a constant channel.
    """
    return np.where(np.isnan(scores), 0, scores)[:, None, None, :]


BOTH_SCORES = ("logit", "probability")
ONE_BACKWARD = "1 forward and backward pass an image"
EACH_CHANNEL = "1 forward pass an image and live channel"

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            "grad-cam",
            Evidence.GRADIENTS,
            grad_cam,
            BOTH_SCORES,
            "mean gradient of each channel",
            ONE_BACKWARD,
            "Selvaraju et al. 2017, arXiv:1610.02391",
        ),
        Method(
            "hires-cam",
            Evidence.GRADIENTS,
            hires_cam,
            BOTH_SCORES,
            "gradient, position by position",
            ONE_BACKWARD,
            "Draelos & Carin 2020, arXiv:2011.08891",
        ),
        Method(
            "layer-cam",
            Evidence.GRADIENTS,
            layer_cam,
            BOTH_SCORES,
            "positive gradient, position by position",
            ONE_BACKWARD,
            "Jiang et al. 2021, doi:10.1109/TIP.2021.3089943",
        ),
        Method(
            "score-cam",
            Evidence.MASKED_SCORES,
            score_cam,
            ("logit",),
            "softmax over channels of the logit of the input masked by each",
            EACH_CHANNEL,
            "Wang et al. 2020, arXiv:1910.01279",
        ),
        Method(
            "score-cam-official",
            Evidence.MASKED_SCORES,
            score_cam_official,
            ("probability",),
            "probability of the input masked by each channel, as in the authors' code",
            EACH_CHANNEL,
            "Wang et al. 2020, arXiv:1910.01279",
        ),
    )
}
"""All methods by name, in the order in which they are listed everywhere."""
