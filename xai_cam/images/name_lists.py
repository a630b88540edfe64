"""Names of images in a list, one a line: as text, or as the bytes that a disk has for them."""

from __future__ import annotations

import locale
import os
from collections.abc import Iterable

from xai_cam.files.texts import TextError, TooLargeError, decode

MAX_BYTES = 256 * 10**6
"""Of a list: two million names."""


def names_in(data: bytes, piped: bool = False) -> list[str]:
    """The names in a list that was read, in their order.

    Names on Linux and macOS are bytes, which need be no UTF-8: such names are taken where they are there, or
    where a program has piped them. Windows' consoles write in their code page: that one is taken by which all
    names are there.

    Raises
    ------
    TextError
        The list is too long, or no text.
    """
    if len(data) > MAX_BYTES:
        raise TooLargeError(f"it is larger than {MAX_BYTES // 10**6} MB")
    try:
        text = decode(data)
        if "\0" in text:
            raise TextError("it holds zero bytes, as no text does")
        return _lines(text)
    except TextError as error:
        if b"\0" in data:
            raise
        found = _by_code_page(data) if os.name == "nt" else _as_bytes(data, piped)
        if found is None:
            raise TextError(f"{error}, and no such file is there") from error
        return found


def _lines(text: str) -> list[str]:
    return [line.strip("\r") for line in text.split("\n") if line.strip()]


def _as_bytes(data: bytes, piped: bool) -> list[str] | None:
    names = _lines(data.decode("utf-8", "surrogateescape"))
    return names if piped or _are_there(name for name in names if _is_no_text(name)) else None


def _by_code_page(data: bytes) -> list[str] | None:
    for encoding in (locale.getpreferredencoding(False), "oem"):
        try:
            names = _lines(data.decode(encoding))
        except (UnicodeDecodeError, LookupError):
            continue
        if _are_there(names):
            return names
    return None


def _are_there(names: Iterable[str]) -> bool:
    return all(map(os.path.lexists, names))


def _is_no_text(name: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in name)
