"""What is said of the standard errors of a run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xai_cam.cam.explanation import Explanation
from xai_cam.cam.standard_errors import StandardErrors

ONE = Explanation(np.ones((2, 2)), "rise", "", 0, 0, 1.0, "probability", 1.0, (), "ok", "")


def test_maps_without_an_error_are_passed_over() -> None:
    found = StandardErrors()
    found.add([ONE, replace(ONE, method="grad-cam")])
    assert found.describe({}) == []
    found.add([replace(ONE, standard_error=0.02)])
    assert found.describe({"rise": 50}) == [
        "rise: with 50 samples the standard error of 1 map is 0.02 of the maximum. "
        "Four times as many halve it."
    ]
    found.add([replace(ONE, standard_error=0.04)])
    (line,) = found.describe({"rise": 4000})
    assert line.startswith(
        "rise: with 4,000 samples the standard error of 2 maps is 0.03 on average, at most 0.04, of the "
    )


def test_errors_of_other_images_are_joined() -> None:
    here, there = StandardErrors({"rise": [0.1]}), StandardErrors({"rise": [0.3], "other": [0.2]})
    here.join(there)
    assert here.by_method == {"rise": [0.1, 0.3], "other": [0.2]}
