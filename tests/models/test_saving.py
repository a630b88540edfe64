"""What is written is read back and compared before it appears under its name."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from support.small_models import build_tiny, save_model
from support.systems import link
from xai_cam.errors import InputError, ModelError, OutputError
from xai_cam.files.staging import Staging
from xai_cam.models import saving
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.models.saving import check_outputs, made_from, save_checked

X = np.random.default_rng(0).normal(size=(2, 16, 16, 3)).astype(np.float32)


@pytest.mark.parametrize("names", [["m.keras"], ["m.json", "m.weights.h5"]])
def test_plain_keras_reads_what_was_written(names: list[str], tmp_path: Path) -> None:
    model, paths = build_tiny(), [tmp_path / name for name in names]
    saved = save_checked(model, paths)
    assert saved.weights == model.count_params() and saved.difference <= 1e-5 and saved.needs == []
    if len(paths) == 1:
        again = keras.saving.load_model(paths[0])
    else:
        again = keras.models.model_from_json(paths[0].read_text(encoding="utf-8"))
        again.load_weights(paths[1])
    np.testing.assert_allclose(again(X), model(X), rtol=1e-6)
    assert {path.name for path in tmp_path.iterdir()} == set(names)


def test_both_files_say_what_made_them(tmp_path: Path) -> None:
    model = build_tiny()
    source = made_from(ModelFiles(*save_model(model, tmp_path / "old")))
    paths = [tmp_path / "m.json", tmp_path / "m.weights.h5"]
    save_checked(model, paths, None, False, source)
    assert json.loads(paths[0].read_text(encoding="utf-8"))[saving.KEY] == source
    with h5py.File(paths[1]) as file:
        assert json.loads(file.attrs[saving.KEY]) == source
    assert source["model_sha256"] != source["weights_sha256"]


@pytest.mark.parametrize("change", ["weights", "outputs"])
def test_a_file_that_is_not_the_model_is_not_written(
    change: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = saving._read

    def worse(*arguments: Any) -> Any:
        again = read(*arguments)
        if change == "weights":
            again.set_weights([w + 1e-3 for w in again.get_weights()])
        else:
            again.get_layer("conv_1").activation = keras.activations.tanh
        return again

    monkeypatch.setattr(saving, "_read", worse)
    with pytest.raises(ModelError, match=rf"different {change} .*Nothing was written"):
        save_checked(build_tiny(), [tmp_path / "m.keras"])
    assert not [*tmp_path.iterdir()]


def test_outputs_that_are_inputs_or_are_there(tmp_path: Path) -> None:
    model, weights = save_model(build_tiny(), tmp_path)
    link(tmp_path / "link.json", model)
    files = ModelFiles(model, weights)
    for path in (model, weights, tmp_path / "link.json"):
        with pytest.raises(InputError, match="is one of the inputs"):
            check_outputs(files, [path], overwrite=True)
    there = tmp_path / "there.keras"
    there.write_bytes(b"")
    with pytest.raises(InputError, match="exists"):
        check_outputs(files, [there], overwrite=False)
    check_outputs(files, [there], overwrite=True)
    check_outputs(files, [tmp_path / "new.keras"], overwrite=False)


def test_differences_count_what_is_no_number() -> None:
    a = np.array([1.0, np.nan, np.inf, 2.0])
    assert saving._difference(a, a) == 0
    assert saving._difference(a, np.array([1.0, np.nan, np.inf, 2.5])) == 0.5
    assert saving._difference(a, np.array([1.0, 0.0, np.inf, 2.0])) == np.inf


def test_a_model_that_is_read_back_with_answers_that_are_no_numbers_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """NaN is neither above nor below a tolerance."""
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(2)])
    broken = keras.Sequential(
        [*model.layers, keras.layers.Lambda(lambda x: x * np.float32(np.nan), output_shape=(2,))]
    )
    monkeypatch.setattr(keras.models, "model_from_json", lambda text: broken)
    monkeypatch.setattr(type(broken), "load_weights", lambda self, path: None)
    with pytest.raises(ModelError, match="gives different outputs"):
        save_checked(model, [tmp_path / "model.json", tmp_path / "model.weights.h5"])
    assert not list(tmp_path.iterdir())


def test_a_disk_without_room_is_told_before_h5_is_left_alone_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HDF5 would write tracebacks of its own, while its objects go."""

    def full(self: Staging, size: int) -> None:
        written = sum(path.stat().st_size for path in save_model(build_tiny(), tmp_path / "fits"))
        assert size >= written
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Staging, "check_room", full)
    with pytest.raises(OutputError, match=r"No space left on device\. Free space"):
        save_checked(build_tiny(), [tmp_path / "new" / "m.json", tmp_path / "new" / "m.weights.h5"])
    assert list((tmp_path / "new").iterdir()) == []
