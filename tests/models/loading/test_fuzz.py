"""Model files with anything changed anywhere: a model with all its weights, or a reason.

The files are loaded in a process of its own, so that a crash, a hang and the memory can be told. Two hundred
cases run always, two thousand with `make nightly`: configurations, bytes, and what is inside the containers.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import pytest
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from support.changes import JUNK, changed, damaged
from support.checkpoint_files import metadata_of, root_of, write_saved_model
from support.configurations import as_tagged
from support.containers import change_archive, change_h5
from support.function_models import write_functions
from support.keras1_files import MODELS, write
from support.keras3_files import copy_of, save_folder, save_sharded
from support.opening import Worker
from support.small_models import save_model
from support.tfjs_files import convert_h5

SECONDS, MEGABYTES = 20, 2_000

edits = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, len(JUNK) + 2)), min_size=1, max_size=3)
inside = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1, max_size=3
)
spots = st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=6)), min_size=1, max_size=6)


@pytest.fixture(scope="module")
def worker(folder: Path) -> Iterator[Worker]:
    worker = Worker(*known_good()["archive"])
    yield worker
    worker.close()


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    FOLDER.append(tmp_path_factory.mktemp("fuzz"))
    return FOLDER[-1]


FOLDER: list[Path] = []


@cache
def known_good() -> dict[str, tuple[Path, Path | None]]:
    """Small models in all forms: model file, and weights where they lie apart."""
    import keras

    folder = FOLDER[-1] / "good"
    make = keras.layers
    inner = keras.Input((8, 8, 3))
    x = make.BatchNormalization()(make.Conv2D(3, 3, padding="same", activation="relu")(inner))
    backbone = keras.Model(inner, x, name="backbone")
    image = keras.Input((8, 8, 3))
    x = backbone(make.Dropout(0.5)(image))
    x = make.Add()([make.DepthwiseConv2D(3, padding="same")(x), x])
    x = make.Dense(2, activation="softmax")(make.Flatten()(make.LeakyReLU()(make.MaxPooling2D()(x))))
    model = keras.Model(image, x)
    rng_weights = [w + i + 0.125 for i, w in enumerate(model.get_weights())]
    model.set_weights(rng_weights)
    files: dict[str, tuple[Path, Path | None]] = {"keras 3": save_model(model, folder)}
    model.save(folder / "whole.h5")
    model.save(folder / "model.keras")
    files |= {"whole": (folder / "whole.h5", None), "archive": (folder / "model.keras", None)}
    files["folder"] = save_folder(model, folder / "unzipped"), None
    files["shards"] = save_sharded(model, folder / "parts", size=500)
    files["tfjs"] = convert_h5(folder / "whole.h5", folder / "tfjs", shard=300).parent, None
    files["saved"] = write_saved_model(folder / "saved"), None
    # The deviations of Keras 0 become variances, which the worker would not find in the file.
    old = [x for x in MODELS["keras03_th_theano"].layers if getattr(x, "kind", "") != "BatchNormalization"]
    MODELS["keras 0"] = replace(MODELS["keras03_th_theano"], layers=tuple(old))
    for name in ("branches_th_theano", "keras 0", "nested_th_theano", "same_even_tf_tensorflow"):
        (folder / name).mkdir()
        architecture, weights, _ = write(name, folder / name)
        files[name] = (architecture, weights)
    config = as_tagged(json.loads(files["nested_th_theano"][0].read_text(encoding="utf-8")))
    (folder / "nested.yaml").write_text(yaml.dump(config), encoding="utf-8")
    files["yaml"] = (folder / "nested.yaml", files["nested_th_theano"][1])
    files["functions"] = write_functions(folder)
    return files


def judge(worker: Worker, model: Path, weights: Path | None) -> None:
    opened = worker.ask(model, weights)
    assert opened.result in ("loaded", "refused"), opened.result
    assert opened.megabytes < MEGABYTES and opened.seconds < SECONDS


def many(count: int) -> Any:
    """Cases that are the same in every run, without a database beside the project."""
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )


SEVERAL = ("folder", "shards", "tfjs", "saved")
"""Forms of several files in a folder."""

SETTINGS = {
    "folder": "config.json",
    "shards": ".weights.json",
    "tfjs": "model.json",
    "saved": "keras_metadata.pb",
}
"""The configuration of them that is changed."""

OLD = ("branches_th_theano", "keras 0", "nested_th_theano")
FORMS = ("keras 3", "whole", "archive", *OLD, "yaml", *SEVERAL, "functions")
INSIDE = ("keras 3", "whole", "archive", "same_even_tf_tensorflow", "keras 0", *SEVERAL)
BYTES = (*INSIDE, "yaml")


def change_one(
    worker: Worker, folder: Path, form: str, suffix: str, which: float, change: Callable[[Path], None]
) -> None:
    """A copy of a model of several files, of which one with that suffix is changed."""
    model, weights, files = copy_of(*known_good()[form], folder / "several")
    found = [path for path in files if path.name.endswith(suffix)]
    change(found[int(which * (len(found) - 1))])
    judge(worker, model, weights)


def change_configuration(worker: Worker, folder: Path, form: str, changes: list[tuple[int, int]]) -> None:
    if form in SEVERAL:

        def change(path: Path) -> None:
            if form == "saved":
                path.write_bytes(metadata_of(changed(root_of(path.read_bytes()), changes)))
                return
            config = changed(json.loads(path.read_text(encoding="utf-8")), changes)
            path.write_text(json.dumps(config), encoding="utf-8")

        return change_one(worker, folder, form, SETTINGS[form], 0, change)
    model, weights = known_good()[form]
    path = folder / f"changed{model.suffix}"
    if form == "whole":
        path.write_bytes(model.read_bytes())
        with h5py.File(path, "r+") as file:
            text = json.dumps(changed(json.loads(file.attrs["model_config"]), changes))
            del file.attrs["model_config"]
            if len(text) < 60_000:
                file.attrs["model_config"] = text
    elif form == "archive":
        with zipfile.ZipFile(model) as source, zipfile.ZipFile(path, "w") as archive:
            for name in source.namelist():
                data = source.read(name)
                if name == "config.json":
                    data = json.dumps(changed(json.loads(data), changes)).encode()
                archive.writestr(name, data)
    else:
        read, write = (yaml.unsafe_load, yaml.dump) if form == "yaml" else (json.loads, json.dumps)
        path.write_text(write(changed(read(model.read_text(encoding="utf-8")), changes)), encoding="utf-8")
    judge(worker, path, weights)


def change_bytes(
    worker: Worker, folder: Path, form: str, changes: list[tuple[float, bytes]], cut: float | None
) -> None:
    if form in SEVERAL:

        def change(path: Path) -> None:
            path.write_bytes(damaged(path.read_bytes(), changes, cut))

        return change_one(worker, folder, form, "", changes[0][0], change)
    model, weights = known_good()[form]
    target = model if weights is None or form == "yaml" else weights
    path = folder / f"damaged{target.suffix}"
    path.write_bytes(damaged(target.read_bytes(), changes, cut))
    judge(worker, *((path, weights) if target is model else (model, path)))


def change_container(worker: Worker, folder: Path, form: str, changes: list[tuple[int, int, int]]) -> None:
    if form in SEVERAL:

        def change_all(path: Path) -> None:
            for numbers in changes:
                change_h5(path, *numbers)

        return change_one(worker, folder, form, ".h5", changes[0][0] % 7 / 6, change_all)
    model, weights = known_good()[form]
    target = weights or model
    path = folder / f"container{target.suffix}"
    path.write_bytes(target.read_bytes())
    change = change_archive if form == "archive" else change_h5
    for where, other, what in changes:
        change(path, where, other, what)
    judge(worker, path if weights is None else model, path if weights is not None else None)


cuts = st.none() | st.floats(0, 1)

Test = Callable[..., None]


def on_configurations(count: int) -> Callable[[Test], Test]:
    return lambda test: many(count)(given(st.sampled_from(FORMS), edits)(test))


def on_containers(count: int) -> Callable[[Test], Test]:
    forms = [form for form in INSIDE if form not in ("tfjs", "saved")]  # whose numbers lie in no HDF5
    return lambda test: many(count)(given(st.sampled_from(forms), inside)(test))


def on_bytes(count: int) -> Callable[[Test], Test]:
    return lambda test: many(count)(given(st.sampled_from(BYTES), spots, cuts)(test))


def test_the_files_are_good(worker: Worker):
    for model, weights in known_good().values():
        assert worker.ask(model, weights).result == "loaded"


@on_configurations(100)
def test_changed_configurations(worker: Worker, folder: Path, form: str, changes: Any):
    change_configuration(worker, folder, form, changes)


@on_bytes(50)
def test_changed_bytes(worker: Worker, folder: Path, form: str, changes: Any, cut: Any):
    change_bytes(worker, folder, form, changes, cut)


@pytest.mark.nightly
@on_configurations(1000)
def test_many_changed_configurations(worker: Worker, folder: Path, form: str, changes: Any):
    change_configuration(worker, folder, form, changes)


@pytest.mark.nightly
@on_bytes(500)
def test_many_changed_bytes(worker: Worker, folder: Path, form: str, changes: Any, cut: Any):
    change_bytes(worker, folder, form, changes, cut)


@on_containers(50)
def test_changed_containers(worker: Worker, folder: Path, form: str, changes: Any):
    change_container(worker, folder, form, changes)


@pytest.mark.nightly
@on_containers(500)
def test_many_changed_containers(worker: Worker, folder: Path, form: str, changes: Any):
    change_container(worker, folder, form, changes)
