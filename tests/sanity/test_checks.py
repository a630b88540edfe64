"""What a check comes to: means over images and draws, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from support.sanity_checks import counted_check, even_check


def test_means_are_over_images_and_draws() -> None:
    """Correlations of images 0 and 2 are 0 and 0.2 in the first draw, 0.1 and 0.3 in the second."""
    step = counted_check().steps[0]
    assert step.similarity.correlation.value == pytest.approx((0 + 0.2 + 0.1 + 0.3) / 4)
    assert step.similarity.overlap.value == pytest.approx((0 + 0.1 + 0.05 + 0.15) / 4)
    assert step.similarity.correlation.count == 2
    assert step.draws == pytest.approx(((0 + 0.2) / 2, (0.1 + 0.3) / 2))


def test_intervals_are_over_images_alone() -> None:
    """Both images have the mean 0.5; that their draws differ widens nothing."""
    check = counted_check(steps=1)
    correlation = np.array([[[0.0], [1.0]], [[1.0], [0.0]]])
    estimate = replace(check, correlation=correlation).steps[0].similarity.correlation
    assert (estimate.low, estimate.value, estimate.high) == (0.5, 0.5, 0.5)


def test_each_step_has_its_own_layer_and_values() -> None:
    check = even_check(of_class=0.1, above=0.6, last=-0.2)
    assert [(step.layer, step.above) for step in check.steps] == list(check.stages)
    assert [step.similarity.correlation.value for step in check.steps] == pytest.approx([0.6, 0.6, -0.2])


def test_lost_is_the_share_of_maps_that_show_nothing() -> None:
    """Of two images and two draws one map is lost in the first step, none in the second."""
    check = counted_check()
    lost = np.zeros((2, 2, 2), bool)
    lost[1, 0, 0] = True
    class_lost = np.array([[True], [False]])
    check = replace(check, lost=lost, class_lost=class_lost)
    assert [step.similarity.lost for step in check.steps] == [0.25, 0]
    assert check.classes.lost == 0.5


def test_other_classes_have_their_own_mean() -> None:
    check = counted_check()
    check = replace(check, class_correlation=np.array([[0.1, 0.3], [0.5, 0.7]]))
    assert check.classes.correlation.value == pytest.approx(0.4)
    assert check.classes.overlap.value == pytest.approx(0.5)
    assert check.other_classes == 2


def test_the_last_step_above_the_target_is_the_one_that_tells() -> None:
    above = even_check(0, 0.5, 0).above
    assert above is not None and above.layer == "hidden"
    assert replace(even_check(0, 0.5, 0), stages=(("a", False), ("b", False), ("c", False))).above is None


def test_without_any_image_means_are_unknown() -> None:
    check = counted_check(images=())
    step = check.steps[0]
    assert np.isnan(step.similarity.correlation.value) and step.similarity.correlation.count == 0
    assert (step.similarity.lost, step.draws) == (0, ())
    assert np.isnan(check.classes.overlap.value)
