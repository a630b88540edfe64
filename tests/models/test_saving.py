"""Models on disk: none is kept that does not answer as it did."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from xai_cam.errors import ModelError
from xai_cam.models.saving import save_checked


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
