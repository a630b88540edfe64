"""Passes over whole images: up to the layer by OpenVINO, the rest and the gradients by TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from oracle import cams
from oracle.network import read_network
from support.by_openvino import CLASSES, X, by_tensorflow, count_attempts, gradients, lines, made, pays_behind
from support.by_openvino import same_gradients as same
from support.small_models import build_tiny, save_model
from xai_cam import Explainer, load_model
from xai_cam.cam.engines.openvino import joined
from xai_cam.cam.engines.openvino import prefix as passes
from xai_cam.cam.engines.questions import PREDICTED, ranked
from xai_cam.errors import ModelError

pytest.importorskip("openvino")


@pytest.mark.parametrize("layer", ["conv_1", "conv_2"])
@pytest.mark.parametrize(("units", "activation"), [(3, "softmax"), (1, "sigmoid"), (3, None)])
def test_maps_equal_the_loops_of_the_papers(
    layer: str, units: int, activation: str | None, tmp_path: Path
) -> None:
    files = save_model(build_tiny(units, activation), tmp_path)
    network, explainer = read_network(*files), made(load_model(*files), layer=layer)
    for image, found in zip(X, explainer.explain(X, ["grad-cam", "hires-cam"], [1 % units]), strict=True):
        for one in found:
            exact = cams.cam_of(one.method, network, image, layer, 1 % units)
            np.testing.assert_allclose(one.cam, exact, rtol=1e-4, atol=1e-5)
            assert one.engine == "openvino"


# --- Where it is cut ----------------------------------------------------------------------------------


def test_a_layer_that_changes_nothing_is_refused_as_by_tensorflow() -> None:
    import keras

    inputs = keras.Input((16, 16, 3))
    maps = keras.layers.Conv2D(3, 3, name="maps")(inputs)
    scores = keras.layers.Dense(2)(keras.layers.Flatten()(inputs))
    stopped = keras.layers.Lambda(lambda x: 0 * keras.ops.cast(keras.ops.argmax(x, -1), "float32"))(maps)
    added = keras.layers.Add()([scores, keras.layers.Dense(2)(keras.layers.Flatten()(stopped))])
    model = keras.Model(inputs, added)
    with pytest.raises(ModelError, match="no influence"):
        gradients(made(model, layer="maps"), classes=np.array([[0], [1]]))


@pytest.mark.parametrize("classes", [[[PREDICTED]] * 2, [[0, PREDICTED, ranked(1)]] * 2, [[2, 2, 0, 1]] * 2])
def test_classes_that_the_model_tells(classes: list[list[int]], tiny_model: Any) -> None:
    asked = np.array(classes, np.int32)
    same(gradients(made(tiny_model), classes=asked), by_tensorflow(tiny_model, classes=asked))


def test_batches_of_any_size_and_layout(tiny_model: Any) -> None:
    images = np.random.default_rng(1).normal(0, 1, (9, 16, 16, 3)).astype(np.float32)
    classes = np.arange(9, dtype=np.int32)[:, None] % 3
    exact, explainer = by_tensorflow(tiny_model, images, classes), made(tiny_model)
    for some in (slice(0, 2), slice(0, 9), slice(3, 4), slice(8, 1, -2)):
        same(gradients(explainer, images[some], classes[some]), exact[:, some])
    frozen = np.asfortranarray(images)
    frozen.flags.writeable = False
    same(gradients(explainer, frozen, classes), exact)
    assert explainer.engine.passes_by == "openvino"


def test_what_was_answered_stays_as_it_was(tiny_model: Any) -> None:
    """OpenVINO uses its memory again; answers are not in it."""
    explainer = made(tiny_model)
    first, found = explainer.engine.gradients(X, CLASSES, "logit")
    kept = first.activations.copy(), found.copy()
    explainer.engine.gradients(-3 * X, CLASSES, "logit")
    np.testing.assert_array_equal(first.activations, kept[0])
    np.testing.assert_array_equal(found, kept[1])


# --- When ---------------------------------------------------------------------------------------------


def test_a_short_run_is_tensorflows_where_nobody_asked(tiny_model: Any, monkeypatch: Any) -> None:
    pays_behind(monkeypatch, 5)
    attempts = count_attempts(monkeypatch)
    explainer = made(tiny_model, engine="auto", device="cpu")
    told = [explainer.explain(X, ["grad-cam"], [1])[0][0].engine for _ in range(4)]
    assert told == ["tensorflow", "tensorflow", "openvino", "openvino"] and len(attempts) == 1
    same(gradients(explainer), by_tensorflow(tiny_model))


def test_activations_alone_are_asked_of_openvino_in_long_runs(tiny_model: Any, monkeypatch: Any) -> None:
    pays_behind(monkeypatch, 3)
    explainer, exact = made(tiny_model), Explainer(tiny_model, engine="tensorflow").engine.forward(X)
    told = []
    for _ in range(3):
        found = explainer.engine.forward(X)
        told.append(explainer.engine.passes_by)
        for name in ("activations", "logits", "probabilities", "output"):
            same(getattr(found, name), getattr(exact, name))
        np.testing.assert_array_equal(found.predicted, exact.predicted)
        assert found.predicted.dtype == exact.predicted.dtype
    assert told == ["tensorflow", "openvino", "openvino"]


@pytest.mark.parametrize("engine", ["openvino", "auto"])
def test_weights_that_change_in_between(engine: str, monkeypatch: Any) -> None:
    """As in training, or in a sanity check: what was converted is not taken for what is."""
    pays_behind(monkeypatch, 3)
    model, other = build_tiny(), build_tiny(seed=1)
    own, explainer = model.get_weights(), made(model, engine=engine, device="cpu")

    def told() -> list[str]:
        found = []
        for _ in range(3):
            same(gradients(explainer), by_tensorflow(model))
            found.append(explainer.engine.passes_by)
        return found

    expected = ["openvino"] * 3 if engine == "openvino" else ["tensorflow", "openvino", "openvino"]
    assert told() == expected
    model.set_weights(other.get_weights())
    assert told() == expected
    model.get_layer("conv_1").kernel.assign(own[0])
    model.get_layer("conv_1").bias.value.assign_add(np.ones(6, np.float32))
    assert told() == expected


@pytest.fixture(params=["whole", "in two parts"])
def answering(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """What computes images: one graph, or two parts where that is impossible."""
    if request.param == "whole":
        monkeypatch.setattr(passes.Passes, "_joined", lambda *given: None)
        return passes.WholeGraph
    cut(monkeypatch)
    return joined.Joined


def cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """No whole graph converts."""
    monkeypatch.setattr(passes.Passes, "_whole", lambda *given: None)


# --- Where it cannot be -------------------------------------------------------------------------------


def failing(concrete: Any) -> Any:
    raise RuntimeError("no such operation")


@pytest.mark.parametrize("precision", ["f32", "bf16"])
def test_what_cannot_be_converted_is_left_to_tensorflow(
    precision: str, tiny_model: Any, monkeypatch: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Passes are in f32, whatever was asked for the scores of channels."""
    monkeypatch.setattr("xai_cam.cam.engines.openvino.engine.check_precision", lambda precision: None)
    monkeypatch.setattr("xai_cam.cam.engines.openvino.converted.translate", failing)
    explainer = made(tiny_model, precision=precision)
    for _ in range(2):
        same(gradients(explainer), by_tensorflow(tiny_model))
    (line,) = lines(caplog)
    assert "up to conv_2: no such operation. Continuing with TensorFlow." in line
    assert explainer.engine.passes_by == "tensorflow"


def test_what_cannot_be_cut_is_left_to_tensorflow(
    tiny_model: Any, monkeypatch: Any, caplog: pytest.LogCaptureFixture
) -> None:
    import tensorflow as tf

    def refuse(*given: Any, **options: Any) -> Any:
        raise ValueError("an operation that nobody knows")

    cut(monkeypatch)
    monkeypatch.setattr(tf.graph_util, "import_graph_def", refuse)
    explainer = made(tiny_model)
    same(gradients(explainer), by_tensorflow(tiny_model))
    (line,) = lines(caplog)
    assert "split after the layer: an operation that nobody knows. Continuing" in line


@pytest.mark.parametrize(
    ("factor", "says"), [(1.01, "differ from TensorFlow's by"), (np.nan, "are not finite")]
)
def test_answers_that_differ_are_not_taken(
    factor: float, says: str, tiny_model: Any, monkeypatch: Any, caplog: pytest.LogCaptureFixture
) -> None:
    cut(monkeypatch)
    real = joined.Joined.__call__
    monkeypatch.setattr(
        joined.Joined, "__call__", lambda *given: [np.float32(factor) * a for a in real(*given)]
    )
    explainer = made(tiny_model)
    same(gradients(explainer), by_tensorflow(tiny_model))
    (line,) = lines(caplog)
    assert says in line and explainer.engine.passes_by == "tensorflow"


def test_a_whole_graph_that_differs_is_not_taken(tiny_model: Any, monkeypatch: Any) -> None:
    real = passes.WholeGraph.__call__
    monkeypatch.setattr(
        passes.WholeGraph, "__call__", lambda *given: [np.float32(1.01) * a for a in real(*given)]
    )
    explainer = made(tiny_model)
    same(gradients(explainer), by_tensorflow(tiny_model))
    assert explainer.engine.passes_by == "openvino", "up to the layer"


def test_a_failure_later_on_is_no_end(
    answering: Any, tiny_model: Any, monkeypatch: Any, caplog: pytest.LogCaptureFixture
) -> None:
    explainer = made(tiny_model)
    exact = gradients(explainer)

    def fail(*given: Any) -> Any:
        raise RuntimeError("Exception from src/a.cpp:12: no more room")

    monkeypatch.setattr(answering, "__call__", fail)
    for _ in range(2):
        same(gradients(explainer), exact)
        assert explainer.engine.passes_by == "tensorflow"
    (line,) = lines(caplog)
    assert "no more room" in line


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("Exception from src/a.cpp:12: std::bad_alloc")]
)
def test_out_of_memory_batches_are_halved_and_a_single_image_is_left_to_tensorflow(
    error: Exception, answering: Any, tiny_model: Any, monkeypatch: Any, caplog: pytest.LogCaptureFixture
) -> None:
    explainer, asked = made(tiny_model), list[int]()
    exact = explainer.explain(X, "grad-cam", [1])

    def fail(_: Any, given: Any) -> Any:
        asked.append(len(given["images"]))
        raise error

    monkeypatch.setattr(answering, "__call__", fail)
    found = explainer.explain(X, "grad-cam", [1])
    assert asked == [2, 1]
    for (mine,), (theirs,) in zip(found, exact, strict=True):
        np.testing.assert_allclose(mine.cam, theirs.cam, rtol=1e-5, atol=1e-7)
    halved, given_up = lines(caplog)
    assert "Out of memory with 2 images at once" in halved and "Continuing with TensorFlow" in given_up


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision(policy: str) -> None:
    """Whoever answers, it is what TensorFlow says, as far as such numbers go."""
    import keras

    def other(layer: Any) -> Any:
        return type(layer).from_config({**layer.get_config(), "dtype": policy})

    plain = build_tiny()
    model = keras.models.clone_model(plain, clone_function=other)
    model.set_weights(plain.get_weights())
    exact = by_tensorflow(model)
    found = gradients(made(model))
    np.testing.assert_allclose(found, exact, rtol=0, atol=0.02 * np.abs(exact).max())


def test_the_second_time_nothing_is_converted(tiny_model: Any, monkeypatch: Any, tmp_path: Path) -> None:
    cut(monkeypatch)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    attempts = count_attempts(monkeypatch)
    first = gradients(made(tiny_model, cache=True))
    assert len(attempts) == 1
    np.testing.assert_array_equal(gradients(made(tiny_model, cache=True)), first)
    assert len(attempts) == 1
    for entry in (tmp_path / "cache" / "xai-cam").iterdir():
        size = (entry / "graph.bin").stat().st_size
        (entry / "graph.bin").write_bytes(np.random.default_rng(0).bytes(size))
    same(gradients(made(tiny_model, cache=True)), first)
    assert len(attempts) == 2, "other weights under the same name are not taken"
    gradients(made(tiny_model, layer="conv_1", cache=True))
    assert len(attempts) == 3, "another layer is another graph"
