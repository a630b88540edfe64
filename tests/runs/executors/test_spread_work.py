"""What a worker hands over of an image is all that is reported of it, and no pixel."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np

from support.works import tasks
from xai_cam.images.picture import Picture
from xai_cam.models.input.fed_range import FedRange
from xai_cam.runs.executors.spread_work import received, sent
from xai_cam.runs.image_state import ImageState


def through() -> ImageState:
    (task,) = tasks(1)
    state = ImageState(task, {"image": None, "outcome": None, "message": None})
    state.todo, state.notices, state.opening = {"conv": ["grad-cam"]}, ["a notice"], ["opening"]
    pixels = np.zeros((2, 3, 3), np.uint8)
    state.see(Picture(pixels, pixels))
    state.seconds, state.fed_range, state.answer = 1.5, FedRange(0.5), {"request": "x"}
    state.add_row("written", {"message": ""})
    state.fail("half of it")
    return state


def test_what_is_reported_comes_over() -> None:
    state = through()
    found = received(state.task, pickle.loads(pickle.dumps(sent(state))))
    for name in ("name", "rows", "notices", "opening", "failure", "size", "seconds", "fed_range", "answer"):
        assert getattr(found, name) == getattr(state, name), name
    assert found.todo is True and found.redo == [] and not found.pending
    assert found.complete(found.rows[0]) == state.complete(state.rows[0])


def test_nothing_else_does() -> None:
    state: Any = through()
    state.picture = state.values = np.zeros((4000, 4000), np.uint8)
    state.redo = [object()]
    found = sent(state)
    assert len(pickle.dumps(found)) < 2000 and found["redo"] == [True]
