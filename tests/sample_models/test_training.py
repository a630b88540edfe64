"""The script that trains on photos: its data, its network, a run from nothing and one that goes on."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support.commands import clean_environment, fresh, run

SCRIPTS = Path(__file__).resolve().parents[2] / "sample_models"


@pytest.fixture
def photos(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import photos

    return photos


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import train_dogcat

    return train_dogcat


@pytest.fixture
def draw() -> Callable[[Path, int, int], None]:
    """Writes `count` pictures: bright ones are dogs, dark ones cats."""

    def write(folder: Path, count: int, light: int) -> None:
        folder.mkdir(parents=True)
        for number in range(count):
            rng = np.random.default_rng([light, number])
            pixels = rng.integers(light, light + 60, (20, 30, 3), np.uint8)
            Image.fromarray(pixels).save(folder / f"{number}.png")

    return write


@pytest.mark.parametrize("layout", ["folders", "train and test", "kaggle"])
def test_pictures_are_found_and_split(
    layout: str, tmp_path: Path, photos: ModuleType, make_photo: Callable[..., Path]
) -> None:
    place = {
        "folders": lambda name, i: tmp_path / name / f"{i}.jpg",
        "train and test": lambda name, i: tmp_path / "train" / name / f"{i}.jpg",
        "kaggle": lambda name, i: tmp_path / "train" / f"{name}.{i}.jpg",
    }[layout]
    for name in ("cat", "dog"):
        for i in range(20):
            make_photo(place(name, i))
        if layout == "train and test":
            make_photo(tmp_path / "test" / name / "unseen.jpg")
    training, validation, test = photos.split_data(tmp_path, 0)
    sizes = [36, 4, 2] if layout == "train and test" else [31, 3, 6]
    assert [len(training), len(validation), len(test)] == sizes
    everything = [*training.paths, *validation.paths, *test.paths]
    assert len(set(everything)) == len(everything)
    for split in (training, validation, test):
        names = ["dog" if label else "cat" for label in split.labels]
        assert all(
            name in Path(path).name or name in path for name, path in zip(names, split.paths, strict=True)
        )
    assert photos.split_data(tmp_path, 0)[0].paths == training.paths
    assert photos.split_data(tmp_path, 1)[0].paths != training.paths


def test_a_folder_without_both_classes_is_refused(tmp_path: Path, photos: ModuleType) -> None:
    with pytest.raises(SystemExit, match="no pictures of both classes"):
        photos.split_data(tmp_path, 0)


def test_changes_by_chance_follow_from_the_seed(
    tmp_path: Path, photos: ModuleType, draw: Callable[[Path, int, int], None]
) -> None:
    draw(tmp_path / "cat", 8, 20)
    draw(tmp_path / "dog", 8, 150)
    split = photos.find_pictures(tmp_path)

    def epochs(seed: int) -> list[np.ndarray]:
        data = photos.training_data(split, 12, 4, seed, photos.Chances())
        return [np.concatenate([x.numpy() for x, _ in data]) for _ in range(2)]

    first, second = epochs(0)
    assert first.shape == (16, 12, 12, 3) and first.min() >= 0 and first.max() <= 1
    assert not np.array_equal(first, second)
    for again, once in zip(epochs(0), (first, second), strict=True):
        assert np.array_equal(again, once)
    assert not np.array_equal(epochs(1)[0], first)
    labels = np.concatenate([y.numpy() for _, y in photos.training_data(split, 12, 4, 0, photos.Chances())])
    assert np.array_equal(labels > 0.5, first.mean(axis=(1, 2, 3)) > 0.35)


def test_a_cut_out_of_everything_is_the_picture(photos: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no chances left, the whole picture is handed on."""
    import tensorflow as tf

    middle = {0: 1.0, 1: 0.0, 2: 0.0, 3: 0.0, 4: 1.0, 5: 1.0, 6: 1.0, 7: 1.0}

    def fixed(shape: Any, seed: Any, low: float, high: float) -> Any:
        return tf.fill(shape, middle[int(seed[0])])

    monkeypatch.setattr(photos.tf.random, "stateless_uniform", fixed)
    pixels = np.random.default_rng(0).integers(0, 256, (2, 9, 9, 3), np.uint8)
    changed = photos.augment(tf.constant(pixels), tf.constant([0, 0]), 9, 0.6).numpy()
    np.testing.assert_allclose(changed, pixels / 255, atol=1e-5)


def test_the_fused_layer_normalises_as_keras_does(script: ModuleType) -> None:
    import keras

    layers = [script.FusedNormalization(), keras.layers.BatchNormalization()]
    rng = np.random.default_rng(0)
    for _ in range(3):
        x = rng.normal(2, 3, (8, 5, 5, 4)).astype(np.float32)
        fused, plain = (np.asarray(layer(x, training=True)) for layer in layers)
        np.testing.assert_allclose(fused, plain, atol=1e-4)
    fused, plain = (np.asarray(layer(x, training=False)) for layer in layers)
    np.testing.assert_allclose(fused, plain, rtol=2e-3, atol=2e-3)  # the variances: n - 1 against n


def test_stages_are_read(script: ModuleType) -> None:
    stages = script.read_stages("48x40@0.01,150x4@0.002")
    assert [(s.side, s.epochs, s.rate) for s in stages] == [(48, 40, 0.01), (150, 4, 0.002)]
    assert script.read_stages("none") == []
    with pytest.raises(script.argparse.ArgumentTypeError, match="no stage"):
        script.read_stages("48")


@pytest.mark.slow
def test_the_small_network_is_trained_by_the_same_script(
    tmp_path: Path, draw: Callable[[Path, int, int], None]
) -> None:
    pytest.importorskip("sklearn", reason="the model is measured by xai-cam evaluate")
    for name, light in (("cat", 20), ("dog", 180)):
        draw(tmp_path / "data" / name, 30, light)
    out = tmp_path / "model"
    common = ("--data", tmp_path / "data", "--out", out, "--batch", 8, "--progress", 2)
    trained = ("--network", "small", "--stages", "32x1@0.01", "--optimizer", "adamw")
    done = fresh(SCRIPTS / "train_dogcat.py", *common, *trained, env=clean_environment())
    assert done.returncode == 0, done.stderr[-2000:]
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert names == {
        *("model.json", "model.weights.h5", "labels.txt", "CARD.md", "commands.txt"),
        *("history.csv", "history.png"),
        *(f"report/{name}" for name in ("evaluation.json", "roc.png", "confusion.png", "scores.png")),
    }
    card = (out / "CARD.md").read_text(encoding="utf-8")
    assert "# dogcat_small" in card and "160 x 160" in card and "40 to 100 % of the area" in card
    assert "maps point" not in card  # there are no boxes on these pictures
    again = fresh(SCRIPTS / "train_dogcat.py", *common, "--stages", "none", "--resume")
    assert again.returncode == 1 and "is another network" in again.stderr


@pytest.mark.slow
def test_training_from_nothing_and_further(tmp_path: Path, draw: Callable[[Path, int, int], None]) -> None:
    pytest.importorskip("sklearn", reason="the model is measured by xai-cam evaluate")
    pytest.importorskip("tf_keras", reason="the model is also written as Keras 2 did")
    for name, light in (("cat", 20), ("dog", 180)):
        draw(tmp_path / "data" / name, 30, light)
    out = tmp_path / "model"

    common = ("--data", tmp_path / "data", "--out", out, "--batch", 8, "--progress", 2)

    def train(*options: object) -> list[dict[str, str]]:
        done = fresh(SCRIPTS / "train_dogcat.py", *common, *options, env=clean_environment())
        assert done.returncode == 0, done.stderr[-2000:]
        with (out / "history.csv").open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    assert [row["side"] for row in train("--stages", "16x2@0.01")] == ["16", "16"]
    rows = train("--stages", "24x1@0.001", "--resume", "--optimizer", "adamw")
    assert [(row["epoch"], row["side"]) for row in rows] == [("1", "16"), ("2", "16"), ("3", "24")]
    weights = (out / "model.weights.h5").read_bytes()
    train("--stages", "16x1@1000000", "--resume")
    assert (out / "model.weights.h5").read_bytes() == weights  # worse ones do not replace them
    architecture = out / "model.json"
    architecture.write_text(
        architecture.read_text(encoding="utf-8").replace('"units": 256', '"units": 128'), encoding="utf-8"
    )
    again = fresh(SCRIPTS / "train_dogcat.py", *common, "--stages", "none", "--resume")
    assert again.returncode == 1 and "is another network" in again.stderr
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert names == {
        *("model.json", "model.weights.h5", "labels.txt", "CARD.md", "commands.txt"),
        *("history.csv", "history.png", "keras2/model.json", "keras2/model.h5"),
        *(f"report/{name}" for name in ("evaluation.json", "roc.png", "confusion.png", "scores.png")),
    }
    assert (out / "commands.txt").read_text(encoding="utf-8").count("--data FOLDER") == 3
    assert str(tmp_path / "data") not in (out / "CARD.md").read_text(encoding="utf-8")
    assert run("layers", "-m", out / "keras2" / "model.json").exit_code == 0
