"""Fixtures that many tests need: small models on disk, pictures, a cache of the session's own."""

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

from support.s3_server import S3Server, s3_server
from support.small_models import build_tiny, save_model
from support.stored_runs import NAMES

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type] # before a test imports OpenVINO


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


@pytest.fixture(scope="session")
def tiny_model() -> Any:
    """The tiny model in memory; no test may change it."""
    return build_tiny()


@pytest.fixture
def s3() -> Iterator[S3Server]:
    """A server with an empty `bucket`, which this process takes for S3."""
    with s3_server() as server:
        yield server


@pytest.fixture
def stored_photos(tmp_path: Path, make_photo: Callable[..., Path], s3: S3Server) -> Path:
    """The same pictures in a folder of the disk, and below `s3://bucket/photos/`."""
    for seed, name in enumerate(NAMES):
        path = make_photo(tmp_path / "photos" / name, seed=seed)
        s3.put(f"bucket/photos/{name}", path.read_bytes())
    return tmp_path / "photos"


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
    from support import colours

    @cache
    def files(**options: Any) -> tuple[Path, Path]:
        return save_model(colours.build(**options), tmp_path_factory.mktemp("judge"))

    return files


@pytest.fixture
def painted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`test`, below the current folder beside `labels.txt`: of its 18 pictures a judge gets 16 right."""
    from support import colours

    (tmp_path / "labels.txt").write_text("ant\nbee\ncat\n", encoding="utf-8")
    colours.paint_folders(tmp_path / "test", 3)
    monkeypatch.chdir(tmp_path)
    return Path("test")
