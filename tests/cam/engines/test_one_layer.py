"""An engine answers of its own layer as it does of several."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from xai_cam.cam.engines.one_layer import OneLayer


class Made(OneLayer):
    """Answers that tell what was asked."""

    target_layer: Any = "the layer"

    def at_layers(self, layers: Sequence[Any]) -> Any:
        assert layers == ["the layer"]
        return SimpleNamespace(
            by="x",
            forward=lambda images: [f"of {images}"],
            gradients=lambda *given: ([given], ["its gradients"]),
        )


def test_answers_are_the_only_ones_of_lists() -> None:
    engine: Any = Made()
    assert (engine.passes_by, engine.forward("images")) == ("x", "of images")
    classes = np.zeros((1, 1))
    assert engine.gradients("images", classes, "logit") == (("images", classes, "logit"), "its gradients")
