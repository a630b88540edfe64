"""Models that people really saved: outputs as their own Keras computed them, or a reason why not."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from conftest import SHARED, shared
from xai_cam import explain, load_model
from xai_cam.errors import ModelError
from xai_cam.loading.load import load_architecture

pytestmark = pytest.mark.zoo

slow = pytest.mark.slow

ARCHITECTURES: list[Any] = [
    ("kotlindl_mobilenet", 4253864),
    ("kotlindl_efficientb0", 5330571),
    pytest.param(("kotlindl_densenet121", 8062504), marks=slow),
    pytest.param(("kotlindl_inception", 23851784), marks=slow),
    pytest.param(("kotlindl_nasnetmobile", 5326716), marks=slow),
    pytest.param(("kotlindl_vgg", 138357544), marks=slow),
    pytest.param(("kotlindl_xception", 22910480), marks=slow),
]
"""Files without weights, and how many parameters the same model of `keras.applications` has."""

TOO_OLD = {
    "dl4j_cnn_th_k10": "Keras 1",
    "dl4j_cnn_theano_k206": "Theano",
    "dl4j_mnist_nobias_k121": "Keras 1",
    "dl4j_mnist_reshape_k122": "Keras 1",
    "dl4j_mnist_tf_k121": "Keras 1",
    "dl4j_mnist_th_k122": "Keras 1",
    "dl4j_mnist_theano_k206": "Theano",
}


def metas() -> dict[str, dict[str, Any]]:
    return {p.parent.name: json.loads(p.read_text()) for p in sorted(SHARED.glob("zoo/*/meta.json"))}


def in_scope(meta: dict[str, Any]) -> bool:
    version, backend = meta["keras_version"], meta["backend"]
    keras2 = version.startswith("2") and backend == "tensorflow"
    return meta["data_format"] == "channels_last" and (keras2 or version.startswith("3"))


METAS = metas()
READABLE = [name for name, meta in METAS.items() if in_scope(meta)]
REFUSED = [name for name, meta in METAS.items() if not in_scope(meta)]
CLASSIFIERS = [name for name in READABLE if name != "dl4j_conv2d_tensorflow_2"]  # a lone convolution


@cache
def load(name: str) -> Any:
    return load_model(architecture(name))


def architecture(name: str) -> Path:
    """Where a JSON lies, its weights lie beside it."""
    return shared(f"zoo/{name}") / ("model.h5" if METAS[name]["kind"] == "h5" else "model.json")


def expected(name: str) -> tuple[np.ndarray, np.ndarray]:
    with np.load(shared(f"zoo/{name}") / "expected.npz") as file:
        return file["x"], file["y0"]


def test_the_zoo_is_there():
    shared("zoo")
    assert len(READABLE) >= 25 and len(REFUSED) >= 10


@pytest.mark.parametrize("name", READABLE)
def test_outputs_are_those_of_the_keras_that_made_it(name: str):
    x, y = expected(name)
    found = np.asarray(load(name)(x, training=False))
    np.testing.assert_allclose(found, y, rtol=0, atol=1e-4 * np.abs(y).max())


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=slow if n.startswith("imagenet") else ()) for n in CLASSIFIERS],
)
def test_maps_can_be_drawn(name: str):
    x, y = expected(name)
    maps = explain(load(name), x[:1], method=["grad-cam", "score-cam"])
    assert [m.method for m in maps] == ["grad-cam", "score-cam"]
    for found in maps:
        assert found.status in ("ok", "blank", "flat"), found.cause
        assert np.isfinite(found.cam).all() and min(found.cam.shape) > 1
        if y.shape[1] > 1:
            assert found.predicted_class == y[0].argmax()


def test_a_model_without_a_head_is_refused():
    with pytest.raises(ModelError, match="no classifier"):
        explain(load("dl4j_conv2d_tensorflow_2"), expected("dl4j_conv2d_tensorflow_2")[0])


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_a_reason(name: str):
    reason = "Theano" if METAS[name]["backend"] == "theano" else r"Keras (0|1)\."
    with pytest.raises(ModelError, match=reason):
        load_model(architecture(name))


@pytest.mark.parametrize("known", ARCHITECTURES, ids=lambda known: known[0])
def test_architectures_without_weights(known: tuple[str, int]):
    name, parameters = known
    assert load_architecture(shared("zoo/arch_only") / f"{name}.json").count_params() == parameters


@pytest.mark.parametrize("name", TOO_OLD)
def test_old_architectures_are_refused(name: str):
    with pytest.raises(ModelError, match=TOO_OLD[name]):
        load_architecture(shared("zoo/arch_only") / f"{name}.json")


@pytest.mark.parametrize("path", sorted(SHARED.glob("zoo/lambda_samples/*")), ids=lambda p: p.stem)
def test_files_with_code_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch):
    loads_code = "keras.src.utils.python_utils.func_load"
    monkeypatch.setattr(loads_code, lambda *_, **__: pytest.fail("code was deserialised"))
    with pytest.raises(ModelError, match="holds code"):
        load_architecture(path)
