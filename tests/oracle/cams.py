"""The CAM methods on the arrays of *one* image, as the papers' sums; and from end to end on a NumPy network.

Every method takes the activations A (h, w, k) of the target layer and the evidence for a class, and gives

    map = relu( sum over k of W_k * A_k )        (h, w), on the layer's own grid, not normalised

with its own weights W. The evidence is one of

- gradients G (h, w, k): dz/dA of the class's logit z;
- scores (k,): the class's score with channel k masking the input, or set to 0. NaN marks a channel that was
  skipped because it is constant; its weight is 0.
"""

import math
from collections.abc import Callable

import numpy as np

from .arrays import Array, Pair
from .network import Network
from .resize import resize_fast


def _positions(activations: Array) -> list[Pair]:
    """All (i, j) of the grid."""
    return [(i, j) for i in range(activations.shape[0]) for j in range(activations.shape[1])]


def _weighted_map(activations: Array, weights: list[float]) -> Array:
    """relu(sum over k of w_k * A_k), one number w_k per channel: (h, w, k) -> (h, w)."""
    result = np.zeros(activations.shape[:2])
    for i, j in _positions(activations):
        total = 0.0
        for k, weight in enumerate(weights):
            total += weight * activations[i, j, k]
        result[i, j] = max(total, 0.0)
    return result


# --- From gradients ------------------------------


def grad_cam(activations: Array, gradients: Array) -> Array:
    """w_k = mean over (i, j) of G_ijk (Selvaraju et al. 2017, eq. 1 and 2)."""
    weights = []
    for k in range(activations.shape[2]):
        total = sum(gradients[i, j, k] for i, j in _positions(activations))
        weights.append(total / len(_positions(activations)))
    return _weighted_map(activations, weights)


def grad_cam_plus_plus(activations: Array, gradients: Array) -> Array:
    """w_k = sum over (i, j) of alpha_ijk * relu(G_ijk) (Chattopadhay et al. 2018, eq. 10 and 19).

    alpha_ijk = G² / (2 G² + S_k * G³), S_k = sum over (i, j) of A_ijk; 0 where the denominator is 0. The
    paper's score is exp(z); its factor exp(z) is the same for all channels and is left out.
    """
    weights = []
    for k in range(activations.shape[2]):
        channel_sum = sum(activations[i, j, k] for i, j in _positions(activations))
        weight = 0.0
        for i, j in _positions(activations):
            g = gradients[i, j, k]
            denominator = 2 * g**2 + channel_sum * g**3
            alpha = g**2 / denominator if denominator != 0 else 0.0
            weight += alpha * max(g, 0.0)
        weights.append(weight)
    return _weighted_map(activations, weights)


def xgrad_cam(activations: Array, gradients: Array) -> Array:
    """w_k = sum over (i, j) of A_ijk * G_ijk / S_k, S_k = sum over (i, j) of A_ijk; 0 where S_k is 0.

    (Fu et al. 2020, eq. 8.)
    """
    weights = []
    for k in range(activations.shape[2]):
        channel_sum = sum(activations[i, j, k] for i, j in _positions(activations))
        product_sum = sum(activations[i, j, k] * gradients[i, j, k] for i, j in _positions(activations))
        weights.append(product_sum / channel_sum if channel_sum != 0 else 0.0)
    return _weighted_map(activations, weights)


def hires_cam(activations: Array, gradients: Array) -> Array:
    """W_ijk = G_ijk: activations and gradients are multiplied position by position (Draelos & Carin 2020)."""
    result = np.zeros(activations.shape[:2])
    for i, j in _positions(activations):
        total = sum(gradients[i, j, k] * activations[i, j, k] for k in range(activations.shape[2]))
        result[i, j] = max(total, 0.0)
    return result


def layer_cam(activations: Array, gradients: Array) -> Array:
    """W_ijk = relu(G_ijk), position by position (Jiang et al. 2021, eq. 6)."""
    result = np.zeros(activations.shape[:2])
    for i, j in _positions(activations):
        total = sum(max(gradients[i, j, k], 0.0) * activations[i, j, k] for k in range(activations.shape[2]))
        result[i, j] = max(total, 0.0)
    return result


# --- From scores ------------------------------


def score_cam(activations: Array, logits: Array) -> Array:
    """w_k = exp(S_k) / sum over live channels l of exp(S_l), S_k the logit behind mask k.

    (Wang et al. 2020, algorithm 1. The largest score is taken off first, so that exp cannot overflow.)
    """
    live = [score for score in logits if not math.isnan(score)]
    largest = max(live, default=0.0)
    total = sum(math.exp(score - largest) for score in live)
    weights = [0.0 if math.isnan(score) else math.exp(score - largest) / total for score in logits]
    return _weighted_map(activations, weights)


def score_cam_official(activations: Array, probabilities: Array) -> Array:
    """w_k = p_k, the probability behind mask k as it is (the authors' code)."""
    return _weighted_map(activations, [0.0 if math.isnan(p) else float(p) for p in probabilities])


def ablation_cam(activations: Array, ablated: Array, score: float) -> Array:
    """w_k = (s - s_k) / |s|, s_k the score with channel k set to 0; not defined for s = 0.

    (Desai & Ramaswamy 2020, eq. 3, with |s| for s, so that a negative score does not turn the signs round.)
    """
    weights = [0.0 if math.isnan(s_k) else (score - s_k) / abs(score) for s_k in ablated]
    return _weighted_map(activations, weights)


# --- From activations alone ------------------------------


def eigen_cam(activations: Array) -> Array:
    """w = first right singular vector of A as (h * w, k), turned so that the projection's sum is >= 0.

    That vector is the eigenvector of M = AᵀA (k, k) with the largest eigenvalue (Muhammad & Yeasin 2020).
    Squaring M again and again leaves only that one: M^n / |M^n| -> w wᵀ; every column is a multiple of w.
    """
    flat = activations.reshape(-1, activations.shape[2])
    power = flat.T @ flat
    for _ in range(60):
        norm = np.linalg.norm(power)
        if norm == 0:
            return np.zeros(activations.shape[:2])
        power = (power / norm) @ (power / norm)
    column = power[:, np.argmax(np.diag(power))]
    weights = column / np.linalg.norm(column)
    sign = 1.0 if (flat @ weights).sum() >= 0 else -1.0
    return _weighted_map(activations, [float(sign * weight) for weight in weights])


# --- From end to end ------------------------------


def masks(activations: Array, size: Pair) -> list[Array | None]:
    """One mask (H, W) in [0, 1] for each channel of (h, w, k): resized to `size`, then min-max scaled.

    None for a constant channel, which has no mask. (Also None if only the resized channel is constant, which
    takes a `size` smaller than the grid.)
    """
    found: list[Array | None] = []
    for k in range(activations.shape[2]):
        channel = activations[:, :, k]
        resized = resize_fast(channel, size)
        low, high = resized.min(), resized.max()
        live = channel.max() > channel.min() and high > low
        found.append((resized - low) / (high - low) if live else None)
    return found


def masked_scores(network: Network, x: Array, layer: str, target_class: int) -> tuple[Array, Array]:
    """Logits (k,) and probabilities (k,) of the class for x (H, W, c) times each channel's mask.

    NaN where a channel has no mask.
    """
    activations = network.output(x[None], layer)[0]
    logits, probabilities = np.full((2, activations.shape[2]), np.nan)
    for k, mask in enumerate(masks(activations, x.shape[:2])):
        if mask is not None:
            masked = (x * mask[:, :, None])[None]  # (1, H, W, c)
            logits[k] = network.class_logits(network.forward(masked))[0, target_class]
            probabilities[k] = network.probabilities(masked)[0, target_class]
    return logits, probabilities


def ablated_scores(network: Network, x: Array, layer: str, target_class: int) -> tuple[Array, float]:
    """Logits (k,) of the class with one channel at a time set to 0, NaN for a constant one; logit of x."""
    activations = network.output(x[None], layer)
    scores = np.full(activations.shape[3], np.nan)
    for k in range(activations.shape[3]):
        if activations[..., k].max() > activations[..., k].min():
            ablated = activations.copy()
            ablated[..., k] = 0.0
            scores[k] = network.class_logits(network.forward_from(layer, ablated))[0, target_class]
    return scores, float(network.class_logits(network.forward(x[None]))[0, target_class])


def position_scores(
    network: Network, x: Array, layer: str, target_class: int, spread: bool = False
) -> tuple[Array, Array]:
    """Logits and probabilities (h, w) of the class with each position of the layer's output alone.

    Where `spread`, with a Gaussian of 3 x 3 around it: 1/4 of itself, 1/8 of those beside, 1/16 of those
    across the corner.
    """
    activations = network.output(x[None], layer)
    height, width = activations.shape[1:3]
    logits, probabilities = np.zeros((2, height, width))
    for u, v in _positions(activations[0]):
        alone = np.zeros_like(activations)
        for i, j in _positions(activations[0]):
            away = abs(i - u), abs(j - v)
            share = float(away == (0, 0))
            if spread:
                share = {(0, 0): 1 / 4, (0, 1): 1 / 8, (1, 0): 1 / 8, (1, 1): 1 / 16}.get(away, 0.0)
            alone[0, i, j] = share * activations[0, i, j]
        answer = network.forward_from(layer, alone)
        logits[u, v] = network.class_logits(answer)[0, target_class]
        probabilities[u, v] = network.class_probabilities(answer)[0, target_class]
    return logits, probabilities


def recipro_cam(scores: Array) -> Array:
    """The scores (h, w) above the least of them: Byun & Lee 2022, but for the division by the greatest."""
    return scores - scores.min()


GRADIENT_METHODS: dict[str, Callable[[Array, Array], Array]] = {
    "grad-cam": grad_cam,
    "grad-cam++": grad_cam_plus_plus,
    "xgrad-cam": xgrad_cam,
    "hires-cam": hires_cam,
    "layer-cam": layer_cam,
}


def cam_of(method: str, network: Network, x: Array, layer: str, target_class: int) -> Array:
    """Map (h, w) of a method, by its name, for one input x (H, W, c), with the network run in NumPy."""
    activations = network.output(x[None], layer)[0]
    if method in GRADIENT_METHODS:
        return GRADIENT_METHODS[method](activations, network.gradient(x[None], layer, target_class)[0])
    match method:
        case "score-cam":
            return score_cam(activations, masked_scores(network, x, layer, target_class)[0])
        case "score-cam-official":
            return score_cam_official(activations, masked_scores(network, x, layer, target_class)[1])
        case "ablation-cam":
            return ablation_cam(activations, *ablated_scores(network, x, layer, target_class))
        case "recipro-cam" | "recipro-cam-spread":
            spread = method.endswith("spread")
            return recipro_cam(position_scores(network, x, layer, target_class, spread)[1])
        case "eigen-cam":
            return eigen_cam(activations)
    raise ValueError(f"no method {method!r}")


def grad_cam_of(network: Network, x: Array, layer: str, target_class: int) -> Array:
    """Grad-CAM map (h, w) of one input x (H, W, c).

    1. Forward to the layer: A (h, w, k).
    2. On to the logits, and from the class's logit z back to the layer: G = dz/dA (h, w, k).
    3. The mean of each channel of G: w (k,).
    4. relu of the sum over k of w_k * A_k: (h, w).
    """
    return cam_of("grad-cam", network, x, layer, target_class)


def score_cam_of(network: Network, x: Array, layer: str, target_class: int) -> Array:
    """Score-CAM map (h, w) of one input x (H, W, c).

    1. Forward to the layer: A (h, w, k).
    2. Each channel A_k (h, w) resized to (H, W) and scaled to [0, 1]: k masks, none for a constant channel.
    3. x times each mask, k images (H, W, c), through the whole network: the class's logits S (k,).
    4. Their softmax: w (k,), 0 for a constant channel.
    5. relu of the sum over k of w_k * A_k: (h, w).
    """
    return cam_of("score-cam", network, x, layer, target_class)
