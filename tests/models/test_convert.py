"""Old models as modern files, read by Keras alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from oracle.keras1 import outputs
from support.keras1_files import write
from support.small_models import SHARED, shared
from xai_cam.errors import InputError, ModelError
from xai_cam.models.convert import convert
from xai_cam.models.loading.finding import find_model_files
from xai_cam.models.loading.model_files import ModelFiles

ENTRIES = [path.parent for path in sorted(SHARED.glob("zoo/*/expected.npz"))]


def read(path: Path) -> Any:
    """As somebody without this package reads a model."""
    if path.suffix == ".keras":
        return keras.saving.load_model(path, compile=False)
    model = keras.models.model_from_json(path.read_text(encoding="utf-8"))
    model.load_weights(path.with_suffix(".weights.h5"))
    return model


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("name", ["keras03_th_theano", "branches_th_theano", "norm_std_th_theano"])
def test_old_models_in_new_files(name: str, as_json: bool, tmp_path: Path):
    architecture, weights, x = write(name, tmp_path)
    before = architecture.read_bytes(), weights.read_bytes()
    target = tmp_path / ("new.json" if as_json else "new.keras")
    done = convert(ModelFiles(architecture, weights), target, as_json)
    assert done.written[0] == target and done.needs == [] and done.difference <= 1e-5
    found = np.asarray(read(target)(np.moveaxis(x, 1, -1), training=False))
    np.testing.assert_allclose(found, outputs(architecture, weights, x), rtol=0, atol=1e-5)
    assert (architecture.read_bytes(), weights.read_bytes()) == before
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith((".", "tmp"))) == []


@pytest.mark.zoo
@pytest.mark.parametrize("folder", ENTRIES, ids=lambda folder: folder.name)
def test_the_zoo_in_new_files(folder: Path, tmp_path: Path):
    shared("zoo")
    model = folder / ("model.json" if (folder / "model.json").exists() else "model.h5")
    done = convert(find_model_files(model), tmp_path / "new.keras")
    with np.load(folder / "expected.npz") as file:
        x, y = file["x"], file["y0"]
    if done.loaded.model.input_shape[1:] != x.shape[1:]:
        x = np.moveaxis(x, 1, -1)
    found = np.asarray(read(tmp_path / "new.keras")(x, training=False))
    np.testing.assert_allclose(found, y, rtol=0, atol=1e-4 * np.abs(y).max())


def test_a_function_that_plain_keras_has_to_be_given(tmp_path: Path):
    """Keras 2's hard_sigmoid is another function in Keras 3."""
    architecture, weights, x = write("smooth_th_theano", tmp_path)
    done = convert(ModelFiles(architecture, weights), tmp_path / "new.keras")
    assert done.needs == ["keras2_hard_sigmoid"]
    again = convert(ModelFiles(tmp_path / "new.keras"), tmp_path / "again.keras").loaded.model
    found = np.asarray(again(np.moveaxis(x, 1, -1), training=False))
    np.testing.assert_allclose(found, outputs(architecture, weights, x), rtol=0, atol=1e-5)


def test_nothing_is_written_where_the_round_trip_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    architecture, weights, _ = write("tf_tensorflow", tmp_path)
    real = keras.saving.load_model

    def other_weights(*args: Any, **kwargs: Any) -> Any:
        model = real(*args, **kwargs)
        model.set_weights([w + 1e-3 for w in model.get_weights()])
        return model

    monkeypatch.setattr(keras.saving, "load_model", other_weights)
    with pytest.raises(ModelError, match="contains different weights"):
        convert(ModelFiles(architecture, weights), tmp_path / "new.keras")
    assert not (tmp_path / "new.keras").exists()


def test_an_existing_file_is_not_replaced(tmp_path: Path):
    architecture, weights, _ = write("tf_tensorflow", tmp_path)
    (tmp_path / "new.weights.h5").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"new.weights.h5 exists"):
        convert(ModelFiles(architecture, weights), tmp_path / "new.json", as_json=True)
