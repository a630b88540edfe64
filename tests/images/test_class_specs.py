"""Which class."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.errors import InputError
from xai_cam.images.class_specs import check_classes, class_index, classes_of, top_of


@pytest.mark.parametrize(
    ("spec", "n"),
    [
        *(("top1", 1), ("top10", 10), ("top0", None), ("top", None), ("top01", None), ("top-1", None)),
        *(("Top3", None), ("top3 ", None), ("predicted", None), (3, None), ("3", None), ("laptop3", None)),
    ],
)
def test_top_of(spec: str | int, n: int | None) -> None:
    assert top_of(spec) == n


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
