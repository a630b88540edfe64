"""Messages, field by field."""

from __future__ import annotations

import struct

import pytest

from support.checkpoint_files import field, number
from xai_cam.models.loading.containers.protobuf import (
    ProtobufError,
    fields,
    messages,
    signed,
    text,
    varint,
    whole,
)


@pytest.mark.parametrize("value", [0, 1, 127, 128, 300, 2**32, 2**63, 2**64 - 1])
def test_numbers_of_any_length(value: int):
    assert varint(b"\xff" + number(value) + b"\1", 1) == (value, 1 + len(number(value)))


def test_negative_numbers_are_complements():
    assert [signed(varint(number(value), 0)[0]) for value in (-1, 5, -(2**63))] == [-1, 5, -(2**63)]


def test_fields_of_all_kinds():
    message = (
        field(1, 300)
        + field(2, "日本")
        + (number(3 << 3 | 5) + struct.pack("<I", 7))
        + (number(4 << 3 | 1) + struct.pack("<Q", 2**40))
        + field(200, field(1, 9))
    )
    found = dict(fields(message))
    assert (found[1], found[3], found[4]) == (300, 7, 2**40)
    assert text(found[2]) == "日本"
    assert whole(dict(fields(found[200]))[1]) == 9


def test_what_tensorflow_writes():
    """A message of its own library, repeated fields in their order."""
    from tensorflow.core.protobuf.trackable_object_graph_pb2 import TrackableObjectGraph

    graph = TrackableObjectGraph()
    for name in ("first", "second"):
        graph.nodes.add().children.add(node_id=5, local_name=name)
    nodes = list(messages(graph.SerializeToString(), 1))
    assert [text(dict(fields(next(messages(node, 1))))[2]) for node in nodes] == ["first", "second"]


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"\x80" * 11, "no end"),
        (b"\x08", "no end"),
        (b"\x0a\x05abc", "ends within a field"),
        (b"\x0d\0\0", "ends within a field"),
        (b"\x0b", "no known way"),
        (b"\0\0", "no number"),
        (b"\x0a" + number(2**63), "ends within a field"),
    ],
)
def test_what_is_no_message(message: bytes, reason: str):
    with pytest.raises(ProtobufError, match=reason):
        list(fields(message))


def test_fields_of_another_kind():
    with pytest.raises(ProtobufError, match="stands for a message"):
        list(messages(field(1, 5), 1))
    with pytest.raises(ProtobufError, match="stands for a text"):
        text(5)
    with pytest.raises(ProtobufError, match="not UTF-8"):
        text(memoryview(b"\xff"))
    with pytest.raises(ProtobufError, match="stands for a number"):
        whole(memoryview(b""))


def test_a_million_messages_cost_nothing_unless_they_are_looked_at():
    message = field(1, b"\x0a\0" * 1_000_000) + field(2, 3)
    assert dict(fields(message))[2] == 3
