"""Checks of the score that a method uses."""

from __future__ import annotations

from xai_cam.cam.methods import Method
from xai_cam.cam.target_facts import check_probabilities, has_probabilities
from xai_cam.cam.targets import Targets
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


def score_of(method: Method, wanted: str | None, targets: Targets) -> str:
    """The score that a method uses: the one that is wanted, or its own.

    One that takes probabilities first, and logits too, explains the value where there is no probability.

    Raises
    ------
    InputError
        It must not use the one that is wanted, or the targets have none of that kind.
    """
    check_score(method, wanted)
    score = wanted or method.scores[0]
    if score != "probability":
        return score
    if wanted is None and "logit" in method.scores:
        return score if has_probabilities(targets) else "logit"
    chosen = wanted is not None and len(method.scores) > 1  # by the caller, not by the method
    asked = ('`score="probability"`', "Leave out `score`") if chosen else (method.name,)
    check_probabilities(targets, *asked)
    return score
