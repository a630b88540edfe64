"""Checkpoints of TensorFlow 2: tensors by name in an `.index`, and their numbers in shards beside it.

They are read without TensorFlow. What the index says of a tensor is held against its shard, and what is read
against its checksum.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from xai_cam.errors import ModelError
from xai_cam.files.regular import open_regular
from xai_cam.models.loading.containers import ordered_code, sorted_table
from xai_cam.models.loading.containers.crc32c import masked_crc32c
from xai_cam.models.loading.containers.parts import SHARD, parts_of
from xai_cam.models.loading.containers.protobuf import fields, messages, signed, varint, whole
from xai_cam.models.loading.damage import damaged_file
from xai_cam.models.loading.kinds import Kind
from xai_cam.models.loading.limits import Limits

MAX_INDEX = 64 * 2**20
"""Bytes of an index; that of a model with 5,000 weights and an optimizer takes 2 MB."""

MAX_TENSORS = 100_000

MAX_RANK = 16

ALL = ", with all files beside it"

SUM = 4
"""Bytes of a checksum."""

STRING, BFLOAT16 = 7, 14

DTYPES = {
    **{
        1: "f4",
        2: "f8",
        3: "i4",
        4: "u1",
        5: "i2",
        6: "i1",
        9: "i8",
        10: "?",
        17: "u2",
        19: "f2",
        22: "u4",
        23: "u8",
    },
    BFLOAT16: "u2",
}
"""TensorFlow's number of a type -> NumPy's; of bfloat16, as it lies there."""

Order = Literal["<", ">"]
"""Of the bytes of a number, as NumPy calls it."""

Slice = tuple[tuple[int, int], ...]
"""Of a tensor: where it begins and how long it is, for each dimension."""


class IncompleteError(ValueError):
    """Shards are missing."""


@dataclass(frozen=True)
class Tensor:
    """What an index says of a tensor, or of a slice of one; `data[()]` reads it, by and by.

    Attributes
    ----------
    name : str
    dtype : int
        As TensorFlow numbers them.
    shape : tuple of int
    shard, offset, size, checksum : int
        Which shard it lies in and where, in bytes.
    slices : dict of Slice to Tensor
        What it is put together from, where it was cut.
    """

    name: str
    dtype: int
    shape: tuple[int, ...]
    shard: int
    offset: int
    size: int
    checksum: int
    slices: dict[Slice, Tensor] = field(default_factory=dict)
    shards: tuple[Path, ...] = ()
    order: Order = "<"

    def __getitem__(self, index: tuple[()], /) -> np.ndarray:
        """The numbers.

        Raises
        ------
        ValueError
            They differ from their checksum.
        OSError
        """
        if self.slices:
            found = np.empty(self.shape, next(iter(self.slices.values()))[()].dtype)
            for place, part in self.slices.items():
                found[_index(place)] = part[()]
            return found
        values = np.frombuffer(self._stored(), np.dtype(DTYPES[self.dtype]).newbyteorder(self.order))
        if self.dtype == BFLOAT16:
            values = (values.astype(np.uint32) << np.uint32(16)).view(np.float32)
        return values.astype(values.dtype.newbyteorder("="), copy=False).reshape(self.shape)

    def text(self) -> bytes:
        """The one text of a tensor of texts: its length, a sum of that, and itself.

        Raises
        ------
        ValueError
            It is damaged.
        OSError
        """
        data = self._stored()
        size, start = varint(data, 0)
        if start + SUM + size != len(data):
            raise ValueError(f"{self.name} is damaged")
        return data[start + SUM :]

    def _stored(self) -> bytes:
        """What lies in the shard."""
        with open_regular(self.shards[self.shard]) as file:
            file.seek(self.offset)
            data = file.read(self.size)
        if len(data) < self.size or self._sum(data) != self.checksum:
            raise ValueError(f"{self.name} differs from its checksum")
        return data

    def _sum(self, data: bytes) -> int:
        """The sum of a text is taken over its length as a number of 4 or 8 bytes, not as it is written."""
        if self.dtype != STRING:
            return masked_crc32c(data)
        size, start = varint(data, 0)
        return masked_crc32c(size.to_bytes(4 if size < 1 << 32 else 8, "little") + data[start:])


@dataclass(frozen=True)
class Checkpoint:
    """The tensors of a checkpoint by their names; those of texts have no `dtype` in `DTYPES`."""

    tensors: dict[str, Tensor]


def read_checkpoint(prefix: Path, limits: Limits) -> Checkpoint:
    """What a checkpoint holds, none of it read yet.

    Raises
    ------
    ModelError
        Files are missing or damaged, or hold less than the index says.
    """
    index, *shards = parts_of(prefix, Kind.CHECKPOINT)
    try:
        with open_regular(index) as file:
            data = file.read(MAX_INDEX + 1)
        if len(data) > MAX_INDEX:
            raise ValueError("it is larger than that of any model")
        return Checkpoint(_tensors(data, shards, limits))
    except IncompleteError as error:
        raise ModelError(f"{prefix} is incomplete: {error}. Copy all of its files again.") from error
    except (ValueError, OSError, OverflowError) as error:
        raise damaged_file(index, error, ALL) from error


def _tensors(data: bytes, shards: list[Path], limits: Limits) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    parts: dict[bytes, Tensor] = {}
    cut: dict[str, list[tuple[Slice, Slice]]] = {}
    entries = sorted_table.entries(data)
    ordered: tuple[Path, ...] = ()
    order: Order = "<"
    for number, (key, value) in enumerate(entries):
        if number > MAX_TENSORS:
            raise ValueError(f"it names more than {MAX_TENSORS:,} tensors")
        if not key:
            ordered, order = _header(value, shards)
            continue
        tensor, slices = _entry(key, value, ordered, order)
        if key.startswith(b"\0"):
            parts[key] = tensor
        else:
            found[tensor.name] = tensor
            cut |= {tensor.name: slices} if slices else {}
    if not ordered:
        raise ValueError("it does not say in which files its tensors lie")
    whole_ones = [tensor for name, tensor in found.items() if name not in cut]
    _check_places([*whole_ones, *parts.values()], ordered, limits)
    for name, slices in cut.items():
        found[name].slices.update(_put_together(found[name], slices, parts))
    return found


def _header(value: memoryview, shards: list[Path]) -> tuple[tuple[Path, ...], Order]:
    """The shards in their order, and the order of bytes as NumPy calls it."""
    numbers = {number: whole(value) for number, value in fields(value) if number in (1, 2)}
    count = numbers.get(1, 0)
    ordered = {}
    for path in shards:
        match = SHARD.search(path.name)
        if match and int(match[2]) == count:
            ordered[int(match[1])] = path
    if count < 1 or len(ordered) != count or max(ordered) >= count:
        raise IncompleteError(f"of its {count:,} shards (.data-...), {len(ordered):,} are here")
    return tuple(ordered[i] for i in range(count)), ">" if numbers.get(2) else "<"


def _entry(
    key: bytes, value: memoryview, shards: tuple[Path, ...], order: Order
) -> tuple[Tensor, list[tuple[Slice, Slice]]]:
    numbers, slices = {3: 0, 4: 0, 5: 0, 6: 0}, []
    shape: tuple[int, ...] = ()
    for number, found in fields(value):
        if number == 2 and isinstance(found, memoryview):
            sides = itertools.islice(messages(found, 2), MAX_RANK + 1)
            shape = tuple(signed(whole(dict(fields(side)).get(1, 0))) for side in sides)
        elif number == 7 and isinstance(found, memoryview):
            slices.append(found)
        elif number in (1, 3, 4, 5, 6):
            numbers[number] = whole(found)
    if len(shape) > MAX_RANK or any(side < 0 for side in shape):
        raise ValueError(f"a tensor in it has the shape {shape[:MAX_RANK]}")
    name = key.decode(errors="backslashreplace")
    fixed = (numbers[3], numbers[4], numbers[5], numbers[6])
    tensor = Tensor(name, numbers.get(1, 0), shape, *fixed, shards=shards, order=order)
    return tensor, [_slice(one, shape) for one in slices]


def _slice(message: memoryview, shape: tuple[int, ...]) -> tuple[Slice, Slice]:
    """A part of a tensor, and the same as it is written: a whole dimension may have a length of -1."""
    extents, written = [], []
    for extent, side in itertools.zip_longest(messages(message, 1), shape):
        if extent is None or side is None:
            raise ValueError("a slice in it has another number of dimensions than its tensor")
        numbers = {number: signed(whole(value)) for number, value in fields(extent)}
        start, length = numbers.get(1, 0), numbers.get(2, side)
        written.append((start, numbers.get(2, -1)))
        if start < 0 or length < 0 or start + length > side:
            raise ValueError("a slice in it reaches beyond its tensor")
        extents.append((start, length))
    return tuple(extents), tuple(written)


def _check_places(tensors: list[Tensor], shards: tuple[Path, ...], limits: Limits) -> None:
    """See that every tensor has its own bytes, as many as its shape takes."""
    limits.check("bytes", sum(tensor.size for tensor in tensors))
    sizes = [path.stat().st_size for path in shards]
    ends = dict.fromkeys(range(len(shards)), 0)
    for tensor in sorted(tensors, key=lambda tensor: (tensor.shard, tensor.offset)):
        if tensor.shard >= len(shards):
            raise ValueError(f"{tensor.name} lies in a shard that does not exist")
        if tensor.dtype in DTYPES:
            size = math.prod(tensor.shape) * np.dtype(DTYPES[tensor.dtype]).itemsize
            if size != tensor.size:
                raise ValueError(f"{tensor.name} has {tensor.size:,} bytes, where its shape takes {size:,}")
        if tensor.size and tensor.offset < ends[tensor.shard]:
            raise ValueError(f"{tensor.name} shares its bytes with another tensor")
        ends[tensor.shard] = max(ends[tensor.shard], tensor.offset + tensor.size)
        if ends[tensor.shard] > sizes[tensor.shard]:
            raise ValueError(f"{shards[tensor.shard].name} ends before {tensor.name} does")


def _put_together(
    tensor: Tensor, slices: list[tuple[Slice, Slice]], parts: dict[bytes, Tensor]
) -> dict[Slice, Tensor]:
    """The slices that a tensor was cut into, which must fill it and not overlap."""
    found = {}
    for place, written in slices:
        part = parts.pop(ordered_code.slice_key(tensor.name, written), None)
        if part is None or part.dtype != tensor.dtype or part.dtype not in DTYPES:
            raise ValueError(f"a slice of {tensor.name} is missing")
        if part.shape != tuple(length for _, length in place):
            raise ValueError(f"a slice of {tensor.name} has another shape")
        found[place] = part
    if sum(math.prod(part.shape) for part in found.values()) == math.prod(tensor.shape):
        filled = np.zeros(tensor.shape, bool)
        for place in found:
            filled[_index(place)] = True
        if filled.all():
            return found
    raise ValueError(f"the slices of {tensor.name} do not make up all of it")


def _index(place: Slice) -> tuple[slice, ...]:
    return tuple(slice(start, start + length) for start, length in place)
