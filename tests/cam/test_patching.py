"""Options of occlusion."""

from __future__ import annotations

from typing import Any

import pytest

from xai_cam.cam.occlusion import Patches
from xai_cam.cam.patching import Patching
from xai_cam.errors import InputError


def test_what_was_given() -> None:
    assert Patching().given == {} and Patching(8).given == {"patch": 8}
    assert Patching(8.0, 2).given == {"patch": 8, "stride": 2}  # type: ignore[arg-type]
    assert Patching(8, 8).of((32, 32)) == Patches((32, 32), 8, 8)
    assert Patching(stride=2).of((32, 32)) == Patches((32, 32), 4, 2)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"patch": 0}, "`patch` is 0"),
        ({"patch": 2.5}, "`patch` is 2.5"),
        ({"stride": "4"}, "`stride` is '4'"),
        ({"patch": 4, "stride": 5}, "leaves pixels between patches of 4"),
    ],
)
def test_refusals(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Patching(**given)


def test_a_stride_beyond_the_default_patch_is_seen_with_the_input() -> None:
    with pytest.raises(InputError, match="leaves pixels between patches of 4"):
        Patching(stride=5).of((32, 32))
