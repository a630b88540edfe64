"""Whole images in two parts, cut after the layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from support.by_openvino import CLASSES, X
from support.small_models import build_tiny
from xai_cam import Explainer
from xai_cam.cam.engines.openvino import joined
from xai_cam.cam.engines.openvino.joined import Joined, join
from xai_cam.cam.engines.openvino.verification import UnlikeError

pytest.importorskip("openvino")


@pytest.fixture(scope="module")
def engine() -> Any:
    """The model goes when nobody holds its engine."""
    return Explainer(build_tiny(), "conv_1", engine="tensorflow").engine


@pytest.fixture(scope="module")
def traced(engine: Any) -> Any:
    whole = engine.at_layers([engine.target_layer])
    return whole.gradient_function("logit", 1).get_concrete_function()


def exact(traced: Any, given: dict[str, np.ndarray]) -> list[np.ndarray]:
    return [np.asarray(one) for one in traced(*given.values())]


def test_both_parts_say_what_the_whole_says(traced: Any) -> None:
    given = {"images": X, "classes": CLASSES}
    found = join(traced, given, exact(traced, given), 1, None)
    for one in (given, {"images": -X[:1], "classes": CLASSES[:1]}):
        for mine, theirs in zip(found(one), exact(traced, one), strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)


def test_parts_that_say_something_else_are_refused(traced: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real, given = Joined.__call__, {"images": X, "classes": CLASSES}
    monkeypatch.setattr(joined.Joined, "__call__", lambda *asked: [1.01 * one for one in real(*asked)])
    with pytest.raises(UnlikeError, match=r"differ from TensorFlow's by 1\.0e-02"):
        join(traced, given, exact(traced, given), 1, None)
