"""Mean curves, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.metrics.mean_curve import mean_curve


def curve(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_the_mean_of_images_and_its_band() -> None:
    """Of 0.5 and 0.7, the second image's mean over two classes: their standard error is 0.1."""
    found = mean_curve("a", [[curve(1, 0.5)], [], [curve(1, 0.6), curve(1, 0.8)]])
    assert found is not None and found.variant == "a"
    assert found.fractions.tolist() == [0, 1] and found.mean == pytest.approx([1, 0.6])
    assert found.low == pytest.approx([1, 0.6 - 1.96 * 0.1]) and found.high == pytest.approx([1, 0.6 + 0.196])


def test_of_tables_the_mean_over_levels_at_each_threshold() -> None:
    found = mean_curve("a", [[np.array([[100, 0, 0, 0], [100, 100, 0, 0]], np.float32)]])
    assert found is not None and found.fractions.tolist() == [0, 0.25, 0.5, 0.75]
    assert found.mean.tolist() == [100, 50, 0, 0] and found.low.tolist() == [100, 50, 0, 0]


def test_there_may_be_none() -> None:
    assert mean_curve("a", [[], []]) is None and mean_curve("a", []) is None
