"""Arrays that are scaled otherwise than a model expects are told, others are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from xai_cam.models.facts import ExpectedScaling
from xai_cam.models.input.given_range import describe_range


class Expecting:
    """A network of which only the scaling is known."""

    def __init__(self, name: str | None) -> None:
        self.name = name

    def expected_scaling(self) -> ExpectedScaling | None:
        return ExpectedScaling(self.name, "so it says") if self.name else None


@pytest.mark.parametrize(
    ("expected", "low", "high", "told"),
    [
        ("unit", 0, 1, False),
        ("unit", 0, 255, True),
        ("unit", -1, 1, True),
        ("unit", 0.2, 0.4, False),
        ("signed", 0, 1, False),
        ("signed", 0, 255, True),
        ("raw", 0, 255, False),
        ("raw", 0, 1, True),
        ("raw", 30, 90, False),
        (None, 0, 255, False),
    ],
)
def test_values_that_do_not_fit_are_told(expected: str | None, low: float, high: float, told: bool) -> None:
    images = np.linspace(low, high, 2 * 4 * 4 * 3, dtype=np.float32).reshape(2, 4, 4, 3)
    network: Any = Expecting(expected)
    line = describe_range(network, images)
    assert bool(line) == told
    assert not line or (f"from {low} to {high}" in line and "so it says" in line and "prepare(" in line)


def test_no_image_is_no_surprise() -> None:
    network: Any = Expecting("unit")
    assert describe_range(network, np.empty((0, 4, 4, 3))) is None
