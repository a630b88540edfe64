"""Lists of sharded weights: which file holds what, and nothing but files beside the list."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from xai_cam.errors import ModelError
from xai_cam.models.loading.containers.shard_map import MAX_SHARDS, read_shard_map, shards_in

PATH = Path("m.weights.json")


def test_shards_have_the_groups_that_name_them(tmp_path: Path):
    """A group as Keras lists it, as it looks it up otherwise, and that of the model itself."""
    groups = {"/layers/dense/vars": ["a.h5", "b.h5"], "layers/conv2d": "a.h5", "/vars": "b.h5", "": "c.h5"}
    path = tmp_path / "m.weights.json"
    path.write_text(json.dumps({"metadata": {"total_size": 1e9}, "weight_map": groups}), encoding="utf-8")
    assert read_shard_map(path) == {
        "a.h5": ["layers/dense/vars", "layers/conv2d/vars"],
        "b.h5": ["layers/dense/vars", "vars"],
        "c.h5": ["vars"],
    }


@pytest.mark.parametrize(
    "name",
    [
        *("../a.h5", "/etc/passwd", "a/b.h5", "a\\b.h5", "C:a.h5", "\\\\host\\share\\a.h5", "", ".", ".."),
        *("a\0", 7, None, {}, ["a.h5"]),
    ],
)
def test_names_of_other_places_are_refused(name: Any):
    with pytest.raises(ModelError, match=r"which is no file beside it. Get a new copy"):
        shards_in({"weight_map": {"/vars": [name]}}, PATH, bool)


@pytest.mark.parametrize("groups", [None, 7, [], {}, {"a": []}])
@pytest.mark.parametrize("wrap", [lambda groups: groups, lambda groups: {"weight_map": groups}])
def test_what_is_no_list(groups: Any, wrap: Any):
    with pytest.raises(ModelError, match="as a list of sharded weights it names no files"):
        shards_in(wrap(groups), PATH, bool)


def test_a_list_of_many_files_is_refused():
    groups = {f"/{i}/vars": f"{i}.h5" for i in range(MAX_SHARDS + 1)}
    with pytest.raises(ModelError, match="names 1,001 files, more than 1,000"):
        shards_in({"weight_map": groups}, PATH, bool)


def test_shards_between_those_that_are_named():
    """Keras 3.10 does not list one that only has the rest of a layer; later ones may be of another model."""
    groups = {"/a/vars": "m_00001.weights.h5", "/b/vars": ["m_00004.weights.h5"]}
    there = {f"m_0000{i}.weights.h5" for i in (0, 1, 3, 4, 5)}
    found = shards_in({"weight_map": groups}, PATH, there.__contains__)
    assert [(name, found[name]) for name in sorted(found)] == [
        ("m_00000.weights.h5", []),
        ("m_00001.weights.h5", ["a/vars"]),
        ("m_00003.weights.h5", []),
        ("m_00004.weights.h5", ["b/vars"]),
    ]
