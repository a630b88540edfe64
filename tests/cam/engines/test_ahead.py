"""How many images are left."""

from __future__ import annotations

from xai_cam.cam.engines.ahead import Ahead


def test_passes_are_images_as_often_as_each_is_asked_about() -> None:
    assert Ahead(3, 4).passes == 12 and Ahead(3).passes == 3
    assert Ahead(None, 4).passes is None, "nobody knows"
