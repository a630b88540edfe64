"""Which requests leave the names of files open until the model was asked."""

from __future__ import annotations

from typing import Any

import pytest

from xai_cam.runs.request import Request


@pytest.mark.parametrize(
    ("asked", "classes", "outputs"),
    [
        ({}, False, False),
        ({"classes": ("cat+lynx",)}, False, False),
        ({"classes": ("top1",)}, False, False),
        ({"classes": ("top2",)}, True, False),
        ({"classes": ("above:0.5",)}, True, False),
        ({"classes": ("up", "down")}, True, False),
        ({"output_names": ("kind",)}, False, False),
        ({"output_names": ("kind", "1")}, False, True),
    ],
)
def test_what_names_have_to_tell(asked: dict[str, Any], classes: bool, outputs: bool) -> None:
    request = Request(**asked)
    assert (request.many_classes, request.many_outputs, request.many) == (
        classes,
        outputs,
        classes or outputs,
    )


def test_an_output_named_twice_is_one() -> None:
    assert not Request(output_names=("kind", "kind")).tidy().many


@pytest.mark.parametrize("other", [{"threshold": "otsu"}, {"components": "all"}])
@pytest.mark.parametrize("mark", ["box", "edge", "peak"])
def test_parts_that_are_marked_are_part_of_a_figure(mark: str, other: dict[str, str]) -> None:
    plain, changed = (Request(marks=(mark,), **more).looks("figure") for more in ({}, other))  # type: ignore[arg-type] # texts
    assert (plain == changed) == (mark == "peak")
    assert "threshold" not in plain, "figures of earlier versions are up to date"


def test_marks_are_a_set() -> None:
    marks = (("peak", "box"), ("box", "peak"), ("box",) * 2)
    first, second, third = (Request(marks=one).looks("figure") for one in marks)
    assert first == second != third, "a figure is not redone for the order in which they were typed"
