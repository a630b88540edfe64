"""Which boxes are those of a class."""

from __future__ import annotations

import pytest

from xai_cam.errors import InputError
from xai_cam.images.boxes.box import TrueBox
from xai_cam.images.boxes.kinds import check_kinds, indices_of, of_classes
from xai_cam.images.labels import Labels

LABELS = Labels(("cat", "dog", "café", "1", "cat"))
LABELS.ids = ("n1", "n2", "n3", "n4", "n5")


def test_names_of_classes() -> None:
    assert indices_of(" dog ", LABELS) == {1} and indices_of("cafe\N{COMBINING ACUTE ACCENT}", LABELS) == {2}
    assert indices_of("cat", LABELS) == {0, 4}, "two classes of one name"
    assert indices_of("n3", LABELS) == {2}
    assert indices_of("1", LABELS) == {3}, "a label before an index"
    assert indices_of("2", LABELS) == {2} and indices_of("2", None) == {2}
    assert not indices_of("bird", LABELS) and not indices_of("-1", None) and not indices_of("9" * 4000, None)


def test_boxes_of_classes() -> None:
    boxes = [TrueBox((0, 0, 1, 1), kind) for kind in ("cat", "dog", "bird", "")]
    assert [box.kind for box in of_classes(boxes, {1}, LABELS)] == ["dog", ""]
    assert [box.kind for box in of_classes(boxes, {1, 4}, LABELS)] == ["cat", "dog", ""]
    assert [box.kind for box in of_classes(boxes, {2}, LABELS)] == [""]
    assert len(of_classes(boxes, None, LABELS)) == 4


def test_boxes_of_classes_that_the_model_does_not_know() -> None:
    check_kinds(["bird", "dog"], LABELS, "b.csv")
    check_kinds([""], None, "b.csv")
    check_kinds(["2"], None, "b.csv")
    with pytest.raises(InputError, match=r"b\.csv says that its boxes are of bird, .* are cat, dog"):
        check_kinds(["bird", ""], LABELS, "b.csv")
    with pytest.raises(InputError, match="the names of the model's classes are not known"):
        check_kinds(["cat"], None, "b.csv")
