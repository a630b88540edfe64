"""TensorFlow.js layers models give the outputs of those who made them: Keras 2, Keras 3 and TensorFlow.js."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from support.keras2_models import MODELS, SHAPE, randomise
from support.small_models import build_tiny, save_model, shared
from support.systems import link
from support.tfjs_files import convert_h5, convert_keras, unpacked
from support.tfjs_native import models, pictures, write_native
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.finding import find_model_files
from xai_cam.models.loading.load import load_files
from xai_cam.models.output.losses import loss_of

tf_keras = pytest.importorskip("tf_keras")

pytestmark = pytest.mark.filterwarnings("ignore:.*:UserWarning")

X = np.random.default_rng(1).normal(0, 1, (3, *SHAPE)).astype(np.float32)


def assert_same(found: Any, expected: Any, x: np.ndarray = X, tolerance: float = 1e-4) -> None:
    outputs, expected = np.asarray(found(x, training=False)), np.asarray(expected, np.float32)
    assert expected.std(axis=0).max() > 1e-4, "a model that tells no images apart tests nothing"
    np.testing.assert_allclose(outputs, expected, rtol=0, atol=tolerance * np.abs(expected).max())


def of_keras_2(name: str, folder: Path, **how: Any) -> tuple[Path, Any]:
    """A model that Keras 2 saved, converted; its JSON, and what Keras 2 predicts."""
    model = randomise(MODELS[name](tf_keras))
    model.save(folder / "model.h5")
    return convert_h5(folder / "model.h5", folder / "web", **how), model


BY_CONVERTER = (
    *("nested_partly_frozen", "nested_twice_called", "nested_sequential_last", "deep_nesting"),
    *("sequential_of_sequential", "convolutions", "activations", "adapted"),
)


@pytest.mark.parametrize("name", BY_CONVERTER)
def test_what_the_converter_made_of_keras_2(name: str, tmp_path: Path):
    path, model = of_keras_2(name, tmp_path, shard=200, groups=2)
    assert_same(load_model(path.parent), model(X, training=False))


def test_wrappers_attention_and_names_with_slashes(tmp_path: Path):
    make = tf_keras.layers
    image = tf_keras.Input(SHAPE)
    x = make.BatchNormalization(name="conv1/bn")(make.Conv2D(4, 3, name="conv1/conv")(image))
    x = make.TimeDistributed(make.Conv1D(6, 3), name="each")(x)
    x = make.Reshape((6, 24))(x)
    x = make.Add()([x, make.MultiHeadAttention(2, 5, name="heads")(x, x)])
    x = make.Bidirectional(make.LSTM(3, return_sequences=True))(x)
    x = make.Bidirectional(make.GRU(3))(x)
    model = randomise(tf_keras.Model(image, make.Dense(3)(x)))
    model.save(tmp_path / "model.h5")
    assert_same(load_model(convert_h5(tmp_path / "model.h5", tmp_path / "web")), model(X, training=False))


@pytest.mark.parametrize("quantised", ["uint8", "uint16", "float16"])
def test_quantised_weights_are_what_was_left_of_them(quantised: str, tmp_path: Path):
    path, model = of_keras_2("sequential", tmp_path, quantised=quantised, shard=101)
    model.set_weights([unpacked(value, quantised) for value in model.get_weights()])
    assert_same(load_model(path), model(X, training=False), tolerance=1e-5)


@pytest.mark.parametrize("name", ["nested_partly_frozen", "convolutions"])
def test_what_the_converter_made_of_keras_3(name: str, tmp_path: Path):
    model = randomise(MODELS[name](keras))
    model.save(tmp_path / "model.keras")
    model.save(tmp_path / "model.h5")
    expected = model(X, training=False)
    assert_same(load_model(convert_keras(tmp_path / "model.keras", tmp_path / "zip")), expected)
    assert_same(load_model(convert_h5(tmp_path / "model.h5", tmp_path / "h5")), expected)


@pytest.mark.parametrize("name", models())
def test_what_tensorflow_js_wrote(name: str, tmp_path: Path):
    path, expected = write_native(name, tmp_path)
    edit(path, lambda document: document.update(trainingConfig={"loss": "categorical_crossentropy"}))
    loaded = load_files(path, None)
    assert_same(loaded.model, expected, pictures())
    assert loaded.loss == loss_of(loaded.model) == "categorical_crossentropy"
    assert loaded.container == "a TensorFlow.js layers model"


@pytest.mark.parametrize("name", ["tfjs-native-sequential", "tfjs-converter-two-shards"])
def test_models_of_others(name: str):
    folder = shared("formats") / name
    with np.load(folder / "expected.npz") as kept:
        assert_same(load_model(folder), kept["y"], kept["x"], 1e-5)


def test_weights_of_the_optimizer_and_the_architecture_as_text(tmp_path: Path):
    path, expected = write_native("twice", tmp_path)

    def change(document: Any) -> None:
        document["modelTopology"] = json.dumps(document["modelTopology"])
        group = document["weightsManifest"][0]
        group["weights"].append({"name": "iter", "shape": [], "dtype": "int32", "group": "optimizer"})

    edit(path, change)
    with (tmp_path / "weights.bin").open("ab") as file:
        file.write(b"\0\0\0\0")
    assert_same(load_model(path), expected, pictures())


@pytest.mark.parametrize("in_order", [True, False])
def test_numbers_of_equal_names_are_in_the_order_of_the_layers(tmp_path: Path, in_order: bool):
    """Where they are not, the file does not say which is whose, and nothing is guessed."""
    path, expected = write_native("twice", tmp_path)

    def change(document: Any) -> None:
        seen: set[str] = set()
        for weight in document["weightsManifest"][0]["weights"]:
            weight["name"] += "_1" * ((weight["name"] in seen) is in_order)
            seen.add(weight["name"].removesuffix("_1"))

    edit(path, change)
    if in_order:
        assert_same(load_model(path), expected, pictures())
    else:
        with pytest.raises(ModelError, match="there is not one layer of that name"):
            load_model(path)


# --- Which files -------------------------------------------------------------------------------------


def test_the_files_of_a_model(tmp_path: Path):
    path, _ = write_native("maps", tmp_path / "model")
    weights = tmp_path / "model" / "weights.bin"
    for given in (tmp_path / "model", path):
        files = find_model_files(given)
        assert (files.model, files.weights, files.parts) == (path, None, (path, weights))
    assert find_model_files(path, weights).weights is None, "it names that file itself"
    before = find_model_files(path).hashes
    weights.write_bytes(weights.read_bytes()[:-1] + b"\1")
    changed = find_model_files(path)
    assert changed.hashes != before
    metadata = tmp_path / "model" / "metadata.json"
    metadata.write_text('{"imageSize": 24}', encoding="utf-8")
    told = find_model_files(path)
    assert told.parts == (path, weights, metadata) and told.hashes != changed.hashes


def test_a_folder_of_several_models_is_not_guessed_at(tmp_path: Path):
    path, expected = write_native("twice", tmp_path)
    path.rename(tmp_path / "my-model.json")
    (tmp_path / "metadata.json").write_text("{}", encoding="utf-8")
    assert_same(load_model(tmp_path), expected, pictures())
    (tmp_path / "other.json").write_bytes((tmp_path / "my-model.json").read_bytes())
    with pytest.raises(ModelError):
        load_model(tmp_path)


def test_weights_may_be_others_and_others_may_not_be_these(tmp_path: Path):
    path, _ = of_keras_2("sequential", tmp_path)
    tf_keras.models.load_model(tmp_path / "model.h5", compile=False).save_weights(tmp_path / "other.h5")
    (tmp_path / "web" / "group1-shard1of1.bin").unlink()
    with pytest.raises(ModelError, match=r"incomplete: group1-shard1of1\.bin is missing"):
        load_model(path)
    whole = load_model(tmp_path / "model.h5")
    assert_same(load_model(path, tmp_path / "other.h5"), whole(X, training=False))
    architecture, _ = save_model(build_tiny(), tmp_path / "tiny")
    with pytest.raises(ModelError, match=r"is a TensorFlow\.js layers model, not weights"):
        load_model(architecture, path)


# --- Those that lie ----------------------------------------------------------------------------------


def edit(path: Path, change: Callable[[Any], None]) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")


def renamed(before: str, after: str) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for weight in document["weightsManifest"][0]["weights"]:
            weight["name"] = after if weight["name"] == before else weight["name"]

    return change


def layer_added(**layer: Any) -> Callable[[Any], None]:
    return lambda document: document["modelTopology"]["config"]["layers"].append(layer)


LIES: dict[str, tuple[Callable[[Any], None], str]] = {
    "a name of no layer": (renamed("bn/beta", "bm/beta"), "bm/beta: there is not one layer of that name"),
    "no layer at all": (renamed("bn/beta", "beta"), ": beta: there is not one layer of that name"),
    "too many of a name": (renamed("bn/beta", "bn/gamma"), "not one layer of that name"),
    "an endless name": (renamed("bn/beta", "a/" * 10_000), "not one layer of that name"),
    "code": (layer_added(class_name="Lambda", config={"name": "x", "function": "os"}), "could run code"),
    "a layer without weights": (
        layer_added(class_name="Dense", config={"name": "more", "units": 2}),
        "more: only in the architecture",
    ),
    "another shape": (
        lambda document: document["weightsManifest"][0]["weights"][0].update(shape=[27, 3]),
        r"kernel is \(27, 3\) in the file, \(3, 3, 3, 3\) in the architecture",
    ),
    "no layers": (lambda document: document["modelTopology"].update(config=3), "does not describe a Keras"),
    "nothing but weights": (lambda document: document.update(modelTopology=None), "has no architecture"),
    "a graph": (lambda document: document.update(modelTopology={"node": []}), "graph model"),
}


@pytest.mark.parametrize("lie", LIES)
def test_lies_are_refused(lie: str, tmp_path: Path):
    path, _ = write_native("twice", tmp_path)
    change, words = LIES[lie]
    edit(path, change)
    with pytest.raises(ModelError, match=words):
        load_model(path)


def test_layers_of_one_name_in_another_order_are_refused(tmp_path: Path):
    """As where the first was held fixed: its weights then come last, and nothing says so."""
    path, _ = write_native("twice", tmp_path)

    def change(document: Any) -> None:
        weights = document["weightsManifest"][0]["weights"]
        weights.insert(0, weights.pop(4))  # the second kernel, which lies where the first one did

    edit(path, change)
    with pytest.raises(ModelError, match="not one layer of that name"):
        load_model(path)


def test_numbers_that_are_not_those_of_an_architecture(tmp_path: Path):
    path, _ = write_native("twice", tmp_path)
    edit(path, lambda document: document.pop("weightsManifest"))
    with pytest.raises(ModelError, match=r"has no weights\. Name them with `weights`"):
        load_model(path)


def test_a_shard_that_leads_out(tmp_path: Path):
    path, _ = write_native("twice", tmp_path / "model")
    inside = tmp_path / "model" / "weights.bin"
    outside = inside.rename(tmp_path / "weights.bin")
    link(inside, outside)
    with pytest.raises(ModelError, match="is a link that leads out of the folder"):
        load_model(path)
