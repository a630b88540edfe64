"""What is explained and where it is drawn: operations, calls, tokens, crops, mirrors, by whole commands."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from click.testing import Result
from keras import layers, ops
from PIL import Image

import xai_cam
from support.commands import run

SHAPE = (32, 32, 3)


def classifier(build: Callable[[Any], Any], path: Path) -> keras.Model:
    keras.utils.set_random_seed(5)
    inputs = keras.Input(SHAPE)
    model = keras.Model(inputs, layers.Dense(3, name="head", kernel_initializer="normal")(build(inputs)))
    model.save(path)
    return model


def conv(x: Any, name: str, **more: Any) -> Any:
    return layers.Conv2D(6, 3, padding="same", activation="relu", name=name, **more)(x)


def mean(x: Any) -> Any:
    return layers.GlobalAveragePooling2D()(x)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 255, (32, 32, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    return tmp_path / "a.png"


def explained(folder: Path, *options: Any, save: str = "raw") -> tuple[list[dict[str, str]], Result]:
    """The rows of an explanation of the picture in a folder, and all that was said."""
    command = ("explain", "-m", folder / "m.keras", "--save", save, "--results", "-", "--overwrite")
    result = run(*command, "--preprocess", "unit", *options, folder / "a.png")
    assert result.exit_code == 0, result.stderr
    return list(csv.DictReader(io.StringIO(result.stdout))), result


def gradient_map(model: keras.Model, target: Any, picture: Path) -> np.ndarray:
    """Grad-CAM of the predicted class in plain TensorFlow; `target` is a tensor of the functional model."""
    x = tf.constant(np.asarray(Image.open(picture), np.float32)[None] / 255)
    both = keras.Model(model.inputs, [target, model.output])
    with tf.GradientTape() as tape:
        activations, logits = both(x)
        score = tf.reduce_max(logits)
    weights = tf.reduce_mean(tape.gradient(score, activations), (1, 2), keepdims=True)
    return np.asarray(tf.nn.relu(tf.reduce_sum(weights * activations, -1))[0])


def test_an_operation_is_named_and_explained(picture: Path):
    kept: list[Any] = []

    def residual(x: Any) -> Any:
        kept.append(conv(x, "main") + conv(x, "shortcut"))
        return mean(ops.relu(kept[0] - 0.1))

    model = classifier(residual, picture.parent / "m.keras")
    name = model.operations[[id(one.output) for one in model.operations].index(id(kept[0]))].name
    (row,), _ = explained(picture.parent, "-l", name)
    found = np.load(row["raw"])
    np.testing.assert_allclose(found, gradient_map(model, kept[0], picture), rtol=1e-3, atol=1e-6)
    (default,), result = explained(picture.parent)
    assert default["layer"].startswith("relu") and "(Relu, 32 x 32 x 6, the default)" in result.stderr


def test_calls_of_a_shared_part(picture: Path):
    def twice(x: Any) -> Any:
        inner = keras.Input(SHAPE)
        shared = keras.Model(inner, conv(inner, "last"), name="shared")
        return layers.Concatenate()([mean(shared(x)), mean(shared(x[:, :, ::-1]))])

    classifier(twice, picture.parent / "m.keras")
    (last,), result = explained(picture.parent)
    assert (
        "Other branches end beside it: shared/last (call 1). Choose one with --layer or --call."
        in result.stderr
    )
    assert "call 2 of 2, the default" in result.stderr
    (first,), result = explained(picture.parent, "--call", "1", "-o", picture.parent / "first")
    assert "call 1 of 2" in result.stderr
    assert not np.allclose(np.load(last["raw"]), np.load(first["raw"]))
    result = run("explain", "-m", picture.parent / "m.keras", "--call", "3", picture)
    assert result.exit_code == 3
    assert "Layer 'shared/last' is called 2 times, so there is no call 3" in result.stderr


def test_a_crop_is_drawn_where_it_lies(picture: Path):
    classifier(lambda x: mean(conv(x[:, 8:24, 4:20], "last")), picture.parent / "m.keras")
    (row,), result = explained(
        picture.parent, "-c", "top1", "--colormap", "bone", "--enlarge", "1", save="raw,heatmap,overlay"
    )
    assert "covers rows 8 to 24 and columns 4 to 20 of the input of 32 x 32" in result.stderr
    heat = np.asarray(Image.open(row["heatmap"]).convert("L"))
    outside = np.ones((32, 32), bool)
    outside[8:24, 4:20] = False
    assert not heat[outside].any()
    cam = np.load(row["raw"])
    np.testing.assert_allclose(heat[8:24, 4:20] / 255, cam / cam.max(), atol=0.04)  # bone is not quite grey
    drawn, original = (np.asarray(Image.open(path)) for path in (row["overlay"], picture))
    np.testing.assert_array_equal(drawn[outside], original[outside])


def test_a_mirrored_map_is_turned_back(picture: Path):
    classifier(lambda x: mean(conv(ops.flip(x, 2), "last")), picture.parent / "m.keras")
    (row,), result = explained(picture.parent, "--colormap", "bone", "--enlarge", "1", save="raw,heatmap")
    assert "of the input of 32 x 32, mirrored left to right, and" in result.stderr
    heat, cam = np.asarray(Image.open(row["heatmap"]).convert("L")) / 255, np.load(row["raw"])
    np.testing.assert_allclose(heat, cam[:, ::-1] / cam.max(), atol=0.04)  # bone is not quite grey


def test_what_cannot_be_told_is_said(picture: Path):
    classifier(lambda x: mean(conv(ops.roll(x, 3, 1), "last")), picture.parent / "m.keras")
    _, result = explained(picture.parent)
    assert "Where its maps lie cannot be told (roll, before it)" in result.stderr


def scrambled(x: Any) -> Any:
    """Tokens in an order of which the graph does not tell that it is a grid."""
    y = ops.take(layers.Reshape((16, 192))(x), np.random.default_rng(0).permutation(16), axis=1)
    y = layers.Dense(8, name="embed")(y)
    y = layers.Add(name="sum")([y, layers.MultiHeadAttention(2, 4, name="attention")(y, y)])
    return layers.GlobalAveragePooling1D()(y)


@pytest.mark.parametrize("engine", ["tensorflow", "openvino"])
def test_tokens_of_a_grid_that_is_told(picture: Path, engine: str):
    model = classifier(scrambled, picture.parent / "m.keras")
    listed = run("layers", "-m", picture.parent / "m.keras", "--reshape", "4x4", "--json")
    assert {row["path"]: row["default"] for row in json.loads(listed.stdout)}["sum"]
    options = ("--method", "grad-cam,score-cam,ablation-cam", "--engine", engine)
    rows, result = explained(picture.parent, "--reshape", "4x4", *options)
    assert "Layer sum (Add, 4 x 4 x 8 of tokens, as --reshape says, the default)." in result.stderr
    found = {row["method"]: np.load(row["raw"]) for row in rows}
    assert {one.shape for one in found.values()} == {(4, 4)}
    tokens = model.get_layer("sum").output
    x = tf.constant(np.asarray(Image.open(picture), np.float32)[None] / 255)
    with tf.GradientTape() as tape:
        activations, logits = keras.Model(model.inputs, [tokens, model.output])(x)
        score = tf.reduce_max(logits)
    weights = tf.reduce_mean(tape.gradient(score, activations), 1, keepdims=True)
    expected = np.asarray(tf.nn.relu(tf.reduce_sum(weights * activations, -1))[0]).reshape(4, 4)
    np.testing.assert_allclose(found["grad-cam"], expected, rtol=1e-3, atol=1e-6)


def test_a_grid_that_fits_no_tokens(picture: Path):
    classifier(scrambled, picture.parent / "m.keras")
    result = run("explain", "-m", picture.parent / "m.keras", "--reshape", "5x5", picture)
    assert result.exit_code == 3
    assert (
        "No layer has 25 tokens" in result.stderr
        and "so --reshape 5x5 fits none. Layers have 16." in result.stderr
    )
    listed = run("layers", "-m", picture.parent / "m.keras", "--all")
    assert listed.exit_code == 0 and "16 x 8" in listed.stdout


def test_a_grid_that_contradicts_the_one_that_is_known(picture: Path):
    def patched(x: Any) -> Any:
        tokens = layers.Dense(8, name="embed")(layers.Reshape((16, 192))(ops.image.extract_patches(x, 8)))
        return layers.GlobalAveragePooling1D()(layers.LayerNormalization(name="norm")(tokens))

    classifier(patched, picture.parent / "m.keras")
    result = run("explain", "-m", picture.parent / "m.keras", "--reshape", "5x5", picture)
    assert result.exit_code == 3 and "so --reshape 5x5 fits none" in result.stderr
    _, told = explained(picture.parent, "--reshape", "2x8")
    assert "2 x 8 x 8 of tokens, as --reshape says, the default" in told.stderr
    _, known = explained(picture.parent)
    assert "Layer norm (LayerNormalization, 4 x 4 x 8 of tokens, the default)." in known.stderr


def test_layers_lists_the_others_on_request(picture: Path):
    classifier(lambda x: mean(conv(x, "last")), picture.parent / "m.keras")
    few = json.loads(run("layers", "-m", picture.parent / "m.keras", "--json").stdout)
    every = json.loads(run("layers", "-m", picture.parent / "m.keras", "--json", "--all").stdout)
    assert [row["path"] for row in few] == ["last"] and len(every) == 3
    assert [row["maps"] for row in every] == [[32, 32, 6], [], []]


def test_channels_first_in_memory():
    keras.utils.set_random_seed(5)
    inputs = keras.Input((3, 12, 10))
    last = layers.Conv2D(4, 3, data_format="channels_first", name="last")(inputs)
    pooled = layers.GlobalAveragePooling2D(data_format="channels_first")(last)
    model = keras.Model(inputs, layers.Dense(3)(pooled))
    x = np.random.default_rng(1).uniform(0, 1, (2, 3, 12, 10)).astype(np.float32)
    maps = xai_cam.explain(model, x)
    with tf.GradientTape() as tape:
        activations, logits = keras.Model(inputs, [last, model.output])(x)
        score = tf.reduce_sum(tf.reduce_max(logits, 1))
    weights = tf.reduce_mean(tape.gradient(score, activations), (2, 3), keepdims=True)
    expected = np.asarray(tf.nn.relu(tf.reduce_sum(weights * activations, 1)))
    for found, one in zip(maps, expected, strict=True):
        assert found.cam.shape == (10, 8)
        np.testing.assert_allclose(found.cam, one, rtol=1e-3, atol=1e-6)
    prepared = xai_cam.prepare(model, np.moveaxis(x, 1, -1))
    assert prepared.shape == (2, 3, 12, 10) and len(xai_cam.explain(model, prepared)) == 2


PLACED: dict[str, tuple[Callable[[Any], Any], Callable[[np.ndarray], np.ndarray]]] = {
    "a border": (
        lambda x: conv(layers.ZeroPadding2D(4)(x), "last"),
        lambda channel: scaled(resized(channel, 40))[4:36, 4:36],
    ),
    "a crop of maps": (
        lambda x: layers.Cropping2D(2, name="last")(layers.Conv2D(4, 3, 2, padding="same")(x)),
        lambda channel: np.pad(scaled(resized(channel, 24)), 4),
    ),
}
"""Layers whose maps lie elsewhere -> the mask of a channel, 32 x 32, 0 where they do not lie."""


def resized(channel: np.ndarray, side: int) -> np.ndarray:
    return np.asarray(tf.image.resize(channel[..., None], (side, side)))[..., 0]


def scaled(values: np.ndarray) -> np.ndarray:
    return (values - values.min()) / (values.max() - values.min())


@pytest.mark.parametrize(("build", "mask"), PLACED.values(), ids=PLACED)
@pytest.mark.parametrize("engine", ["tensorflow", "openvino"])
def test_masks_are_laid_over_what_the_target_sees(build: Any, mask: Any, engine: str, tmp_path: Path):
    model = classifier(lambda x: mean(build(x)), tmp_path / "m.keras")
    x = np.random.default_rng(3).uniform(0, 1, (1, *SHAPE)).astype(np.float32)
    activations, logits = keras.Model(model.inputs, [model.get_layer("last").output, model.output])(x)
    maps, chosen = np.asarray(activations)[0], int(np.argmax(logits))
    live = [k for k in range(maps.shape[-1]) if maps[..., k].max() > maps[..., k].min()]
    scores = [float(model(x * mask(maps[..., k])[None, ..., None])[0, chosen]) for k in live]
    weights = np.exp(scores - np.max(scores)) / np.exp(scores - np.max(scores)).sum()
    expected = np.maximum(sum(w * maps[..., k] for w, k in zip(weights, live, strict=True)), 0)
    (found,) = xai_cam.explain(model, x, "last", "score-cam", engine=engine, head="softmax")
    np.testing.assert_allclose(found.cam, expected, rtol=1e-3, atol=1e-5)
