"""HDF5 put together from others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from xai_cam.errors import ModelError
from xai_cam.models.loading.containers.assembly import assembled, put


@pytest.fixture
def source(tmp_path: Path) -> Any:
    with h5py.File(tmp_path / "source.h5", "w") as file:
        file.create_dataset("a", data=np.arange(6.0), compression="gzip")
        file["a"].attrs["dtype"] = "bfloat16"
        file.create_group("g").attrs["name"] = "dense"
        file["g/inner"] = np.ones(2)
        yield file


def test_data_are_copied_as_they_are_packed(source: Any):
    def fill(target: h5py.File) -> None:
        put(source["a"], "layers/dense/vars/0", target)
        put(source["g"], "layers/g", target)
        put(source["a"], "optimizer/vars/0", target)

    with assembled(fill) as made, h5py.File(made) as file:
        copied = file["layers/dense/vars/0"]
        assert copied[()].tolist() == list(range(6)) and copied.compression == "gzip"
        assert dict(copied.attrs) == {"dtype": "bfloat16"} and dict(file["layers/g"].attrs) == {
            "name": "dense"
        }
        assert list(file["layers/g"]) == [] and list(file) == ["layers"]


def test_what_fails_is_closed(source: Any):
    kept: list[h5py.File] = []

    def fill(target: h5py.File) -> None:
        kept.append(target)
        put(source["a"], "x", target)
        put(source["a"], "x", target)

    with pytest.raises(ModelError, match="there are two `x`"):
        assembled(fill)
    assert not kept[0]
