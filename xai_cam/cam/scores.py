"""Checks of the score that a method uses."""

from __future__ import annotations

from xai_cam.cam.methods import Method
from xai_cam.errors import InputError


def check_score(method: Method, score: str | None) -> None:
    """Refuse a score that would make a method's map meaningless.

    Raises
    ------
    InputError
        The reason, in words.
    """
    if score in (None, *method.scores):
        return
    if score == "probability":
        raise InputError(
            f"{method.name} takes a softmax over channels, which needs logits: probabilities lie in "
            "[0, 1], so that all weights come out nearly equal and every class gets the same map. "
            "Use score-cam-official for probabilities."
        )
    if score == "logit":
        raise InputError(f"{method.name} is defined on probabilities. Use score-cam for logits.")
    raise InputError(f"Unknown score {score!r}. Use logit or probability.")
