"""Which engine was chosen, for others to do the same."""

from __future__ import annotations

from xai_cam.cam.engines.choices import Choices


def test_what_is_certain_is_settled_and_stays() -> None:
    choices = Choices()
    choices.note("forward", by_openvino=False, certain=False)
    assert choices.settled == {} and choices.undecided == {"forward": False}
    choices.note("forward", by_openvino=True, certain=True)
    assert choices.settled == {"forward": True} and choices.undecided == {}
    choices.note("forward", by_openvino=False, certain=True)
    choices.note("forward", by_openvino=False, certain=False)
    assert choices.settled == {"forward": True} and choices.undecided == {}
