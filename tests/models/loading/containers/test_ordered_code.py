"""Keys of slices, as TensorFlow writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from xai_cam.models.loading.containers.ordered_code import slice_key
from xai_cam.models.loading.containers.sorted_table import entries


@pytest.mark.parametrize(
    ("shape", "start", "length"),
    [
        ((100,), (34,), (33,)),
        ((200, 5), (63, 0), (64, 5)),
        ((9000, 2), (8191, 1), (8, 1)),
        ((70_000,), (8192,), (8193,)),
        ((3, 3, 8, 24), (0, 0, 2, 0), (3, 3, 5, 24)),
    ],
)
def test_it_is_the_key_in_tensorflows_index(
    tmp_path: Path, shape: tuple[int, ...], start: tuple[int, ...], length: tuple[int, ...]
):
    import tensorflow as tf

    extents = list(zip(start, length, strict=True))
    text = " ".join(map(str, shape)) + " " + ":".join(f"{s},{n}" for s, n in extents)
    prefix = str(tmp_path / "cut")
    tf.raw_ops.SaveV2(
        prefix=prefix, tensor_names=["a/b"], shape_and_slices=[text], tensors=[tf.zeros(length, tf.float32)]
    )
    keys = {key for key, _ in entries(Path(prefix + ".index").read_bytes())}
    assert slice_key("a/b", extents) in keys


def test_whole_dimensions_have_a_length_of_minus_one():
    assert slice_key("a", [(0, -1)]) == b"\0a\0\1\1\1\x80\x7f"


def test_order_of_keys_is_that_of_what_they_name():
    numbers = [-(2**40), -9000, -65, -64, -1, 0, 1, 63, 64, 8191, 8192, 2**40]
    keys = [slice_key("a", [(value, 0)]) for value in numbers]
    assert keys == sorted(keys)


def test_sides_beyond_any_tensor():
    with pytest.raises(ValueError, match="no side of a tensor"):
        slice_key("a", [(2**62, 1)])
