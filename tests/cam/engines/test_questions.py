"""What is asked of an engine: classes in code, channels that live, and how it shall compute."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.cam.engines.questions import PREDICTED, Computing, live_channels, ranked
from xai_cam.errors import InputError


def test_ranks_are_no_classes() -> None:
    assert [ranked(rank) for rank in range(3)] == [PREDICTED - 1, PREDICTED - 2, PREDICTED - 3]
    assert all(ranked(rank) < PREDICTED < 0 for rank in range(3))


def test_channels_that_live_by_hand() -> None:
    """One image of 1 x 2: constant, 0 to 1, constant 0, 5 to 6, 0 to 3; deviations 0, 1/2, 0, 1/2, 3/2."""
    maps = np.array([[[[7, 0, 0, 5, 0], [7, 1, 0, 6, 3]]]], np.float32)
    assert live_channels(maps).tolist() == [[False, True, False, True, True]]
    assert live_channels(maps, 1).tolist() == [[False, False, False, False, True]]
    assert live_channels(maps, 2).tolist() == [[False, True, False, False, True]], "of equal ones the first"
    for most in (3, 4, 5, 9):
        assert live_channels(maps, most).tolist() == live_channels(maps).tolist(), "no dead one is added"


def test_how_it_computes_is_checked() -> None:
    found = Computing(chunk_size=8.0, batch_size=np.int64(3))  # type: ignore[arg-type]
    assert (found.chunk_size, found.batch_size) == (8, 3) and type(found.chunk_size) is int
    assert Computing() == Computing("auto", "auto", "f32", None, True, None)
    for wrong, message in (
        ({"engine": "torch"}, "No engine 'torch'"),
        ({"precision": "int8"}, "Unknown precision 'int8'"),
        ({"device": "cuda"}, "Unknown device 'cuda'"),
        ({"chunk_size": 0}, "`chunk_size` is 0"),
        ({"batch_size": True}, "`batch_size` is True"),
    ):
        with pytest.raises(InputError, match=message):
            Computing(**wrong)  # type: ignore[arg-type]


def test_refusals_of_what_cannot_be_together() -> None:
    for asked in (("tensorflow", "auto", "bf16"), ("torch",), ("auto", "cpu", "int8")):
        with pytest.raises(InputError):
            Computing(*asked)
