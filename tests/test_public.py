"""What the package offers: names, signatures, and images, layers and classes in whatever form they come."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import xai_cam
from support.commands import fresh
from support.public_calls import CALLS, OF_MAPS, ON_CPU, X, datasets, sanity_check
from support.small_models import build_tiny, save_model
from xai_cam.errors import InputError

# --- Names -------------------------------------------------------------------------------------------


def test_dir_and_help_show_the_public_names_without_tensorflow() -> None:
    script = (
        "import sys, pydoc, xai_cam; print(*dir(xai_cam)); "
        "print(pydoc.render_doc(xai_cam, renderer=pydoc.plaintext)); "
        "print('heavy:', *({'tensorflow', 'keras', 'cv2'} & sys.modules.keys()))"
    )
    done = fresh("-c", script)
    assert done.returncode == 0, done.stderr
    names, text = done.stdout.split("\n", 1)
    assert names.split() == sorted(xai_cam.__all__)
    assert "keras" not in names.split(), "`import *` would hide Keras"
    for name in ("explain(model", "compare(model", "sanity_check(model", "evaluate(model", "prepare(model"):
        assert name in text
    assert text.rstrip().endswith("heavy:")
    assert xai_cam.keras.Watch, "it is there all the same"


def test_every_public_name_is_told_in_a_line_and_is_there() -> None:
    for name in set(xai_cam.__all__) - {"__version__"}:
        assert re.search(rf"^ *{name} +\S", xai_cam.__doc__ or "", re.MULTILINE), name
        assert getattr(xai_cam, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'explian'"):
        _ = xai_cam.explian


def test_one_vocabulary() -> None:
    """The same words, in the same order where they stand first, with the same defaults."""
    found = {name: inspect.signature(getattr(xai_cam, name)).parameters for name in CALLS}
    for name in ("explain", "compare", "sanity_check"):
        assert list(found[name])[:5] == ["model", "images", "layer", "method", "target_class"]
        assert {"score", "max_channels"} <= set(found[name])
    for name in ("explain", "compare", "sanity_check", "evaluate"):
        for word in ("engine", "device", "precision", "batch_size", "chunk_size", "cache", "xla"):
            assert found[name][word].default == found["explain"][word].default, (name, word)
            assert found[name][word].kind is inspect.Parameter.KEYWORD_ONLY


@pytest.mark.parametrize("name", CALLS)
def test_docstrings_tell_every_parameter(name: str) -> None:
    function = getattr(xai_cam, name)
    told = inspect.getdoc(function) or ""
    for word in inspect.signature(function).parameters:
        assert re.search(rf"^(\w+, )*{word}\b", told, re.MULTILINE), word


@pytest.mark.parametrize("word", ["layers", "methods", "classes"])
def test_other_words_are_type_errors(tiny_model: Any, word: str) -> None:
    for call in CALLS.values():
        with pytest.raises(TypeError, match=word):
            call(tiny_model, X, **{word: "conv_1"})


# --- What works --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def expected(tiny_model: Any) -> list[np.ndarray]:
    return [e.cam for e in xai_cam.explain(tiny_model, X, **ON_CPU)]


@pytest.mark.parametrize("kind", ["list", "float64", "fortran", "tensor", "pairs", "batches", "images"])
def test_images_of_every_kind_are_the_same_images(
    tiny_model: Any, expected: list[np.ndarray], kind: str
) -> None:
    import tensorflow as tf

    kinds = {
        "list": list(X),
        "float64": X.astype(np.float64),
        "fortran": np.asfortranarray(X),
        "tensor": tf.constant(X),
        **datasets(),
    }
    found = xai_cam.explain(tiny_model, kinds[kind], **ON_CPU)
    np.testing.assert_array_equal([e.cam for e in found], expected)


@pytest.mark.parametrize("name", CALLS)
def test_every_function_takes_a_list_a_dataset_and_bytes(tiny_model: Any, name: str) -> None:
    for images in (list(X), datasets()["batches"], (40 * X).astype(np.uint8)):
        CALLS[name](tiny_model, images)


def test_a_single_image(tiny_model: Any, expected: list[np.ndarray]) -> None:
    (alone,) = xai_cam.explain(tiny_model, X[0], **ON_CPU)
    np.testing.assert_allclose(alone.cam, expected[0], rtol=0, atol=1e-5 * expected[0].max())
    assert len(xai_cam.compare(tiny_model, X[0], method="grad-cam", steps=0, **ON_CPU).images) == 1
    assert xai_cam.evaluate(tiny_model, X[0], [2], **ON_CPU).images == 1


def test_grey_images_without_channels() -> None:
    model = build_tiny(channels=1)
    grey = X[..., :1]
    right = [e.cam for e in xai_cam.explain(model, grey, **ON_CPU)]
    np.testing.assert_array_equal([e.cam for e in xai_cam.explain(model, grey[..., 0], **ON_CPU)], right)
    (alone,) = xai_cam.explain(model, grey[0, ..., 0], **ON_CPU)
    np.testing.assert_allclose(alone.cam, right[0], atol=1e-5)


@pytest.mark.parametrize("name", OF_MAPS)
def test_a_layer_by_its_number_or_as_itself(tiny_model: Any, name: str) -> None:
    """`model.layers`: input, conv_1, pool, conv_2, average, head."""

    def layers_of(found: Any) -> set[str]:
        if name == "sanity_check":
            return {check.layer for check in found.checks}
        if name == "compare":
            return {m.layer for image in found.images for m in image.maps}
        return {e.layer for e in (found if name == "explain" else [e for of in found for e in of])}

    for layer, path in ((1, "conv_1"), (-3, "conv_2"), (np.int64(1), "conv_1"), (1.0, "conv_1")):
        assert layers_of(CALLS[name](tiny_model, X[:1], layer=layer)) == {path}
    assert layers_of(CALLS[name](tiny_model, X[:1], layer=tiny_model.get_layer("conv_1"))) == {"conv_1"}
    if name != "Explainer":
        asked = ["conv_1", -3, tiny_model.get_layer("conv_1")]
        assert layers_of(CALLS[name](tiny_model, X[:1], layer=asked)) == {"conv_1", "conv_2"}


@pytest.mark.parametrize("name", OF_MAPS)
@pytest.mark.parametrize(
    "asked", [None, 1.0, np.int64(1), "1", np.array([1, 1]), np.array(1), np.array([1.0, 1])]
)
def test_classes_of_every_kind(tiny_model: Any, name: str, asked: Any) -> None:
    found = CALLS[name](tiny_model, X[:2], target_class=asked)
    predicted = np.asarray(tiny_model(X[:2])).argmax(axis=1).tolist()
    classes = {
        "explain": lambda: [e.target_class for e in found],
        "Explainer": lambda: [e.target_class for of_image in found for e in of_image],
        "compare": lambda: [image.maps[0].target_class for image in found.images],
        "sanity_check": lambda: list(found.predicted),
    }[name]()
    assert classes == (predicted if asked is None else [1, 1])


@pytest.mark.parametrize("name", CALLS)
def test_numbers_of_every_kind(tiny_model: Any, name: str) -> None:
    asked = {} if name == "evaluate" else {"max_channels": np.int32(3), "method": "score-cam"}
    size = {} if name == "Explainer" else {"batch_size": 3.0}
    CALLS[name](tiny_model, X, chunk_size=np.int64(2), **asked, **size)


@pytest.mark.parametrize("name", CALLS)
def test_a_path_in_place_of_a_model_is_loaded(
    name: str, model_files: Callable[..., tuple[Path, Path]], tiny_model: Any
) -> None:
    architecture, _ = model_files()
    for path in (architecture, str(architecture)):
        CALLS[name](path, X)
    if name == "explain":
        by_path, by_model = (CALLS[name](model, X) for model in (architecture, tiny_model))
        np.testing.assert_array_equal([e.cam for e in by_path], [e.cam for e in by_model])


def test_no_images(tiny_model: Any) -> None:
    for none in ([], X[:0]):
        assert xai_cam.explain(tiny_model, none) == []
        assert xai_cam.Explainer(tiny_model, **ON_CPU).explain(none) == []
        assert xai_cam.compare(tiny_model, none).images == []
        for refusing in (sanity_check, CALLS["evaluate"]):
            with pytest.raises(InputError, match=r"image"):
                refusing(tiny_model, none)


# --- From a file to a map ----------------------------------------------------------------------------


def test_three_lines(tmp_path: Path, make_photo: Callable[..., Path]) -> None:
    architecture, _ = save_model(build_tiny(), tmp_path / "model")
    photo = make_photo(tmp_path / "cat.jpg", size=(40, 50))

    model = xai_cam.load_model(architecture)
    images = xai_cam.prepare(model, photo)
    overlay = images.overlay(xai_cam.explain(model, images)[0])

    assert overlay.shape == (40, 50, 3) and overlay.dtype == np.uint8
