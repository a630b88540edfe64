"""Maps by OpenVINO and by TensorFlow to compare, and how often a model was converted for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from xai_cam import Explainer
from xai_cam.cam.engines.break_even import BreakEven
from xai_cam.cam.engines.openvino import converted
from xai_cam.cam.engines.openvino.conversion import translate

X = np.random.default_rng(8).normal(0, 1, (2, 16, 16, 3)).astype(np.float32)
ONE = ("score-cam",)
BOTH = ("score-cam", "ablation-cam")
CLASSES = np.array([[1], [2]], np.int32)


def made(model: Any, **options: Any) -> Explainer:
    """An explainer by OpenVINO that keeps nothing, unless it is told to."""
    return Explainer(model, **{"engine": "openvino", "chunk_size": 4, "cache": False, **options})


def maps(explainer: Explainer, methods: Sequence[str] = ONE, images: np.ndarray = X) -> np.ndarray:
    """(n * methods, h, w) maps of class 1."""
    return np.stack([one.cam for of_image in explainer.explain(images, methods, [1]) for one in of_image])


def exact(model: Any, methods: Sequence[str] = ONE, layer: str | None = None) -> np.ndarray:
    """The same by TensorFlow, which must not be blank."""
    found = maps(Explainer(model, layer, engine="tensorflow", chunk_size=4), methods)
    assert found.max(axis=(1, 2)).all()
    return found


def same(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * expected.max())


def gradients(explainer: Explainer, images: np.ndarray = X, classes: np.ndarray = CLASSES) -> np.ndarray:
    forward, found = explainer.engine.gradients(images, classes, "logit")
    assert forward.activations.shape == found.shape[1:]
    return found


def by_tensorflow(
    model: Any, images: np.ndarray = X, classes: np.ndarray = CLASSES, layer: str | None = None
) -> np.ndarray:
    """The same by TensorFlow alone; they are not all 0."""
    found = gradients(Explainer(model, layer, engine="tensorflow"), images, classes)
    assert np.abs(found).max() > 0
    return found


def same_gradients(found: np.ndarray, exact: np.ndarray) -> None:
    np.testing.assert_allclose(found, exact, rtol=0, atol=1e-5 * np.abs(exact).max())


def count_attempts(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is given to the converter from now on."""
    seen: list[Any] = []

    def seeing(concrete: Any) -> Any:
        seen.append(concrete)
        return translate(concrete)

    monkeypatch.setattr(converted, "translate", seeing)
    return seen


def pays_behind(monkeypatch: pytest.MonkeyPatch, images: int) -> None:
    """Let OpenVINO pay behind so many images that a question was asked about, whatever the clock says."""

    def pays(account: BreakEven, count: int, cost: object, reused: bool = False) -> bool:
        return account.seen + count > images

    monkeypatch.setattr(BreakEven, "pays", pays)
    monkeypatch.setattr(BreakEven, "is_slower", False)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the package has said."""
    return [record.getMessage() for record in caplog.records if record.name.startswith("xai_cam")]
