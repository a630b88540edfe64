"""Sequences that make their elements compare as lists do."""

from __future__ import annotations

import pytest

from xai_cam.files.on_demand import OnDemand


class Squares(OnDemand[int]):
    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> int:  # type: ignore[override]
        return [0, 1, 4][index]


def test_it_is_what_it_holds() -> None:
    assert Squares() == [0, 1, 4] and Squares() == Squares() and Squares() == (0, 1, 4)
    assert Squares() != [0, 1] and Squares() != [0, 1, 5] and Squares() != [0, 1, 4, 9] and Squares() != 3
    assert repr(Squares()) == "Squares([0, 1, 4])"
    with pytest.raises(TypeError, match="unhashable"):
        hash(Squares())
