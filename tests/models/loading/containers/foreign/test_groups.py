"""HDF5 that is no Keras file, and HDF5 that breaks off."""

from __future__ import annotations

import io
from pathlib import Path

import h5py
import numpy as np
import pytest

from support.foreign_files import hdf5
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.load import load_architecture
from xai_cam.models.loading.sniff import Kind, sniff

CASES = {
    "arrays": (
        hdf5(x=np.zeros((2, 3, 3)), y=np.zeros(2)),
        r"no Keras weights: it holds 'x' \(2 x 3 x 3\), 'y' \(2\)\.",
    ),
    "nothing": (hdf5(), "is empty and contains no Keras weights"),
    "pandas": (hdf5(**{"df/axis0": np.zeros(2), "df__at__pandas_type": "frame"}), "table of pandas"),
    "PyTables": (hdf5(a=np.zeros(2), __at__PYTABLES_FORMAT_VERSION="2.1"), "table of pandas or PyTables"),
    "netCDF": (hdf5(a=np.zeros(2), __at___NCProperties="version=2"), "netCDF"),
    "MATLAB": (hdf5(a=np.zeros(2), a__at__MATLAB_class=np.bytes_("double")), "MATLAB file"),
    "optimizer": (hdf5(**{"optimizer_weights/a": np.zeros(2)}), "state of an optimizer"),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_called_by_its_name(name: str, tmp_path: Path, files: tuple[Path, Path]):
    content, words = CASES[name]
    path = tmp_path / "data.h5"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=words):
        sniff(path)
    for arguments in ((path,), (files[0], path)):
        with pytest.raises(ModelError, match=words):
            load_model(*arguments)


def test_a_name_says_more_than_what_is_odd(tmp_path: Path):
    """Text of no fixed length is refused in a Keras file; a table of pandas is called one."""
    path = tmp_path / "data.h5"
    for attribute, words in (("pandas_type", "table of pandas"), ("other", "text, references or records")):
        with h5py.File(path, "w") as file:
            file.create_dataset("df/values", data=["a", "b"], dtype=h5py.string_dtype())
            file["df"].attrs[attribute] = "frame"
        with pytest.raises(ModelError, match=words):
            load_model(path)


def test_matlab_writes_before_hdf5(tmp_path: Path):
    path = tmp_path / "data.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        file["a"] = np.zeros(3)
    assert h5py.is_hdf5(path)
    with pytest.raises(ModelError, match=r"no Keras weights: it holds 'a' \(3\)"):
        sniff(path)
    path.write_bytes(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(128) + path.read_bytes()[128:])
    with pytest.raises(ModelError, match="MATLAB file"):
        load_model(path)


def test_links_are_not_followed(tmp_path: Path):
    path = tmp_path / "data.h5"
    (tmp_path / "other.h5").write_bytes(CASES["pandas"][0])
    with h5py.File(path, "w") as file:
        file["a"] = h5py.ExternalLink("other.h5", "/df")
        file["b"] = h5py.SoftLink("/nowhere")
    with pytest.raises(ModelError, match=r"it holds 'a', 'b'\."):
        sniff(path)


@pytest.mark.parametrize("libver", ["earliest", "latest", "v108"])
@pytest.mark.parametrize("block", [0, 512])
def test_one_that_breaks_off(libver: str, block: int, tmp_path: Path):
    data = io.BytesIO()
    with h5py.File(data, "w", libver=libver, userblock_size=block) as file:
        file["layers/dense/vars/0"] = np.ones((40, 40))
    whole = data.getvalue()
    path = tmp_path / "m.h5"
    path.write_bytes(whole)
    assert sniff(path) is Kind.KERAS3_WEIGHTS
    for share in (0.3, 0.9, 0.999):
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(OSError, match="truncated"):
            h5py.File(path)
        with pytest.raises(
            ModelError, match=f"{len(whole):,} bytes, of which {path.stat().st_size:,} are there"
        ):
            sniff(path)


@pytest.mark.parametrize("length", [8, 40, 95])
def test_one_that_hardly_begins(length: int, tmp_path: Path):
    path = tmp_path / "m.h5"
    path.write_bytes(hdf5(a=np.zeros(2))[:length])
    with pytest.raises(ModelError, match="is damaged: it is an HDF5 file"):
        sniff(path)


def test_an_architecture_alone_is_no_other_door(tmp_path: Path):
    path = tmp_path / "m.h5"
    arrays = CASES["arrays"][0]
    for content, words in ((CASES["pandas"][0], "table of pandas"), (arrays[:-9], "bytes, of which")):
        path.write_bytes(content)
        with pytest.raises(ModelError, match=words):
            load_architecture(path)
