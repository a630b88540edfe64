"""The converter leaves the rest of the program alone: arguments, signals, threads, sockets."""

from __future__ import annotations

import logging
import signal
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from support import TESTS
from support.by_openvino import exact, lines, made, maps, same
from support.commands import clean_environment, fresh
from xai_cam.cam.engines.openvino.conversion import (
    UnconvertibleError,
    get_core,
    of_the_graph,
    reason_of,
    translate,
)
from xai_cam.files.cache import Cache

pytest.importorskip("openvino")

SCRIPT = """
import gc, os, signal, sys, threading
sys.path.insert(0, sys.argv[1])
sys.modules["openvino_telemetry"] = None  # as if it were not installed: OpenVINO reports its own import
from support.by_openvino import made, maps
from support.small_models import build_tiny

explainer = made(build_tiny(), cache=True)
maps(explainer)
open_files = "/proc/self/fd"
names = os.listdir(open_files) if os.path.isdir(open_files) else []
links = [os.path.join(open_files, name) for name in names]
sockets = [link for link in links if os.path.islink(link) and os.readlink(link).startswith("socket:")]
print(explainer.engine.name, threading.active_count(), sockets)
other = made(build_tiny(seed=1))
maps(other)
del explainer
gc.collect()
del other
gc.collect()
try:
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_another_process(tiny_model: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It finds what this one has kept, reports to nobody, leaves no thread, and survives Ctrl-C."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    maps(made(tiny_model, cache=True))
    (entry,) = Cache().folder.iterdir()
    before = (entry / "graph.bin").stat().st_mtime_ns
    done = fresh("-c", SCRIPT, TESTS)
    assert done.stdout == "openvino 1 []\ninterrupted\n", (done.returncode, done.stderr)
    assert [*Cache().folder.iterdir()] == [entry] and (entry / "graph.bin").stat().st_mtime_ns == before


def test_verbose_is_not_the_converters(tiny_model: Any, monkeypatch: Any, capfd: Any) -> None:
    """With that word among the arguments, it would print, and trace the memory of the program."""
    monkeypatch.setattr(sys, "argv", ["xai-cam", "explain", "--verbose"])
    maps(made(tiny_model))
    assert capfd.readouterr().out == "" and not tracemalloc.is_tracing()
    assert sys.argv == ["xai-cam", "explain", "--verbose"]


def test_ctrl_c_while_it_converts(
    tiny_model: Any, monkeypatch: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """It comes while the converter, which would hide it, calls back; the run ends all the same."""
    module = pytest.importorskip("openvino.frontend.tensorflow.graph_iterator")
    real, calls = module.GraphIteratorTFGraph.get_decoder, list[int]()

    def get_decoder(self: Any) -> Any:
        calls.append(1)
        if len(calls) == 20:
            signal.raise_signal(signal.SIGINT)
        return real(self)

    monkeypatch.setattr(module.GraphIteratorTFGraph, "get_decoder", get_decoder)
    before = signal.getsignal(signal.SIGINT)
    explainer = made(tiny_model)
    with pytest.raises(KeyboardInterrupt):
        maps(explainer)
    assert len(calls) > 20 and lines(caplog) == []
    assert signal.getsignal(signal.SIGINT) is before
    same(maps(explainer), exact(tiny_model))
    assert explainer.engine.name == "openvino"


def test_the_log_is_as_it_was_though_the_converter_fails() -> None:
    import tensorflow as tf

    def call_python(x: Any) -> Any:
        return tf.numpy_function(lambda a: a, [x], tf.float32)

    concrete = tf.function(call_python, [tf.TensorSpec((1,))], autograph=False).get_concrete_function()
    root = logging.getLogger()
    before = root.level, root.filters[:], root.handlers[:]
    with pytest.raises(RuntimeError) as caught:
        translate(concrete)
    assert (root.level, root.filters, root.handlers) == before
    assert "PyFunc" in reason_of(caught.value) and "\n" not in reason_of(caught.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "out of memory"),
        ("Exception from src/a.cpp:12: no more\n  memory.", "no more memory"),
        ("Check 'x > 0' failed at src/b.cpp:3:\nbad shape", "bad shape"),
        (
            "much\n-- No conversion rule found for operations: A, B\nmore",
            "No conversion rule found for operations: A, B",
        ),
        ("x" * 300, "x" * 196 + " ..."),
    ],
)
def test_what_a_long_error_has_to_say(text: str, reason: str) -> None:
    assert reason_of(RuntimeError(text)) == reason


def test_weights_are_found_by_their_names() -> None:
    """Variables as they are now, arrays that are held beside them; and the reader stays as it was."""
    import numpy as np
    import tensorflow as tf
    from openvino.frontend.tensorflow.node_decoder import TFGraphNodeDecoder

    former = TFGraphNodeDecoder.get_variable
    variables, held = [tf.Variable([float(i), 1.0]) for i in range(3)], tf.constant([5.0, 7.0])

    def compute(x: Any) -> Any:
        return sum(x * variable for variable in variables) + held

    concrete = tf.function(compute, [tf.TensorSpec((2,))], autograph=False).get_concrete_function()
    variables[0].assign([10.0, 20.0])
    compiled = get_core().compile_model(translate(concrete), "CPU")
    np.testing.assert_array_equal(compiled([np.array([1, 2], np.float32)])[0], [18, 51])
    with pytest.raises(RuntimeError):
        broken = tf.function(tf.math.special.bessel_j0, [tf.TensorSpec((2,))], autograph=False)
        translate(broken.get_concrete_function())
    assert TFGraphNodeDecoder.get_variable is former


@pytest.mark.parametrize(
    ("error", "lasting"),
    [
        (RuntimeError("No conversion rule found for operations: Betainc"), True),
        (RuntimeError("it pads beside the images"), True),
        (MemoryError(), False),
        (RuntimeError("MemoryError: "), False),
        (RuntimeError("std::bad_alloc"), False),
        (RuntimeError("[Errno 28] No space left on device"), False),
        (RuntimeError("Cannot open library libopenvino_tensorflow_frontend.so"), False),
        (RuntimeError("KeyboardInterrupt: "), False),
        (OSError(5, "Input/output error"), False),
    ],
)
def test_what_comes_again_with_the_same_graph(error: Exception, lasting: bool) -> None:
    assert of_the_graph(error) is lasting
    wrapped = RuntimeError("it failed")
    wrapped.__cause__ = error
    if isinstance(error, OSError | MemoryError):
        assert not of_the_graph(wrapped)


def test_an_operation_without_a_rule_is_told_from_other_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    import tensorflow as tf

    shape = [tf.TensorSpec((None,))]
    function = tf.function(lambda x: tf.math.betainc(x, x, x), shape, autograph=False)
    concrete = function.get_concrete_function()
    with pytest.raises(UnconvertibleError, match="Betainc"):
        translate(concrete)

    def full(concrete: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("xai_cam.cam.engines.openvino.conversion._translate", full)
    with pytest.raises(RuntimeError, match="No space left") as caught:
        translate(concrete)
    assert not isinstance(caught.value, UnconvertibleError)


def test_a_process_that_shares_its_machine_computes_in_its_share() -> None:
    code = (
        "from xai_cam.cam.engines.openvino.conversion import get_core\n"
        "print(get_core().get_property('CPU', 'INFERENCE_NUM_THREADS'))"
    )
    for given, expected in {"1": "1", "several": "0", "": "0"}.items():
        done = fresh("-c", code, env=clean_environment(OMP_NUM_THREADS=given))
        assert done.stdout.strip() == expected, done.stderr
