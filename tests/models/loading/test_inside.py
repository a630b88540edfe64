"""Several models in one HDF5 file: they are listed, and one is chosen by its group."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from support.keras3_files import save_several
from support.small_models import build_tiny, save_model
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.finding import find_model_files
from xai_cam.models.loading.inside import groups_in, is_inside, kind_in
from xai_cam.models.loading.kinds import Kind
from xai_cam.models.loading.load import load_architecture

LAYOUTS = ("legacy", "keras3")


@pytest.fixture(scope="module")
def models() -> dict[str, Any]:
    return {"one": build_tiny(), "more/two": build_tiny(seed=1), "more/three": build_tiny(units=5, seed=2)}


@pytest.fixture(scope="module")
def whole(models: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_several(models, tmp_path_factory.mktemp("whole") / "several.h5")


def same(loaded: Any, model: Any) -> bool:
    pairs = zip(loaded.get_weights(), model.get_weights(), strict=True)
    return all(np.array_equal(*pair) for pair in pairs)


@pytest.mark.parametrize("group", ["one", "more/two", "/more/three/"])
def test_a_model_is_chosen_by_its_group(models: dict[str, Any], whole: Path, group: str):
    model = models[group.strip("/")]
    assert same(load_model(whole, inside=group), model)
    assert load_architecture(whole, inside=group).output_shape == model.output_shape
    files = find_model_files(whole, inside=group)
    assert files.inside == files.origin["inside"] == group.strip("/")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_weights_are_chosen_by_their_group(models: dict[str, Any], tmp_path: Path, layout: str):
    architecture, _ = save_model(models["more/two"], tmp_path)
    weights = save_several(models, tmp_path / "several.h5", layout)
    assert same(load_model(architecture, weights, inside="more/two"), models["more/two"])
    assert same(load_model(architecture, weights, inside="one"), models["one"])
    with pytest.raises(ModelError, match="do not belong to this architecture"):
        load_model(architecture, weights, inside="more/three")
    with pytest.raises(ModelError, match=r"3 sets of weights: one, more.* Choose one with `inside='one"):
        load_model(architecture, weights)
    with pytest.raises(ModelError, match="weights without an architecture"):
        load_model(weights, inside="one")


def test_several_are_listed(whole: Path):
    for find in (find_model_files, load_model):
        with pytest.raises(ModelError) as caught:
            find(whole)
        assert caught.value.message == (
            f"{whole} contains 3 models: one, more/three, more/two. Choose one with `inside='one'`."
        )
        with pytest.raises(ModelError, match=r"has no model in 'two', but in one, more/thr"):
            find(whole, inside="two")
    assert groups_in(whole) == ["one", "more/three", "more/two"]


def test_the_only_one_needs_no_choice(models: dict[str, Any], tmp_path: Path):
    path = save_several({"a/b/c": models["one"]}, tmp_path / "m.data")
    assert kind_in(path) is Kind.WHOLE_H5 and same(load_model(path), models["one"])


def test_weights_besides_a_whole_model(models: dict[str, Any], tmp_path: Path):
    """An average of the weights, say, in a group of the file of the model itself."""
    path, other = tmp_path / "m.h5", save_several({"ema": models["more/two"]}, tmp_path / "o.h5", "legacy")
    models["one"].save(path)
    with h5py.File(path, "r+") as target, h5py.File(other) as source:
        source.copy("ema", target)
    assert same(load_model(path), models["one"])
    assert same(load_model(path, path, inside="ema"), models["more/two"])
    assert find_model_files(path, path, inside="ema").inside == "ema"


def test_maps_know_the_group(whole: Path):
    one, two = (find_model_files(whole, inside=group) for group in ("one", "more/two"))
    assert one.hashes == two.hashes and one.identity != two.identity
    assert find_model_files(whole, inside="one").identity == one.identity


def test_a_group_that_no_file_has(models: dict[str, Any], whole: Path, tmp_path: Path):
    architecture, weights = save_model(models["one"], tmp_path)
    models["one"].save(tmp_path / "m.keras")
    models["one"].save(tmp_path / "m.h5")
    for files in ((architecture, weights), (tmp_path / "m.keras",), (tmp_path / "m.h5",)):
        for find in (find_model_files, load_model):
            with pytest.raises(ModelError, match="There is no group 'two' with a model or its weights in "):
                find(*files, inside="two")
    assert not is_inside(tmp_path / "m.keras", "two") and is_inside(whole, "one")


# --- Hostile files -----------------------------------------------------------------------------------


def written(path: Path, fill: Any) -> Path:
    with h5py.File(path, "w") as file:
        fill(file)
    return path


def a_model(group: h5py.Group) -> None:
    group.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": []})


def in_circles(file: h5py.File) -> None:
    for i in range(30):
        file.create_group(f"g{i}")
    for i in range(30):
        for j in range(30):
            file[f"g{i}/to{j}"] = file[f"g{j}"]


def many(file: h5py.File) -> None:
    for i in range(10_100):
        file.create_group(f"g{i}")
    a_model(file.create_group("z"))


def linked(file: h5py.File) -> None:
    a_model(file.create_group("one/inner"))
    file["two"] = h5py.SoftLink("/one/inner")
    file["three"] = h5py.ExternalLink("/etc/passwd", "/")


@pytest.mark.parametrize(("fill", "found"), [(in_circles, []), (many, []), (linked, ["one/inner"])])
def test_only_so_much_is_looked_at(tmp_path: Path, fill: Any, found: list[str]):
    """And nothing but groups that lie in the file: neither what links lead to, nor the same one for ever."""
    path = written(tmp_path / "m.h5", fill)
    assert groups_in(path) == found
    assert not is_inside(path, "two") and not is_inside(path, "three/x") and not is_inside(path, "one/../one")


@pytest.mark.parametrize("fill", [in_circles, linked])
def test_links_are_refused_where_a_file_is_opened(tmp_path: Path, fill: Any):
    path = written(tmp_path / "m.h5", fill)
    with pytest.raises(ModelError, match=r"has two names|is a link to another place"):
        load_model(path, inside="one/inner")


def test_other_hdf5_holds_nothing(tmp_path: Path):
    path = written(tmp_path / "data.h5", lambda file: file.create_dataset("optimizer/vars/0", data=[1.0]))
    for find in (find_model_files, load_model):
        with pytest.raises(ModelError, match="is HDF5, but contains no Keras weights"):
            find(path)


def test_long_lists_are_cut(tmp_path: Path):
    def fill(file: h5py.File) -> None:
        for i in range(900):
            a_model(file.create_group(f"a{i:03}"))

    with pytest.raises(ModelError) as caught:
        load_model(written(tmp_path / "m.h5", fill))
    assert "contains 900 models: a000, a001" in caught.value.message and len(caught.value.message) < 1000
