"""The functions that the package offers, each called with as little as it needs; and how one refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import xai_cam
from xai_cam import XaiCamError

X = np.random.default_rng(1).normal(0, 1, (4, 16, 16, 3)).astype(np.float32)
TRUTH = [0, 1, 2, 0]
ON_CPU = {"engine": "tensorflow", "device": "cpu"}


def by_explainer(
    model: Any, images: Any, method: Any = "grad-cam", target_class: Any = None, **asked: Any
) -> Any:
    return xai_cam.Explainer(model, **{**ON_CPU, **asked}).explain(images, method, target_class)


def sanity_check(model: Any, images: Any, **asked: Any) -> Any:
    few = {"method": "grad-cam", "draws": 1, "others": 1}
    return xai_cam.sanity_check(model, images, **{**ON_CPU, **few, **asked})


CALLS: dict[str, Callable[..., Any]] = {
    "explain": lambda m, x, **asked: xai_cam.explain(m, x, **{**ON_CPU, **asked}),
    "Explainer": by_explainer,
    "compare": lambda m, x, **a: xai_cam.compare(m, x, **{**ON_CPU, "method": "grad-cam", "steps": 0, **a}),
    "sanity_check": sanity_check,
    "evaluate": lambda m, x, **asked: xai_cam.evaluate(m, x, TRUTH, **{**ON_CPU, **asked}),
}
OF_MAPS = [name for name in CALLS if name != "evaluate"]


def datasets() -> dict[str, Any]:
    import tensorflow as tf

    pairs = tf.data.Dataset.from_tensor_slices((X, TRUTH))
    return {"pairs": pairs, "batches": pairs.batch(3), "images": pairs.map(lambda x, _: x)}


def refused(
    kind: type[XaiCamError], message: str, call: Callable[..., Any], *arguments: Any, **asked: Any
) -> None:
    """One line that says what is wrong, and a way out; no option of the command line in it."""
    with pytest.raises(kind, match=message) as caught:
        call(*arguments, **asked)
    assert "\n" not in caught.value.message and " --" not in caught.value.message
