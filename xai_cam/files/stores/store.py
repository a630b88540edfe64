"""One store: what is asked of it, by `fsspec`, which knows how to talk to each kind."""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache, partial
from inspect import signature
from pathlib import Path
from typing import Any

from xai_cam.files.stores.answers import status_of
from xai_cam.files.stores.begun import begin_and_call_off
from xai_cam.files.stores.entries import Entry, Listed, entries_of, entry_of
from xai_cam.files.stores.libraries import file_system
from xai_cam.files.stores.local_files import FETCHES, REPLACED, get_file
from xai_cam.files.stores.refusals import CredentialsError
from xai_cam.files.stores.requests import IS_THERE, attempt
from xai_cam.files.stores.urls import WEB
from xai_cam.files.stores.whole import TRIAL, WHOLE_UPLOADS, check_whole, put_and_rename

SEEKING = frozenset({"hdfs", "arrow_hdfs"})
"""Stores whose library fails at a part of a file, as it opens it for all of it, unless told otherwise."""


TRIALS = 3
"""How often an object is replaced before a store is known not to keep to conditions."""


class Store:
    """The part of a store that a bucket or host names. Keys begin with that name: `bucket/photos/a.png`."""

    def __init__(self, scheme: str, root: str) -> None:
        self.scheme, self.root = scheme, root
        self._files = file_system(scheme, root)
        known = signature(self._files.pipe_file).parameters
        self._has_conditions = "mode" in known and scheme in WHOLE_UPLOADS
        self._is_kept_to = False  # by the server, as far as is known yet
        # Part by part: one that arrives behind the end of a broken upload would stay, and be paid for.
        self._how = {"max_concurrency": 1} if scheme in ("s3", "s3a") and "max_concurrency" in known else {}

    def url(self, key: str) -> str:
        """The URL of a key."""
        return f"{self.scheme}://{key}"

    def entries(self, key: str, deep: bool = False) -> list[Entry]:
        """What lies in a folder, or with `deep` all objects below it; nothing where there is no such folder.

        As many requests as there are pages of it, which in S3 have a thousand objects each.

        Raises
        ------
        OSError
        """

        def listing() -> list[Mapping[str, Any]]:
            self._files.invalidate_cache()  # of earlier listings, which may have changed
            path = self._path(key)
            found = self._files.find(path, detail=True) if deep else self._files.ls(path, detail=True)
            self._files.invalidate_cache()
            return list(found.values() if isinstance(found, dict) else found)

        try:
            found = attempt(listing, self.url(key))
        except FileNotFoundError:
            return []
        return list(entries_of(found, key, self._path(key)))

    def read(self, key: str, listed: Listed | None = None) -> bytes:
        """The whole of an object, by one request.

        Raises
        ------
        OSError
        """
        if listed is not None and not listed.size:
            return b""
        return attempt(lambda: self._from_start(key), self.url(key))

    def read_head(self, key: str, size: int) -> bytes:
        """The first bytes of an object, by one request.

        Raises
        ------
        OSError
        """
        return attempt(lambda: self._from_start(key, size), self.url(key))

    def _from_start(self, key: str, size: int | None = None) -> bytes:
        how = {"seekable": True} if self.scheme in SEEKING else {}
        try:  # from a byte on: to be asked for all, some first ask how much there is
            data = self._files.cat_file(self._path(key), start=0, end=size, **how)
        except Exception as error:
            if status_of(error) != 416 and (status_of(error) or getattr(error, "errno", 0) != errno.EINVAL):
                raise  # else it is empty, and has no byte to begin with
            data = self._files.cat_file(self._path(key))
        return bytes(data[:size])

    def fetch(self, key: str, file: Path, listed: Listed | None = None) -> Listed | None:
        """Write the whole of an object to a file of this machine, piece by piece; what it is listed as.

        One that is replaced meanwhile is fetched again, as pieces of two are no object, where the store tells
        what changes. It need not be asked before what it was `listed` as; of the web nothing is asked.

        Raises
        ------
        OSError
        OutputError
            This machine does not take it.
        """
        for _ in range(FETCHES):
            if listed is None and self.scheme not in WEB:
                listed = self._told(key)
            attempt(lambda: get_file(self._files, self._path(key), file), self.url(key))
            if self.scheme in WEB or listed is None or not listed.tag or (now := self._told(key)) == listed:
                return listed
            listed = now
        raise OSError(errno.EBUSY, REPLACED, self.url(key))

    def _told(self, key: str) -> Listed:
        """What an object is listed as."""
        found = self.look(key)
        if found is None:
            raise FileNotFoundError(errno.ENOENT, "there is no such object", self.url(key))
        return found.listed

    def look(self, key: str) -> Entry | None:
        """What is known of an object or a folder; None where there is none.

        Raises
        ------
        OSError
        """

        def info() -> Mapping[str, Any]:
            self._files.invalidate_cache()
            found: Mapping[str, Any] = self._files.info(self._path(key))
            return found

        try:
            return entry_of(key, attempt(info, self.url(key)))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._in_words(key, error) from None

    def _in_words(self, key: str, error: OSError) -> OSError:
        """Why an object may not be looked at: S3 refuses such questions without words, but not to read it."""
        if self.scheme in ("s3", "s3a") and error.errno in (errno.EACCES, errno.EINVAL):
            name = key if "/" in key else f"{key}/{TRIAL}"  # a bucket cannot be read
            try:
                self.read_head(name, 1)
            except CredentialsError as told:
                return CredentialsError(told.errno, told.strerror, self.url(key))
            except OSError:
                return error
        return error

    def write(self, key: str, data: bytes, new: bool = False) -> None:
        """Write an object, whole or not at all; a `new` one only where there is none.

        Raises
        ------
        FileExistsError
            There is one of that name.
        OSError
        """
        self._put(key, partial(self._pipe, data), new)

    def write_trial(self, key: str) -> None:
        """Write an empty object, and find out whether the store replaces it though told to replace none.

        What is there must be one of these. Another run may delete it in between: then it tells nothing.

        Raises
        ------
        OSError
        """
        put = partial(self._pipe, b"")
        try:
            if not self._has_conditions:
                self._put(key, put, new=self.scheme not in WHOLE_UPLOADS)
                return
            for _ in range(1 if self._is_kept_to else TRIALS):
                if not self._create(key, put):
                    self._put(key, put)
                    return
            self._has_conditions = self._is_kept_to
        except FileExistsError:
            self._is_kept_to = self._has_conditions

    def begin_upload(self, key: str) -> None:
        """Begin to write an object, and call it off; only of `begun.SCHEMES`.

        Raises
        ------
        OSError
        """
        attempt(lambda: begin_and_call_off(self._files, self._path(key)), self.url(key))

    def write_file(self, key: str, file: Path) -> None:
        """Write an object with the content of a file of this machine, whole or not at all.

        Raises
        ------
        OSError
        """
        self._put(key, lambda place, **how: self._files.put_file(str(file), place, **how))

    def remove(self, key: str) -> None:
        """Delete an object; one that is not there is gone.

        Raises
        ------
        OSError
        """
        with suppress(FileNotFoundError):
            attempt(lambda: self._files.rm_file(self._path(key)), self.url(key))

    def check_writable(self, key: str) -> None:
        """Find out without a request whether a store takes files, and each of them whole.

        Raises
        ------
        OSError
        """
        if self.scheme in WEB:
            raise OSError(errno.EROFS, "nothing is written to the web, only read there", self.url(key))
        check_whole(self.scheme, self._files, self.url(key))

    def _put(self, key: str, put: Callable[..., object], new: bool = False) -> None:
        self.check_writable(key)
        if self.scheme not in WHOLE_UPLOADS:
            check = partial(self._check_free, key) if new else None
            places = self._path(key.rpartition("/")[0]), self._path(key)
            attempt(lambda: put_and_rename(self._files, *places, put, check), self.url(key))
            return
        if new:
            is_kept_to = self._is_kept_to
            if not is_kept_to:
                self._check_free(key)
            if self._has_conditions and self._create(key, put):
                return
            if is_kept_to:
                self._check_free(key)
        attempt(lambda: put(self._path(key), **self._how), self.url(key))

    def _create(self, key: str, put: Callable[..., object]) -> bool:
        """Write an object on condition that there is none; False where this store knows no conditions.

        Raises
        ------
        FileExistsError
        OSError
        """
        try:
            attempt(lambda: put(self._path(key), mode="create", **self._how), self.url(key))
            return True
        except OSError as error:
            if error.errno not in (errno.ENOTSUP, errno.ENOSYS, errno.EINVAL):
                raise
            self._has_conditions = error.errno == errno.EINVAL  # which may be of this object alone
            return False

    def _pipe(self, data: bytes, place: str, **how: object) -> None:
        self._files.pipe_file(place, data, **how)

    def _check_free(self, key: str) -> None:
        """Look for an object where the store itself cannot be told to replace none."""
        if self.look(key) is not None:
            raise FileExistsError(errno.EEXIST, IS_THERE, self.url(key))

    def _path(self, key: str) -> str:
        """A key as its own library has it; of a host alone, the top of its tree."""
        path: str = self._files._strip_protocol(self.url(key))
        root, _, below = key.partition("/")
        if not path.endswith(below.rstrip("/")):  # some read a URL, where `?` ends the path
            path = f"{self._files._strip_protocol(self.url(root)).rstrip('/')}/{below}"
        return path or "/"


@lru_cache(maxsize=64)
def store_of(scheme: str, root: str) -> Store:
    """The store of a bucket or host; `fsspec` keeps its connections.

    Raises
    ------
    InputError, XaiCamError
        Nobody knows such a store, or what talks to it is not installed.
    """
    return Store(scheme, root)
