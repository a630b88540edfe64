"""Tensors of a checkpoint: what TensorFlow wrote, and what is refused before anything is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support.checkpoint_files import Written, field, index_of, write_checkpoint
from xai_cam.errors import ModelError
from xai_cam.models.loading.containers import checkpoint as checkpoints
from xai_cam.models.loading.containers.checkpoint import read_checkpoint
from xai_cam.models.loading.limits import Limits

A, B = np.arange(12.0, dtype="f4").reshape(3, 4), np.arange(5.0, dtype="f4")


@pytest.fixture
def written(tmp_path: Path) -> Written:
    return write_checkpoint(tmp_path / "cp", {"a": A, "b": B})


@pytest.mark.parametrize(
    "dtype", ["float32", "float64", "float16", "bfloat16", "int8", "uint8", "int32", "int64", "bool"]
)
def test_numbers_of_every_type(tmp_path: Path, dtype: str):
    import tensorflow as tf

    values = tf.cast(tf.constant([[0.0, 1.0, 2.0], [3.0, 100.0, 7.0]]), dtype)
    prefix = str(tmp_path / "cp")
    tf.raw_ops.SaveV2(prefix=prefix, tensor_names=["x"], shape_and_slices=[""], tensors=[values])
    tensor = read_checkpoint(Path(prefix), Limits()).tensors["x"]
    assert tensor.shape == (2, 3)
    np.testing.assert_array_equal(np.asarray(tensor[()], "f8"), tf.cast(values, "float64").numpy())


def test_a_tensor_cut_into_slices(tmp_path: Path):
    """Written one slice at a time, as a model that is spread over machines is."""
    import tensorflow as tf

    whole = np.random.default_rng(0).normal(size=(70, 5)).astype("f4")
    parts = {"70 5 0,40:0,5": whole[:40], "70 5 40,30:0,2": whole[40:, :2], "70 5 40,30:2,3": whole[40:, 2:]}
    prefix = str(tmp_path / "cp")
    tf.raw_ops.SaveV2(
        prefix=prefix, tensor_names=["x"] * 3, shape_and_slices=list(parts), tensors=list(parts.values())
    )
    np.testing.assert_array_equal(read_checkpoint(Path(prefix), Limits()).tensors["x"][()], whole)


def test_slices_that_are_missing_or_overlap(tmp_path: Path):
    import tensorflow as tf

    for number, cuts in enumerate((["9 0,4"], ["9 0,6", "9 3,6"], ["9 0,5", "9 4,4"])):
        prefix = str(tmp_path / f"cp{number}")
        parts = [tf.zeros(int(cut[-1])) for cut in cuts]
        tf.raw_ops.SaveV2(prefix=prefix, tensor_names=["x"] * len(cuts), shape_and_slices=cuts, tensors=parts)
        with pytest.raises(ModelError, match="do not make up all of it"):
            read_checkpoint(Path(prefix), Limits())


def test_what_is_written_here_is_what_tensorflow_reads(written: Written):
    """The forged ones below differ in what each test says, and in nothing else."""
    import tensorflow as tf

    np.testing.assert_array_equal(tf.train.load_checkpoint(str(written.prefix)).get_tensor("a"), A)
    np.testing.assert_array_equal(read_checkpoint(written.prefix, Limits()).tensors["b"][()], B)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"shape": (3, 4000)}, "48 bytes, where its shape takes 48,000"),
        ({"shape": (2**31, 2**31, 2**31)}, "where its shape takes"),
        ({"shape": (-1, 4)}, "has the shape"),
        ({"shape": (1,) * 40}, "has the shape"),
        ({"offset": 40}, "ends before|shares its bytes"),
        ({"offset": 2**62}, "ends before"),
        ({"offset": 36, "shape": (4,), "size": 16}, "shares its bytes"),
        ({"shard": 1}, "in a shard that does not exist"),
        ({"shard": 2**40}, "in a shard that does not exist"),
    ],
)
def test_an_index_that_lies(written: Written, values: dict[str, Any], reason: str):
    written.change("a", **values)
    with pytest.raises(ModelError, match=rf"cp.index is damaged \(.*({reason})"):
        read_checkpoint(written.prefix, Limits())


def test_slices_that_are_declared_and_not_there(written: Written):
    extent = field(1, field(1, 0) + field(2, 3)) + field(1, field(1, 0) + field(2, 4))
    written.change("a", slices=field(7, extent))
    with pytest.raises(ModelError, match="a slice of a is missing"):
        read_checkpoint(written.prefix, Limits())
    written.change("a", slices=field(7, field(1, field(1, 2) + field(2, 2)) + field(1, b"")))
    with pytest.raises(ModelError, match="reaches beyond its tensor"):
        read_checkpoint(written.prefix, Limits())
    written.change("a", slices=field(7, field(1, b"")))
    with pytest.raises(ModelError, match="another number of dimensions"):
        read_checkpoint(written.prefix, Limits())


@pytest.mark.parametrize("shards", [0, 2, 2**40, 2**63])
def test_shards_that_are_not_there(written: Written, shards: int):
    written.rewrite(shards)
    with pytest.raises(ModelError, match=rf"is incomplete: of its {shards:,} shards "):
        read_checkpoint(written.prefix, Limits())


def test_a_bit_that_turned(written: Written):
    data = bytearray(written.shard.read_bytes())
    data[5] ^= 1
    written.shard.write_bytes(data)
    tensors = read_checkpoint(written.prefix, Limits()).tensors
    with pytest.raises(ValueError, match="a differs from its checksum"):
        tensors["a"][()]
    np.testing.assert_array_equal(tensors["b"][()], B)


def test_a_shard_that_was_cut_short(written: Written):
    written.shard.write_bytes(written.shard.read_bytes()[:-1])
    with pytest.raises(ModelError, match="ends before b does"):
        read_checkpoint(written.prefix, Limits())


def test_more_than_any_model_has(written: Written, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(ModelError, match="takes 68 bytes, more than 60"):
        read_checkpoint(written.prefix, Limits(bytes=60))
    monkeypatch.setattr(checkpoints, "MAX_TENSORS", 1)
    with pytest.raises(ModelError, match="names more than 1 tensors"):
        read_checkpoint(written.prefix, Limits())
    monkeypatch.setattr(checkpoints, "MAX_INDEX", 20)
    with pytest.raises(ModelError, match="larger than that of any model"):
        read_checkpoint(written.prefix, Limits())


def test_an_index_without_its_first_entry(written: Written):
    from support.checkpoint_files import table

    written.prefix.with_name("cp.index").write_bytes(table([(b"a", written.entries["a"].message())]))
    with pytest.raises(ModelError, match="does not say in which files"):
        read_checkpoint(written.prefix, Limits())


def test_a_model_of_big_endian_machines(tmp_path: Path):
    written = write_checkpoint(tmp_path / "cp", {"a": A.byteswap()})
    index = index_of(written.entries).replace(field(1, 1) + field(3, field(1, 1)), b"")
    assert index  # its header says nothing of the order of bytes
    from support.checkpoint_files import table

    header = (b"", field(1, 1) + field(2, 1))
    data = table([header, (b"a", written.entries["a"].message())])
    written.prefix.with_name("cp.index").write_bytes(data)
    np.testing.assert_array_equal(read_checkpoint(written.prefix, Limits()).tensors["a"][()], A)
