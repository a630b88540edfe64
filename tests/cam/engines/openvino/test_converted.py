"""Converted graphs that are kept, and what becomes of spoilt and of old ones."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.by_openvino import BOTH, count_attempts, exact, made, maps, same
from support.small_models import build_tiny
from xai_cam.cam.engines.openvino.converted import ConvertedGraph, convert, fingerprint

pytest.importorskip("openvino")


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The empty folder of entries of this test alone."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "xai-cam"


def entries(kept: Path) -> list[Path]:
    return sorted(kept.iterdir())


def truncate(entry: Path) -> None:
    with open(entry / "graph.bin", "r+b") as file:
        file.truncate(file.seek(0, os.SEEK_END) // 2)


def overwrite(entry: Path) -> None:
    size = (entry / "graph.bin").stat().st_size
    (entry / "graph.bin").write_bytes(np.random.default_rng(0).bytes(size))


def rename_input(entry: Path) -> None:
    (entry / "graph.xml").write_text(
        (entry / "graph.xml").read_text(encoding="utf-8").replace("pairs", "pears"), encoding="utf-8"
    )


SPOILT: dict[str, Callable[[Path], object]] = {
    "half the weights": truncate,
    "no weights": lambda entry: (entry / "graph.bin").unlink(),
    "other weights": overwrite,
    "an empty graph": lambda entry: (entry / "graph.xml").write_text("", encoding="utf-8"),
    "no XML": lambda entry: (entry / "graph.xml").write_bytes(bytes(500)),
    "another input": rename_input,
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_entry_is_made_anew(
    tiny_model: Any, kept: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    attempts, expected = count_attempts(monkeypatch), maps(made(tiny_model, cache=True))
    (entry,) = entries(kept)
    SPOILT[how](entry)
    spoilt = made(tiny_model, cache=True)
    same(maps(spoilt), expected)
    assert spoilt.engine.name == "openvino" and len(attempts) == 2
    made(tiny_model, cache=True).explain(np.ones((1, 16, 16, 3)), ["score-cam"])  # where it was only dropped
    before = len(attempts)
    same(maps(made(tiny_model, cache=True)), expected)
    assert len(attempts) == before and entries(kept) == [entry], "it is whole again"


def test_the_graph_of_another_model_under_the_same_name(
    tiny_model: Any, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts, expected = count_attempts(monkeypatch), maps(made(tiny_model, cache=True))
    (own,) = entries(kept)
    maps(made(build_tiny(seed=1), cache=True))
    (other,) = set(entries(kept)) - {own}
    for name in ("graph.xml", "graph.bin"):
        (own / name).write_bytes((other / name).read_bytes())
    found = made(tiny_model, cache=True)
    same(maps(found), expected)
    assert found.engine.name == "openvino" and len(attempts) == 3


def test_the_second_time_nothing_is_converted(
    tiny_model: Any, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in another explainer, nor of another model with the same weights; for others it is."""
    attempts, first = count_attempts(monkeypatch), maps(made(tiny_model, cache=True), BOTH)
    same(maps(made(tiny_model, cache=True, chunk_size=3), BOTH), first)
    same(maps(made(build_tiny(), cache=True), BOTH), first)
    assert len(attempts) == 2 == len(entries(kept))
    maps(made(tiny_model, cache=True, layer="conv_1"), BOTH)
    assert len(attempts) == 3 == len(entries(kept)), "masks of another layer make the same graph"
    maps(made(build_tiny(seed=1), cache=True))
    assert len(attempts) == 4 == len(entries(kept))
    maps(made(tiny_model))
    assert len(attempts) == 5 and len(entries(kept)) == 4, "it keeps nothing if told so"


@pytest.mark.parametrize("cache", [False, True])
def test_weights_that_change_in_between(kept: Path, cache: bool) -> None:
    """As a sanity check changes them: to others, one back, all back."""
    model, other = build_tiny(), build_tiny(seed=1)
    own, explainer = model.get_weights(), made(model, cache=cache)
    first = maps(explainer)
    same(first, exact(model))
    model.set_weights(other.get_weights())
    second = maps(explainer)
    same(second, exact(other))
    assert np.abs(first - second).max() > 0.01 * first.max()
    model.get_layer("conv_1").kernel.assign(own[0])
    third = maps(explainer)
    same(third, exact(model))
    assert np.abs(third - second).max() > 0.01 * second.max()
    model.set_weights(own)
    same(maps(explainer), first)
    assert explainer.engine.name == "openvino"


# --- The key of an entry -----------------------------------------------------------------------------


def test_the_fingerprint_is_of_what_is_computed_not_of_names() -> None:
    import tensorflow as tf

    def traced(function: Callable[[Any], Any], shape: tuple[int, ...] = (2, 3)) -> Any:
        return tf.function(function, [tf.TensorSpec(shape)], autograph=False).get_concrete_function()

    def named(x: Any) -> Any:
        with tf.name_scope("elsewhere"):
            return tf.nn.relu(x) + 1.0

    first = fingerprint(traced(lambda x: tf.nn.relu(x) + 1.0), "w")
    assert fingerprint(traced(named), "w") == first
    others = [
        fingerprint(traced(lambda x: tf.nn.relu(x) + 1.0), "v"),
        fingerprint(traced(lambda x: tf.nn.relu(x) + 2.0), "w"),
        fingerprint(traced(lambda x: tf.nn.relu(x + 1.0)), "w"),
        fingerprint(traced(lambda x: tf.nn.relu(x) + 1.0, (2, 4)), "w"),
    ]
    assert len({first, *others}) == 5


def test_answers_come_in_the_order_of_the_chunks() -> None:
    """2 x + 1 by hand, more chunks than are computed at a time; none is left over when the asker stops."""
    import tensorflow as tf

    signature = [tf.TensorSpec((None, 2), name="x")]
    concrete = tf.function(lambda x: 2 * x + 1, signature, autograph=False).get_concrete_function()
    graph, _ = convert(concrete, "", None)
    converted = ConvertedGraph(graph, {"x": (3, 2)}, "f32")
    chunks = [{"x": np.full((3, 2), i, np.float32), "unused": np.zeros(1)} for i in range(7)]
    for _ in range(2):
        for i, found in enumerate(converted.answers(chunks)):
            np.testing.assert_array_equal(found, np.full((3, 2), 2 * i + 1))
        asked = converted.answers(chunks)
        next(asked)
        asked.close()
