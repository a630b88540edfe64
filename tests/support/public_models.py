"""Models that people really saved, beside the project, and the outputs that their own Keras computed."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from support.small_models import SHARED, shared
from xai_cam import load_model


def metas() -> dict[str, dict[str, Any]]:
    return {
        p.parent.name: json.loads(p.read_text(encoding="utf-8"))
        for p in sorted(SHARED.glob("zoo/*/meta.json"))
    }


METAS = metas()
CONVOLUTIONS = [name for name, meta in METAS.items() if "single Conv2D" in meta.get("note", "")]
CLASSIFIERS = [name for name in METAS if name not in CONVOLUTIONS]


@cache
def load(name: str) -> Any:
    return load_model(architecture(name))


def architecture(name: str) -> Path:
    """Where a JSON lies, its weights lie beside it."""
    return shared(f"zoo/{name}") / ("model.h5" if METAS[name]["kind"] == "h5" else "model.json")


def expected(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Inputs with channels last, as models come out of loading, and the outputs."""
    with np.load(shared(f"zoo/{name}") / "expected.npz") as file:
        x, y = file["x"], file["y0"]
    return np.moveaxis(x, 1, -1) if METAS[name]["data_format"] == "channels_first" else x, y
