"""What an explanation is: a map, what it is of, and whether there is anything on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Explanation:
    """One map: of one image, by one method, for one class.

    Attributes
    ----------
    cam : (h, w) float32
        The map on the layer's own grid, >= 0, not normalised.
    method, layer : str
    target_class, predicted_class : int
        Class explained, and class predicted.
    score : float
        Score of the class explained, of the kind `score_name` (`logit`, `probability` or `log-probability`).
    probability : float
        Probability of the class explained; NaN where the model gives none.
    ranking : tuple of (class, probability)
        The model's first classes, best first; with its outputs where it gives no probabilities.
    status : str
        `ok`, `blank` (all zero), `flat` (the same everywhere) or `non-finite`.
    cause : str
        The likely cause of a status other than `ok`.
    engine : str
        What computed the evidence, with the precision if that is less than float32; empty where none did.
    """

    cam: np.ndarray
    method: str
    layer: str
    target_class: int
    predicted_class: int
    score: float
    score_name: str
    probability: float
    ranking: tuple[tuple[int, float], ...]
    status: str
    cause: str
    engine: str = ""

    @property
    def saliency_map(self) -> np.ndarray:
        """(h, w) float32 in [0, 1]: the map over its maximum; a blank map stays 0."""
        top = self.cam.max()
        return self.cam / top if np.isfinite(top) and top > 0 else np.zeros_like(self.cam)


def judge(cam: np.ndarray, activations: np.ndarray, value: float, score: str) -> tuple[str, str]:
    """Status of a map of the class whose `score` has this `value`, and the likely cause if it is not `ok`."""
    if not (np.isfinite(cam).all() and np.isfinite(value)):
        where = "the layer's activations" if not np.isfinite(activations).all() else "the scores or gradients"
        return "non-finite", f"{where} hold NaN or infinity: look at the weights and the input scaling"
    if not cam.any():
        if not (activations.max(axis=(0, 1)) > activations.min(axis=(0, 1))).any():
            return "blank", "every channel of the layer is constant: a dead layer, or a wrong input scaling"
        if score == "probability":
            return (
                "blank",
                "nothing in this layer raises the class's probability; saturated? try the logit score",
            )
        return "blank", "nothing in this layer speaks for the class, only against it"
    if cam.max() == cam.min():
        return "flat", "the map is the same everywhere: the layer does not tell positions apart"
    return "ok", ""
