"""What is reported of images, by states that come from here or from elsewhere."""

from __future__ import annotations

import pytest

from support.runs import Recorder
from support.works import StagedWork, tasks
from xai_cam.files.rows import Summary
from xai_cam.runs.image_reports import ImageReports
from xai_cam.runs.image_state import ImageState


def states(count: int) -> list[ImageState]:
    made = [ImageState(task, StagedWork().blank) for task in tasks(count)]
    for state in made:
        state.todo = True
        state.add_row("written", {})
    return made


def reports(**options: bool) -> tuple[ImageReports, Recorder]:
    watching = Recorder()
    return ImageReports(StagedWork(), watching, Summary(), 3, **options), watching


def test_what_opens_a_run_is_said_of_the_first_image_that_has_it() -> None:
    made, watching = reports()
    for state, opening in zip(states(3), ([], ["first 01"], ["first 02"]), strict=True):
        state.opening, state.notices = opening, [f"notice {state.name}"]
        assert made.take(state)
    assert watching.notices == ["notice 00.png", "first 01", "notice 01.png", "notice 02.png"]
    assert [call for call in watching.calls if call[0] == "progress"] == [
        ("progress", n, 3) for n in (1, 2, 3)
    ]


def test_rows_say_which_of_an_images_rows_they_are() -> None:
    """By that it is seen whether a run ended between two of them."""
    made, watching = reports()
    first, second, _ = states(3)
    first.add_row("written", {})
    assert made.take(first) and made.take(second)
    told = [
        (row["image"], row["image_row"], row["image_rows"])
        for kind, row, *_ in watching.calls
        if kind == "row"
    ]
    assert [(n, of) for _, n, of in told] == [(1, 2), (2, 2), (1, 1)]
    assert [image for image, *_ in told] == [*[first.name] * 2, second.name]


def test_an_image_counts_that_is_interrupted_once_its_row_is_written() -> None:
    """A page takes its time for each row, behind the table."""
    made, watching = reports()
    (first,) = states(1)

    def row(values: object) -> None:
        watching.calls.append(("row", values))
        raise KeyboardInterrupt

    watching.row = row  # type: ignore[method-assign,assignment]
    with pytest.raises(KeyboardInterrupt):
        made.take(first)
    assert str(made.summary).startswith("1 written"), made.summary


def test_notes_are_said_once() -> None:
    made, watching = reports()
    for state in states(2):
        state.notes = ("of all such files",)
        made.take(state)
    assert watching.notices == ["of all such files"]


def test_it_stops_at_a_failure_where_it_is_to() -> None:
    for fail_fast in (False, True):
        made, watching = reports(fail_fast=fail_fast)
        first, second, _ = states(3)
        second.fail("broken")
        assert made.take(first) and made.take(second) is not fail_fast
        assert made.summary.failed == 1 and made.summary.written == 1
        assert ("notice", "Stopped at the first failure.") in watching.calls or not fail_fast
        assert made.done == (1 if fail_fast else 2)
