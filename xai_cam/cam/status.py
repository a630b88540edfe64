"""Whether a map shows anything, and what is the likely cause if it does not."""

from __future__ import annotations

import numpy as np

NEARLY_FLAT = 0.05
"""A map that varies by no more than this share of its maximum looks the same everywhere."""

LITTLE_SAID = f"the map varies by less than {100 * NEARLY_FLAT:g} % of its maximum, so that it says little"


def is_nearly_flat(cam: np.ndarray) -> bool:
    """Whether a map (h, w) >= 0 of several places is nearly the same everywhere."""
    highest, lowest = float(cam.max()), float(cam.min())
    return highest > 0 and highest - lowest < NEARLY_FLAT * highest


def judge(cam: np.ndarray, activations: np.ndarray, value: float, score: str) -> tuple[str, str]:
    """Status of a map of the class whose `score` has this `value`, and the likely cause if it is not `ok`."""
    if not (np.isfinite(cam).all() and np.isfinite(value)):
        where = "the layer's activations" if not np.isfinite(activations).all() else "the scores or gradients"
        return "non-finite", f"{where} hold NaN or infinity: check the weights and the input scaling"
    if not cam.any():
        positions = activations.reshape(-1, activations.shape[-1])
        if not (positions.max(axis=0) > positions.min(axis=0)).any():
            return "blank", "every channel of the layer is constant: a dead layer, or a wrong input scaling"
        if score == "probability":
            return (
                "blank",
                "nothing in this layer raises the class's probability; saturated? try the logit score",
            )
        if score == "value":
            return "blank", "nothing in this layer raises the value, it only lowers it"
        return "blank", "nothing in this layer speaks for the class, only against it"
    if cam.max() == cam.min():
        return "flat", "the map is the same everywhere: the layer does not tell positions apart"
    return "ok", LITTLE_SAID if is_nearly_flat(cam) else ""
