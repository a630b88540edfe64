"""Numbers and known words of DICOM elements; what an element holds besides is told nobody."""

from __future__ import annotations

import math
from collections.abc import Collection

import numpy as np

from xai_cam.errors import ImageError
from xai_cam.images.dicom.elements import DAMAGED, Element, Elements

BINARY = {"US": "u2", "SS": "i2", "UL": "u4", "SL": "i4", "FL": "f4", "FD": "f8", "OW": "u2"}
"""Kinds of values that are numbers, as NumPy names them."""

MAX_WHOLE = (1 << 32) - 1
"""The largest that 32 bits hold; digits, and kinds that a file names wrongly, may say anything."""

TEXTS = ("DS", "IS")
"""Kinds of values that are numbers in digits, with backslashes between them."""


def numbers(elements: Elements, tag: int, name: str, kind: str) -> list[float]:
    """The numbers under a tag; none where it is missing or empty.

    `name` is what the standard calls them, for errors; `kind` what they are by it, for files that do not say.

    Raises
    ------
    ImageError
        It holds something else.
    """
    element = elements.get(tag)
    if element is None or not element.value.strip(b"\0 "):
        return [] if element is None or _kind(element, kind) in TEXTS else _binary(element, kind, name)
    if _kind(element, kind) not in TEXTS:
        return _binary(element, kind, name)
    try:
        found = [float(part) for part in element.value.rstrip(b"\0 ").split(b"\\") if part.strip()]
    except ValueError:
        found = [math.nan]
    if not all(map(math.isfinite, found)):
        raise ImageError(f"{DAMAGED}: its {name} is no number")
    return found


def number(elements: Elements, tag: int, name: str, kind: str) -> float | None:
    """The first number under a tag; None where there is none."""
    return next(iter(numbers(elements, tag, name, kind)), None)


def whole(elements: Elements, tag: int, name: str, kind: str = "US") -> int | None:
    """The first number under a tag, which has to be whole; None where there is none."""
    found = number(elements, tag, name, kind)
    if found is not None and not (abs(found) <= MAX_WHOLE and found == int(found)):
        raise ImageError(f"{DAMAGED}: its {name} is no whole number")
    return None if found is None else int(found)


def word(elements: Elements, tag: int, known: Collection[str]) -> str:
    """The first word under a tag, if it is one of those that are known; else empty."""
    element = elements.get(tag)
    text = b"" if element is None else element.value.split(b"\\")[0].strip(b"\0 ")
    found = text.decode("latin-1").upper()
    return found if found in known else ""


def _kind(element: Element, kind: str) -> str:
    return element.kind if element.kind in (*BINARY, *TEXTS) else kind


def _binary(element: Element, kind: str, name: str) -> list[float]:
    form = np.dtype(element.order + BINARY[_kind(element, kind)])
    if len(element.value) % form.itemsize:
        raise ImageError(f"{DAMAGED}: its {name} is no number")
    found = np.frombuffer(element.value, form)
    return [float(one) for one in found]
