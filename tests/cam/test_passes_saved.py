"""What a tolerance has saved, in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xai_cam.cam.channel_limits import ChannelLimits
from xai_cam.cam.explanation import Explanation
from xai_cam.cam.passes_saved import PassesSaved, summed

CAM = np.ones((2, 2), np.float32)
ONE = Explanation(CAM, "score-cam", "conv", 0, 1, 1.0, "logit", 0.25, ((1, 0.75),), "ok", "")


def test_channels_of_all_images_are_counted_once_for_all_classes() -> None:
    found = PassesSaved(0.02)
    first = replace(ONE, passes=300, channels=1000, expected_error=0.01)
    found.add([first, replace(first, target_class=1), replace(ONE, method="grad-cam")])
    found.add([replace(ONE, passes=700, channels=1000, expected_error=0.02)])
    assert found.describe() == ["score-cam within 0.02: 1,000 of 2,000 channels were scored (50%)."]


def test_it_is_said_where_nothing_could_be_saved() -> None:
    found = PassesSaved(0.02)
    found.add([replace(ONE, passes=64, channels=64)])
    (line,) = found.describe()
    assert line.startswith("score-cam within 0.02: nothing could be saved. All 64 channels")


def test_without_a_tolerance_nothing_is_said() -> None:
    found = PassesSaved()
    found.add([replace(ONE, passes=64, channels=64)])
    assert found.describe() == []


def test_where_a_limit_comes_first_the_tolerance_is_not_said_to_hold() -> None:
    found = PassesSaved(0.02, limited=True)
    found.add([replace(ONE, passes=20, channels=64, expected_error=0.1)])
    found.add([replace(ONE, passes=20, channels=64, expected_error=0.01)])
    assert found.describe() == [
        "score-cam: 40 of 128 channels were scored (31%), which is all that the limit allows: a map may be "
        "off by 0.1 of its maximum, and 1 of 2 maps by more than 0.02."
    ]


def test_a_limit_alone_says_how_far_maps_may_be_off() -> None:
    found = PassesSaved(limited=True)
    found.add([replace(ONE, passes=20, channels=64, expected_error=46.97)])
    (line,) = found.describe()
    assert line.endswith("which is all that the limit allows: a map may be off by as much as its maximum.")
    found = PassesSaved(limited=True)
    found.add([replace(ONE, passes=8, channels=64)])
    assert found.describe()[0].endswith("and too few to expect anything of the others by.")
    found = PassesSaved(limited=True)
    found.add([replace(ONE, passes=64, channels=64, expected_error=0.0)])
    assert found.describe() == ["score-cam: 64 of 64 channels were scored (100%)."]


def test_the_sum_is_a_mean_of_passes_and_the_largest_error() -> None:
    limits = ChannelLimits(tolerance=0.02)
    maps = [replace(ONE, passes=n, channels=90, expected_error=e) for n, e in ((30, 0.02), (90, 0.0))]
    found = {"tolerance": 0.02, "passes": 60, "expected_error": 0.02}
    assert summed(limits, [*maps, replace(ONE, method="grad-cam")]) == found
    unknown = replace(ONE, passes=30, channels=90)
    assert summed(ChannelLimits(30), [maps[0], unknown]) == {
        **{"max_channels": 30, "passes": 30},
        "expected_error": None,
    }
    assert summed(limits, [ONE]) == summed(ChannelLimits(), maps) == {}


def test_counts_of_other_images_are_joined() -> None:
    here, there, whole = PassesSaved(0.02), PassesSaved(0.02), PassesSaved(0.02)
    for number, passes in enumerate((20, 30, 40)):
        found = replace(ONE, passes=passes, channels=64, expected_error=passes / 1000)
        for one in (whole, here if number < 2 else there):
            one.add([found])
    here.join(there)
    assert here.describe() == whole.describe() != there.describe()
