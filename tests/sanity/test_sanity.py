"""Sanity checks: the figures equal plain loops, and the model is left as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from oracle import agreement as oracle
from oracle.resize import resize
from support.small_models import build_tiny
from xai_cam import explain, load_model
from xai_cam.cam.methods import METHODS
from xai_cam.errors import InputError, ModelError
from xai_cam.images.fitting import fit_picture
from xai_cam.images.readers import read_image
from xai_cam.models.network import Network
from xai_cam.runs.demo import make_pictures, sample_model
from xai_cam.sanity import Sanity, rounds, sanity_check
from xai_cam.sanity.dependence import judge
from xai_cam.sanity.randomisation import cascade, put_back, randomised


def noise(count: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((count, 16, 16, 3), np.float32)


@pytest.fixture(scope="module")
def model() -> Any:
    return build_tiny(units=4, seed=5)


@pytest.fixture(scope="module")
def found(model: Any) -> Sanity:
    """Two methods at two layers, on three images, two draws, two other classes."""
    return sanity_check(
        model, noise(), ("conv_2", "pool"), ("grad-cam", "eigen-cam"), draws=2, others=2, seed=7
    )


# --- The figures ------------------------------


def test_checks_come_layer_by_layer_and_method_by_method(found: Sanity) -> None:
    asked = [(c, m) for c in ("conv_2", "pool") for m in ("grad-cam", "eigen-cam")]
    assert [(check.layer, check.method) for check in found.checks] == asked
    assert [s.layer for s in found.checks[0].steps] == ["head", "conv_2"]
    assert [(s.layer, s.above) for s in found.checks[2].steps] == [
        ("head", True),
        ("conv_2", True),
        ("conv_1", False),
    ]


def test_maps_are_those_of_the_class_that_the_untouched_model_predicts(model: Any, found: Sanity) -> None:
    network = Network(model)
    first = found.checks[2]
    stages = cascade(network, network.find("pool"))
    expected = [[e.cam for e in explain(model, noise(), "pool")]]
    with put_back(stages):
        for _ in randomised(stages, (7, 0)):
            maps = explain(model, noise(), "pool", target_class=found.predicted)
            expected.append([e.cam for e in maps])
    assert found.predicted.tolist() == [int(c) for c in np.argmax(model(noise()), axis=1)]
    np.testing.assert_allclose(first.maps, np.moveaxis(np.array(expected), 1, 0)[first.images], atol=1e-6)


def test_similarities_equal_the_loops(found: Sanity) -> None:
    for check in found.checks:
        for i, maps in enumerate(check.maps):
            original, *others = (resize(cam, (16, 16)) for cam in maps)
            for step, other in enumerate(others):
                expected = oracle.spearman(original, other), oracle.overlap(original, other, 0.1)
                values = check.correlation[i, 0, step], check.overlap[i, 0, step]
                np.testing.assert_allclose(values, np.nan_to_num(expected), atol=2e-3)


def test_other_classes_are_those_next_in_rank(model: Any, found: Sanity) -> None:
    check = found.checks[0]
    ranking = np.argsort(-np.asarray(model(noise())), axis=1)
    assert check.class_correlation.shape == (len(check.images), 2)
    for row, image in enumerate(check.images):
        maps = explain(model, noise()[image], "conv_2", target_class=ranking[image, :3][None])
        original, *others = (resize(e.cam, (16, 16)) for e in maps)
        expected = [oracle.spearman(original, other) for other in others]
        np.testing.assert_allclose(check.class_correlation[row], np.nan_to_num(expected), atol=2e-3)


def test_the_first_draw_does_not_depend_on_how_many_there_are(model: Any, found: Sanity) -> None:
    once = sanity_check(model, noise(), "pool", "grad-cam", draws=1, others=2, seed=7, batch_size=2)
    np.testing.assert_allclose(once.checks[0].correlation[:, 0], found.checks[2].correlation[:, 0], atol=1e-6)
    other = sanity_check(model, noise(), "pool", "grad-cam", draws=1, others=2, seed=8)
    assert not np.allclose(other.checks[0].correlation, once.checks[0].correlation, atol=1e-3)


def test_progress_counts_every_image_explained(model: Any) -> None:
    reports: list[tuple[int, int]] = []
    sanity_check(
        model, noise(), "conv_2", "grad-cam", draws=2, batch_size=2, progress=lambda *r: reports.append(r)
    )
    assert reports == [
        (done, 15) for done in (2, 3, 5, 6, 8, 9, 11, 12, 14, 15)
    ]  # 3 x (1 + 2 draws x 2 steps)


# --- Maps that show nothing ------------------------------


def without_bias() -> Any:
    """Activations of a black picture are 0; the head's second class has the opposite weights of the first."""
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(2, 3, activation="relu", use_bias=False, name="conv")(inputs)
    x = keras.layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, keras.layers.Dense(2, use_bias=False, name="head")(x))
    model.set_weights([np.ones((3, 3, 3, 2)), np.array([[1.0, -1], [1, -1]])])
    return model


def test_blank_originals_are_left_out_and_blank_others_are_like_nothing() -> None:
    images = np.random.default_rng(0).random((3, 8, 8, 3), np.float32)
    images[1] = 0
    check = sanity_check(without_bias(), images, method="grad-cam", draws=4).checks[0]
    assert check.images.tolist() == [0, 2]
    assert [(left.image, left.status) for left in check.left_out] == [(1, "blank")]
    assert check.class_lost.all() and not check.class_correlation.any() and not check.class_overlap.any()
    assert (check.classes.lost, check.classes.correlation.value) == (1, 0)
    assert check.lost.any() and not check.correlation[check.lost].any()
    assert check.maps[:, 1:][check.lost[:, 0]].max(initial=0) == 0


def test_no_image_with_a_map() -> None:
    check = sanity_check(without_bias(), np.zeros((2, 8, 8, 3)), method="grad-cam").checks[0]
    assert len(check.images) == 0 and len(check.left_out) == 2
    assert np.isnan(check.steps[0].similarity.correlation.value) and check.steps[0].draws == ()
    assert judge(check).outcome == "not judged"


# --- What is concluded ------------------------------


def test_a_method_without_regard_to_the_head_is_named(model: Any, found: Sanity) -> None:
    eigen = found.checks[3]
    assert eigen.above is not None and eigen.above.layer == "conv_2"
    assert (eigen.class_correlation > 0.999999).all() and (eigen.class_overlap == 1).all()
    assert (eigen.correlation[..., :2] > 0.999999).all() and eigen.correlation[..., 2].mean() < 0.999
    verdict = sanity_check(model, noise(6), method="eigen-cam", draws=1).verdicts[0]
    assert verdict.outcome == "failed"
    assert "do not depend on the class (1.00" in str(verdict)
    assert "do not depend on the layers above, head (1.00" in str(verdict)


def test_grad_cam_passes_on_the_sample_model_of_shapes(tmp_path: Path) -> None:
    files = sample_model("shapes")
    paths = make_pictures(tmp_path, 6, seed=3)
    pictures = [fit_picture(read_image(path), (96, 96), 3)[0] / 255 for path in paths]
    found = sanity_check(
        load_model(files.model, files.weights),
        np.stack(pictures),
        method=("grad-cam", "eigen-cam"),
        draws=1,
    )
    assert [verdict.outcome for verdict in found.verdicts] == ["passed", "failed"]


# --- The model, and what cannot be asked ------------------------------


@pytest.mark.parametrize("error", [None, RuntimeError, KeyboardInterrupt])
def test_the_model_is_as_it_was(error: type[BaseException] | None, monkeypatch: pytest.MonkeyPatch) -> None:
    model = build_tiny()
    before = [w.tobytes() for w in model.get_weights()]
    real: Callable[..., Any] = rounds.explain_layers
    calls = []

    def failing(*arguments: Any) -> Any:
        calls.append([w.tobytes() for w in model.get_weights()] == before)
        if error and len(calls) == 3:
            raise error
        return real(*arguments)

    monkeypatch.setattr(rounds, "explain_layers", failing)
    if error:
        with pytest.raises(error):
            sanity_check(model, noise(), method="grad-cam", draws=1)
    else:
        sanity_check(model, noise(), method="grad-cam", draws=1)
    assert calls == [True, False, False]
    assert [w.tobytes() for w in model.get_weights()] == before


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"draws": 0}, InputError, "one image, one draw and one other class"),
        ({"others": 0}, InputError, "one image, one draw and one other class"),
        ({"method": "grad-can"}, InputError, "Unknown method 'grad-can'"),
        ({"layer": "conv_9"}, ModelError, "no layer 'conv_9'"),
        ({"layer": "average"}, ModelError, "no spatial output"),
        ({"method": "score-cam", "score": "probability"}, InputError, "every class gets the same map"),
    ],
)
def test_what_cannot_be_asked(
    model: Any, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        sanity_check(model, noise(), **options)
    with pytest.raises(InputError, match="one image"):
        sanity_check(model, noise(0))


def test_every_method_can_be_checked(model: Any) -> None:
    names = list(METHODS)
    found = sanity_check(model, noise(2), "conv_2", names, draws=1, others=9)
    assert [check.method for check in found.checks] == names
    assert {check.other_classes for check in found.checks} == {3}
    for check in found.checks:
        assert np.isfinite(check.correlation).all() and np.isfinite(check.class_overlap).all()
