"""Numbers in files that are cut anywhere: each is read from where it lies, and none from elsewhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from support.systems import link, pipe
from xai_cam.errors import ModelError
from xai_cam.models.loading.containers.manifest import Entry, Group
from xai_cam.models.loading.containers.packed import Packed, Run, packed_in


def files(folder: Path, data: bytes, *cuts: int) -> tuple[str, ...]:
    """Write bytes as files, cut at these places; their names."""
    ends = [0, *cuts, len(data)]
    names = tuple(f"shard{i}.bin" for i in range(len(ends) - 1))
    for i, name in enumerate(names):
        (folder / name).write_bytes(data[ends[i] : ends[i + 1]])
    return names


def all_of(folder: Path, *groups: Group) -> list[Packed]:
    return list(packed_in(folder, groups, folder / "model.json"))


@pytest.mark.parametrize("cuts", [(), (1,), (0, 0, 7, 7, 9, 30), tuple(range(1, 34))])
def test_every_run_of_bytes_is_found(cuts: tuple[int, ...], tmp_path: Path):
    data = bytes(range(34))
    run = Run(tmp_path, files(tmp_path, data, *cuts))
    assert run.size == 34
    for start in range(35):
        for size in range(35 - start):
            assert run.read(start, size) == data[start : start + size]


def test_numbers_of_every_kind(tmp_path: Path):
    kernel = np.arange(6, dtype="<f4").reshape(2, 3)
    data = kernel.tobytes() + np.array([-5, 7], "<i4").tobytes() + bytes([0, 2]) + bytes([0, 1, 255])
    data += np.array([1, 65535], "<u2").tobytes() + np.array([0.5, -2], "<f2").tobytes() + bytes([9])
    entries = (
        Entry("kernel", (2, 3), "float32", "float32"),
        Entry("count", (2,), "int32", "int32"),
        Entry("flags", (2,), "bool", "bool"),
        Entry("small", (3, 1), "uint8", "float32", 0.1, -1.0),
        Entry("large", (2,), "uint16", "int32", 0.5, -0.25),
        Entry("half", (2,), "float16", "float32"),
        Entry("none", (0, 7), "float32", "float32"),
        Entry("one", (), "uint8", "uint8"),
    )
    found = {one.entry.name: one for one in all_of(tmp_path, Group(files(tmp_path, data, 3, 29), entries))}
    expected = {
        "kernel": kernel,
        "count": np.array([-5, 7], np.int32),
        "flags": np.array([False, True]),
        "small": np.array([[-1.0], [0.1 - 1], [25.5 - 1]], np.float32),
        "large": np.array([0, 32767], np.int32),  # 0.25 and 32767.25
        "half": np.array([0.5, -2], np.float32),
        "none": np.zeros((0, 7), np.float32),
        "one": np.array(9, np.uint8),
    }
    for name, value in expected.items():
        got = found[name][()]
        assert got.dtype == value.dtype and found[name].shape == got.shape
        np.testing.assert_array_equal(got, value)


def test_several_groups_each_have_their_own_bytes(tmp_path: Path):
    files(tmp_path, bytes([1, 2, 3]), 1)
    first = Group(("shard1.bin",), (Entry("b", (2,), "uint8", "uint8"),))
    second = Group(("shard0.bin",), (Entry("a", (1,), "uint8", "uint8"),))
    found = all_of(tmp_path, first, second)
    assert [list(one[()]) for one in found] == [[2, 3], [1]]


@pytest.mark.parametrize(
    ("size", "words"), [(3, "hold more: 3 bytes are listed, and 4 are in shard0.bin"), (5, "are cut off")]
)
def test_sizes_that_do_not_fit(size: int, words: str, tmp_path: Path):
    group = Group(files(tmp_path, bytes(4)), (Entry("a", (size,), "uint8", "uint8"),))
    with pytest.raises(ModelError, match=words):
        all_of(tmp_path, group)


def test_a_shape_beyond_all_bounds_takes_no_memory(tmp_path: Path):
    group = Group(files(tmp_path, bytes(4)), (Entry("a", (2**39,) * 30, "uint8", "uint8"),))
    with pytest.raises(ModelError, match="are cut off"):
        all_of(tmp_path, group)


@pytest.mark.parametrize("name", ["../a.bin", "/etc/passwd", "C:\\a.bin", "a/../../b.bin", "", "a\0b"])
def test_names_that_lead_out(name: str, tmp_path: Path):
    (tmp_path / "a.bin").write_bytes(b"1")
    inside = tmp_path / "model"
    inside.mkdir()
    with pytest.raises(ModelError, match="leads out of the folder"):
        Run(inside, [name])
    with pytest.raises(ModelError, match="is missing"):
        Run(inside, ["\ud800"])


def test_files_that_count_twice_or_are_none(tmp_path: Path):
    entry = Entry("a", (4,), "uint8", "uint8")
    (name,) = files(tmp_path, bytes(4))
    link(tmp_path / "same.bin", tmp_path / name)
    for paths in ((name, name), (name, f"./{name}"), (name, "same.bin")):
        with pytest.raises(ModelError, match=r"names the file .* twice"):
            all_of(tmp_path, Group(paths, (entry, entry)))
    with pytest.raises(ModelError, match="twice"):
        all_of(tmp_path, Group((name,), (entry,)), Group((name,), (entry,)))
    pipe(tmp_path / "pipe.bin")
    with pytest.raises(ModelError, match="is a pipe, not a file"):
        Run(tmp_path, ["pipe.bin"])


def test_a_file_that_becomes_shorter(tmp_path: Path):
    (packed,) = all_of(tmp_path, Group(files(tmp_path, bytes(4)), (Entry("a", (4,), "uint8", "uint8"),)))
    (tmp_path / "shard0.bin").write_bytes(b"12")
    with pytest.raises(ValueError, match="became shorter"):
        packed[()]
