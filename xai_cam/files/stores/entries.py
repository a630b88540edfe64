"""What the listings of stores tell of objects, in one form for all of them."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

TAGS = ("ETag", "etag", "crc32c")
"""Under which names listings tell what changes with the content of an object, if not its MD5."""

UNTOLD = -1
"""The size of an object of which the store does not tell it, as some servers of HTTP."""


@dataclass(frozen=True)
class Listed:
    """What a listing tells of an object.

    Attributes
    ----------
    size : int
        In bytes; `UNTOLD` where the store does not tell.
    tag : str
        What changes with its content; empty where the store tells nothing of the kind.
    """

    size: int
    tag: str = ""


@dataclass(frozen=True)
class Entry:
    """An object, or a folder of objects, in a listing; `key` is its name behind the store's scheme."""

    key: str
    is_folder: bool
    listed: Listed


def entry_of(key: str, facts: Mapping[str, Any]) -> Entry:
    """An object or a folder by what the library of its store tells of it."""
    tag = _md5(facts) or next((str(facts[name]) for name in TAGS if facts.get(name)), "")
    size = facts.get("size")
    listed = Listed(UNTOLD if size is None else int(size), tag.strip('"'))
    return Entry(key, facts.get("type") == "directory", listed)


def entries_of(found: Iterable[Mapping[str, Any]], key: str, place: str) -> Iterator[Entry]:
    """Entries of a listing, but for the folder itself, which some stores keep an empty object for.

    Parameters
    ----------
    found : iterable of mapping
        What the library of the store tells of each.
    key : str
        That of the folder.
    place : str
        The folder as the library has it.
    """
    above = place.rstrip("/")
    for facts in found:
        name = str(facts["name"])
        below = name[len(above) + 1 :].rstrip("/") if name.startswith(f"{above}/") else ""
        is_folder = facts.get("type") == "directory" or name.endswith("/")
        if below:
            kind = {"type": "directory"} if is_folder else {}
            yield entry_of(f"{key.rstrip('/')}/{below}", {**facts, **kind})


def _md5(facts: Mapping[str, Any]) -> str:
    """The MD5 of the content in hexadecimal digits, as S3 has it, where Google or Azure tell it."""
    told = facts.get("md5Hash") or (facts.get("content_settings") or {}).get("content_md5")
    return (b64decode(told) if isinstance(told, str) else bytes(told or b"")).hex()
