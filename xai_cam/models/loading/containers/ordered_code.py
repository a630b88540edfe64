"""The keys of slices in a checkpoint: bytes whose order is that of the names and numbers they stand for."""

from __future__ import annotations

from collections.abc import Sequence


def slice_key(name: str, extents: Sequence[tuple[int, int]]) -> bytes:
    """The key of a slice: of a tensor's name, and of where it begins and how long it is in each dimension."""
    key = _number(0) + _text(name.encode()) + _number(len(extents))
    for start, length in extents:
        key += _signed(start) + _signed(length)
    return key


def _number(value: int) -> bytes:
    """A number of no sign: how many bytes it takes, and these."""
    size = (value.bit_length() + 7) // 8
    return bytes([size]) + value.to_bytes(size, "big")


def _text(value: bytes) -> bytes:
    """A text with its end, in which the first and last byte of all are written as two."""
    return value.replace(b"\xff", b"\xff\0").replace(b"\0", b"\0\xff") + b"\0\1"


def _signed(value: int) -> bytes:
    """A number with its sign: as many ones as it takes bytes, a zero, and the number in the bits left.

    A negative one is written as its complement, all bits of which are turned.
    """
    magnitude = ~value if value < 0 else value
    size = next((n for n in range(1, 9) if magnitude < 1 << (7 * n - 1)), None)
    if size is None:
        raise ValueError(f"{value} is no side of a tensor")
    written = magnitude | (0xFF00 >> size & 0xFF) << 8 * (size - 1)
    return (written if value >= 0 else written ^ (1 << 8 * size) - 1).to_bytes(size, "big")
