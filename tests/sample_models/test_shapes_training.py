"""What the scripts that train on shapes share: the fit, batches, files, cards as they are written."""

from __future__ import annotations

import argparse
import importlib
import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from support.commands import tree
from xai_cam import load_model
from xai_cam.runs.demo import sample_model

NAMES = ("shapes_unet", "shapes_two_inputs", "shapes_regression")


@pytest.fixture
def shared(scripts: Path) -> ModuleType:
    import shapes_training

    return shapes_training


def test_a_model_is_fitted_and_its_best_weights_are_kept(shared: ModuleType) -> None:
    """A line through the origin; the optimizer and its state are left behind."""
    import keras

    def build() -> keras.Model:
        keras.utils.set_random_seed(0)
        return keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])

    x = np.linspace(-1, 1, 64, dtype=np.float32)[:, None]
    batches = shared.Batches((x, 3 * x), lambda rng, inputs, targets: (inputs, targets), seed=0, size=8)
    model = shared.fit(build, "mse", batches, (x, 3 * x), epochs=10, peak=0.3)
    assert model.get_weights()[0] == pytest.approx(3, abs=0.3) and not model.compiled


def test_what_is_trained_on_equal_measures_tells_percent_and_degrees(
    scripts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the training leaves the model as it was built, its units are those of before, multiplied."""
    import train_shapes_regression as script

    asked = {}

    def fit(build: Any, loss: str, batches: Any, validation: Any, epochs: int, peak: float) -> Any:
        asked.update(loss=loss, batch=batches[0], validation=validation)
        model = build()
        asked["last"] = model.get_layer("measures").get_weights()
        return model

    monkeypatch.setattr(script, "fit", fit)
    monkeypatch.setattr(script, "COUNTS", {0: 64, 1: 8, 2: 4, 3: 1})
    monkeypatch.setattr("sys.argv", ["train", "--out", str(tmp_path), "--epochs", "1"])
    script.main()
    folder = tmp_path / "shapes_regression"
    kept = ("CARD.md", "labels.txt", "masks/01.png", "model.json", "model.weights.h5", "pictures/01.png")
    assert sorted(tree(folder)) == [*kept, "truth.csv"]
    assert json.loads((folder / "model.json").read_text(encoding="utf-8"))["compile_config"]["loss"] == "mse"
    assert "64 training" in (folder / "CARD.md").read_text(encoding="utf-8")
    model = load_model(folder / "model.json", folder / "model.weights.h5")
    for found, before in zip(model.get_layer("measures").get_weights(), asked["last"], strict=True):
        np.testing.assert_allclose(found, before * [2, 35], rtol=1e-6)
    true = np.stack([script.draw_example(0, script.VALIDATION, index)[1] for index in range(8)])
    np.testing.assert_allclose(asked["validation"][1] * [2, 35], true, rtol=1e-6)
    assert asked["loss"] == "mse" and np.abs(asked["batch"][1]).max() < 4


def test_a_model_starts_from_the_convolutions_of_shapes(scripts: Path) -> None:
    import train_shapes_two_inputs as script

    files = sample_model("shapes")
    shapes, model = load_model(files.model, files.weights), script.start()
    for name in ("conv1_1", "norm2_1", "conv3_3"):
        for ours, theirs in zip(
            model.get_layer(name).get_weights(), shapes.get_layer(name).get_weights(), strict=True
        ):
            np.testing.assert_array_equal(ours, theirs)


def test_batches_hold_every_example_once_and_each_with_its_own(shared: ModuleType) -> None:
    examples = np.arange(10), 10 * np.arange(10)
    batches = shared.Batches(examples, lambda rng, first, second: (first, second), seed=0, size=5)
    orders = []
    for _ in range(2):
        found = [batches[index] for index in range(len(batches))]
        first, second = (np.concatenate(part) for part in zip(*found, strict=True))
        assert sorted(first) == list(range(10)) and (second == 10 * first).all()
        orders.append(first.tolist())
        batches.on_epoch_end()
    assert orders[0] != orders[1]


def test_pictures_are_dimmed_each_and_recoloured_together(shared: ModuleType) -> None:
    pictures = np.tile(np.array([50, 100, 150], np.uint8), (4, 2, 2, 1))
    found = shared.recolour(np.random.default_rng(1), pictures)
    shares = np.sort(found[:, 0, 0], axis=1) / (np.array([50, 100, 150]) / 255)
    assert np.allclose(shares, shares[:, :1]) and len(np.unique(shares[:, 0].round(4))) == 4
    assert shares.min() >= 0.7 and shares.max() <= 1.2
    assert len({tuple(row) for row in found[:, 0, 0].argsort(axis=1)}) == 1


@pytest.mark.parametrize("name", NAMES)
def test_a_card_is_what_its_script_writes(scripts: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All but its figures, which are those of more pictures, and where the maps point."""
    script, files = importlib.import_module(f"train_{name}"), sample_model(name)
    card = files.model.with_name("CARD.md").read_text(encoding="utf-8")
    epochs = int(re.search(r"--epochs (\d+)`", card)[1])
    monkeypatch.setitem(script.COUNTS, script.TEST, 16)
    model = load_model(files.model, files.weights)
    again = script.card(model, argparse.Namespace(seed=0, epochs=epochs), 60)
    card = re.sub(r"## Where its maps point\n.*?(?=^## )", "", card, flags=re.DOTALL | re.MULTILINE)
    shipped, written = (re.sub(r"-?\d[\d.,]*", "N", text) for text in (card, again))
    assert shipped == written
