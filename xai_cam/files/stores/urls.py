"""URLs of stores: what counts as one, and what must not stand in it."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from urllib.parse import unquote
from urllib.request import url2pathname

from xai_cam.errors import InputError

SCHEME = r"[A-Za-z][A-Za-z0-9+.-]+"
URL = re.compile(f"{SCHEME}(::{SCHEME})*://")
"""How a URL begins, or a chain of them; one letter alone is a drive of Windows."""

LOCAL = ("file", "local")
WEB = ("http", "https")

NO_PLACES = frozenset(
    {"zip", "tar", "libarchive", "simplecache", "filecache", "blockcache", "cached", "reference", "dir"}
    | {"data", "github", "git", "generic", "adl"}
)
"""What `fsspec` knows besides stores: archives and caches of something else, and what no URL alone names."""

SECRETS = re.compile(r":[^@]*@|[?#][^/?#]*=")
"""A password, which may hold slashes, or a value behind a question mark, which no glob has."""

SECRETS_IN_WEB = re.compile(r"^[^/]*@|[?#]")
"""A token may stand for a name, and be all that is behind a question mark."""

HIDDEN = "A password or a token in it would show wherever the object is named"
ADVICE = "Leave it out: the store's own settings give credentials."


def is_url(text: str) -> bool:
    """Whether a text is a URL, and not a path of this machine."""
    return URL.match(text) is not None


def scheme_of(url: str) -> str:
    """`s3` of `s3://bucket/photos`."""
    return url.partition("://")[0].lower()


def check_url(url: str) -> None:
    """Refuse a URL with credentials in it, without repeating them; and one that names no place of a store.

    Raises
    ------
    InputError
    """
    if os.name == "nt" and sys.version_info < (3, 12):
        raise InputError(
            "URLs of stores need Python 3.12 on Windows. Install it, or copy the files to a disk."
        )
    if "::" in url:
        raise InputError("A chain of URLs names no one place. Name one, such as s3://bucket/photos/.")
    scheme, _, rest = url.partition("://")
    if scheme.lower() in NO_PLACES:
        raise InputError(
            f"{scheme}:// is no store: its URL alone names no place. Copy the pictures to a disk."
        )
    host, _, below = rest.partition("/")
    web = SECRETS_IN_WEB if scheme.lower() in WEB else SECRETS
    if any(sign.search(text) for sign in (SECRETS, web) for text in (rest, unquote(rest))):
        raise InputError(f"A URL of {scheme}:// holds more than a place. {HIDDEN}. {ADVICE}")
    if scheme.lower() == "memory":  # which has no buckets
        host = below = rest.strip("/")
    if not host:
        raise InputError(
            f"{url} names no bucket or host. Name one behind {scheme}://, such as {scheme}://bucket/photos/."
        )
    names = below.removesuffix("/").split("/") if below else []
    if any(name in ("", ".", "..") for name in names):
        raise InputError(
            f"{url} has a name in it that is empty, or . or .., which a store takes for a name as any other. "
            "Leave it out, or give the object another name."
        )


def local_path(url: str) -> Path | None:
    """The path that a URL of this machine's own disk names; None of any other."""
    if scheme_of(url) not in LOCAL:
        return None
    below = url.partition("://")[2].partition("/")[2]  # `?` and `#` are of a glob or a name, as in any path
    return Path(os.path.normpath(url2pathname(f"/{below}")))
