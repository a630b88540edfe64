"""Tables of LevelDB."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.checkpoint_files import block, masked, number, table
from xai_cam.models.loading.containers.sorted_table import entries

PAIRS = [(b"", b"head"), (b"a", b"1"), (b"ab", b""), (b"b", b"x" * 300)]


def test_entries_come_in_their_order():
    assert [(key, bytes(value)) for key, value in entries(table(PAIRS))] == PAIRS


def test_shortened_keys_of_several_blocks(tmp_path: Path):
    """TensorFlow's own table of 300 tensors, whose keys share what they begin with."""
    import tensorflow as tf

    names = [f"layer_with_weights-{i}/kernel" for i in range(300)]
    prefix = str(tmp_path / "all")
    tf.raw_ops.SaveV2(
        prefix=prefix, tensor_names=names, shape_and_slices=[""] * 300, tensors=[tf.ones(2)] * 300
    )
    found = [key.decode() for key, _ in entries(Path(prefix + ".index").read_bytes())]
    assert found == ["", *sorted(names)]


def changed(at: int, to: bytes) -> bytes:
    data = bytearray(table(PAIRS))
    data[at : at + len(to)] = to
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "does not end as a table"),
        (table(PAIRS)[:-1], "does not end as a table"),
        (table(PAIRS)[8:], "checksum|overlap|beyond|longer|no end"),
        (changed(20, b"?"), "differs from its checksum"),
        (table(PAIRS, compression=1), "are compressed"),
        (table(list(reversed(PAIRS))), "not in order"),
        (table([PAIRS[1], PAIRS[1]]), "not in order"),
        (changed(len(table(PAIRS)) - 48, number(0) + number(2**40)), "beyond its end|no end|overlap"),
    ],
)
def test_what_is_damaged(data: bytes, reason: str):
    with pytest.raises(ValueError, match=reason):
        list(entries(data))


@pytest.mark.parametrize("length", [2**30, 400])
def test_entries_do_not_reach_beyond_their_block(length: int):
    with pytest.raises(ValueError, match="longer than its block"):
        list(entries(framed(b"\0" + number(1) + number(length) + b"a1")))


def test_keys_that_grow_from_what_they_share():
    """20,000 keys of a megabyte each would fit into two megabytes."""
    body, key = b"", b""
    for i in range(3):
        added = b"a" * 3000 if not i else b"b"
        body += number(len(key)) + number(len(added)) + number(0) + added
        key += added
    assert len(list(entries(framed(body)))) == 3
    body += number(len(key)) + number(2000) + number(0) + b"c" * 2000
    with pytest.raises(ValueError, match="longer than any name"):
        list(entries(framed(body)))


def framed(body: bytes) -> bytes:
    """A table of one block with this in it."""
    body += bytes(4) + (1).to_bytes(4, "little")
    first = body + bytes(1) + masked(body + bytes(1)).to_bytes(4, "little")
    index = block([(b"\xff", number(0) + number(len(body)))])
    footer = number(0) + number(len(body)) + number(len(first)) + number(len(index) - 5)
    return first + index + footer.ljust(40, b"\0") + table(PAIRS)[-8:]


def test_blocks_that_overlap_are_refused():
    """One block, named a thousand times, would be a thousand times as large."""
    first = block(PAIRS)
    handle = number(0) + number(len(first) - 5)
    index = block([(b"%04d" % i, handle) for i in range(1000)])
    footer = number(0) + number(len(first) - 5) + number(len(first)) + number(len(index) - 5)
    with pytest.raises(ValueError, match="overlap"):
        list(entries(first + index + footer.ljust(40, b"\0") + table(PAIRS)[-8:]))
