"""Colours of DICOM files -> RGB of 8 bits: numbers of colours in a palette, and colours of other depths."""

from __future__ import annotations

import numpy as np

from xai_cam.errors import ImageError
from xai_cam.images.dicom.elements import DAMAGED
from xai_cam.images.dicom.header import PALETTE_FORMS, PALETTE_SEGMENTS, PALETTE_VALUES, Header
from xai_cam.images.dicom.tables import Form, Table, table_entries, table_form

DISCRETE, LINEAR, INDIRECT = 0, 1, 2
"""Kinds of segments: entries as they are, on a line to the last one, and those of segments before."""


def coloured(header: Header, numbers: np.ndarray) -> np.ndarray:
    """(H, W, 3) uint8 RGB of numbers (H, W) of colours.

    Raises
    ------
    ImageError
        The palette is damaged, or missing.
    """
    planes = [
        _plane(header, *tags) for tags in zip(PALETTE_FORMS, PALETTE_VALUES, PALETTE_SEGMENTS, strict=True)
    ]
    shown = np.empty((*numbers.shape, 3), np.uint8)
    for channel, table in enumerate(planes):
        levels = np.rint(table.entries * (255 / _white(table))).clip(0, 255).astype(np.uint8)
        shown[..., channel] = levels[np.clip(numbers.astype(np.int64) - table.form.first, 0, len(levels) - 1)]
    return shown


def eight_bits(colours: np.ndarray, bits: int) -> np.ndarray:
    """Colours of so many bits as uint8."""
    if bits == 8 and colours.dtype == np.uint8:
        return colours
    return np.rint(colours * (255 / (2**bits - 1))).clip(0, 255).astype(np.uint8)


def _plane(header: Header, form_tag: int, values_tag: int, segments_tag: int) -> Table:
    """The table of one of the three colours."""
    form = table_form(header.elements, form_tag, header.signed)
    if values_tag in header.elements:
        return Table(form, table_entries(header.elements, values_tag, form))
    if segments_tag not in header.elements:
        raise ImageError(f"{DAMAGED}: its palette is missing")
    element = header.elements[segments_tag]
    if form.bits <= 8:
        words = list(element.value)
    else:
        words = np.frombuffer(element.value[: len(element.value) // 2 * 2], element.order + "u2").tolist()
    return Table(form, np.array(_expanded(words, form), np.uint16))


def _white(table: Table) -> int:
    """The entry that stands for full colour: some files have 8 bits in entries that are called 16."""
    return 255 if table.form.bits <= 8 or table.entries.dtype == np.uint8 else 65535


def _expanded(words: list[int], form: Form) -> list[int]:
    """The entries that segments of a palette stand for (PS3.3, C.7.9.2); never more than there may be."""
    found: list[int] = []
    places: list[int] = []
    place = 0
    try:
        while place + 1 < len(words):  # one byte may be there to make their number even
            places.append(place)
            kind, count = words[place], words[place + 1]
            if kind == INDIRECT:
                first = places.index(_target(words, place + 2, form))
                for other in places[first : first + count]:
                    _extend(found, words, other, form)
                place += 6 if form.bits <= 8 else 4
            else:
                place = _extend(found, words, place, form)
    except (IndexError, ValueError) as error:
        raise ImageError(f"{DAMAGED}: its palette breaks off") from error
    if len(found) != form.entries:
        raise ImageError(f"{DAMAGED}: its palette has another length than it says")
    return found


def _target(words: list[int], place: int, form: Form) -> int:
    """Which word the segments to be repeated begin with; the file has its place in bytes."""
    if form.bits <= 8:
        return int.from_bytes(bytes(words[place : place + 4]), "little")
    return (words[place] | words[place + 1] << 16) // 2


def _extend(found: list[int], words: list[int], place: int, form: Form) -> int:
    """Add the entries of a segment; the place behind it."""
    kind, count = words[place], words[place + 1]
    if kind not in (DISCRETE, LINEAR) or len(found) + count > form.entries:
        raise ValueError("a segment of no known kind, or too long")
    if kind == DISCRETE:
        if place + 2 + count > len(words):
            raise IndexError
        found += words[place + 2 : place + 2 + count]
        return place + 2 + count
    last = words[place + 2]
    found += np.rint(np.linspace(found[-1], last, count + 1)[1:]).astype(int).tolist()
    return place + 3
