"""Untrusted HDF5 files: nothing in them may point outside, or declare more than it contains."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import h5py
import numpy as np

from xai_cam.errors import ModelError, words_of
from xai_cam.models.loading.limits import Limits

TOP = "/"
"""The group that a file is itself."""

MAX_OBJECTS = 30_000
"""Groups and datasets; the largest models of `keras.applications` have about 5,000."""

MAX_ATTRIBUTES = 1_000

MAX_TEXT = 64 * 2**20
"""Bytes that an attribute may declare; the configuration of NASNetLarge takes 2 MB."""

MAX_TEXTS = 10_000
"""Texts of no fixed length in all attributes: Keras writes a few, and lists of names with a fixed length."""

SMALL = 16 * 2**20
"""Bytes up to which all data of a file may be packed as tightly as can be."""

BEST_COMPRESSION = 1_100
"""Deflate makes at most 1,032 bytes of one."""

USUAL_COMPRESSION = 20
"""Weights are noise, which hardly shrinks; zeros do. It holds for a file as a whole, and for large data."""

HEADER = 32
"""Bytes that an attribute takes at least, whatever it says."""

FILTERS = {h5py.h5z.FILTER_DEFLATE, h5py.h5z.FILTER_SHUFFLE, h5py.h5z.FILTER_FLETCHER32, h5py.h5z.FILTER_LZF}


OTHERS = "OV"
"""Kinds of types that hold values of any length: texts and references, or records and arrays of these."""

HALF = np.dtype("V2")
"""Two bytes of no type that HDF5 knows: bfloat16, which Keras tells by an attribute."""

DAMAGES = (
    *(OSError, RuntimeError, LookupError, ValueError, TypeError, AttributeError),
    *(ArithmeticError, MemoryError),
)
"""What h5py makes of a damaged file."""


Guard = Callable[[], AbstractContextManager[Any]]
"""What makes a context in which a stranger's file is looked through; see `open_h5`."""


@dataclass(frozen=True)
class CheckedH5:
    """An open HDF5 file that has passed `check_h5`, and where it lies: a path, or a file without a name.

    `group` is the one in it that the model is in.
    """

    file: h5py.File
    source: Path | BinaryIO
    group: str = TOP

    @contextmanager
    def reading(self) -> Iterator[h5py.Group]:
        """The group in the open file, for reading only: errors meanwhile mean that the file is damaged.

        Raises
        ------
        ModelError
            The file is damaged.
        """
        try:
            yield self.file[self.group]
        except DAMAGES as error:
            raise _damaged(self.source, error) from error


@contextmanager
def open_h5(
    source: Path | BinaryIO,
    guard: Guard = nullcontext,
    limits: Limits | None = None,
    packed: Path | None = None,
) -> Iterator[CheckedH5]:
    """Open an HDF5 file for reading, after `check_h5`.

    Parameters
    ----------
    source : path or binary file
        The HDF5 file; one that is open already is closed at the end, which h5py leaves to others.
    guard : callable
        The file is looked through in the context that this makes. A program of its own may bound its memory
        there, which a library must not.
    limits : Limits, optional
        How much it may hold.
    packed : path, optional
        The archive that it was unpacked from.

    Raises
    ------
    ModelError
        The file is damaged, or `check_h5` refuses it.
    """
    with nullcontext() if isinstance(source, Path) else source:
        try:
            file = h5py.File(source, "r")
        except DAMAGES as error:
            raise _damaged(source, error) from error
        with file:
            checked = CheckedH5(file, source)
            with checked.reading(), guard():
                size = file.id.get_filesize()
                check_h5(file, Sums(size, packed.stat().st_size if packed else size, limits or Limits()))
            yield checked


def _damaged(source: Path | BinaryIO, error: Exception) -> ModelError:
    where = f"{source} is" if isinstance(source, Path) else "The weights are"
    reason = words_of(error, 200) or type(error).__name__
    return ModelError(f"{where} damaged ({reason}). Copy or export the HDF5 file again.")


@dataclass
class Sums:
    """What a file declares in all, held against its size: many small parts may share what they hold.

    Attributes
    ----------
    size : int
        Bytes of the file.
    packed : int
        Bytes of the archive around it, or the same.
    limits : Limits
        How much it may hold.
    data, stored, attributes, texts : int
        Bytes of the weights, unpacked and as they lie in the file; bytes of the attributes; texts in these.
    """

    size: int
    packed: int
    limits: Limits
    data: int = 0
    stored: int = 0
    attributes: int = 0
    texts: int = 0

    def add_data(self, unpacked: int, stored: int) -> None:
        """Count a dataset."""
        self.data += unpacked
        self.stored += stored
        if self.stored > self.size:
            raise _refused(f"its data take {self.stored:,} bytes of a file of {self.size:,}")
        if self.data > max(self.packed * USUAL_COMPRESSION, SMALL):
            raise _refused(f"its data unpack to over {self.data:,} bytes, and the file has {self.packed:,}")
        self.limits.check("bytes", self.data)

    def add_texts(self, count: int) -> None:
        """Count texts of no fixed length before they are read."""
        self.texts += count
        if self.texts > MAX_TEXTS:
            raise _refused(f"its attributes have more than {MAX_TEXTS:,} texts of no fixed length")

    def add_attribute(self, size: int) -> None:
        """Count what an attribute holds."""
        self.attributes += size + HEADER
        if self.attributes > self.size + SMALL:
            raise _refused(f"its attributes have more than the {self.size:,} bytes of the file")


def check_h5(file: h5py.File, sums: Sums) -> None:
    """Walk over every group and dataset, reading attributes alone.

    Raises
    ------
    ModelError
        There are links that are no hard ones, datasets whose data lie in other files or nowhere, types
        that are no numbers, attributes that declare too much, more objects than any model has, or more in
        all than the file can hold.
    """
    seen = set()
    pending: list[tuple[str, h5py.Group]] = [("", file["/"])]
    _check_attributes("/", file, sums)
    while pending:
        path, group = pending.pop()
        for name in group:
            where = f"{path}/{name}"
            link = group.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                raise _refused(f"`{where}` is a link to another place")
            item = group[name]
            info = h5py.h5o.get_info(item.id)
            if (info.fileno, info.addr) in seen:
                raise _refused(f"`{where}` has two names")
            seen.add((info.fileno, info.addr))
            if len(seen) > MAX_OBJECTS:
                raise _refused(f"it contains more than {MAX_OBJECTS:,} objects")
            _check_attributes(where, item, sums)
            if isinstance(item, h5py.Group):
                pending.append((where, item))
            elif isinstance(item, h5py.Dataset):
                _check_dataset(where, item, sums)
            else:
                raise _refused(f"`{where}` is neither a group nor a dataset")


def _check_attributes(where: str, item: h5py.HLObject, sums: Sums) -> None:
    """Check the sizes that attributes declare, then read them, so that damaged ones fail here.

    Of text of no fixed length only HDF5 knows how long it says it is: at most 4 GB, which HDF5 allocates, and
    gives back, before it sees that they are not there. A guard may spare the process that.
    """
    if len(item.attrs) > MAX_ATTRIBUTES:
        raise _refused(f"`{where}` has more than {MAX_ATTRIBUTES:,} attributes")
    for name in item.attrs:
        declared = item.attrs.get_id(name)
        is_text = declared.dtype.kind == "O"
        if declared.dtype.kind in OTHERS and h5py.check_string_dtype(declared.dtype) is None:
            raise _refused(f"{name!r} of `{where}` is neither text nor numbers")
        count = math.prod(declared.shape or ())
        size = count * declared.dtype.itemsize
        if size > MAX_TEXT:
            raise _refused(f"{name!r} of `{where}` declares {size:,} bytes")
        sums.add_texts(count if is_text else 0)
        value = item.attrs[name]
        sums.add_attribute(_length(value) if is_text else size)


def _length(value: Any) -> int:
    """Characters of a text, or of all texts of an array."""
    if isinstance(value, np.ndarray):
        return sum(map(len, value.ravel()))
    return len(value) if isinstance(value, str | bytes) else 0


def _check_dataset(where: str, data: h5py.Dataset, sums: Sums) -> None:
    if data.is_virtual or data.external:
        raise _refused(f"the data of `{where}` are stored in other files")
    if data.shape is None:
        raise _refused(f"`{where}` is empty")
    if data.dtype.kind in OTHERS and data.dtype != HALF:
        raise _refused(f"`{where}` contains text, references or records, not numbers")
    properties = data.id.get_create_plist()
    filters = {properties.get_filter(i)[0] for i in range(properties.get_nfilters())}
    if filters - FILTERS:
        raise _refused(f"`{where}` is compressed by a filter that h5py does not have")
    if data.chunks and math.prod(data.chunks) * data.dtype.itemsize > max(data.nbytes, SMALL):
        raise _refused(f"`{where}` is stored in chunks larger than itself")
    stored = data.id.get_storage_size()
    ratio = 1 if not filters else BEST_COMPRESSION if data.nbytes <= SMALL else USUAL_COMPRESSION
    if data.nbytes > stored * ratio:
        raise _refused(f"`{where}` declares {data.nbytes:,} bytes but contains {stored:,}")
    sums.add_data(data.nbytes, stored)


def _refused(what: str) -> ModelError:
    return ModelError(
        f"The HDF5 file is refused: {what}, which Keras never writes. Get a new copy of the file from its "
        "source."
    )


def text_of(value: Any) -> str | None:
    """An attribute that may be bytes, text or missing."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value) if value else None
