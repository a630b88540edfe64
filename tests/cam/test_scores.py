"""Which score of a class each method takes."""

from __future__ import annotations

import pytest

from xai_cam.cam.methods import METHODS
from xai_cam.cam.scores import check_score
from xai_cam.errors import InputError


@pytest.mark.parametrize("name", METHODS)
def test_every_method_takes_its_own_scores(name: str) -> None:
    for score in (None, *METHODS[name].scores):
        check_score(METHODS[name], score)


@pytest.mark.parametrize(
    ("method", "score", "message"),
    [
        ("score-cam", "probability", r"score-cam takes a softmax.*Use score-cam-official"),
        ("score-cam-official", "logit", r"score-cam-official is defined on probabilities\. Use score-cam "),
        ("grad-cam", "loss", r"Unknown score 'loss'\. Use logit or probability"),
    ],
)
def test_scores_that_make_no_sense_are_refused(method: str, score: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        check_score(METHODS[method], score)
