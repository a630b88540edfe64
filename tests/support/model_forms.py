"""The tiny model in all forms in which Keras writes models."""

from __future__ import annotations

from pathlib import Path

import h5py

from support.small_models import build_tiny, save_model


def write_forms(folder: Path) -> dict[str, Path]:
    """Files by what they are: `json`, `keras3` and `legacy` weights, `whole` H5, `archive`."""
    model = build_tiny()
    architecture, weights = save_model(model, folder)
    whole, archive, legacy = folder / "whole.h5", folder / "model.keras", folder / "legacy.h5"
    model.save(whole)
    model.save(archive)
    with h5py.File(whole) as source, h5py.File(legacy, "w") as target:
        group = source["model_weights"]
        for key, value in group.attrs.items():
            target.attrs[key] = value
        for name in group:
            source.copy(group[name], target)
    return {"json": architecture, "keras3": weights, "whole": whole, "archive": archive, "legacy": legacy}
