"""Chunks and batches are a matter of speed alone, and a constant channel is never scored."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from support.small_models import build_tiny
from xai_cam import Explainer
from xai_cam.cam.engines.questions import ENGINES
from xai_cam.extras import is_there

METHODS = ["score-cam", "score-cam-official", "ablation-cam"]
SIZES = (64, 16, 3, 1)
DEAD = 2
X = np.random.default_rng(8).normal(0, 1, (5, 16, 16, 3)).astype(np.float32)

SAME = 1e-6
"""Of the map's maximum. Sums over another number of inputs may be laid out otherwise: a few last bits."""


@pytest.fixture(scope="module")
def model() -> Any:
    """The tiny model, with a channel of its last convolution that is 3 everywhere."""
    model = build_tiny()
    kernel, bias = model.get_layer("conv_2").get_weights()
    kernel[..., DEAD], bias[DEAD] = 0, 3
    model.get_layer("conv_2").set_weights([kernel, bias])
    return model


def live_pairs(model: Any, images: np.ndarray) -> set[tuple[int, int]]:
    """(image, channel) of what differs over the map, looked at one by one in a model cut by Keras."""
    import keras

    maps = np.asarray(keras.Model(model.inputs[0], model.get_layer("conv_2").output)(images))
    every = np.ndindex(len(images), maps.shape[-1])
    return {(i, k) for i, k in every if len(np.unique(maps[i, ..., k])) > 1}


@pytest.mark.parametrize("engine", ENGINES)
def test_maps_are_the_same_for_every_chunk_and_batch(model: Any, engine: str) -> None:
    if engine == "openvino" and not is_there("openvino"):
        pytest.skip("OpenVINO is not installed")
    found = {}
    for chunk_size in SIZES:
        explainer = Explainer(model, chunk_size=chunk_size, engine=engine)
        for batch_size in (5, 2):
            batches = [X[i : i + batch_size] for i in range(0, len(X), batch_size)]
            lists = [maps for batch in batches for maps in explainer.explain(batch, METHODS, ["top2"])]
            found[chunk_size, batch_size] = np.stack([[e.cam for e in maps] for maps in lists])
    expected = found.pop((64, 5))
    assert expected.shape[:2] == (5, 6) and expected.max(axis=(2, 3)).all(), "blank maps would tell nothing"
    limit = SAME * expected.max(axis=(2, 3), keepdims=True)
    for sizes, maps in found.items():
        assert (np.abs(maps - expected) <= limit).all(), sizes


@pytest.mark.parametrize("chunk_size", [1, 3, 16, 64])
@pytest.mark.parametrize(("attribute", "method"), [("_masked", "score-cam"), ("_ablated", "ablation-cam")])
def test_each_live_channel_is_scored_once_and_no_other(
    model: Any, attribute: str, method: str, chunk_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    explainer = Explainer(model, "conv_2", chunk_size=chunk_size, engine="tensorflow")
    engine: Any = explainer.engine
    compiled, calls = getattr(engine, attribute), list[np.ndarray]()
    monkeypatch.setattr(engine, attribute, lambda *a: calls.append(np.asarray(a[-2])) or compiled(*a))
    explainer.explain(X, [method], [0, 1])
    live = live_pairs(model, X)
    assert DEAD not in {k for _, k in live} and len(live) > 20
    assert 16 < len(live) <= 32
    assert {len(pairs) for pairs in calls} == {min(chunk_size, 32)}, "not filled up to twice what waits"
    assert len(calls) == -(-len(live) // chunk_size), "more forwards than live channels need"
    asked = [tuple(pair) for pair in np.concatenate(calls).tolist()]
    assert set(asked) == live
    assert len(set(asked[: len(live)])) == len(live), "what fills the last chunk up comes behind"


@pytest.mark.parametrize("method", METHODS)
def test_a_constant_channel_has_no_part_in_the_map(model: Any, method: str) -> None:
    """Whatever its constant is, and however heavily the head counts it: only the scores move, all alike."""
    other = build_tiny()
    other.set_weights(model.get_weights())
    _, bias = other.get_layer("conv_2").get_weights()
    bias[DEAD] = 3.5
    other.get_layer("conv_2").set_weights([other.get_layer("conv_2").get_weights()[0], bias])
    head, shift = other.get_layer("head").get_weights()
    shift -= 0.5 * head[DEAD]  # what the channel's larger constant adds to the logits
    other.get_layer("head").set_weights([head, shift])
    for a, b in zip(*(Explainer(m, "conv_2").explain(X, [method], [0]) for m in (model, other)), strict=True):
        np.testing.assert_allclose(a[0].cam, b[0].cam, rtol=0, atol=1e-4 * max(a[0].cam.max(), 1e-6))
