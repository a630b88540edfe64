"""Paths in a store: they stand wherever a path of a disk does, and never become one by mistake.

Why so, and no folder that mirrors the bucket: a run over ten million pictures must not need a disk for them,
and what every room takes is a `Path`. A `StorePath` is one: its names, its parents and what is below it are
as of any path. Whoever asks the system about it gets an error in words, since there is no such file; the few
functions of `files` that read, write or look know it, and ask its store. Tests count what that costs.

Why no `UPath`: that of a store is no `Path`, and each of its questions is a request. Here what a listing told
of an object stays with it, and so does its content from the first look to the last.
"""

from __future__ import annotations

import errno
import io
import os
import stat
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath, PurePosixPath
from typing import IO, Any

from xai_cam.errors import InputError
from xai_cam.files.stores.entries import Entry, Listed
from xai_cam.files.stores.held_files import held_files
from xai_cam.files.stores.refusals import CredentialsError
from xai_cam.files.stores.store import Store, store_of
from xai_cam.files.stores.urls import check_url, is_url, local_path, scheme_of

MAX_SUFFIX = 16
"""Letters of a suffix that a temporary file has too; a longer one tells no kind, and may be too much."""


class StorePath(Path, PurePosixPath):
    """An object of a store, or what stands for a folder there: `s3://bucket/photos/a.png`.

    Attributes
    ----------
    listed : Listed, optional
        What a listing told of it. Paths made of this one know nothing of it.
    contents : Contents, optional
        What was found below it.
    """

    listed: Listed | None = None
    contents: Any = None
    _held: Path | None = None
    _deletion: weakref.finalize[..., Any] | None = None

    def __str__(self) -> str:
        """Its URL; of a part of a path, that part."""
        first, *below = self.parts or (".",)
        return f"{first}//{'/'.join(below)}" if first.endswith(":") else "/".join(self.parts) or "."

    def __repr__(self) -> str:
        """As a call."""
        return f"StorePath({str(self)!r})"

    def __fspath__(self) -> str:
        """Refuse: the system has no such file."""
        raise InputError(
            f"{self} is in a store, and what was asked for takes files on a disk alone. Copy it to a disk."
        )

    def __reduce__(self) -> Any:
        """Its name, and what a listing told; content that is held stays here."""
        return _again, (self.parts, self.listed)

    @property
    def key(self) -> str:
        """Its name behind the scheme."""
        return "/".join(self.parts[1:])

    @property
    def store(self) -> Store:
        """Where it is.

        Raises
        ------
        InputError, XaiCamError
        """
        return store_of(self.parts[0].removesuffix(":"), self.parts[1] if len(self.parts) > 1 else "")

    @property
    def bucket(self) -> StorePath:
        """The bucket that it is in, or the host."""
        return StorePath(*self.parts[:2])

    def check(self) -> None:
        """Find out whether a bucket is there to be written to; one that may not be asked about passes.

        Raises
        ------
        FileNotFoundError, OSError
        """
        self.store.check_writable(self.key)
        try:
            is_there = self.parts[0] == "memory:" or self.look() is not None
        except CredentialsError:
            raise
        except PermissionError:
            return
        if not is_there:
            raise FileNotFoundError(errno.ENOENT, "there is no such bucket", str(self))

    def is_absolute(self) -> bool:
        """It is, wherever the process is."""
        return True

    def absolute(self) -> StorePath:
        """The same: it is."""
        return self

    def resolve(self, strict: bool = False) -> StorePath:  # noqa: ARG002
        """There are no links in a store."""
        return self

    def look(self) -> Entry | None:
        """What the store tells of it; None where there is nothing of that name.

        Raises
        ------
        OSError
        """
        return self.store.look(self.key)

    def exists(self, **_: Any) -> bool:
        """Whether there is such an object or folder; a request."""
        return self._held is not None or self.look() is not None

    def is_file(self, **_: Any) -> bool:
        """Whether there is such an object; a request."""
        return self._held is not None or ((found := self.look()) is not None and not found.is_folder)

    def is_dir(self, **_: Any) -> bool:
        """Whether there is such a folder; a request."""
        return self._held is None and (found := self.look()) is not None and found.is_folder

    def is_symlink(self) -> bool:
        """There are no links in a store."""
        return False

    def mkdir(self, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
        """Nothing: folders are there as soon as an object is in them."""

    def unlink(self, missing_ok: bool = True) -> None:  # noqa: ARG002
        """Delete it; one that is not there is gone.

        Raises
        ------
        OSError
        """
        self.store.remove(self.key)

    def stat(self, **_: Any) -> os.stat_result:
        """A regular file of the object's size; without request where that is known.

        Raises
        ------
        OSError
        """
        if self._held is not None:
            return os.stat(self._held)
        listed = self.listed
        if listed is None:
            found = self.look()
            if found is None:
                raise FileNotFoundError(errno.ENOENT, "there is no such object", str(self))
            if found.is_folder:
                return os.stat_result((stat.S_IFDIR | 0o755, 0, 0, 1, 0, 0, 0, 0, 0, 0))
            listed = found.listed
        return os.stat_result((stat.S_IFREG | 0o644, 0, 0, 1, 0, 0, listed.size, 0, 0, 0))

    def lstat(self) -> os.stat_result:
        """As `stat`: there are no links."""
        return self.stat()

    def read_bytes(self) -> bytes:
        """Its content.

        Raises
        ------
        OSError
        """
        return self._held.read_bytes() if self._held is not None else self.store.read(self.key, self.listed)

    def read_head(self, size: int) -> bytes:
        """The first bytes of its content.

        Raises
        ------
        OSError
        """
        if self._held is None:
            return self.store.read_head(self.key, size)
        with self._held.open("rb") as file:
            return file.read(size)

    def open_content(self) -> IO[bytes]:
        """Its content as a file that is open for reading.

        Raises
        ------
        OSError
        """
        if self._held is not None:
            return self._held.open("rb")
        return io.BytesIO(self.read_bytes())

    def open(self, mode: str = "r", *args: Any, **kwargs: Any) -> IO[Any]:  # type: ignore[override]
        """Its content; only to be read as bytes.

        Raises
        ------
        OSError, InputError
        """
        return self.open_content() if mode == "rb" else super().open(mode, *args, **kwargs)

    @property
    def is_held(self) -> bool:
        """Whether its content is here."""
        return self._held is not None

    def hold(self, large: bool = False) -> Path:
        """Fetch its content to a temporary file until `release`, if it is not here; a `large` one in pieces.

        Raises
        ------
        OSError
            Of the store.
        OutputError
            This machine does not take it.
        """
        if self._held is None:
            suffix = self.suffix if len(self.suffix) <= MAX_SUFFIX else ""
            held = held_files()
            file = held.new_file(suffix, b"" if large else self.read_bytes())
            self._deletion = weakref.finalize(self, held.delete, file)
            if large:
                self.store.fetch(self.key, file, self.listed)
            self._held = file
        return self._held

    def release(self) -> None:
        """Give its content up."""
        if self._deletion is not None:
            self._deletion()
        self._held = self._deletion = None


def as_path(text: str | PurePath) -> Path:
    """A path on a disk, or in a store where the text is a URL.

    Raises
    ------
    InputError
        The URL holds credentials, or names no place.
    """
    if not isinstance(text, str) or not is_url(text):
        return text if isinstance(text, StorePath) else Path(text)
    path = None if "::" in text else local_path(text)
    if path is None:
        check_url(text)
    return StorePath(f"{scheme_of(text)}:", text.partition("://")[2].lstrip("/")) if path is None else path


@contextmanager
def at_hand(path: Path) -> Iterator[Path]:
    """The path, of which all that is read within the block costs one request, if it is in a store.

    Raises
    ------
    OSError
    """
    if not isinstance(path, StorePath) or path.is_held:
        yield path
        return
    try:
        path.hold()
        yield path
    finally:
        path.release()


def release(path: Path) -> None:
    """Give up what is held of an object; nothing of a file on a disk."""
    if isinstance(path, StorePath):
        path.release()


def _again(parts: tuple[str, ...], listed: Listed | None) -> StorePath:
    """As it was: a name that a listing told may hold what nobody could type as a URL."""
    path = StorePath(*parts)
    path.listed = listed
    return path
