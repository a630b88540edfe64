"""Proofs that outlive the process: found again for the same model, layer, question and machine alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.by_openvino import CLASSES, X
from support.perturbed import mixed
from support.small_models import build_tiny, save_model
from support.stored import Store
from xai_cam.cam.aim import Aim
from xai_cam.cam.engines.ahead import Ahead
from xai_cam.cam.engines.break_even import BreakEven
from xai_cam.cam.engines.choices import Choices
from xai_cam.cam.engines.openvino import kept as module
from xai_cam.cam.engines.openvino.kept import PROOF, KeptGraphs, Proof
from xai_cam.cam.engines.openvino.worth import Worth
from xai_cam.cam.targets import Targets
from xai_cam.errors import XaiCamError
from xai_cam.files.cache import Cache

pytest.importorskip("openvino")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(save_model(build_tiny(), tmp_path), Cache(tmp_path / "cache"))


def kept_of(store: Store, layer: str = "conv_2", aim: Aim | None = None, **load: Any) -> KeptGraphs:
    network = store.network(**load)
    return KeptGraphs(store.cache, network, [network.find(layer)], Targets(network, aim))


def test_a_proof_is_found_again_and_says_what_was_compared(store: Store) -> None:
    kept_of(store).keep("forward", Proof("", 4, 2e-7, "no such operation"))
    assert kept_of(store).find("forward") == (Proof("", 4, 2e-7, "no such operation"), None)
    (file,) = store.cache.folder.glob(f"*/{PROOF}")
    told = json.loads(file.read_text(encoding="utf-8"))
    assert told["question"] == "forward" and told["checked"] == 4 and told["off"] == 2e-7
    assert all(told[name] for name in ("processor", "tensorflow", "keras", "openvino", "xai-cam"))


def test_everything_that_changes_an_answer_has_a_proof_of_its_own(store: Store) -> None:
    kept_of(store).keep("masked", Proof("", reason="none"))
    assert kept_of(store).find("masked") is not None
    assert kept_of(store).find("ablated") is None and kept_of(store).find("masked", "bf16") is None
    for aim in (Aim(region="all"), Aim(against=(1,)), Aim(groups=((0, 1),)), Aim(reference=np.ones(3))):
        assert kept_of(store, aim=aim).find("masked") is None, aim
    assert kept_of(store, "conv_1").find("masked") is None
    network = store.network()
    both = [network.find(name) for name in ("conv_1", "conv_2")]
    assert KeptGraphs(store.cache, network, both, Targets(network)).find("masked") is None


@pytest.mark.parametrize("changed", ["processor", "tensorflow", "keras", "openvino", "xai-cam"])
def test_it_holds_for_the_versions_and_the_processor_that_it_was_made_with(
    changed: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept_of(store).keep("masked", Proof("", reason="none"))
    facts = {**(module.surroundings() or {}), changed: "another"}
    monkeypatch.setattr(module, "surroundings", lambda: facts)
    assert kept_of(store).find("masked") is None


def test_where_openvino_cannot_be_imported_nothing_is_found_or_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def get_core() -> Any:
        raise XaiCamError("OpenVINO cannot be imported (no libtbb).")

    kept_of(store).keep("masked", Proof("", reason="none"))
    monkeypatch.setattr(module, "get_core", get_core)
    kept = kept_of(store)
    kept.keep("forward", Proof("", reason="none"))
    kept.forget("masked")
    assert kept.find("masked") is None and len([*store.cache.folder.glob(f"*/{PROOF}")]) == 1


def test_functions_of_the_callers_own_keep_nothing(store: Store) -> None:
    kept = kept_of(store, aim=Aim(functions=(lambda y: y[:, 0],)))
    kept.keep("masked", Proof("", reason="none"))
    assert not kept.possible and kept.find("masked") is None
    assert not any(store.cache.folder.glob(f"*/{PROOF}"))


def test_weights_that_were_changed_prove_nothing(store: Store) -> None:
    model = build_tiny()
    kept = kept_of(store, load=lambda: model)
    model.set_weights([2 * one for one in model.get_weights()])
    kept.keep("masked", Proof("", reason="none"))
    assert kept_of(store).find("masked") is None


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", '{"graph": 3, "checked": 1, "off": 0, "reason": ""}', "[" * 9000, "\xff"]
)
def test_a_damaged_proof_is_none(text: str, store: Store) -> None:
    kept_of(store).keep("masked", Proof("", reason="none"))
    (file,) = store.cache.folder.glob(f"*/{PROOF}")
    file.write_bytes(text.encode("latin-1"))
    assert kept_of(store).find("masked") is None


def test_other_bytes_than_those_that_were_compared_are_not_taken(store: Store) -> None:
    """Weights that a disk has mixed up make a graph that runs as well."""
    expected = store.engine().forward(X).logits
    for file in store.cache.folder.glob("*/graph.bin"):
        data = bytearray(file.read_bytes())
        data[: len(data) // 2] = np.random.default_rng(0).bytes(len(data) // 2)
        file.write_bytes(data)
    np.testing.assert_allclose(store.engine().forward(X).logits, expected, rtol=1e-5, atol=1e-6)
    assert store.opened == 2


def test_without_its_graph_a_proof_is_none(store: Store) -> None:
    kept_of(store).keep("masked", Proof("0-gone", 4, 0.0))
    assert kept_of(store).find("masked") is None


# --- Runs ---------------------------------------------------------------------------------------------


def answers(store: Store, **options: Any) -> tuple[list[np.ndarray], Any]:
    """What a new process is told: whole images, gradients, masked, ablated and altered ones."""
    engine = store.engine(**options)
    before, gradients = engine.gradients(X, CLASSES, "logit")
    live = np.ones((2, before.activations.shape[-1]), bool)
    masked, ablated = (ask(X, before, CLASSES, live) for ask in (engine.masked_scores, engine.ablated_scores))
    alone = engine.forward(X)
    scored = engine.perturbed_scores(mixed(X, [1]))
    found = [before.activations, before.logits, gradients, masked.logits, ablated.probabilities]
    return [*found, alone.output, scored], engine


def test_the_second_run_opens_nothing_and_says_the_same(store: Store) -> None:
    first, _ = answers(store)
    assert store.opened == 1
    second, engine = answers(store)
    assert store.opened == 1 and not engine._reference.there
    assert (engine.name, engine.passes_by) == ("openvino", "openvino")
    for one, other in zip(first, second, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-5, atol=1e-6)


def test_what_was_not_asked_before_opens_the_model(store: Store) -> None:
    store.engine().forward(X)
    engine = store.engine()
    engine.forward(X)
    assert store.opened == 1
    engine.gradients(X, CLASSES, "logit")
    assert store.opened == 2


def test_graphs_that_do_not_run_are_made_anew(store: Store) -> None:
    first, _ = answers(store)
    for file in store.cache.folder.glob("*/graph.xml"):
        file.write_bytes(file.read_bytes()[:-200])
    second, _ = answers(store)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_allclose(other, one, rtol=1e-5, atol=1e-6)
    answers(store)
    assert store.opened == 2, "and are kept again"


# --- A graph that is slower than TensorFlow -----------------------------------------------------------


@pytest.fixture
def slower(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A first run has found that OpenVINO takes 3 seconds for an image, and TensorFlow one."""
    seconds = iter([1.0, 3.0] * 2)
    monkeypatch.setattr(Worth, "_fastest", lambda worth, by: (by(), len(X) * next(seconds))[1])
    engine = store.engine()
    for _ in range(2):
        engine.gradients(X, CLASSES, "logit")
        assert engine.passes_by == "tensorflow"
    proof = engine.at_layers([engine.target_layer])._passes.kept.proof("gradients of 1 logit")
    assert proof is not None and (proof.usual, proof.other) == (1.0, 3.0) and proof.graph and proof.sha256
    assert store.opened == 1
    return store


@pytest.mark.parametrize(
    ("left", "by_name", "by"),
    [(0, False, "openvino"), (1, False, "tensorflow"), (1000, True, "openvino")],
)
def test_a_second_run_opens_the_model_where_that_is_won_back(
    left: int, by_name: bool, by: str, slower: Store
) -> None:
    """By the graph two images would take four seconds longer, which is what it takes to open the model."""
    ahead = Ahead(left)
    engine = slower.engine(ahead=ahead, by_name=by_name)
    for _ in range(3):
        engine.gradients(X, CLASSES, "logit")
        assert engine.passes_by == by
        ahead.images = 0  # once the model is open, there is no going back
    assert slower.opened == 1 + (by == "tensorflow")


def test_what_batches_have_told_is_kept_too(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = store.engine(ahead=Ahead(1000))
    whole = engine.at_layers([engine.target_layer])
    whole.gradients(X, CLASSES, "logit")
    monkeypatch.setattr(BreakEven, "usual", 1.0)
    monkeypatch.setattr(BreakEven, "other", None)
    whole.gradients(X, CLASSES, "logit")
    assert whole.by == "openvino"
    monkeypatch.setattr(BreakEven, "other", 2.0)
    for _ in range(3):
        whole.gradients(X, CLASSES, "logit")
    assert whole.by == "tensorflow"
    proof = whole._passes.kept.proof("gradients of 1 logit")
    assert proof is not None and (proof.usual, proof.other, proof.by_batches) == (1.0, 2.0, True)


@pytest.mark.parametrize("by_batches", [False, True])
def test_what_a_long_run_has_found_is_not_measured_again_by_the_next(
    by_batches: bool, slower: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of its images go to the same engine; where a few images have told, batches are to tell."""
    kept, question = kept_of(slower), "gradients of 1 logit"
    proof = kept.proof(question)
    assert proof is not None and not proof.by_batches, "two images have told so far"
    kept.keep(question, replace(proof, by_batches=by_batches))
    choices = Choices()
    engine, asked = slower.engine(ahead=Ahead(1000), choices=choices), list[str]()
    for _ in range(4):
        engine.gradients(X, CLASSES, "logit")
        asked.append(engine.passes_by)
    assert asked == ["tensorflow"] * 4 if by_batches else asked[:3] == ["tensorflow"] * 2 + ["openvino"]
    assert [*choices.settled.values()] == [False] or not by_batches
    few = slower.engine(ahead=Ahead(0))
    few.gradients(X, CLASSES, "logit")
    assert few.passes_by == "openvino", "the model is not opened for two images"


def test_what_a_few_images_tell_does_not_replace_what_batches_have(slower: Store) -> None:
    kept, question = kept_of(slower), "gradients of 1 logit"
    proof = kept.proof(question)
    assert proof is not None
    kept.keep(question, replace(proof, usual=2.0, other=5.0, by_batches=True))
    slower.cache.drop(proof.graph)
    engine = slower.engine(ahead=Ahead(3))
    engine.gradients(X, CLASSES, "logit")
    found = kept.proof(question)
    assert found is not None and (found.usual, found.other, found.by_batches) == (2.0, 5.0, True)
