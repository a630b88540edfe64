"""Maps of the sample model of digits, from its files on, once by the oracle alone and once by the tool.

The oracle reads the JSON and the H5 file, runs the network, takes the gradients and makes the masks itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from oracle.cams import cam_of
from oracle.faithfulness import saliency
from oracle.network import Network, read_network
from support.commands import counted, explain
from xai_cam import explain as explain_arrays
from xai_cam import load_model
from xai_cam.runs.demo import sample_model

FILES = sample_model("digits")
LAYERS = ["conv", "pool"]
METHODS = ["grad-cam", "score-cam"]
OTHER = 8
"""The class that is explained beside the predicted one."""

Maps = dict[tuple[str, int, int, str], np.ndarray]
"""The oracle's map (h, w) by layer, number of the picture, class and method."""


@dataclass(frozen=True)
class Digits:
    """Unseen pictures (n, 28, 28) in 0 to 255, and the classes (n,) that the oracle predicts for them."""

    pictures: np.ndarray
    predicted: np.ndarray

    @property
    def inputs(self) -> np.ndarray:
        """What enters the model: (n, 28, 28, 1) in [0, 1]."""
        return self.pictures[..., None] / 255

    @property
    def classes(self) -> np.ndarray:
        """The classes that are explained, (n, 2)."""
        return np.stack([self.predicted, np.full_like(self.predicted, OTHER)], axis=1)


@pytest.fixture(scope="module")
def network() -> Network:
    return read_network(FILES.model, FILES.weights)


@pytest.fixture(scope="module")
def digits(network: Network) -> Digits:
    """The first picture of each of four digits, and one that the model misreads."""
    pytest.importorskip("sklearn", reason="scikit-learn brings the digits")
    from xai_cam.sample_models.train_digits import load_split

    test = load_split(0)[2]
    predicted = network.forward(test.pictures[..., None] / 255).argmax(axis=1)
    wrong = np.flatnonzero((predicted != test.digits) & (predicted != OTHER))
    chosen = [*(np.flatnonzero((test.digits == d) & (predicted == d))[0] for d in (0, 2, 5, 7)), wrong[0]]
    return Digits(test.pictures[chosen], predicted[chosen])


@pytest.fixture(scope="module")
def maps(network: Network, digits: Digits) -> Maps:
    return {
        (layer, i, int(c), method): cam_of(method, network, x, layer, int(c))
        for layer in LAYERS
        for i, x in enumerate(digits.inputs)
        for c in digits.classes[i]
        for method in METHODS
    }


def agree(found: np.ndarray, expected: np.ndarray) -> None:
    """Two maps are the same to 1e-4, as they are; also to 1e-4 of their maximum where that is below 1."""
    assert found.dtype == np.float32 and found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4 * min(expected.max(), 1))


def test_every_layer_with_maps_is_looked_at(network: Network, digits: Digits) -> None:
    found = network.outputs(digits.inputs[:1])
    assert [name for name, values in found.items() if values.ndim == 4] == LAYERS


@pytest.mark.parametrize("layer", LAYERS)
def test_each_picture_class_and_method_has_another_map(maps: Maps, layer: str) -> None:
    """Without that, maps that were mixed up could agree."""
    cams = [cam / cam.max() for key, cam in maps.items() if key[0] == layer]
    gaps = [np.abs(a - b).max() for n, a in enumerate(cams) for b in cams[:n]]
    assert len(cams) == 20 and min(gaps) > 0.01


@pytest.mark.parametrize("layer", LAYERS)
def test_maps_from_python(network: Network, digits: Digits, maps: Maps, layer: str) -> None:
    model = load_model(FILES.model, FILES.weights)
    found = explain_arrays(model, digits.inputs, layer, METHODS, digits.classes)
    logits = network.forward(digits.inputs)
    for key, explanation in zip([key for key in maps if key[0] == layer], found, strict=True):
        _, i, c, method = key
        assert (explanation.method, explanation.target_class) == (method, c)
        assert explanation.predicted_class == digits.predicted[i]
        np.testing.assert_allclose(explanation.score, logits[i, c], rtol=0, atol=1e-4)
        agree(explanation.cam, maps[key])
        agree(explanation.saliency_map, saliency(maps[key], maps[key].shape))


def test_maps_from_the_command_line(digits: Digits, maps: Maps, tmp_path: Path) -> None:
    for i, picture in enumerate(digits.pictures):
        Image.fromarray(picture).save(tmp_path / f"{i}.png")
    options = [("-l", name) for name in LAYERS] + [("--method", name) for name in METHODS]
    options += [("-c", "predicted"), ("-c", OTHER), ("--preprocess", "unit"), ("--save", "raw")]
    result = explain((FILES.model, FILES.weights), tmp_path, *(part for pair in options for part in pair))
    assert counted(result, len(digits.pictures)), result.stderr
    files = {f"{i}_{layer}_{method}_{c}.npy": cam for (layer, i, c, method), cam in maps.items()}
    assert {path.name for path in tmp_path.glob("*.npy")} == set(files)
    for name, cam in files.items():
        found = np.load(tmp_path / name)
        agree(found, cam)
        agree(found / found.max(), saliency(cam, cam.shape))
