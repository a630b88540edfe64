"""Look-up tables of DICOM files: numbers in place of others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xai_cam.errors import ImageError
from xai_cam.images.dicom.elements import DAMAGED, Elements
from xai_cam.images.dicom.header import TABLE_FORM, TABLE_VALUES
from xai_cam.images.dicom.numbers import numbers

MAX_ENTRIES = 1 << 16


@dataclass(frozen=True)
class Form:
    """How many entries a table has, which number the first stands for, and the bits of an entry."""

    entries: int
    first: int
    bits: int


@dataclass(frozen=True)
class Table:
    """Entries for numbers from the first on; those beyond get the first or the last entry."""

    form: Form
    entries: np.ndarray

    def apply(self, values: np.ndarray) -> np.ndarray:
        """The entries for an array of numbers, float64."""
        places = np.clip(np.rint(values).astype(np.int64) - self.form.first, 0, len(self.entries) - 1)
        return np.asarray(self.entries[places], np.float64)

    @property
    def highest(self) -> int:
        """The largest number that an entry can be."""
        return int(2**self.form.bits - 1)


def table_form(elements: Elements, tag: int, signed: bool) -> Form:
    """How a table is made.

    Raises
    ------
    ImageError
        It is not said, or makes no sense.
    """
    found = [int(one) for one in numbers(elements, tag, "LUT Descriptor", "SS" if signed else "US")]
    if not (
        len(found) == 3 and all(-MAX_ENTRIES < one <= MAX_ENTRIES for one in found) and 1 <= found[2] <= 16
    ):
        raise ImageError(f"{DAMAGED}: a table of levels has no form that makes sense")
    # No entries stand for 65,536; their number has no sign, even where the others have.
    return Form(found[0] % MAX_ENTRIES or MAX_ENTRIES, found[1], found[2])


def level_table(item: Elements, signed: bool) -> Table:
    """The table in an item of a sequence; `signed`: whether it is for numbers that have signs.

    Raises
    ------
    ImageError
        It is damaged.
    """
    form = table_form(item, TABLE_FORM, signed)
    return Table(form, table_entries(item, TABLE_VALUES, form))


def table_entries(elements: Elements, tag: int, form: Form) -> np.ndarray:
    """The entries of a table, of which two may share a number of 16 bits.

    Raises
    ------
    ImageError
        There are too few.
    """
    element = elements.get(tag)
    value = b"" if element is None else element.value
    order = "<" if element is None else element.order
    # Of 8 bits each, two may lie in a number of 16.
    if len(value) < 2 * form.entries and len(value) == form.entries + form.entries % 2:
        found = np.frombuffer(value, order + "u2").astype("<u2").view("u1")
    else:
        found = np.frombuffer(value[: len(value) // 2 * 2], order + "u2")
    if len(found) < form.entries:
        raise ImageError(f"{DAMAGED}: a table of levels breaks off")
    return found[: form.entries]
