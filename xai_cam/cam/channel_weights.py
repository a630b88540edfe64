"""Channel weights of a layer's maps, in pure NumPy: evidence -> weights, one function for each method.

Common to all: `activations` A is (n, h, w, k) of the target layer, (n, d, h, w, k) in volumes. `gradients`
G = ds/dA has its shape, s being the score of the target class. `scores` S is (n, k): the score of the class
for the input masked by each channel, NaN for a channel that was skipped: one that is constant over the map,
and so makes no mask, or one that was left out by choice. Every function returns weights that broadcast to A,
and `combine` makes the map of them:

    map = relu(sum_k W_k A_k), or what another sign shows of the sum

Sums over (i, j) run over the h x w, or d x h x w, positions of the layer's output: over all axes but the
first and the last.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from xai_cam.cam.channel_axes import of_channels, places, sum_of_channels, sum_of_places
from xai_cam.cam.map_sign import cut

Array = np.ndarray[Any, np.dtype[np.float32]]


class Ablated(NamedTuple):
    """Scores of a class: `score` (n,) as they are, `without` (n, k) with one channel at a time set to 0.

    NaN stands for a channel that was skipped, as in masked scores.
    """

    score: Array
    without: Array


def combine(activations: Array, weights: Array, sign: str = "positive") -> Array:
    """Maps: the weighted sum of the channels, cut to what the sign shows (see `map_sign`).

    Returns
    -------
    cams : (n, h, w) or (n, d, h, w) float32
    """
    return cut(sum_of_channels(activations, weights), sign)


def grad_cam(activations: Array, gradients: Array) -> Array:
    """Channel weights: the mean gradient of each channel (Selvaraju et al. 2017, eq. 1).

    Returns
    -------
    weights : (n, 1, 1, k) float32
    """
    return gradients.mean(axis=places(gradients), keepdims=True)


def grad_cam_plus_plus(activations: Array, gradients: Array) -> Array:
    """Channel weights: sum over (i, j) of alpha * relu(G) (Chattopadhay et al. 2018, eq. 10 and 19).

    alpha = G^2 / (2 G^2 + S_k G^3), S_k = sum over (i, j) of A_k; 0 where the denominator is 0. The paper's
    score is exp(s); its factor cancels in alpha and is one for all weights, so that it is left out: it
    only overflows. Where G is not 0, alpha is 1 / (2 + S_k G), which cannot underflow as G^3 does.

    Returns
    -------
    weights : (n, 1, 1, k) float32
    """
    sums = activations.sum(axis=places(activations), keepdims=True)
    positive = np.maximum(gradients, 0)  # of NaN it is NaN: the map is not finite
    denominator = sums * positive
    denominator += 2
    denominator[denominator == 0] = np.inf  # in place: `where` of a division takes several times as long
    shares = np.divide(positive, denominator, out=denominator)
    return shares.sum(axis=places(shares), keepdims=True)


def xgrad_cam(activations: Array, gradients: Array) -> Array:
    """Channel weights: sum(G A) / sum(A) of each channel, 0 where sum(A) is 0 (Fu et al. 2020, eq. 8).

    Returns
    -------
    weights : (n, 1, 1, k) float32
    """
    sums = activations.sum(axis=places(activations), keepdims=True)
    products = sum_of_places(gradients, activations)
    return np.divide(products, sums, out=np.zeros_like(products), where=sums != 0)


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
    weights = np.divide(powers, total, out=np.zeros_like(powers), where=total > 0)
    return of_channels(weights, activations)


def score_cam_official(activations: Array, scores: Array) -> Array:
    """Channel weights: the class probability under each mask, as it is (the code of Wang et al. 2020).

    Returns
    -------
    weights : (n, 1, 1, k) float32
        0 for a constant channel.
    """
    return of_channels(np.where(np.isnan(scores), 0, scores), activations)


def ablation_cam(activations: Array, evidence: Ablated) -> Array:
    """Channel weights: the share of the score that is lost without each (Desai & Ramaswamy 2020, eq. 3).

    (s - s_k) / |s|; the paper has s in place of |s|, which turns every sign round where s is negative. Where
    s is 0, s - s_k as it is: |s| is one factor for all channels.

    Returns
    -------
    weights : (n, 1, 1, k) float32
        0 for a skipped channel.
    """
    score = evidence.score[:, None]
    size = np.where(score == 0, 1, np.abs(score))
    drops = (score - evidence.without) / size
    weights = np.where(np.isnan(evidence.without), 0, drops).astype(np.float32)
    return of_channels(weights, activations)


def eigen_cam(activations: Array, evidence: None) -> Array:
    """Channel weights: the first right singular vector of A (Muhammad & Yeasin 2020).

    A is taken as a matrix of positions by channels and not centred. The vector's sign is such that the sum
    of the projection A v is not negative. The class plays no part in it.

    Returns
    -------
    weights : (n, 1, 1, k) float32
        NaN where A is not finite.
    """
    n, k = len(activations), activations.shape[-1]
    flat = activations.reshape(n, -1, k).astype(np.float64)
    finite = np.isfinite(flat).all(axis=(1, 2))
    vectors = np.full((n, k), np.nan)
    for i in np.flatnonzero(finite):  # one by one: a stack would be copied whole
        vectors[i] = np.linalg.svd(flat[i], full_matrices=False)[2][0]
    sums = np.einsum("nk,nk->n", flat.sum(axis=1), vectors)
    turned = np.where(sums[:, None] < 0, -vectors, vectors)
    return of_channels(turned.astype(np.float32), activations)
