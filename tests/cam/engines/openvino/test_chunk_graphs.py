"""Who answers a question about chunks: a graph that is proven, or TensorFlow from then on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.by_openvino import lines, made, maps
from support.perturbed import mixed, one_by_one
from support.small_models import build_tiny, save_model
from support.stored import Store
from xai_cam.cam.engines.openvino import chunk_graphs
from xai_cam.cam.engines.openvino.chunk_graphs import ChunkGraphs
from xai_cam.cam.engines.openvino.conversion import UnconvertibleError
from xai_cam.cam.engines.openvino.converted import ConvertedGraph
from xai_cam.cam.engines.openvino.kept import Proof
from xai_cam.cam.engines.perturbed import PerturbedScores
from xai_cam.errors import ModelError
from xai_cam.files.cache import Cache

pytest.importorskip("openvino")

ASKED = mixed(np.stack([np.ones((16, 16, 3), np.float32), np.zeros((16, 16, 3), np.float32)]), [0, 2])
CHUNK = PerturbedScores(ASKED).chunk(0, 6)
SHAPES = {"rows": (6, 5)}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(save_model(build_tiny(), tmp_path), Cache(tmp_path / "cache"))


def graphs_of(store: Store, precision: str = "f32") -> ChunkGraphs:
    engine = store.engine()
    return ChunkGraphs(engine._reference, engine._graphs.kept, precision)


def answer(graphs: ChunkGraphs) -> np.ndarray:
    graph = graphs.graph("perturbed", CHUNK, SHAPES, ["rows"])
    assert graph is not None
    (found,) = graph.answers([CHUNK])
    return found


def test_a_graph_is_compiled_once_and_proven_for_the_next_process(store: Store) -> None:
    first = graphs_of(store)
    expected = answer(first)
    assert first.graph("perturbed", CHUNK, SHAPES, ["rows"]) is first.graph("perturbed", CHUNK, SHAPES, [])
    np.testing.assert_array_equal(answer(graphs_of(store)), expected)
    assert store.opened == 1
    model = build_tiny()
    right = one_by_one(lambda x, k: float(model(x[None])[0, k]))(ASKED)
    np.testing.assert_allclose(expected[0], right, rtol=1e-5)


def test_what_an_earlier_run_could_not_convert_is_not_tried_again(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store.network()
    graphs_of(store).kept.keep("perturbed", Proof("", reason="it has no rule for Odd"))
    monkeypatch.setattr(chunk_graphs, "agreeing", lambda *given: pytest.fail("tried"))
    graphs = graphs_of(store)
    assert graphs.graph("perturbed", CHUNK, SHAPES, ["rows"]) is None and graphs.gave_up
    assert lines(caplog) == [
        "OpenVINO cannot run this model: it has no rule for Odd. Continuing with TensorFlow."
    ]
    assert graphs.graph("masked", {}, {}, []) is None, "nor is anything else"


@pytest.mark.parametrize("lasting", [True, False])
def test_only_what_no_run_can_convert_is_kept_as_that(
    lasting: bool, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*given: Any, **named: Any) -> Any:
        raise (UnconvertibleError if lasting else RuntimeError)("it has no rule for Odd")

    monkeypatch.setattr(chunk_graphs, "agreeing", failing)
    graphs = graphs_of(store)
    assert graphs.graph("perturbed", CHUNK, SHAPES, ["rows"]) is None and graphs.gave_up
    proof = graphs.kept.proof("perturbed")
    assert (proof == Proof("", reason="it has no rule for Odd")) is lasting and (proof is None) is not lasting


def test_a_precision_has_nothing_to_give_up_to(store: Store) -> None:
    graphs = graphs_of(store, "bf16")
    with pytest.raises(ModelError, match=r"in bf16: out of memory\. Leave out `precision`"):
        graphs.give_up(MemoryError())


def test_weights_that_change_are_another_graph(store: Store) -> None:
    engine: Any = store.engine()
    before = answer(engine._graphs)
    assert np.array_equal(answer(engine._graphs), before)
    model = engine.network.model
    model.set_weights([-one for one in model.get_weights()])
    assert not np.allclose(answer(engine._graphs), before)
    np.testing.assert_array_equal(answer(graphs_of(store)), before, "the proof is of the file's")


def test_a_precision_that_moves_the_weight_of_channels_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """All scores 0: channels weigh alike, where of these logits, 50 times the model's, one has nearly all."""
    original = ConvertedGraph.answers

    def coarse(self: ConvertedGraph, chunks: Any) -> Any:
        yield from (np.zeros_like(one) for one in original(self, chunks))

    model = build_tiny()
    *others, kernel, bias = model.get_weights()
    model.set_weights([*others, 50 * kernel, bias])
    monkeypatch.setattr("xai_cam.cam.engines.openvino.engine.check_precision", lambda precision: None)
    monkeypatch.setattr(ConvertedGraph, "answers", coarse)
    said = r"in bf16: it puts \d\d% of the weight of the first channels on others .*\. Leave out `precision`"
    with pytest.raises(ModelError, match=said):
        maps(made(model, precision="bf16"))
