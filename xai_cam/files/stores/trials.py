"""Whether one may write to a place in a store, which is found out before any work is done."""

from __future__ import annotations

from contextlib import suppress

from xai_cam.files.stores.begun import SCHEMES
from xai_cam.files.stores.store import Store
from xai_cam.files.stores.whole import TRIAL


def try_writing(store: Store, folder: str) -> None:
    """Find out whether one may write to a folder, by an empty object that is deleted.

    By it the store shows, too, whether it replaces nothing when told so. It has one name, so that where one
    may delete nothing a single one is left, which is hidden.

    Raises
    ------
    OSError
    """
    key = f"{folder}/{TRIAL}"
    store.write_trial(key)  # over that of another run, or what could not be deleted
    with suppress(OSError):
        store.remove(key)


def try_replacing(store: Store, key: str) -> None:
    """Find out whether one may write an object, and leave what is there.

    That is asked of its folder, or, where rights are to some names alone, of this name: in S3 by an upload
    that is called off.

    Raises
    ------
    OSError
    """
    try:
        try_writing(store, key.rpartition("/")[0])
    except PermissionError:
        if store.scheme not in SCHEMES:
            raise
        store.begin_upload(key)
