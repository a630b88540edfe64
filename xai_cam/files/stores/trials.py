"""Whether one may write to a place in a store, which is found out before any work is done."""

from __future__ import annotations

from contextlib import suppress

from xai_cam.files.stores.store import Store
from xai_cam.files.stores.whole import TRIAL


def try_writing(store: Store, folder: str) -> None:
    """Find out whether one may write to a folder, by an empty object that is deleted.

    It has one name, so that where one may delete nothing a single one is left, which is hidden.

    Raises
    ------
    OSError
    """
    key = f"{folder}/{TRIAL}"
    with suppress(FileExistsError):  # of another run, or where nothing may be deleted
        store.write(key, b"", new=True)
    with suppress(OSError):
        store.remove(key)


def try_replacing(store: Store, key: str) -> bool:
    """Find out whether one may write an object, and leave one that is there; whether it was made, empty.

    That is asked of its folder, or, where rights are to some names alone, of a new object of this name: a
    store that knows conditions first tells who has no rights.

    Raises
    ------
    OSError
    """
    try:
        try_writing(store, key.rpartition("/")[0])
        return False
    except PermissionError:
        if not store.has_conditions:
            raise
    try:
        store.write(key, b"", new=True)
        return True
    except FileExistsError:
        return False
