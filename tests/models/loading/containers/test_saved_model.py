"""SavedModel folders and checkpoints of tf.keras give its outputs; what is no Keras model is refused."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.checkpoint_files import field, metadata_of
from support.keras2_models import MODELS, SHAPE, backbone, randomise
from support.small_models import shared
from support.systems import link
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.containers.saved_model import decoded
from xai_cam.models.loading.load import load_architecture, load_files

tf_keras = pytest.importorskip("tf_keras")

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*:UserWarning"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

X = np.random.default_rng(1).normal(0, 1, (3, *SHAPE)).astype("f4")


def recurrent(keras: Any) -> Any:
    make, image = keras.layers, keras.Input(SHAPE)
    x = make.Bidirectional(make.LSTM(4, return_sequences=True))(make.Reshape((8, 24))(image))
    x = make.Bidirectional(make.GRU(4, return_sequences=True))(x)
    x = make.RNN([make.LSTMCell(4), make.GRUCell(3)], return_sequences=True)(x)
    return keras.Model(image, make.Dense(2)(make.Flatten()(x)))


def inside_of_others(keras: Any) -> Any:
    """A model inside of a wrapper, and the layers inside of an attention."""
    make, image = keras.layers, keras.Input(SHAPE)
    x = make.TimeDistributed(backbone(keras))(make.Reshape((1, *SHAPE))(image))
    x = make.Reshape((16, 5))(make.TimeDistributed(make.Conv2D(5, 1))(x))
    x = make.MultiHeadAttention(2, 4)(x, make.LayerNormalization()(x))
    return keras.Model(image, make.Dense(2)(make.Flatten()(x)))


def shared_backbone(keras: Any) -> Any:
    """One model in two places, of which its configuration tells as if they were two."""
    make, image, inner = keras.layers, keras.Input(SHAPE), backbone(keras)
    x = make.Concatenate()([make.Flatten()(inner(image)), keras.Sequential([inner, make.Flatten()])(image)])
    return keras.Model(image, make.Dense(2)(x))


def slashes(keras: Any) -> Any:
    make, image = keras.layers, keras.Input(SHAPE)
    x = make.Conv2D(4, 3, name="a/b/conv")(image)
    return keras.Model(image, make.Dense(2, name="x/y")(make.Flatten()(x)))


BUILD: dict[str, Callable[[Any], Any]] = {
    **MODELS,
    **{build.__name__: build for build in (recurrent, inside_of_others, shared_backbone, slashes)},
}


@pytest.fixture(scope="module")
def models() -> dict[str, Any]:
    return {name: randomise(build(tf_keras)) for name, build in BUILD.items()}


def assert_same(found: Any, model: Any) -> None:
    expected = np.asarray(model(X, training=False))
    assert expected.std(axis=0).max() > 1e-4, "a model that tells no images apart tests nothing"
    np.testing.assert_allclose(
        np.asarray(found(X, training=False)), expected, rtol=0, atol=1e-5 * np.abs(expected).max()
    )


@pytest.mark.parametrize("name", BUILD)
def test_json_and_checkpoint(models: dict[str, Any], name: str, tmp_path: Path):
    (tmp_path / "m.json").write_text(models[name].to_json(), encoding="utf-8")
    models[name].save_weights(tmp_path / "cp.ckpt")
    assert_same(load_model(tmp_path / "m.json", tmp_path / "cp.ckpt"), models[name])


@pytest.mark.parametrize("name", ["sequential_of_functional", "preprocessing", "inside_of_others", "slashes"])
def test_saved_models(models: dict[str, Any], name: str, tmp_path: Path):
    tf_keras.models.save_model(models[name], str(tmp_path / "m"), save_format="tf")
    assert_same(load_model(tmp_path / "m"), models[name])


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A trained model, with all that training keeps."""
    folder = tmp_path_factory.mktemp("saved") / "cat model"
    make = tf_keras.layers
    model = tf_keras.Sequential(
        [
            make.Conv2D(3, 3, input_shape=SHAPE),
            make.Dropout(0.5),
            make.Flatten(),
            make.Dense(2, activation="softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(X, np.array([0, 1, 0]), verbose=0)
    tf_keras.models.save_model(model, str(folder), save_format="tf")
    return folder, model


@pytest.fixture
def copy(saved: tuple[Path, Any], tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved[0], tmp_path / "copy"))


def test_what_training_keeps_is_left_out(saved: tuple[Path, Any]):
    folder, model = saved
    loaded = load_files(folder, None)
    assert_same(loaded.model, model)
    assert loaded.container == "a SavedModel folder"
    assert loaded.loss == "sparse_categorical_crossentropy"
    assert_same(load_model(folder / "saved_model.pb"), model)
    assert load_architecture(folder).count_params() == model.count_params()


def test_the_folder_gives_a_json_its_weights(saved: tuple[Path, Any], tmp_path: Path):
    folder, model = saved
    (tmp_path / "m.json").write_text(model.to_json(), encoding="utf-8")
    for weights in (folder, folder / "variables" / "variables", folder / "variables" / "variables.index"):
        assert_same(load_model(tmp_path / "m.json", weights), model)


def test_checkpoints_of_a_training_of_ones_own(saved: tuple[Path, Any], tmp_path: Path):
    """By `tf.train.Checkpoint`, found by the folder's note of the last one, or beside the JSON."""
    import tensorflow as tf

    (tmp_path / "m.json").write_text(saved[1].to_json(), encoding="utf-8")
    objects = tf.train.Checkpoint(net=saved[1], step=tf.Variable(1), optimizer=saved[1].optimizer)
    tf.train.CheckpointManager(objects, str(tmp_path / "runs"), 3).save()
    assert_same(load_model(tmp_path / "m.json", tmp_path / "runs"), saved[1])
    saved[1].save_weights(tmp_path / "only.ckpt")
    assert_same(load_model(tmp_path / "m.json"), saved[1])


def test_weights_of_another_model_are_refused(saved: tuple[Path, Any], tmp_path: Path):
    other = tf_keras.Sequential([tf_keras.layers.Conv2D(3, 3, input_shape=SHAPE)])
    (tmp_path / "m.json").write_text(other.to_json(), encoding="utf-8")
    with pytest.raises(
        ModelError, match=r"it has \d layers where the checkpoint has 4. Give the architecture"
    ):
        load_model(tmp_path / "m.json", saved[0])
    wider = tf_keras.models.clone_model(saved[1]).get_config()
    wider["layers"][-1]["config"]["units"] = 7
    (tmp_path / "m.json").write_text(tf_keras.Sequential.from_config(wider).to_json(), encoding="utf-8")
    with pytest.raises(ModelError, match=r"dense\w*: kernel is \(108, 2\) in the file, \(108, 7\)"):
        load_model(tmp_path / "m.json", saved[0])


def test_a_model_that_calls_its_layers_by_code(tmp_path: Path):
    class Own(tf_keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.conv = tf_keras.layers.Conv2D(2, 3)

        def call(self, x: Any) -> Any:
            return self.conv(x)

    model = Own()
    model(X)
    tf_keras.models.save_model(model, str(tmp_path / "own"), save_format="tf")
    with pytest.raises(
        ModelError, match=r"is a SavedModel of the class 'Own'.* Build it there out of layers"
    ):
        load_model(tmp_path / "own")


def test_a_graph_without_keras(tmp_path: Path):
    import tensorflow as tf

    module = tf.Module()
    module.w = tf.Variable(1.0)  # type: ignore[attr-defined]
    tf.saved_model.save(module, str(tmp_path / "plain"))
    with pytest.raises(
        ModelError,
        match=r"is a SavedModel of plain TensorFlow functions.* exported from, and save it as .keras",
    ):
        load_model(tmp_path / "plain")


@pytest.mark.parametrize(
    "name", ["functional-tf22", "sequential-tf20", "sequential-tf24", "functional-tf213"]
)
def test_folders_of_older_versions(name: str):
    """Before TensorFlow 2.5 the configuration was a part of the graph's file."""
    folder = shared(f"formats/savedmodel-{name}")
    arrays = np.load(folder / "expected.npz")
    found = np.asarray(load_model(folder / "saved_model")(arrays["x"], training=False))
    np.testing.assert_allclose(found, arrays["y"], rtol=0, atol=1e-5 * np.abs(arrays["y"]).max())


# --- Hostile folders ---------------------------------------------------------------------------------


def rewrite(folder: Path, root: Any) -> None:
    """Another configuration in the metadata of a folder."""
    (folder / "keras_metadata.pb").write_bytes(metadata_of(root))


def test_metadata_are_audited_as_any_configuration(copy: Path):
    layers = [{"class_name": "Lambda", "config": {"name": "x", "function": ["4wAAAA==", None, None]}}]
    rewrite(copy, {"class_name": "Sequential", "config": {"name": "m", "layers": layers}})
    with pytest.raises(ModelError, match="'x' is a Lambda, which contains code"):
        load_model(copy)


def test_metadata_that_name_other_files(copy: Path):
    layer = {"class_name": "StringLookup", "config": {"name": "x", "vocabulary": "/etc/passwd"}}
    rewrite(copy, {"class_name": "Sequential", "config": {"name": "m", "layers": [layer]}})
    with pytest.raises(ModelError, match="reads the file '/etc/passwd'"):
        load_model(copy)


@pytest.mark.parametrize(
    ("root", "reason"),
    [
        ({}, "of the class '_tf_keras_sequential'"),
        ([], "plain TensorFlow functions"),
        (
            {"class_name": 5, "config": {"layers": [{"class_name": "Dense", "config": {}}]}},
            "is damaged|not a class",
        ),
        ({"class_name": "Sequential", "config": {"layers": "x" * 10}}, "of the class 'Sequential'"),
        ({"class_name": "Sequential", "config": {"name": "m", "layers": [{"class_name": "Dense"}]}}, "class"),
    ],
)
def test_metadata_that_are_no_model(copy: Path, root: Any, reason: str):
    rewrite(copy, root)
    with pytest.raises(ModelError, match=reason):
        load_model(copy)


@pytest.mark.parametrize(
    "data", [b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x03\x28\x05\x28", b"\x0a\x02\x28\x07", b"\xff"]
)
def test_metadata_that_are_damaged(copy: Path, data: bytes):
    (copy / "keras_metadata.pb").write_bytes(data)
    with pytest.raises(ModelError, match=r"keras_metadata.pb is damaged"):
        load_model(copy)


def test_metadata_that_were_not_copied(copy: Path, saved: tuple[Path, Any]):
    """From TensorFlow 2.5 on they are a file of their own, which the rest of the folder works without."""
    (copy / "keras_metadata.pb").unlink()
    with pytest.raises(ModelError, match=r"lacks keras_metadata.pb.* Copy the whole folder again"):
        load_model(copy)


def test_json_that_is_too_deep(copy: Path):
    deep = field(5, '{"class_name": "Sequential", "config": ' + "[" * 100_000 + "]" * 100_000 + "}")
    (copy / "keras_metadata.pb").write_bytes(field(1, deep))
    with pytest.raises(ModelError, match="nested deeper than the configuration of any model"):
        load_model(copy)


def test_files_that_are_gone_or_lead_out(copy: Path, tmp_path: Path):
    shard = next(copy.glob("variables/variables.data*"))
    os.rename(shard, tmp_path / "shard")
    with pytest.raises(ModelError, match=r"is incomplete: of its 1 shards .*, 0 are here"):
        load_model(copy)
    link(shard, tmp_path / "shard")
    with pytest.raises(ModelError, match="is a link that leads out of the folder"):
        load_model(copy)
    shutil.rmtree(copy / "variables")
    with pytest.raises(ModelError, match=r"variables/variables.index is missing"):
        load_model(copy)


def test_marks_of_tf_keras_in_json():
    marked = {
        "size": {"class_name": "__tuple__", "items": [1, {"class_name": "TensorShape", "items": [None]}]}
    }
    assert decoded(marked) == {"size": [1, [None]]}
    kept = {"class_name": "__tuple__", "items": [1], "more": 1}
    assert decoded(kept) == kept
