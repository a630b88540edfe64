"""The OpenVINO engine where it cannot or must not answer: TensorFlow does, or a line says why not."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.by_openvino import BOTH, X, count_attempts, exact, lines, made, maps, same
from support.commands import explain
from support.perturbed import mixed
from support.small_models import build_tiny
from xai_cam.cam.engines.openvino import chunk_graphs, converted
from xai_cam.cam.engines.openvino import engine as openvino
from xai_cam.errors import InputError, ModelError

pytest.importorskip("openvino")


def with_python(model: Any) -> Any:
    """The model behind a layer that calls Python, which no converter can take along."""
    import keras
    import tensorflow as tf

    class Doubled(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return tf.ensure_shape(tf.numpy_function(lambda a: a * 2, [x], tf.float32), x.shape)

    inputs = keras.Input(model.input_shape[1:])
    return keras.Model(inputs, model(Doubled()(inputs)))


def test_what_cannot_be_converted_is_left_to_tensorflow(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One line says so, once; the program's log is as it was, though the converter failed."""
    attempts, model, root = count_attempts(monkeypatch), with_python(build_tiny()), logging.getLogger()
    before = root.level, root.filters[:], root.handlers[:]
    explainer = made(model, layer="tiny/conv_2")
    same(maps(explainer, BOTH), exact(model, BOTH, "tiny/conv_2"))
    explainer.engine.perturbed_scores(mixed(X, [1]))
    assert (root.level, root.filters, root.handlers) == before
    (line,) = lines(caplog)  # in the middle OpenVINO's words, which differ by its version
    message = r"OpenVINO cannot run this model: .*: PyFunc\b.*\. Continuing with TensorFlow\."
    assert re.fullmatch(message, line)
    assert len(attempts) == 1, "other questions are not tried"
    (of_image, *_) = explainer.explain(X, BOTH)
    assert {one.engine for one in of_image} == {explainer.engine.name} == {"tensorflow"}


def with_table(model: Any) -> Any:
    """The model behind a layer that looks a factor up."""
    import keras
    import tensorflow as tf

    class Looked(keras.layers.Layer):
        def build(self, shape: Any) -> None:
            self.table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer([0], [2.0]), 1.0)

        def call(self, x: Any) -> Any:
            return x * self.table.lookup(tf.constant(0))

    inputs = keras.Input(model.input_shape[1:])
    return keras.Model(inputs, model(Looked()(inputs)))


def in_bfloat16(model: Any) -> Any:
    """A model whose weights are no numbers that NumPy knows."""
    import keras

    def other(layer: Any) -> Any:
        return type(layer).from_config({**layer.get_config(), "dtype": "bfloat16"})

    own = keras.models.clone_model(model, clone_function=other)
    own.set_weights(model.get_weights())
    return own


@pytest.mark.parametrize("odd", [with_table, in_bfloat16])
def test_weights_of_other_kinds(odd: Callable[[Any], Any], caplog: pytest.LogCaptureFixture) -> None:
    model = odd(build_tiny())
    layer = next(path for path in ("conv_2", "tiny/conv_2") if path.partition("/")[0] in names(model))
    explainer = made(model, layer=layer)
    same(maps(explainer), exact(model, layer=layer))
    assert explainer.engine.name == "tensorflow" and len(lines(caplog)) == 1


def names(model: Any) -> set[str]:
    return {layer.name for layer in model.layers}


def off_by(factor: float) -> Callable[..., Any]:
    real = converted.ConvertedGraph.answers
    return lambda *asked: (answer * np.float32(factor) for answer in real(*asked))


@pytest.mark.parametrize(
    ("factor", "says"), [(1.01, "differ from TensorFlow's by 1.0e-02"), (np.nan, "are not finite")]
)
def test_answers_that_differ_are_not_taken(
    tiny_model: Any, monkeypatch: Any, caplog: pytest.LogCaptureFixture, factor: float, says: str
) -> None:
    monkeypatch.setattr(converted.ConvertedGraph, "answers", off_by(factor))
    explainer = made(tiny_model)
    same(maps(explainer), exact(tiny_model))
    (line,) = lines(caplog)
    assert says in line and explainer.engine.name == "tensorflow"


def test_a_small_difference_is_taken(
    tiny_model: Any, monkeypatch: Any, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(converted.ConvertedGraph, "answers", off_by(1 + 5e-4))
    explainer = made(tiny_model)
    maps(explainer)
    assert lines(caplog) == [] and explainer.engine.name == "openvino"


def failing(concrete: Any) -> Any:
    raise RuntimeError("no such operation")


def test_a_run_goes_on_and_says_so_in_one_line(
    model_files: Any, make_photo: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(converted, "translate", failing)
    asked = [make_photo(tmp_path / "a.png"), "--method", "score-cam", "--method", "ablation-cam"]
    result = explain(model_files(), *asked, "--no-cache", "--engine", "openvino", "--results", "-")
    assert result.exit_code == 0 and result.stderr.count("no such operation") == 1, result.stderr
    assert [row.split(",")[1] for row in result.stdout.splitlines()[1:]] == ["written"] * 2


def test_a_precision_has_nothing_to_fall_back_to(
    model_files: Any, make_photo: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(converted, "translate", failing)
    monkeypatch.setattr(openvino, "check_precision", lambda precision: None)
    asked = [make_photo(tmp_path / "a.png"), "--method", "score-cam", "--precision", "bf16", "--no-cache"]
    result = explain(model_files(), *asked)
    assert result.exit_code == 3
    assert "in bf16: no such operation. Leave out --precision." in result.stderr


def test_a_failure_later_on_is_the_models(tiny_model: Any, monkeypatch: Any) -> None:
    explainer = made(tiny_model)
    expected = maps(explainer)
    real = converted.ConvertedGraph._take

    def fail(self: Any, running: Any) -> Any:
        raise RuntimeError("Exception from src/a.cpp:12: no more memory")

    monkeypatch.setattr(converted.ConvertedGraph, "_take", fail)
    with pytest.raises(ModelError, match=r"OpenVINO failed: no more memory\. Use `engine=.tensorflow.`"):
        maps(explainer)
    monkeypatch.setattr(converted.ConvertedGraph, "_take", real)
    np.testing.assert_array_equal(maps(explainer), expected)


# --- Memory -------------------------------------------------------------------------------------------


def full_beyond(monkeypatch: pytest.MonkeyPatch, most: int) -> list[int]:
    """Let OpenVINO have no memory for chunks of more than so many inputs; the sizes that were tried."""
    tried: list[int] = []
    make = converted.ConvertedGraph.__init__

    def compile_for(self: Any, graph: Any, fixed: Any, precision: str = "f32") -> None:
        size = next(iter(fixed.values()))[0]
        tried.append(size)
        make(self, graph, fixed, precision)
        vars(self)["size"] = size

    take = converted.ConvertedGraph._take

    def answer(self: Any, running: Any) -> Any:
        if self.size > most:
            raise RuntimeError("Exception from src/a.cpp:12: std::bad_alloc")
        return take(self, running)

    monkeypatch.setattr(converted.ConvertedGraph, "__init__", compile_for)
    monkeypatch.setattr(converted.ConvertedGraph, "_take", answer)
    return tried


def test_chunks_without_memory_are_halved(tiny_model: Any, monkeypatch: Any, caplog: Any) -> None:
    expected, tried = exact(tiny_model, BOTH), full_beyond(monkeypatch, 2)
    explainer = made(tiny_model, chunk_size=8)
    same(maps(explainer, BOTH), expected)
    assert explainer.engine.name == "openvino" and tried[:3] == [8, 4, 2] and set(tried[3:]) == {2}
    assert lines(caplog) == [
        f"Out of memory: continuing with {size} inputs per call of OpenVINO." for size in (4, 2)
    ]


def test_no_input_is_lost_when_memory_ends(tiny_model: Any, monkeypatch: Any) -> None:
    asked = mixed(X, [1, 2], repeated=2)
    expected = made(tiny_model).engine.perturbed_scores(asked)
    tried = full_beyond(monkeypatch, 3)
    found = made(tiny_model, chunk_size=6).engine.perturbed_scores(asked)
    assert tried == [6, 3]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_without_memory_for_a_single_input_tensorflow_answers(
    tiny_model: Any, monkeypatch: Any, caplog: Any
) -> None:
    expected = exact(tiny_model)
    full_beyond(monkeypatch, 0)
    explainer = made(tiny_model, chunk_size=2)
    same(maps(explainer), expected)
    assert lines(caplog)[-1] == ("OpenVINO cannot run this model: out of memory. Continuing with TensorFlow.")


def test_a_chunk_far_beyond_the_inputs_is_not_filled_up(tiny_model: Any, monkeypatch: Any) -> None:
    """Of two images with 8 channels each 16 masked inputs wait, and 16 is what is taken by default."""
    tried, asked = full_beyond(monkeypatch, 10**9), list[int]()
    explainer = made(tiny_model, chunk_size=100_000)
    check = chunk_graphs.by_tensorflow

    def counted(*given: Any) -> Any:
        found = check(*given)
        asked.append(found.shape[1])
        return found

    monkeypatch.setattr(chunk_graphs, "by_tensorflow", counted)
    same(maps(explainer), exact(tiny_model))
    assert tried == [16] and asked == [16]


# --- Precision ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("precision", ["bf16", "f16"])
def test_less_precision_is_said_and_makes_little_difference(
    tiny_model: Any, precision: str, caplog: pytest.LogCaptureFixture
) -> None:
    try:
        explainer = made(tiny_model, precision=precision)
    except InputError as error:
        pytest.skip(error.message)
    found, right = maps(explainer), exact(tiny_model)
    np.testing.assert_allclose(found, right, rtol=0, atol=0.05 * right.max())
    (line,) = lines(caplog)
    said = f"Precision {precision}: by the first 4 scores it puts "
    assert line.startswith(said) and 0 <= float(line.removeprefix(said).split()[0]) < 0.05
    assert explainer.engine.name == f"openvino {precision}"
    plain = made(tiny_model).engine.perturbed_scores(mixed(X, [1]))
    np.testing.assert_array_equal(explainer.engine.perturbed_scores(mixed(X, [1])), plain)


class Plain:
    """OpenVINO's core on a processor that computes in f32 alone."""

    def get_property(self, device: str, name: str) -> list[str]:
        assert (device, name) == ("CPU", "OPTIMIZATION_CAPABILITIES")
        return ["FP32", "INT8"]


def test_a_precision_that_the_processor_lacks(
    monkeypatch: Any, model_files: Any, make_photo: Any, tmp_path: Path
) -> None:
    monkeypatch.setattr(converted, "get_core", Plain)
    asked = [make_photo(tmp_path / "a.png"), "--method", "score-cam", "--precision", "f16"]
    result = explain(model_files(), *asked)
    assert result.exit_code == 2
    assert "does not compute in f16. Use --precision with: f32." in result.stderr
