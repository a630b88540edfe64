"""Arrays of numbers in files: what their headers say is looked at before anything is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from support import systems
from support.s3_server import S3Server
from xai_cam.errors import InputError
from xai_cam.files.stores.paths import StorePath
from xai_cam.images.extra_arrays import read_extra_array


@pytest.mark.parametrize("kind", ["float32", "float64", "int16", "uint8", "bool"])
def test_an_array(tmp_path: Path, kind: str) -> None:
    values = (np.arange(6).reshape(2, 3) % 2).astype(kind)
    np.save(tmp_path / "a.npy", values)
    found = read_extra_array(tmp_path / "a.npy")
    assert np.array_equal(found, values) and found.dtype == values.dtype


def test_what_holds_no_numbers(tmp_path: Path) -> None:
    for name, values in (
        ("pickled", np.array([{}], object)),
        ("text", np.array(["a"])),
        ("complex", np.array([1j])),
    ):
        np.save(tmp_path / f"{name}.npy", values, allow_pickle=True)
        with pytest.raises(InputError, match="holds no numbers"):
            read_extra_array(tmp_path / f"{name}.npy")
    np.save(tmp_path / "nan.npy", np.array([1, np.nan]))
    with pytest.raises(InputError, match="NaN or infinity"):
        read_extra_array(tmp_path / "nan.npy")


def test_a_header_that_promises_more_than_there_is(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros(4))
    data = (tmp_path / "a.npy").read_bytes()
    for shape in (b"(9,), ", b"(-4,),", b"(2**9"):
        (tmp_path / "b.npy").write_bytes(data.replace(b"(4,), ", shape))
        with pytest.raises(InputError, match="damaged"):
            read_extra_array(tmp_path / "b.npy")
    (tmp_path / "b.npy").write_bytes(data[:90])
    with pytest.raises(InputError, match="damaged"):
        read_extra_array(tmp_path / "b.npy")


@pytest.mark.parametrize("shape", [b"(True,5)", b"(-2,-2) ", b"(-1, 4) "])
def test_sides_that_no_array_has(shape: bytes, tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((5, 5)))
    data = (tmp_path / "a.npy").read_bytes()
    assert b"(5, 5), " in data
    (tmp_path / "a.npy").write_bytes(data.replace(b"(5, 5), ", shape.ljust(8)))
    with pytest.raises(InputError, match="damaged"):
        read_extra_array(tmp_path / "a.npy")


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        read_extra_array(tmp_path / "missing.npy")
    systems.pipe(tmp_path / "pipe.npy")
    with pytest.raises(InputError, match="it is a pipe"):
        read_extra_array(tmp_path / "pipe.npy")


def test_what_is_too_large_is_not_fetched(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(tmp_path / "a.npy", np.arange(20_000.0))
    s3.put("bucket/a.npy", (tmp_path / "a.npy").read_bytes())
    there = StorePath("s3:", "bucket/a.npy")
    assert (read_extra_array(there) == np.arange(20_000.0)).all() and not there.is_held
    s3.forget()
    monkeypatch.setattr("xai_cam.images.extra_arrays.MAX_BYTES", 1000)
    with pytest.raises(InputError, match=r"Cannot read s3://bucket/a\.npy: it holds no numbers, is damaged"):
        read_extra_array(there)
    assert s3.count("GET") == 0
