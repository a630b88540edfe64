"""What layers cost: those of one model share their passes, side by side, fused and in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.commands import counted
from support.commands import explain as on_the_command_line
from support.passes_counted import PASSES, counted_model
from xai_cam import Explainer, compare, explain
from xai_cam.cam.engines.whole_by_tensorflow import WholeByTensorFlow
from xai_cam.cam.layers_explainer import LayersExplainer

X = np.random.default_rng(3).normal(0, 1, (9, 16, 16, 3)).astype(np.float32)
LAYERS = ["conv_1", "pool", "conv_2"]
METHODS = ["grad-cam", "grad-cam++", "xgrad-cam", "hires-cam", "layer-cam", "eigen-cam"]
ON_CPU: dict[str, Any] = {"engine": "tensorflow", "cache": False}


@pytest.fixture(scope="module")
def model() -> Any:
    return counted_model()


@pytest.fixture
def passes() -> list[int]:
    """Images that went through the model at a time, in turn. Two are tried when it is opened."""
    PASSES.clear()
    return PASSES


@pytest.mark.parametrize("fuse", [None, "mean"])
def test_layers_methods_and_classes_share_one_pass(model: Any, passes: list[int], fuse: str | None) -> None:
    classes = ["predicted", "top2", "0+2", 1]
    found = explain(model, X, LAYERS, METHODS, classes, fuse=fuse, batch_size=5, **ON_CPU)
    assert len(found.by_image[0]) >= len(METHODS) * 3 * (1 if fuse else len(LAYERS))
    assert passes[-2:] == [5, 4] and set(passes[:-2]) <= {2}


def test_activations_alone_take_one_pass_too(model: Any, passes: list[int]) -> None:
    explain(model, X[:5], LAYERS, "eigen-cam", **ON_CPU)
    assert passes[-1] == 5 and set(passes[:-1]) <= {2}


def test_masked_passes_are_each_layers_own(model: Any, passes: list[int]) -> None:
    """Of an image 6 channels at each of two layers, in chunks of 4; the pass that they begin with is one."""
    found = explain(model, X[:1], LAYERS[:2], ["score-cam", "grad-cam"], chunk_size=4, **ON_CPU)
    assert passes[-5:] == [1, 4, 4, 4, 4] and passes.count(1) == 1
    alone = [explain(model, X[:1], layer, ["score-cam", "grad-cam"], **ON_CPU) for layer in LAYERS[:2]]
    for one, other in zip(found, [e for of_layer in alone for e in of_layer], strict=True):
        assert (one.layer, one.method) == (other.layer, other.method)
        np.testing.assert_allclose(one.cam, other.cam, rtol=1e-4, atol=1e-6)


def test_layers_are_compared_from_one_pass(model: Any, passes: list[int]) -> None:
    """Behind it five images masked by their nine maps, in one chunk."""
    compare(model, X[:5], LAYERS, METHODS[:3], steps=0, chunk_size=45, **ON_CPU)
    assert passes[-2:] == [5, 45] and passes.count(5) == 1


@pytest.mark.parametrize("options", [[], ["--fuse", "max"]])
def test_a_folder_passes_once_a_batch(
    options: list[str], model_files: Any, tmp_path: Path, make_photo: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run of a graph of whole images is a pass, as the tests above tell."""
    for number in range(7):
        make_photo(tmp_path / f"{number}.png", seed=number)
    run, seen = WholeByTensorFlow._run, list[int]()

    def counting(self: WholeByTensorFlow, function: Any, images: np.ndarray, *others: np.ndarray) -> Any:
        seen.append(len(images))
        return run(self, function, images, *others)

    monkeypatch.setattr(WholeByTensorFlow, "_run", counting)
    asked = [part for layer in LAYERS for part in ("-l", layer)]
    asked += [part for method in METHODS[:2] for part in ("--method", method)]
    given = [*asked, "--class", "0", "--class", "1", "-b", "4", "--engine", "tensorflow", "--no-cache"]
    result = on_the_command_line(model_files(), *given, *options, tmp_path)
    assert counted(result, 7), result.stderr
    assert seen == [4, 3]


def test_what_explains_several_layers_is_one_explainer(tiny_model: Any) -> None:
    explainers = [Explainer(tiny_model, layer, **ON_CPU) for layer in LAYERS]
    whole = LayersExplainer(explainers)
    whole.for_metrics = True
    assert [one.for_metrics for one in explainers] == [True] * 3 and whole.for_metrics
    assert whole.engine is explainers[0].engine and whole.network is explainers[0].network
    assert [info.path for info in whole.target_layers] == LAYERS
    found = whole.explain(X[:2], ["grad-cam", "eigen-cam"], [1], ["random"])
    assert [(one.layer, one.method) for one in found[1]] == [
        (layer, method) for layer in LAYERS for method in ("grad-cam", "eigen-cam", "random")
    ]
    assert whole.explain(X[:0]) == []
