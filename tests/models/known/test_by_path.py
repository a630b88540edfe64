"""A model by its path: known from an earlier run where this program has Keras as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from xai_cam import evaluate, explain, prepare
from xai_cam.errors import ModelError
from xai_cam.models.input.model_inputs import inputs_of
from xai_cam.models.known import by_path
from xai_cam.models.known.by_path import is_plain, model_at
from xai_cam.models.known.stored import StoredModel

Files = Callable[..., tuple[Path, Path]]


@pytest.fixture(autouse=True)
def config() -> Iterator[Any]:
    """Keras as it is, whatever other tests have registered."""
    registered = keras.saving.get_custom_objects()
    kept = dict(registered)
    registered.clear()
    yield keras.config
    keras.config.set_epsilon(1e-7)
    keras.config.set_dtype_policy("float32")
    registered.clear()
    registered.update(kept)


def test_it_need_not_be_opened(model_files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    path, _ = model_files()
    first = model_at(path, True)
    assert isinstance(first, StoredModel) and not isinstance(model_at(path), StoredModel)
    expected = inputs_of(first.model)
    monkeypatch.setattr(by_path, "_load", lambda path: pytest.fail(f"{path} is opened"))
    with pytest.raises(pytest.fail.Exception):
        model_at(path, True).inputs  # noqa: B018
    assert first.inputs == expected and model_at(path, True).inputs == expected


def test_arrays_are_explained_by_a_path_twice(model_files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openvino")
    path, _ = model_files(seed=5)
    picture = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    before = explain(path, prepare(path, picture))
    monkeypatch.setattr(by_path, "_load", lambda path: pytest.fail(f"{path} is opened"))
    after = explain(path, prepare(path, picture))
    np.testing.assert_allclose(after[0].cam, before[0].cam, atol=1e-5 * before[0].cam.max())
    for option in ({"cache": False}, {"engine": "tensorflow"}):
        with pytest.raises(pytest.fail.Exception, match="is opened"):
            explain(path, np.zeros((1, 16, 16, 3)), **option)  # type: ignore[arg-type]


def test_two_views_are_explained_by_a_path_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openvino")
    make, path = keras.layers, tmp_path / "views.keras"
    left, right = keras.Input((8, 8, 3), name="left"), keras.Input((8, 8, 3), name="right")
    maps = [make.Conv2D(6, 3, activation="relu", name=f"conv_{x.name}")(x) for x in (left, right)]
    pooled = make.Concatenate()([make.GlobalAveragePooling2D()(x) for x in maps])
    keras.Model([left, right], make.Dense(3, activation="softmax")(pooled)).save(path)
    rng = np.random.default_rng(0)
    views = {name: rng.normal(size=(2, 8, 8, 3)).astype(np.float32) for name in ("left", "right")}
    asked: Any = {"image_input": "right", "layer": "conv_right", "method": ["grad-cam", "score-cam"]}
    before = explain(path, views, **asked)
    monkeypatch.setattr(by_path, "_load", lambda path: pytest.fail(f"{path} is opened"))
    for one, other in zip(explain(path, views, **asked), before, strict=True):
        np.testing.assert_allclose(one.cam, other.cam, atol=1e-5 * max(other.cam.max(), 1e-6))
    swapped = explain(path, {"left": views["right"], "right": views["left"]}, **asked)
    assert not np.allclose(swapped[0].cam, before[0].cam), "the other view counts"


def test_it_is_evaluated_by_a_path_twice(model_files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openvino")
    path, _ = model_files(seed=5)
    images = np.random.default_rng(0).normal(size=(4, 16, 16, 3)).astype(np.float32)
    before = evaluate(path, images, [0, 1, 2, 0])
    monkeypatch.setattr(by_path, "_load", lambda path: pytest.fail(f"{path} is opened"))
    after = evaluate(path, images, [0, 1, 2, 0])
    np.testing.assert_allclose(after.scores, before.scores, atol=1e-5)
    with pytest.raises(pytest.fail.Exception, match="is opened"):
        evaluate(path, images, [0, 1, 2, 0], cache=False)


@pytest.mark.parametrize(
    "change",
    [
        lambda config: config.set_epsilon(1e-5),
        lambda config: config.set_dtype_policy("mixed_bfloat16"),
        lambda config: keras.saving.get_custom_objects().update(Own=keras.layers.ReLU),
    ],
)
def test_not_in_a_program_that_changed_keras(
    change: Callable[[Any], None], config: Any, model_files: Files
) -> None:
    assert is_plain()
    change(config)
    assert not is_plain() and not isinstance(model_at(model_files()[0], True), StoredModel)


def test_not_inside_a_scope_of_custom_objects() -> None:
    with keras.saving.custom_object_scope({"relu": keras.ops.relu6}):
        assert not is_plain()
    assert is_plain()


def test_what_is_missing_is_said_by_who_opens_it(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no\.keras"):
        model_at(tmp_path / "no.keras", True)
