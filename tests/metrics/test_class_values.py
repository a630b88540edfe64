"""Values of classes and their means over an image: of one variant, and of what is known of two."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from support.measured import NAN, image, measured
from xai_cam.metrics.class_values import ClassValues
from xai_cam.metrics.image_metrics import MapMetrics


def test_means_over_classes() -> None:
    first = [
        measured("a", target=0, drop=10),
        measured("a", target=1, drop=50),
        measured("a", target=2, drop=NAN),
    ]
    second = [measured("b", target=1, drop=20), measured("b", target=0, drop=NAN)]
    found = ClassValues([image(*first, *second), image(), image(measured("a", drop=7))], ("a", "b"), "drop")
    np.testing.assert_array_equal(found.of("a"), [30, NAN, 7])
    np.testing.assert_array_equal(found.of("b"), [20, NAN, NAN])
    np.testing.assert_array_equal(found.of_both("a", "b"), [[50, NAN, NAN], [20, NAN, NAN]])
    np.testing.assert_array_equal(found.of_both("b", "a"), [[20, NAN, NAN], [50, NAN, NAN]])


def test_what_is_explained_tells_classes_apart() -> None:
    """Such as the same number in another output; what is explained twice counts twice."""
    one = measured("a", drop=10)
    for other in ({"output_name": "b"}, {"members": (0, 1)}, {"against": ("c",)}, {"direction": "down"}):
        maps = [one, replace(one, **other), replace(one, variant="b")]  # type: ignore[arg-type] # of any field
        maps[1].values["drop"] = 10
        found = ClassValues(
            [image(maps[0], replace(maps[1], values={"drop": 30.0}), maps[2])], ("a", "b"), "drop"
        )
        assert (found.of("a")[0], found.of_both("a", "b")[0][0]) == (20, 10)
    twice = ClassValues([image(one, replace(one, values={"drop": 30.0}))], ("a",), "drop")
    assert twice.of("a")[0] == 20


def test_tables_of_what_is_pooled() -> None:
    def of(variant: str, target: int, *row: float) -> MapMetrics:
        return replace(measured(variant, target), curves={"max_box_acc": np.array([row], np.float32)})

    images = [image(of("a", 0, 100, 0), of("a", 1, 0, 0), of("b", 0, 0, 100), measured("b", 1))]
    found = ClassValues(images, ("a", "b"), "max_box_acc")
    np.testing.assert_array_equal(found.of("a"), [[[50, 0]]])
    np.testing.assert_array_equal(found.of_both("a", "b"), [[[[100, 0]]], [[[0, 100]]]])


def test_of_nothing() -> None:
    assert ClassValues([], (), "drop").count == 0
    found = ClassValues([image(measured("a"))], ("a",), "max_box_acc")
    assert found.of("a").shape == (1, 1, 1) and np.isnan(found.of("a")).all()
