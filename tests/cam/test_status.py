"""Whether a map shows anything, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from support.maps import RISING
from xai_cam.cam.status import judge


def test_statuses_by_hand() -> None:
    alive, flat = RISING[..., None], np.ones((2, 2), np.float32)
    assert judge(RISING, alive, 1.0, "logit") == ("ok", "")
    assert judge(flat, alive, 1.0, "logit")[0] == "flat"
    assert "against" in judge(0 * RISING, alive, 1.0, "logit")[1]
    assert "constant" in judge(0 * RISING, np.ones((2, 2, 3)), 1.0, "logit")[1]
    assert "try the logit" in judge(0 * RISING, alive, 1.0, "probability")[1]
    assert judge(RISING, alive, np.nan, "logit") == judge(np.nan * RISING, alive, 1.0, "logit")
    assert judge(np.nan * RISING, np.nan * alive, 1.0, "logit")[1].startswith("the layer's activations")


@pytest.mark.parametrize(
    ("cam", "status", "said"),
    [
        ([[1, 0.96], [0.97, 1]], "ok", True),
        ([[1, 0.94], [0.97, 1]], "ok", False),
        ([[1, 1], [1, 1]], "flat", False),
        ([[0, 0], [0, 0]], "blank", False),
    ],
)
def test_a_nearly_flat_map_is_ok_and_says_so(cam: Any, status: str, said: bool) -> None:
    found, cause = judge(np.array(cam, np.float32), RISING[..., None], 1.0, "logit")
    assert found == status
    assert cause.startswith("the map varies by less than 5 %") == said


@pytest.mark.parametrize(
    ("sign", "score", "cause"),
    [
        ("negative", "logit", "nothing in this layer speaks against the class, only for it"),
        ("negative", "value", "nothing in this layer lowers the value, it only raises it"),
        ("both", "logit", "nothing in this layer speaks for the class or against it"),
        ("both", "value", "nothing in this layer changes the value"),
    ],
)
def test_a_blank_map_of_another_sign(sign: str, score: str, cause: str) -> None:
    assert judge(0 * RISING, RISING[..., None], 1.0, score, sign) == ("blank", cause)


def test_why_a_method_shows_nothing_against_a_class() -> None:
    status, cause = judge(0 * RISING, RISING[..., None], 1.0, "logit", "negative", "score-cam")
    assert status == "blank" and cause.startswith("all weights of score-cam are positive")
    dead = judge(0 * RISING, np.ones((2, 2, 3)), 1.0, "logit", "negative", "score-cam")
    assert "constant" in dead[1], "the layer is the reason"


def test_a_map_below_0_can_be_flat_too() -> None:
    same, nearly = np.full((2, 2), -3, np.float32), np.array([[-1, -0.97], [-0.99, -1]], np.float32)
    assert judge(same, RISING[..., None], 1.0, "logit", "both")[0] == "flat"
    found, cause = judge(nearly, RISING[..., None], 1.0, "logit", "both")
    assert found == "ok" and cause.startswith("the map varies by less than 5 %")
    assert judge(RISING - 2, RISING[..., None], 1.0, "logit", "both") == ("ok", "")
