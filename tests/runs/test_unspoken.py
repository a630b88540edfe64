"""A work of which nothing is gathered."""

from __future__ import annotations

from xai_cam.runs.unspoken import Unspoken


def test_a_work_that_has_nothing_to_say() -> None:
    work = Unspoken()
    work.take_in(work.hand_over())
    assert work.notices() == [] and work.hand_over() is None
