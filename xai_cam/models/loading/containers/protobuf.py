"""Protocol buffers of strangers, field by field: nothing is unpacked that is not asked for.

Messages lie inside of messages as plain bytes: one that declares a million of them costs nothing until
somebody looks at each. https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""Ways in which a field is written."""

MAX_VARINT = 10
"""Bytes of a number of 64 bits."""

Buffer = bytes | memoryview


class ProtobufError(ValueError):
    """Bytes are no message."""


def varint(data: Buffer, position: int) -> tuple[int, int]:
    """The number at a position, and the position behind it.

    Raises
    ------
    ProtobufError
        It has no end.
    """
    number = 0
    for shift, byte in enumerate(data[position : position + MAX_VARINT]):
        number |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            return number & 0xFFFF_FFFF_FFFF_FFFF, position + shift + 1
    raise ProtobufError("a number in it has no end")


def signed(number: int) -> int:
    """The number of 64 bits that a varint stands for where it may be negative."""
    return number - (1 << 64) if number >= 1 << 63 else number


def fields(message: Buffer) -> Iterator[tuple[int, int | memoryview]]:
    """The fields of a message in their order: the number of each, and its value.

    Numbers of fixed size are as unsigned as others; texts, bytes and messages are views of their bytes.

    Raises
    ------
    ProtobufError
        It is no message.
    """
    data, position = memoryview(message), 0
    while position < len(data):
        key, position = varint(data, position)
        number, kind = key >> 3, key & 7
        if not number:
            raise ProtobufError("a field in it has no number")
        if kind == VARINT:
            value, position = varint(data, position)
            yield number, value
            continue
        if kind == BYTES:
            size, position = varint(data, position)
        elif kind in (FIXED32, FIXED64):
            size = 4 if kind == FIXED32 else 8
        else:
            raise ProtobufError("a field in it is written in no known way")
        part = data[position : position + size]
        if len(part) < size:
            raise ProtobufError("it ends within a field")
        position += size
        yield number, part if kind == BYTES else struct.unpack("<I" if size == 4 else "<Q", part)[0]


def messages(message: Buffer, number: int) -> Iterator[memoryview]:
    """The messages, texts or bytes in the fields of one number.

    Raises
    ------
    ProtobufError
        As for `fields`; or such a field is a number.
    """
    for found, value in fields(message):
        if found == number:
            if isinstance(value, int):
                raise ProtobufError("a number in it stands for a message")
            yield value


def text(value: int | memoryview) -> str:
    """The text of a field.

    Raises
    ------
    ProtobufError
        It is none.
    """
    if isinstance(value, int):
        raise ProtobufError("a number in it stands for a text")
    try:
        return bytes(value).decode()
    except UnicodeDecodeError as error:
        raise ProtobufError("a text in it is not UTF-8") from error


def whole(value: int | memoryview) -> int:
    """The number of a field.

    Raises
    ------
    ProtobufError
        It is none.
    """
    if not isinstance(value, int):
        raise ProtobufError("a message in it stands for a number")
    return value
