"""What is said of maps of integrated gradients whose sum is off."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from support.maps import made
from xai_cam.cam.residuals import Residuals, describe_residual, share_of


@pytest.mark.parametrize(
    ("residual", "change", "share"),
    [(None, None, 0), (0.0, 0.0, 0), (-0.2, 2.0, 0.1), (0.2, -4.0, 0.05), (0.1, 0.0, 1)],
)
def test_shares(residual: Any, change: Any, share: float) -> None:
    assert share_of(residual, change) == pytest.approx(share)
    assert bool(describe_residual(residual, change)) == (share > 0.05)


def test_words() -> None:
    assert describe_residual(-0.2, 2.0) == (
        "the map's sum is off by -0.2 from the score's change of 2 from black on"
    )


def test_a_run() -> None:
    maps = [
        replace(made(np.ones((2, 2))), residual=residual, score_change=2.0)
        for residual in (0.01, -0.5, 0.2, None)
    ]
    counted = Residuals()
    counted.add(maps[:1])
    assert counted.describe() == []
    counted.add(maps[1:])
    (line,) = counted.describe()
    assert "sums of 2 of 3 maps are off by more than 5%" in line and "at most by 25%" in line
    alone = Residuals()
    alone.add(maps[1:2])
    assert "the sum of 1 of 1 map is off by more than 5%" in alone.describe()[0]
    assert "More `samples`" in line


def test_counts_of_other_images_are_joined() -> None:
    here, there = Residuals(3, [0.1]), Residuals(2, [0.4])
    here.join(there)
    assert here == Residuals(5, [0.1, 0.4])
