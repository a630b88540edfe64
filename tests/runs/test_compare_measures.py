"""What a run measures."""

from __future__ import annotations

import pytest

from xai_cam.errors import InputError
from xai_cam.metrics.measures import USUAL
from xai_cam.runs.compare_measures import Measures


def test_measures_by_their_names() -> None:
    assert Measures().asked.names == USUAL and Measures(steps=5).asked.steps == 5
    assert Measures(names=("entropy",)).asked.names == ("entropy",)
    with pytest.raises(InputError, match="Unknown measure"):
        _ = Measures(names=("depth",)).asked


def test_whether_the_object_has_to_be_known() -> None:
    assert Measures().of_truth and Measures(names=("pointing_game",)).of_truth
    assert not Measures(names=("drop", "entropy")).of_truth
