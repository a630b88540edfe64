"""Occlusion and RISE from end to end: against loops, by both engines, of models of every kind."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from oracle import black_box
from oracle.network import Network, read_network
from support.passes_counted import PASSES, counted_model
from support.small_models import build_tiny, save_model
from support.volume_models import volumes_model
from xai_cam import Explainer, explain
from xai_cam.cam.engines.questions import ENGINES
from xai_cam.cam.masked_inputs import MaskedRows
from xai_cam.errors import InputError

X = np.random.default_rng(6).uniform(-0.3, 0.6, (3, 16, 16, 3)).astype(np.float32)
METHODS = ["occlusion", "rise"]
RANDOM = {"samples": 24, "seed": 5}
FEW = {**RANDOM, "patch": 6, "stride": 4}


@pytest.fixture(scope="module")
def model() -> Any:
    return build_tiny()


@pytest.fixture(scope="module")
def network(model: Any, tmp_path_factory: pytest.TempPathFactory) -> Network:
    return read_network(*save_model(model, tmp_path_factory.mktemp("tiny")))


def score_of(network: Network, target: int, probability: bool) -> black_box.Score:
    def score(x: np.ndarray) -> float:
        answer = (
            network.probabilities(x[None]) if probability else network.class_logits(network.forward(x[None]))
        )
        return float(answer[0, target])

    return score


@pytest.mark.parametrize("engine", ENGINES)
def test_maps_equal_the_loops(model: Any, network: Network, engine: str) -> None:
    pytest.importorskip("openvino")
    asked = {"method": METHODS, "target_class": [2, 0], "sign": "both", "chunk_size": 7, **FEW}
    found = explain(model, X[:2], engine=engine, **asked)
    masks = black_box.random_masks((16, 16), 24, 5)
    assert len(found) == 8
    for one in found:
        assert (one.engine, one.layer, one.part) == (engine, "", None)
        score = score_of(network, one.target_class, one.method == "rise")
        if one.method == "occlusion":
            right, off = black_box.occlusion(score, X[one.image], 6, 4), None
        else:
            right, off = black_box.rise(score, X[one.image], masks)
        np.testing.assert_allclose(one.cam, right, rtol=0, atol=2e-5 * np.abs(right).max())
        assert np.abs(right).max() > 0.01 and one.score_name == ("logit" if off is None else "probability")
        fine = "patch 6, stride 4" if one.method == "occlusion" else "24 masks of 7 × 7 cells"
        assert one.made_of == one.to_dict()["made_of"] == fine
        assert (one.standard_error is None) if off is None else one.standard_error == pytest.approx(off, 1e-3)


def test_rows_are_made_when_they_are_needed() -> None:
    """Each image under each mask; with patches the second picture is the image's cover."""
    dimmed, exchanged = MaskedRows(2, 3, -1), MaskedRows(2, 3, 1)
    assert len(dimmed) == 6 and dimmed[0:9].dtype == np.int32
    assert dimmed[2:5].tolist() == [[0, 0, 0, 2, -1], [1, 2, 2, 0, -1], [1, 2, 2, 1, -1]]
    assert exchanged[2:4].tolist() == [[0, 0, 1, 2, 1], [1, 2, 3, 0, 1]]
    assert len(MaskedRows(10**6, 10**6, 1)[10**11 : 10**11 + 5]) == 5


def test_the_other_score_and_both_signs(model: Any, network: Network) -> None:
    """Logits of RISE count from their mean on; a drop of a probability is one of occlusion."""
    masks = black_box.random_masks((16, 16), 24, 5)
    (rise,) = explain(model, X[:1], method="rise", target_class=2, score="logit", sign="both", **RANDOM)
    right, _ = black_box.rise(score_of(network, 2, False), X[0], masks, centred=True)
    np.testing.assert_allclose(rise.cam, right, rtol=0, atol=2e-5 * np.abs(right).max())
    asked = {"method": "occlusion", "target_class": 2, "score": "probability", "patch": 6, "stride": 4}
    positive, negative, both = (
        explain(model, X[:1], sign=sign, **asked)[0].cam for sign in ("positive", "negative", "both")
    )
    right = black_box.occlusion(score_of(network, 2, True), X[0], 6, 4)
    np.testing.assert_allclose(both, right, rtol=0, atol=2e-5 * np.abs(right).max())
    np.testing.assert_allclose(positive - negative, both, atol=1e-6)
    assert rise.cam.min() < 0 < rise.cam.max() and np.abs(right).max() > 0.01


def test_an_image_does_not_depend_on_its_batch_nor_on_the_size_of_chunks(model: Any) -> None:
    asked = {"method": METHODS, "target_class": "top2", **FEW}
    whole = explain(model, X, **asked)
    other = explain(model, X[::-1], chunk_size=5, batch_size=2, **asked)
    for mine, theirs in zip(other.by_image[::-1], whole.by_image, strict=True):
        for one, right in zip(mine, theirs, strict=True):
            assert (one.method, one.target_class) == (right.method, right.target_class)
            np.testing.assert_allclose(one.cam, right.cam, rtol=0, atol=1e-5 * right.cam.max())
    alone = {"method": "rise", "target_class": "top2", **RANDOM}
    reseeded = explain(model, X, **{**alone, "seed": 6})
    rise = [one for one in whole if one.method == "rise"]
    assert all(np.abs(a.cam - b.cam).max() > 0 for a, b in zip(reseeded, rise, strict=True))
    again = explain(model, X, **alone)
    assert all((a.cam == b.cam).all() for a, b in zip(again, rise, strict=True))


def test_several_classes_take_the_same_passes() -> None:
    counter = counted_model()
    explainer = Explainer(counter, engine="tensorflow", chunk_size=16, **FEW)
    for classes in ([0], [0, 1, 2]):
        PASSES.clear()
        explainer.explain(X[:2], METHODS, classes)
        assert sum(PASSES) == 2 + 2 * 16 + 2 * 24 + (0 if (2 * 16 + 2 * 24) % 16 == 0 else 99)


def flat_model(units: int = 3, activation: str | None = "softmax") -> Any:
    """A model without maps: pixels, and numbers of them."""
    import keras

    inputs = keras.Input((6, 8, 2))
    outputs = keras.layers.Dense(units, activation, name="head")(keras.layers.Flatten()(inputs))
    model = keras.Model(inputs, outputs)
    rng = np.random.default_rng(3)
    model.set_weights([rng.normal(0, 0.3, one.shape) for one in model.get_weights()])
    return model


def test_a_model_without_maps() -> None:
    """Of a linear score occlusion by single pixels is exact: weights times what differs from the mean."""
    model, x = flat_model(), np.random.default_rng(1).normal(size=(2, 6, 8, 2)).astype(np.float32)
    found = explain(model, x, method=["occlusion", "rise"], target_class=1, patch=1, samples=8, sign="both")
    weights = model.get_layer("head").get_weights()[0][:, 1].reshape(6, 8, 2)
    for one in found[::2]:
        image = x[one.image]
        right = (weights * (image - image.mean(axis=(0, 1)))).sum(axis=-1)
        np.testing.assert_allclose(one.cam, right, atol=1e-5)
    assert [one.cam.shape for one in found] == [(6, 8)] * 4


def test_of_volumes_there_are_maps_of_planes() -> None:
    cut = volumes_model()
    size = cut.model.input_shape[1:]
    x = np.random.default_rng(0).normal(size=(1, *size)).astype(np.float32)
    asked = {"samples": 4, "patch": 5, "stride": 5, "sign": "both"}
    occluded, sampled = explain(cut.model, x, method=METHODS, engine="tensorflow", **asked)
    assert occluded.cam.shape == sampled.cam.shape == size[:-1]
    assert occluded.status == sampled.status == "ok" and np.ptp(occluded.cam, axis=(1, 2)).min() > 0


def test_values_are_explained_where_there_are_no_probabilities() -> None:
    model, x = flat_model(1, None), np.random.default_rng(1).normal(size=(1, 6, 8, 2)).astype(np.float32)
    asked = {
        "target_class": ["up", "down"],
        "head": "regression",
        "sign": "both",
    }
    for method, options in (("occlusion", {"patch": 2, "stride": 2}), ("rise", RANDOM)):
        up, down = explain(model, x, method=method, **asked, **options)
        assert up.score_name == "value" and up.cam.min() < 0 < up.cam.max()
        np.testing.assert_allclose(up.cam, -down.cam, atol=1e-6)
    with pytest.raises(InputError, match="regression"):
        explain(model, x, method="rise", head="regression", score="probability")


def test_likeness_to_a_reference() -> None:
    model, x = flat_model(4, None), np.random.default_rng(1).normal(size=(2, 6, 8, 2)).astype(np.float32)
    for one in explain(model, x[:1], method=METHODS, like=x[1], **{**FEW, "patch": 2, "stride": 1}):
        assert one.status == "ok" and one.cam.shape == (6, 8)


def test_what_cannot_be_covered_is_refused(model: Any) -> None:
    with pytest.raises(InputError, match="`patch` is 16, and covers the whole input"):
        explain(model, X[:1], method="occlusion", patch=16)


def test_nothing_speaks_against_a_class(model: Any) -> None:
    (one,) = explain(model, X[:1], method="rise", sign="negative", samples=4)
    assert one.status == "blank" and "adds masks up with probabilities" in one.cause
