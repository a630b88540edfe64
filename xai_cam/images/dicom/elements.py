"""The data elements of a DICOM file, of which only those that are wanted are read, and all others skipped.

Nothing of a patient gets into memory, and so none of it into a message or a log: pydicom repeats in its
warnings what an element holds. What is read here is numbers, and words that are compared with known ones.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from xai_cam.errors import ImageError
from xai_cam.images.dicom.streams import Stream

UNDEFINED = 0xFFFFFFFF
ITEM, END_OF_ITEM, END_OF_SEQUENCE = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
PIXELS = (0x7FE00008, 0x7FE00009, 0x7FE00010)
"""Of floating-point numbers, of those with 64 bits, and of whole numbers."""

LONG = frozenset((b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"))
"""Kinds of values whose length takes four bytes in a file that names kinds."""

MAX_VALUE = 1 << 20
"""Bytes of a value that is wanted; the largest is a table of 65,536 entries."""

MAX_DEPTH = 32
"""Of sequences within sequences."""

MAX_ELEMENTS = 1 << 20
"""Of a file, before its pixels: each takes a microsecond or two."""

DAMAGED = "the DICOM file is damaged"

Wanted: TypeAlias = "Mapping[int, Wanted | None]"
"""Tags whose values are wanted, and of sequences what is wanted in their items."""


@dataclass(frozen=True)
class Encoding:
    """Whether a file names the kind of each value, and the order of bytes, `<` or `>`."""

    explicit: bool = True
    order: str = "<"


@dataclass(frozen=True)
class Element:
    """What a file holds under a tag: a value, or items; of pixels only where they lie.

    `kind` is the two letters of its kind, empty where the file does not name kinds.
    """

    kind: str
    order: str = "<"
    value: bytes = b""
    items: tuple[Elements, ...] = ()
    place: int = 0
    length: int = 0


Elements: TypeAlias = dict[int, Element]


@dataclass
class Walk:
    """Goes through the elements of a stream.

    Parameters
    ----------
    chosen : mapping
        Of these sequences only the item of this number, from 0 on, is read.
    """

    stream: Stream
    encoding: Encoding
    chosen: Mapping[int, int] = field(default_factory=dict)
    _left: Iterator[int] = field(default_factory=lambda: iter(range(MAX_ELEMENTS)), repr=False)

    def read(self, wanted: Wanted, end: int | None = None, depth: int = 0) -> Elements:
        """The wanted elements up to the pixels, or up to the end of an item.

        Raises
        ------
        ImageError
            The file is damaged.
        """
        found: Elements = {}
        if depth > MAX_DEPTH:
            raise ImageError(f"{DAMAGED}: its sequences lie in each other without end")
        while not self.stream.at_end() and (end is None or self.stream.place < end):
            tag, kind, length = self._header()
            if tag == END_OF_ITEM:
                break
            if depth == 0 and tag in PIXELS:
                found[tag] = Element(kind, self.encoding.order, place=self.stream.place, length=length)
                break
            element = self._element(tag, kind, length, wanted, depth)
            if element is not None:
                found[tag] = element
        return found

    def read_group(self, group: int, wanted: Wanted) -> Elements:
        """The wanted elements at the beginning that belong to a group.

        Raises
        ------
        ImageError
            The file is damaged.
        """
        found: Elements = {}
        number = struct.pack(self.encoding.order + "H", group)
        while self.stream.peek(2) == number:
            tag, kind, length = self._header()
            element = self._element(tag, kind, length, wanted, 0)
            if element is not None:
                found[tag] = element
        return found

    def _header(self) -> tuple[int, str, int]:
        """Tag, kind and length of the next element."""
        if next(self._left, None) is None:
            raise ImageError(
                f"it has more than {MAX_ELEMENTS:,} elements before its pixels: a bomb, or damaged"
            )
        head = self.stream.read(8)
        order = self.encoding.order
        group, number, length = struct.unpack(order + "HHL", head)
        tag = group << 16 | number
        kind = head[4:6]
        # As others do: some writers change to values without kinds within a sequence.
        if group == 0xFFFE or not self.encoding.explicit or not (b"AA" <= kind <= b"ZZ"):
            return tag, "", length
        if kind in LONG:
            (length,) = struct.unpack(order + "L", self.stream.read(4))
        else:
            (length,) = struct.unpack(order + "H", head[6:])
        return tag, kind.decode("latin-1"), length

    def _element(self, tag: int, kind: str, length: int, wanted: Wanted, depth: int) -> Element | None:
        """An element if it is wanted; the stream is behind it afterwards."""
        inner = wanted.get(tag, {}) or {}
        if length == UNDEFINED or (tag in wanted and wanted[tag] is not None):
            items = self._items(tag, kind, length, inner, depth)
            return Element(kind, self.encoding.order, items=items) if tag in wanted else None
        if tag not in wanted:
            self.stream.skip(length)
            return None
        if length > MAX_VALUE:
            raise ImageError(f"{DAMAGED}: a value has {length:,} bytes, far more than it may have")
        return Element(kind, self.encoding.order, self.stream.read(length))

    def _items(self, tag: int, kind: str, length: int, wanted: Wanted, depth: int) -> tuple[Elements, ...]:
        """The items of a sequence; of one that is not wanted nothing is kept."""
        # A sequence of unknown kind holds values without kinds, whatever the rest of the file does.
        walk = replace(self, encoding=Encoding(False)) if kind == "UN" else self
        end = None if length == UNDEFINED else self.stream.place + length
        found: list[Elements] = []
        number = 0
        while end is None or self.stream.place < end:
            inner, _, size = walk._header()
            if inner == END_OF_SEQUENCE:
                break
            if inner != ITEM:
                raise ImageError(f"{DAMAGED}: a sequence holds something else than items")
            taken = wanted if self.chosen.get(tag, number) == number else {}
            if size == UNDEFINED or taken:
                limit = None if size == UNDEFINED else self.stream.place + size
                item = walk.read(taken, limit, depth + 1)
                found += [item] if taken else []
            else:
                self.stream.skip(size)
            number += 1
        return tuple(found)
