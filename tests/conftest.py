"""What many tests need: small models on disk, pictures, and the folders beside the project."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type] # before a test imports OpenVINO

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The session's own folder of caches, also for its subprocesses; those of other programs are as ever."""
    users = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser()
    own = tmp_path_factory.mktemp("cache")
    with suppress(OSError):  # there is none, or no links
        for entry in users.iterdir():
            if entry.name != "xai-cam":
                (own / entry.name).symlink_to(entry, target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(own))
        yield own


def shared(part: str) -> Path:
    """A folder of real models or images beside the project; the test is skipped where there is none."""
    path = SHARED / part
    if not path.exists():
        pytest.skip(f"needs {part} in a folder `shared` beside the project")
    return path


def save_model(model: Any, folder: Path, name: str = "model") -> tuple[Path, Path]:
    """Write `model` as architecture JSON and Keras 3 weights; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    architecture, weights = folder / f"{name}.json", folder / f"{name}.weights.h5"
    architecture.write_text(model.to_json())
    model.save_weights(weights)
    return architecture, weights


def build_tiny(units: int = 3, activation: str | None = "softmax", channels: int = 3, seed: int = 0) -> Any:
    """A functional model of two convolutions, 16 x 16 input, with seeded weights that tell classes apart."""
    import keras

    inputs = keras.Input((16, 16, channels))
    x = keras.layers.Conv2D(6, 3, padding="same", activation="relu", name="conv_1")(inputs)
    x = keras.layers.MaxPooling2D(2, name="pool")(x)
    x = keras.layers.Conv2D(8, 3, padding="same", activation="relu", name="conv_2")(x)
    x = keras.layers.GlobalAveragePooling2D(name="average")(x)
    outputs = keras.layers.Dense(units, activation=activation, name="head")(x)
    model = keras.Model(inputs, outputs, name="tiny")
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(0, 0.5, w.shape).astype(np.float32) for w in model.get_weights()])
    return model


@pytest.fixture(scope="session")
def tiny_model() -> Any:
    """The tiny model in memory; no test may change it."""
    return build_tiny()


@pytest.fixture
def tiny_files(tiny_model: Any, tmp_path: Path) -> tuple[Path, Path]:
    """The tiny model as `model/model.json` and `model/model.weights.h5`."""
    return save_model(tiny_model, tmp_path / "model")


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """JSON and Keras 3 weights of the tiny model, the test's own to spoil."""
    return save_model(build_tiny(), tmp_path / "good")


@pytest.fixture
def legacy(tmp_path: Path) -> Path:
    """The tiny model as a whole file in the layout of Keras 2, the test's own to spoil."""
    path = tmp_path / "good.h5"
    build_tiny().save(path)
    return path


@pytest.fixture
def make_photo() -> Callable[..., Path]:
    """Writes a seeded RGB picture of noise and a bright square: `make_photo(path, size=(H, W), seed=0)`."""

    def make(path: Path, size: tuple[int, int] = (24, 30), seed: int = 0, **save: Any) -> Path:
        pixels = np.random.default_rng(seed).integers(0, 120, (*size, 3), np.uint8)
        pixels[4:12, 6:14] = 250
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path, **save)
        return path

    return make


@pytest.fixture(scope="session")
def model_files(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, Path]]:
    """Files of `build_tiny(**options)`, written once a session; no test may change them."""

    @cache
    def files(**options: Any) -> tuple[Path, Path]:
        return save_model(build_tiny(**options), tmp_path_factory.mktemp("model"))

    return files


@pytest.fixture(scope="session")
def judges(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., tuple[Path, Path]]:
    """Files of `colours.build(**options)`, written once a session; no test may change them."""
    import colours

    @cache
    def files(**options: Any) -> tuple[Path, Path]:
        return save_model(colours.build(**options), tmp_path_factory.mktemp("judge"))

    return files


@pytest.fixture
def painted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`test`, below the current folder beside `labels.txt`: of its 18 pictures a judge gets 16 right."""
    import colours

    (tmp_path / "labels.txt").write_text("ant\nbee\ncat\n")
    colours.paint_folders(tmp_path / "test", 3)
    monkeypatch.chdir(tmp_path)
    return Path("test")
