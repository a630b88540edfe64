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
