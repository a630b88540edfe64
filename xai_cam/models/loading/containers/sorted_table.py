"""Sorted tables of LevelDB, in which a checkpoint's `.index` lists what it holds.

A table is blocks of entries and, at its end, a block that tells where these are. Each key is written as what
differs from the one before. https://github.com/google/leveldb/blob/main/doc/table_format.md
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import pairwise

from xai_cam.models.loading.containers.crc32c import masked_crc32c
from xai_cam.models.loading.containers.protobuf import varint

MAGIC = struct.pack("<Q", 0xDB4775248B80FB57)
FOOTER = 48
TRAILER = 5
"""Bytes behind a block: how it is compressed, and its checksum."""

UNCOMPRESSED = 0

MAX_KEY = 4096
"""Bytes of a key, which names a tensor."""


class TableError(ValueError):
    """Bytes are no sorted table, or a damaged one."""


def entries(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """The keys of a table and their values, in the order of the keys.

    Raises
    ------
    ValueError
        It is no table, or damaged.
    """
    if len(data) < FOOTER or not data.endswith(MAGIC):
        raise TableError("it does not end as a table does")
    footer = memoryview(data)[-FOOTER:]
    _, position = _handle(footer, 0)  # of blocks with statistics
    index, _ = _handle(footer, position)
    places = [_handle(value, 0)[0] for _, value in _block(data, index)]
    if any(before[0] + before[1] > after[0] for before, after in pairwise(places)):
        raise TableError("its blocks overlap")
    last = None
    for place in places:
        for key, value in _block(data, place):
            if last is not None and key <= last:
                raise TableError("its keys are not in order")
            last = key
            yield key, value


def _handle(data: memoryview, position: int) -> tuple[tuple[int, int], int]:
    """Where a block begins and how long it is; and the position behind that."""
    start, position = varint(data, position)
    size, position = varint(data, position)
    return (start, size), position


def _block(data: bytes, place: tuple[int, int]) -> Iterator[tuple[bytes, memoryview]]:
    start, size = place
    block = memoryview(data)[start : start + size + TRAILER]
    if len(block) < size + TRAILER or size < 4:
        raise TableError("a block lies beyond its end")
    if struct.unpack("<I", block[size + 1 :])[0] != masked_crc32c(block[: size + 1]):
        raise TableError("a block differs from its checksum")
    if block[size] != UNCOMPRESSED:
        raise TableError("its blocks are compressed, which TensorFlow never does")
    restarts = struct.unpack("<I", block[size - 4 : size])[0]
    end = size - 4 * (restarts + 1)
    if end < 0:
        raise TableError("a block declares more than it holds")
    key, position = b"", 0
    while position < end:
        shared, position = varint(block, position)
        added, position = varint(block, position)
        length, position = varint(block, position)
        if shared + added > MAX_KEY:
            raise TableError("a key in it is longer than any name")
        if shared > len(key) or position + added + length > end:
            raise TableError("an entry is longer than its block")
        key = key[:shared] + bytes(block[position : position + added])
        position += added
        yield key, block[position : position + length]
        position += length
