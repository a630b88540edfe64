"""Rows in batches of one size: filled up, and the filling dropped again."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.models.batches import fill, full_batches, in_full_batches

ROWS = np.arange(10, dtype=np.float32).reshape(5, 2)


def test_a_short_batch_is_filled_up_with_its_own_rows() -> None:
    assert fill(ROWS[3:], 5).tolist() == ROWS[[3, 4, 3, 4, 3]].tolist()
    assert fill(ROWS, None) is ROWS
    assert fill(ROWS, 5) is ROWS


def test_batches_say_how_many_rows_are_real() -> None:
    found = [(count, parts[0].shape) for count, parts in full_batches(2, ROWS)]
    assert found == [(2, (2, 2)), (2, (2, 2)), (1, (2, 2))]


@pytest.mark.parametrize("size", [1, 2, 4, 8])
def test_answers_are_those_of_the_real_rows(size: int) -> None:
    def run(part: np.ndarray, other: np.ndarray) -> list[np.ndarray]:
        assert len(part) == len(other) == size
        return [np.stack([other, -other]), part + other[:, None]]

    found = in_full_batches(run, size, ROWS, np.arange(5), first_axis=1)
    assert found[1].tolist() == (ROWS + np.arange(5)[:, None]).tolist()
    assert found[0].tolist() == [[0, 1, 2, 3, 4], [0, -1, -2, -3, -4]]
