"""Whether a map shows anything, and what is the likely cause if it does not."""

from __future__ import annotations

import numpy as np

NEARLY_FLAT = 0.05
"""A map that varies by no more than this share of its maximum looks the same everywhere."""

LITTLE_SAID = f"the map varies by less than {100 * NEARLY_FLAT:g} % of its maximum, so that it says little"

CHANGES = {"positive": "raises", "negative": "lowers", "both": "changes"}
OF_A_VALUE = {
    "positive": "raises the value, it only lowers it",
    "negative": "lowers the value, it only raises it",
    "both": "changes the value",
}
OF_A_CLASS = {
    "positive": "speaks for the class, only against it",
    "negative": "speaks against the class, only for it",
    "both": "speaks for the class or against it",
}


CONSTANT = {
    "layer": "every channel of the layer is constant: a dead layer, or a wrong input scaling",
    "input": "the image is the same everywhere",
}
ABSOLUTE = (
    "{} has absolute values, which say where the score is sensitive, not for the class or against it; "
    "gradient-input and integrated-gradients have both signs"
)
"""Why an absolute map, of that method, has nothing below 0."""


def is_nearly_flat(cam: np.ndarray) -> bool:
    """Whether a map (h, w) of several places is nearly the same everywhere."""
    return _is_narrow(float(cam.max()), float(cam.min()))


def _is_narrow(highest: float, lowest: float) -> bool:
    size = max(highest, -lowest)
    return size > 0 and highest - lowest < NEARLY_FLAT * size


def judge(
    cam: np.ndarray,
    activations: np.ndarray,
    value: float,
    score: str,
    sign: str = "positive",
    one_sided: str = "",
    place: str = "layer",
) -> tuple[str, str]:
    """Status of a map of the class whose `score` has this `value`, and the likely cause if it is not `ok`.

    `one_sided` names the method where neither its weights nor the activations are negative. `place` is the
    word for what the map is of: a `layer`, or the model's `input`, whose images are its activations.
    """
    highest, lowest = float(cam.max()), float(cam.min())  # NaN if there is one, and infinite likewise
    if not (np.isfinite(highest) and np.isfinite(lowest) and np.isfinite(value)):
        here = "the layer's activations" if place == "layer" else "the image's values"
        where = here if not np.isfinite(activations).all() else "the scores or gradients"
        return "non-finite", f"{where} hold NaN or infinity: check the weights and the input scaling"
    if highest == lowest == 0:
        positions = activations.reshape(-1, activations.shape[-1])
        if not (positions.max(axis=0) > positions.min(axis=0)).any():
            return "blank", CONSTANT[place]
        return "blank", _why_blank(score, sign, one_sided, place)
    if highest == lowest:
        return "flat", f"the map is the same everywhere: the {place} does not tell positions apart"
    return "ok", LITTLE_SAID if _is_narrow(highest, lowest) else ""


def _why_blank(score: str, sign: str, one_sided: str, place: str) -> str:
    if one_sided:
        return (
            f"all weights of {one_sided} are positive, and so is all that the layer gives: nothing can speak "
            "against the class; grad-cam, hires-cam and ablation-cam have weights of both signs"
        )
    if score == "probability":
        return (
            f"nothing in this {place} {CHANGES[sign]} the class's probability; saturated? try the logit score"
        )
    return f"nothing in this {place} {(OF_A_VALUE if score == 'value' else OF_A_CLASS)[sign]}"
