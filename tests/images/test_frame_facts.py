"""What is said of how pictures were taken out of their files."""

from __future__ import annotations

from xai_cam.images.frame_facts import FrameFacts, FrameWatch, columns_of

REMARKS = {"have several frames": "it has 2 frames", "have overlays": "it has overlays"}


def test_columns_of_a_row() -> None:
    assert columns_of(None) == {}
    assert columns_of(FrameFacts(3)) == {"frame": 3}
    assert columns_of(FrameFacts(1, "0:9")) == {"frame": 1, "window": "0:9"}


def test_the_first_of_each_kind_is_said_and_the_others_counted() -> None:
    watch = FrameWatch()
    several = {"have several frames": "it has 2 frames"}
    assert watch.see("a", None) == []
    assert watch.see("b", FrameFacts(remarks=several)) == ["b: it has 2 frames."]
    assert watch.see("c", FrameFacts(remarks=REMARKS)) == ["c: it has overlays."]
    assert watch.see("d", FrameFacts()) == []
    assert watch.close() == ["2 of 4 images have several frames."]


def test_nothing_to_say() -> None:
    assert FrameWatch().close() == []
