"""How many channels are scored: options that make sense, and what of them is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from xai_cam.cam.channel_limits import ChannelLimits, check_needed
from xai_cam.errors import InputError


def test_only_what_was_given_is_told() -> None:
    assert ChannelLimits().given == {}
    assert ChannelLimits(5, 0.02).given == {"max_channels": 5, "tolerance": 0.02}
    assert ChannelLimits(5, channels_by="spread").given == {"max_channels": 5, "channels_by": "spread"}


@pytest.mark.parametrize(
    ("limits", "by_rounds"),
    [({}, False), ({"max_channels": 5}, True), ({"tolerance": 0.1}, True)],
)
def test_rounds_are_for_limits(limits: dict[str, Any], by_rounds: bool) -> None:
    assert ChannelLimits(**limits).by_rounds is by_rounds


def test_channels_by_their_spread_are_asked_for_at_once() -> None:
    assert not ChannelLimits(5, channels_by="spread").by_rounds


@pytest.mark.parametrize("value", [np.float32(0.5), "0.5", True, 0, 1, -0.1, float("nan"), [0.1, 0.2]])
def test_a_tolerance_is_a_number_between_0_and_1(value: Any) -> None:
    if isinstance(value, np.float32):
        assert ChannelLimits(tolerance=value).tolerance == 0.5
        return
    with pytest.raises(InputError, match=r"`tolerance` is .* Give a number between 0 and 1"):
        ChannelLimits(tolerance=value)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"max_channels": 0}, "`max_channels`"),
        ({"max_channels": 3, "channels_by": "luck"}, "`channels_by` is 'luck'. Use scores or spread"),
        ({"tolerance": 0.1, "channels_by": "spread"}, "nobody knows what the others would have changed"),
        ({"channels_by": "spread"}, "says which channels `max_channels` leaves"),
    ],
)
def test_what_makes_no_sense(limits: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ChannelLimits(**limits)


@pytest.mark.parametrize("option", [{"tolerance": 0.02}, {"max_channels": 5}, {"precision": "bf16"}])
def test_limits_are_refused_where_no_method_scores_channels(option: dict[str, Any]) -> None:
    precision = option.get("precision", "f32")
    limits = ChannelLimits(**{name: value for name, value in option.items() if name != "precision"})
    with pytest.raises(InputError, match=rf"`{next(iter(option))}` is for methods that score each channel"):
        check_needed(["grad-cam", "eigen-cam"], limits, precision)
    check_needed(["grad-cam", "ablation-cam"], limits, precision)
    check_needed(["grad-cam"], ChannelLimits())
