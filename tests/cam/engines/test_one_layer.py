"""An engine of one layer answers as those of several do."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from xai_cam.cam.engines.one_layer import OneLayer


def test_answers_come_in_lists_of_one() -> None:
    asked: list[Any] = []

    def gradients(*given: Any) -> tuple[str, str]:
        asked.append(given)
        return "the pass", "its gradients"

    engine: Any = SimpleNamespace(passes_by="x", forward=lambda images: f"of {images}", gradients=gradients)
    whole: Any = OneLayer(engine)
    assert (whole.by, whole.forward("images")) == ("x", ["of images"])
    classes = np.zeros((1, 1))
    assert whole.gradients("images", classes, "logit") == (["the pass"], ["its gradients"])
    assert asked == [("images", classes, "logit")]
