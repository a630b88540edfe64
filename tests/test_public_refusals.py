"""What people bring to the functions of the package and no function can take: refused in a sentence."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import xai_cam
from support.public_calls import CALLS, OF_MAPS, TRUTH, X, datasets, refused, sanity_check
from support.small_models import build_tiny
from xai_cam import XaiCamError
from xai_cam.errors import InputError, ModelError


def unlike() -> list[np.ndarray]:
    return [np.zeros((16, 16, 3)), np.zeros((8, 8, 3))]


IMAGES: dict[str, tuple[Callable[[], Any], str]] = {
    "path": (lambda: "cat.jpg", "prepare"),
    "Path": (lambda: Path("cat.jpg"), "prepare"),
    "paths": (lambda: ["a.jpg", Path("b.jpg")], "prepare"),
    "Pillow": (lambda: Image.new("RGB", (16, 16)), "prepare"),
    "list of Pillow": (lambda: [Image.new("RGB", (16, 16))], "prepare"),
    "channels first": (lambda: np.moveaxis(X, 3, 1), r"channels last: `np\.moveaxis"),
    "other size": (lambda: X[:, :8], r"\(4, 8, 16, 3\); the model takes n x 16 x 16 x 3"),
    "flat": (lambda: X.reshape(4, -1), "the model takes n x 16 x 16 x 3"),
    "five axes": (lambda: X[None], "the model takes n x 16 x 16 x 3"),
    "NaN": (lambda: np.where(np.arange(4)[:, None, None, None] == 2, np.nan, X), "Image 2 holds NaN"),
    "too large": (lambda: X.astype(float) * 1e300, "Image 0 holds NaN or infinity"),
    "several shapes": (unlike, r"differ in shape \(\(16, 16, 3\), \(8, 8, 3\)\)"),
    "None": (lambda: None, "NoneType"),
    "dict": (lambda: {"a": X}, "not among the inputs given"),
    "generator": (lambda: iter(X), "not an array of numbers"),
    "text": (lambda: np.array(["a"]), "not an array of numbers"),
    "complex": (lambda: X + 1j, "array of complex"),
    "endless dataset": (lambda: datasets()["images"].repeat(None), r"never ends.*take\(n\)"),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("kind", IMAGES)
def test_images_that_are_none(tiny_model: Any, name: str, kind: str) -> None:
    make, message = IMAGES[kind]
    refused(InputError, message, CALLS[name], tiny_model, make())


@pytest.mark.parametrize("name", CALLS)
def test_models_that_are_none(tiny_model: Any, name: str, tmp_path: Path) -> None:
    for model, message in (
        (None, "NoneType"),
        (type(tiny_model), "the class Functional"),
        (tiny_model.layers[1], "a Conv2D"),
        (X, "ndarray"),
        (tmp_path / "missing.keras", "missing.keras"),
    ):
        refused(ModelError, message, CALLS[name], model, X)


@pytest.mark.parametrize("name", CALLS)
def test_a_model_of_tf_keras(name: str) -> None:
    layers = pytest.importorskip("tf_keras").layers
    parts = [layers.Conv2D(2, 3, input_shape=(16, 16, 3)), layers.Flatten(), layers.Dense(2)]
    model = pytest.importorskip("tf_keras").Sequential(parts)
    refused(ModelError, r"tf_keras.*Save it.*load_model", CALLS[name], model, X)


WRONG: dict[str, tuple[type[XaiCamError], str, list[Any]]] = {
    "layer": (InputError, "is not a layer", [1.5, True, object()]),
    "max_channels": (InputError, "`max_channels` is", [0, -1, 2.5, True, "8"]),
    "chunk_size": (InputError, "`chunk_size` is", [0, -1, 2.5, True, "8"]),
    "batch_size": (InputError, "`batch_size` is", [0, -1, 2.5, True, "8"]),
    "target_class": (
        InputError,
        "[Cc]lass",
        [
            *(1.5, True, [], -1, 3, "cat", object(), {}, np.array([0, 1]), np.array([[0]] * 5)),
            *([[0, 1], [0]], np.eye(3)[TRUTH], np.array([0.5] * 4), np.array([True] * 4)),
        ],
    ),
    "method": (InputError, "method", [None, [], 3, "gradcam", ["grad-cam", None]]),
    "score": (InputError, "score", ["margin", 3]),
    "engine": (InputError, "engine", [None, "torch"]),
    "device": (InputError, "device", [0, "cuda", None]),
    "precision": (InputError, "precision", [None, "f8", 16]),
    "xla": (InputError, "`xla` is", [None, 1, "yes"]),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("word", WRONG)
def test_arguments_that_make_no_sense(tiny_model: Any, name: str, word: str) -> None:
    kind, message, values = WRONG[word]
    known = inspect.signature(getattr(xai_cam, name)).parameters
    if word not in known and not (name == "Explainer" and word in ("method", "target_class")):
        pytest.skip(f"{name} takes no {word}")
    for value in values:
        refused(kind, message, CALLS[name], tiny_model, X, **{word: value})


@pytest.mark.parametrize("name", OF_MAPS)
def test_layers_that_are_not_there(tiny_model: Any, name: str) -> None:
    stranger = build_tiny().get_layer("conv_1")
    for layer, message in (
        (6, "no layer 6: its 6 layers"),
        (-7, "no layer -7"),
        (0, "input"),
        (4, "'average' has no spatial output"),
        (stranger, "'conv_1' is not one of this model"),
        ("conv_9", "no layer 'conv_9'"),
    ):
        refused(ModelError, message, CALLS[name], tiny_model, X, layer=layer)


def test_what_only_some_functions_take(tiny_model: Any) -> None:
    for asked, message in (
        ({"fuse": "mean"}, "two different ones"),
        ({"fuse": "mean", "layer": ["conv_1", 1]}, "two different ones"),
        ({"fuse": "sum", "layer": ["conv_1", "conv_2"]}, "`fuse` is 'sum'"),
    ):
        refused(InputError, message, CALLS["explain"], tiny_model, X, **asked)
    for steps in (-1, 2.5, "8"):
        refused(InputError, "`steps`", CALLS["compare"], tiny_model, X, steps=steps)
    for size in (16, (16,), (0, 16), ("a", 3)):
        refused(InputError, "`size`", xai_cam.Explainer, tiny_model, size=size)
    refused(InputError, "one class of each image", sanity_check, tiny_model, X, target_class=[0, 1])
    refused(InputError, "`seed`", sanity_check, tiny_model, X, seed=-1)
