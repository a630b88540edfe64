"""Sharded weights: every variable is read from its shard, and every shard holds what the list says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from support.keras3_files import change_list, save_folder, save_sharded, zipped
from support.small_models import build_tiny
from support.systems import link, pipe
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.finding import find_model_files
from xai_cam.models.loading.kinds import Kind
from xai_cam.models.loading.load import load_files
from xai_cam.models.loading.sniff import first_look, sniff

CONV_2 = "/layers/conv2d_1/vars"


@pytest.fixture(scope="module")
def model() -> Any:
    return build_tiny()


def same(loaded: Any, model: Any) -> bool:
    return all(map(np.array_equal, loaded.get_weights(), model.get_weights()))


def test_all_shards_are_read(model: Any, tmp_path: Path):
    architecture, listed = save_sharded(model, tmp_path)
    shards = sorted(tmp_path.glob("*.h5"))
    assert len(shards) > 1 and sniff(listed) is Kind.SHARDED_WEIGHTS
    loaded = load_files(architecture, listed)
    assert same(loaded.model, model)
    assert loaded.container == "an architecture JSON with sharded weights of Keras 3"
    assert find_model_files(architecture, listed).parts == (architecture, listed, *shards)


def test_a_layer_may_lie_in_two_shards(tmp_path: Path):
    """Keras begins a shard where the next variable has no room, be it in the middle of a layer."""
    import keras

    model = keras.Sequential([keras.Input((16, 16, 1)), keras.layers.Conv2D(400, 1), keras.layers.Flatten()])
    model.set_weights([np.random.default_rng(0).normal(size=w.shape) for w in model.get_weights()])
    architecture, listed = save_sharded(model, tmp_path)
    found: list[Any] = []
    change_list(listed, lambda groups: found.extend(groups.values()))
    assert found == [["model_00000.weights.h5", "model_00001.weights.h5"]]
    assert same(load_model(architecture, listed), model)


def test_lists_of_keras_3_10(model: Any, tmp_path: Path):
    """They name one shard for each layer: the one that its first variable lies in."""
    architecture, listed = save_sharded(model, tmp_path, size=1_740)  # conv_2 has no room for its bias
    with h5py.File(tmp_path / "model_00002.weights.h5") as file:
        assert list(file[CONV_2]) == ["1"]
    change_list(listed, lambda groups: {**groups, CONV_2: "model_00001.weights.h5"})
    assert same(load_model(architecture, listed), model)


def test_the_optimizer_is_left_out(tmp_path: Path):
    model = build_tiny()
    model.compile("adam", "categorical_crossentropy")
    model.fit(np.ones((2, 16, 16, 3)), np.eye(3)[:2], verbose=0)
    architecture, listed = save_sharded(model, tmp_path)
    assert "/optimizer/vars" in listed.read_text(encoding="utf-8")
    assert same(load_model(architecture, listed), model)


def test_a_json_alone_takes_the_list_and_no_shard(model: Any, tmp_path: Path):
    architecture, listed = save_sharded(model, tmp_path)
    assert find_model_files(architecture).weights == listed
    build_tiny(seed=1).save_weights(tmp_path / "other.weights.h5")
    with pytest.raises(ModelError, match=r"several weights .*: model.weights.json, other.weights.h5"):
        find_model_files(architecture)


def test_a_shard_stands_for_all(model: Any, tmp_path: Path):
    architecture, listed = save_sharded(model, tmp_path)
    shard = sorted(tmp_path.glob("*.h5"))[-1]
    assert find_model_files(architecture, shard).weights == listed
    assert same(load_model(architecture, shard), model)


def test_a_layer_called_as_the_list_is_no_list(tmp_path: Path):
    import keras

    model = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Conv2D(2, 1, name="weight_map")])
    path = tmp_path / "model.json"
    path.write_text(model.to_json(), encoding="utf-8")
    assert first_look(path) is Kind.ARCHITECTURE


def test_a_list_is_no_model(model: Any, tmp_path: Path):
    _, listed = save_sharded(model, tmp_path)
    with pytest.raises(ModelError, match="weights without an architecture"):
        load_model(listed)


# --- What does not belong together -------------------------------------------------------------------


def shard_of(folder: Path, group: str) -> Path:
    """The shard that holds the variables of a group."""
    for path in folder.glob("*.h5"):
        with h5py.File(path) as file:
            if len(file.get(group, ())):
                return path
    raise AssertionError(group)


def missing(folder: Path) -> None:
    shard_of(folder, CONV_2).unlink()


def not_in_the_list(folder: Path) -> None:
    def without(groups: dict[str, Any]) -> dict[str, Any]:
        return {name: shards for name, shards in groups.items() if name != CONV_2}

    change_list(folder / "model.weights.json", without)


def not_in_the_shard(folder: Path) -> None:
    with h5py.File(shard_of(folder, CONV_2), "r+") as file:
        del file[CONV_2]


def one_variable_gone(folder: Path) -> None:
    with h5py.File(shard_of(folder, CONV_2), "r+") as file:
        del file[f"{CONV_2}/1"]


def one_too_many(folder: Path) -> None:
    with h5py.File(shard_of(folder, CONV_2), "r+") as file:
        file[f"{CONV_2}/7"] = np.zeros(3, "f4")


def deeper(folder: Path) -> None:
    with h5py.File(shard_of(folder, CONV_2), "r+") as file:
        file[f"{CONV_2}/more/0"] = np.zeros(3, "f4")


def other_shape(folder: Path) -> None:
    with h5py.File(shard_of(folder, CONV_2), "r+") as file:
        del file[f"{CONV_2}/0"]
        file[f"{CONV_2}/0"] = np.zeros((3, 3, 8, 6), "f4")


def overlapping(folder: Path) -> None:
    """Two shards have the same variable, and both are said to."""
    shard = shard_of(folder, CONV_2)
    other = next(path for path in folder.glob("*.h5") if path != shard)
    with h5py.File(shard) as source, h5py.File(other, "r+") as target:
        group = target.require_group(CONV_2)
        source.copy(f"{CONV_2}/0", group)
    change_list(folder / "model.weights.json", lambda groups: {**groups, CONV_2: [shard.name, other.name]})


def linked_out(folder: Path) -> None:
    shard = shard_of(folder, CONV_2)
    link(shard, shard.rename(folder.parent / "elsewhere.h5"))


def half_a_character(folder: Path) -> None:
    change_list(folder / "model.weights.json", lambda groups: {**groups, CONV_2: "\ud800"})


def a_pipe(folder: Path) -> None:
    shard = shard_of(folder, CONV_2)
    shard.unlink()
    pipe(shard)


def links_inside(folder: Path) -> None:
    with h5py.File(shard_of(folder, CONV_2), "r+") as file:
        del file[f"{CONV_2}/0"]
        file[f"{CONV_2}/0"] = h5py.ExternalLink("/etc/passwd", "/")


def declared_alone(folder: Path) -> None:
    with h5py.File(shard_of(folder, CONV_2), "r+") as file:
        del file[f"{CONV_2}/0"]
        file.create_dataset(f"{CONV_2}/0", (1 << 20, 1 << 20), "f4", chunks=(1, 1 << 10))


def no_hdf5(folder: Path) -> None:
    shard_of(folder, CONV_2).write_text('{"class_name": "Functional"}', encoding="utf-8")


Damage = Callable[[Path], None]

TWINS: list[tuple[Damage, str]] = [
    (missing, "incomplete: model_0000..weights.h5 is missing"),
    (not_in_the_list, "do not belong together: model_0000..weights.h5 has `layers/conv2d_1/vars/0`, which"),
    (not_in_the_shard, "incomplete: model_0000..weights.h5 has no `layers/conv2d_1/vars`"),
    (one_variable_gone, "only in the architecture"),
    (one_too_many, "only in the weights file"),
    (deeper, "do not belong together"),
    (other_shape, "only in the architecture"),
    (overlapping, r"there are two `layers/conv2d_1/vars/0`, which Keras never writes"),
    (linked_out, "is a link that leads out of the folder"),
    (half_a_character, "is missing|model_0000..weights.h5"),
    (a_pipe, "is a pipe, not a file"),
    (links_inside, "is a link to another place"),
    (declared_alone, "declares 4,398,046,511,104 bytes but contains 0"),
    (no_hdf5, "is an architecture JSON, not a part of weights"),
]


@pytest.mark.parametrize(("damage", "message"), TWINS, ids=[damage.__name__ for damage, _ in TWINS])
def test_hostile_twins(model: Any, tmp_path: Path, damage: Damage, message: str):
    architecture, listed = save_sharded(model, tmp_path / "folder")
    damage(tmp_path / "folder")
    with pytest.raises(ModelError, match=message):
        load_model(architecture, listed)


ZIPPED = [(damage, message) for damage, message in TWINS if damage not in (a_pipe, linked_out, no_hdf5)]


@pytest.mark.parametrize(("damage", "message"), ZIPPED, ids=[damage.__name__ for damage, _ in ZIPPED])
def test_hostile_twins_in_an_archive(model: Any, tmp_path: Path, damage: Damage, message: str):
    folder = save_folder(model, tmp_path / "folder", sharded=True)
    damage(folder)
    with pytest.raises(ModelError, match=message):
        load_model(zipped(folder))


def test_an_archive_of_many_files_is_refused(model: Any, tmp_path: Path):
    folder = save_folder(model, tmp_path / "folder", sharded=True)
    for i in range(300):
        (folder / f"model_{i + 10:05}.weights.h5").write_bytes(b"")
    with pytest.raises(ModelError, match="is refused"):
        load_model(zipped(folder))
