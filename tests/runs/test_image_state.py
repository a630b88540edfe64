"""What is known of one image on its way through a run."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from xai_cam.errors import ImageError
from xai_cam.images.finding import ImageFile
from xai_cam.images.picture import Picture
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.tasks import Task

BLANK = {"image": "", "outcome": "", "score": None, "message": ""}


def state(**more: Any) -> ImageState:
    return ImageState(Task(ImageFile(Path("a/b.png"), Path()), Path("out"), "b"), BLANK, **more)


def test_a_row_has_all_columns_in_their_order() -> None:
    one = state()
    one.add_row("written", {"score": 2.5})
    assert [list(row.items()) for row in one.rows] == [
        [("image", str(Path("a/b.png"))), ("outcome", "written"), ("score", 2.5), ("message", "")]
    ]
    assert BLANK["score"] is None and one.name == "b.png"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("in words", "in words"),
        (ImageError("the file is empty"), "the file is empty"),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (OSError(errno.ENAMETOOLONG, "File name too long"), "too long for the disk"),
    ],
)
def test_a_failure_is_a_row_that_says_why(error: Exception | str, reason: str) -> None:
    one = state()
    one.fail(error)
    (row,) = one.rows
    assert reason in row["message"] and reason in one.failure
    assert {**row, "message": ""} == {**BLANK, "image": str(Path("a/b.png")), "outcome": "failed"}


def test_each_reason_has_its_row_and_the_first_is_kept() -> None:
    one = state()
    one.fail("first")
    one.fail("second")
    assert one.failure == "first" and [row["message"] for row in one.rows] == ["first", "second"]


def test_a_status_says_failed_too_where_there_is_one() -> None:
    one = state()
    one.blank = {**BLANK, "status": ""}
    one.fail("broken")
    assert one.rows[0]["status"] == "failed"


def test_pending_is_what_has_something_to_do_and_did_not_fail() -> None:
    assert not state().pending and not state(todo={}).pending and state(todo={"a": 1}).pending
    one = state(todo=True)
    one.fail("broken")
    assert not one.pending and not one.unwritten
    assert state(redo=[1]).unwritten and not state(redo=[1]).pending and not state(todo={}).unwritten


def test_pixels_are_those_of_the_picture_while_it_is_kept() -> None:
    pixels = np.zeros((4, 5, 3), np.uint8)
    one = state(picture=Picture(pixels, pixels), values=np.ones(3), explanations={"a": 1}, answer=7)
    assert one.pixels == 20 and one.source.pixels is pixels and one.fed.sum() == 3
    one.release()
    assert one.pixels == 0 and one.picture is one.values is None and not one.explanations
    assert one.answer == 7, "an answer is for the end"


def test_what_was_not_read_is_not_there() -> None:
    for name in ("source", "fed"):
        with pytest.raises(AssertionError, match=r"b\.png was not read"):
            getattr(state(), name)
