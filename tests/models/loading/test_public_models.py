"""Models that people really saved: outputs as their own Keras computed them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.keras2_models import randomise
from support.public_models import CLASSIFIERS, CONVOLUTIONS, METAS, expected, load
from support.small_models import SHARED, shared
from xai_cam import explain, load_model, make_kernel, prepend_filter, read_kernels
from xai_cam.errors import ModelError
from xai_cam.kernels.kernel_bank import kind_of
from xai_cam.models.loading.load import load_architecture
from xai_cam.models.network import list_layers

pytestmark = pytest.mark.zoo

slow = pytest.mark.slow

ARCHITECTURES: list[Any] = [
    ("kotlindl_mobilenet", 4253864),
    ("kotlindl_efficientb0", 5330571),
    ("dl4j_mnist_theano_k206", 1199882),
    pytest.param(("kotlindl_densenet121", 8062504), marks=slow),
    pytest.param(("kotlindl_inception", 23851784), marks=slow),
    pytest.param(("kotlindl_nasnetmobile", 5326716), marks=[slow, pytest.mark.nightly]),
    pytest.param(("kotlindl_vgg", 138357544), marks=[slow, pytest.mark.nightly]),
    pytest.param(("kotlindl_xception", 22910480), marks=slow),
]
"""Files without weights that tf_keras reads and runs, too, and how many parameters they have."""

OF_KERAS_1 = {
    "dl4j_cnn_th_k10": (8, 8, 3),
    "dl4j_cnn_theano_k206": (8, 8, 3),  # of Keras 2, but with channels first
    "dl4j_mnist_nobias_k121": (28, 28, 1),
    "dl4j_mnist_reshape_k122": (28, 28, 1),
    "dl4j_mnist_tf_k121": (28, 28, 1),
    "dl4j_mnist_th_k122": (28, 28, 1),
}
"""Files without weights that no later Keras reads or runs on a CPU -> their images."""


def test_the_zoo_is_there():
    shared("zoo")
    assert len(METAS) >= 40 and len(CLASSIFIERS) >= 36


@pytest.mark.parametrize("name", METAS)
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
        if (
            y.shape[1] > 1 and found.score_name != "value"
        ):  # some linear units were trained on a loss of values
            assert found.predicted_class == y[0].argmax()


@pytest.mark.parametrize("name", METAS)
def test_a_delta_in_front_changes_nothing(name: str):
    x, y = expected(name)
    found = np.asarray(prepend_filter(load(name), make_kernel("delta", 5))(x, training=False))
    np.testing.assert_allclose(found, y, rtol=0, atol=1e-4 * np.abs(y).max())


@pytest.mark.parametrize("name", METAS)
def test_every_kernel_is_read_in_the_order_that_its_shape_says(name: str):
    found = [info for info in list_layers(load(name)) if kind_of(info.layer) in ("Conv2D", "DepthwiseConv2D")]
    assert found
    for info in found:
        stored, bank = np.asarray(info.layer.kernel), read_kernels(load(name), info.path)
        last = stored[-1, 0, -1, -1]  # of the last channel and filter: the weight below and left
        assert bank.stored == stored.shape and bank.values[-1, -1, -1, 0] == last


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_a_model_that_ends_in_a_convolution_is_explained_as_one_of_values_at_places(name: str):
    x, y = expected(name)
    for explanation, output in zip(explain(load(name), x), y, strict=True):
        k = explanation.target_class
        assert explanation.score_name == "value" and explanation.predicted_class is None
        np.testing.assert_allclose(explanation.score, output[..., k].sum(), rtol=1e-4)


@pytest.mark.parametrize("known", ARCHITECTURES, ids=lambda known: known[0])
@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_architectures_without_weights(known: tuple[str, int], tmp_path: Path):
    """With the same random weights, the outputs are those of tf_keras."""
    tf_keras = pytest.importorskip("tf_keras")
    name, parameters = known
    path = shared("zoo/arch_only") / f"{name}.json"
    theirs = randomise(tf_keras.models.model_from_json(path.read_text(encoding="utf-8")))
    theirs.save_weights(tmp_path / "w.h5")
    ours = load_model(path, tmp_path / "w.h5")
    assert ours.count_params() == parameters
    x = np.random.default_rng(0).uniform(-1, 1, (1, *ours.input_shape[1:])).astype(np.float32)
    y = np.asarray(theirs(x, training=False))
    assert y.std() > 0
    np.testing.assert_allclose(np.asarray(ours(x, training=False)), y, rtol=0, atol=1e-4 * np.abs(y).max())


@pytest.mark.parametrize("name", OF_KERAS_1)
def test_architectures_of_keras_1(name: str):
    model = load_architecture(shared("zoo/arch_only") / f"{name}.json")
    assert model.input_shape[1:] == OF_KERAS_1[name]
    output = np.asarray(model(np.zeros((1, *OF_KERAS_1[name]), np.float32)))
    np.testing.assert_allclose(output.sum(), 1, rtol=1e-5)  # all end in a softmax


@pytest.mark.parametrize("path", sorted(SHARED.glob("zoo/lambda_samples/*")), ids=lambda p: p.stem)
def test_files_with_code_are_refused(path: Path, monkeypatch: pytest.MonkeyPatch):
    loads_code = "keras.src.utils.python_utils.func_load"
    monkeypatch.setattr(loads_code, lambda *_, **__: pytest.fail("code was deserialised"))
    with pytest.raises(ModelError, match="contains code"):
        load_architecture(path)
