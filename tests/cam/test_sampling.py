"""Options of methods that sample: what is refused, and what was given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from xai_cam.cam.occlusion import Patches
from xai_cam.cam.sampling import Sampling
from xai_cam.errors import InputError


def test_what_was_given() -> None:
    assert Sampling().given == {} and Sampling(seed=0).given == {}
    assert Sampling(patch=8.0, stride=2).given == {"patch": 8, "stride": 2}  # type: ignore[arg-type]
    assert Sampling(np.int64(5), 3.0).given == {"samples": 5, "seed": 3}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"samples": 0}, "samples"),
        ({"samples": 2.5}, "samples"),
        ({"seed": -1}, "seed"),
        ({"patch": 0}, "patch"),
        ({"stride": "4"}, "stride"),
        ({"patch": 4, "stride": 5}, "leaves pixels between patches of 4"),
    ],
)
def test_what_is_refused(given: dict[str, Any], name: str) -> None:
    with pytest.raises(InputError, match=name):
        Sampling(**given)


def test_the_patches_of_an_input() -> None:
    assert Sampling(patch=8, stride=8).patches((32, 32)) == Patches((32, 32), 8, 8)
    assert Sampling(stride=2).patches((32, 32)) == Patches((32, 32), 4, 2)
    with pytest.raises(InputError, match="leaves pixels between patches of 4"):
        Sampling(stride=5).patches((32, 32))
