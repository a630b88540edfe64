"""Values put where they belong along an axis, against plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from support.gradient_graphs import at_kinks
from xai_cam.cam.engines.openvino.rules.placing import along, interleaved, overlaid, padded


@pytest.mark.parametrize(("count", "step"), [(1, 1), (3, 1), (3, 2), (2, 3), (5, 2)])
@pytest.mark.parametrize(("start", "length"), [(0, 12), (-2, 9), (3, 20), (-1, 4)])
def test_overlaid(count: int, step: int, start: int, length: int) -> None:
    shares = at_kinks(count, 2, 4, 3)
    expected = np.zeros((2, length, 3), np.float32)
    for i in range(count):
        for cell in range(4):
            if 0 <= start + i + cell * step < length:
                expected[:, start + i + cell * step] += shares[i, :, cell]
    np.testing.assert_array_equal(overlaid([*shares], 1, step, start, length), expected)


def test_interleaved() -> None:
    rows = at_kinks(2, 1, 3, 2)
    found = np.asarray(interleaved([*rows], 1, 3))
    assert found.shape == (1, 9, 2)
    for i in range(2):
        np.testing.assert_array_equal(found[:, i::3], rows[i])
    assert not found[:, 2::3].any()


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (1, 2, [0, 1, 2, 3, 0, 0]),
        (-1, 0, [2, 3]),
        (0, -2, [1]),
        (-2, 1, [3, 0]),
        (2, -1, [0, 0, 1, 2]),
        (0, 0, [1, 2, 3]),
    ],
)
def test_padded(before: int, after: int, expected: list[float]) -> None:
    found = padded(np.array([[[1, 2, 3]]], np.float32), 2, before, after)
    np.testing.assert_array_equal(found, [[expected]])


def test_along() -> None:
    matrix, values = at_kinks(5, 3), at_kinks(2, 4, 3, 6)
    expected = np.stack([np.stack([matrix @ row for row in image]) for image in values])
    np.testing.assert_array_equal(along(2, matrix, values), expected)
