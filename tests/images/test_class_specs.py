"""Which class."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from xai_cam.errors import InputError
from xai_cam.images.class_specs import as_specs, check_classes, class_index, classes_of, group_of, top_of


@pytest.mark.parametrize(
    ("spec", "n"),
    [
        *(("top1", 1), ("top10", 10), ("top0", None), ("top", None), ("top01", None), ("top-1", None)),
        *(("Top3", None), ("top3 ", None), ("predicted", None), (3, None), ("3", None), ("laptop3", None)),
    ],
)
def test_top_of(spec: str | int, n: int | None) -> None:
    assert top_of(spec) == n


def test_one_class_twice_is_no_group() -> None:
    assert group_of("3+0+3") == (0, 3) and group_of("3") is None
    with pytest.raises(InputError, match="names one class twice"):
        group_of("0+0")


def test_class_index() -> None:
    assert class_index(7) == class_index("7") == 7
    for wrong in ("cat", "top0", "1.5", ""):
        with pytest.raises(InputError, match="Use predicted, topN or an index"):
            class_index(wrong)


def test_check_classes() -> None:
    classes = np.array([[0, 2], [1, 0]])
    assert check_classes(classes, 3) is classes
    with pytest.raises(InputError, match=r"no class 2: its 2 classes are 0 to 1\."):
        check_classes(classes, 2)
    with pytest.raises(InputError, match="no class -1"):
        check_classes(np.array([-1]), 2)


def test_classes_of_a_part() -> None:
    """One row an image, or the same for all."""
    rows = np.array([[1], [2], [3]])
    np.testing.assert_array_equal(classes_of(rows, slice(1, 3)), [[2], [3]])
    assert classes_of(["predicted", 4], slice(1, 3)) == ["predicted", 4]


# --- As callers write them ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "specs"),
    [
        (None, ["predicted"]),
        ("top3", ["top3"]),
        (2.0, [2]),
        (np.int64(2), [2]),
        (np.array(2), [2]),
        ([None, 1, "top2", 0.0], ["predicted", 1, "top2", 0]),
        (range(2), [0, 1]),
        (np.array(["predicted", "top2"]), ["predicted", "top2"]),
    ],
)
def test_specs_for_all_images(given: Any, specs: list[Any]) -> None:
    assert as_specs(given, 5, 10) == specs


def test_rows_for_each_image() -> None:
    for given in (np.array([2, 0, 1]), np.array([[2.0], [0.0], [1.0]]), [[2], [0], [1]]):
        np.testing.assert_array_equal(as_specs(given, 3, 10), [[2], [0], [1]])
    np.testing.assert_array_equal(as_specs([[0, 1], [1, 0]], 2, 2), [[0, 1], [1, 0]])  # not one-hot: both


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (1.5, "1.5 is not a class"),
        (True, "True is not a class"),
        ([], "No class is given"),
        (np.array([0, 1]), r"shape \(2,\) were given for 3 images"),
        (np.zeros((3, 1, 1)), r"shape \(3, 1, 1\)"),
        (np.zeros((3, 0)), r"shape \(3, 0\)"),
        (np.eye(3), "one-hot"),
        (np.array([0.5, 1, 2]), "float64 are not indices"),
        (np.array([True, False, True]), "bool are not indices"),
        ([[0, 1], [0], [1]], "differ in length"),
    ],
)
def test_classes_that_are_none(given: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        as_specs(given, 3, 3)
