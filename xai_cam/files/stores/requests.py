"""Requests to a store: each is made again, after growing pauses, where the store or the way to it failed.

What comes out of here as an error is an `OSError` as of a disk: no such object, no rights, or that the store
failed time after time. Its words are ours alone: those of the libraries below may hold signed addresses.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable
from typing import TypeVar

from xai_cam.errors import XaiCamError
from xai_cam.files.stores.libraries import PATIENT

T = TypeVar("T")

PAUSES = (0.5, 2.0, 5.0)
"""Seconds before the second attempt, the third and so on. Libraries below have attempts of their own."""

REFUSED = ("credential", "unauthorized", "forbidden", "refresherror", "authentication")
"""What is in the names of errors of libraries whose store does not know who asks."""

ENDED = ("incomplete", "payload", "contentlength", "transferencoding", "disconnected")
"""What is in the names of errors of a connection that ended in the middle of an answer."""

NO_RIGHTS = "the store refuses it: there are no rights to it, or no credentials"
LASTING = (IsADirectoryError, NotADirectoryError, FileExistsError, NotImplementedError, TypeError)


def attempt(request: Callable[[], T], url: str, pauses: tuple[float, ...] | None = None) -> T:
    """The answer to a request about an object.

    Raises
    ------
    FileNotFoundError, PermissionError
        Another attempt would end as the first.
    OSError
        All attempts failed.
    """
    waits = _pauses_of(url) if pauses is None else pauses
    for number in range(len(waits) + 1):
        failure: OSError | None = None
        try:
            return request()
        except XaiCamError:
            raise
        except Exception as error:  # noqa: BLE001 - what becomes of it is raised below
            failure = _lasting(error, url)
            if failure is None and number == len(waits):
                often = f"{number + 1} times, at last" if number else "each time it was asked, at last"
                reason = f"the store failed {often} by {_kind_of(error)}"
                failure = OSError(errno.EIO, reason, url)
        if failure is not None:  # raised out here, so that a traceback does not show the library's own
            raise failure
        time.sleep(waits[number])
    raise AssertionError("the last attempt returns or raises")


def _pauses_of(url: str) -> tuple[float, ...]:
    return () if url.partition(":")[0] in PATIENT else PAUSES


def _lasting(error: Exception, url: str) -> OSError | None:
    """What tells of an error that stays; None of one that may pass."""
    status = _status_of(error)
    if isinstance(error, FileNotFoundError) or status == 404:
        return FileNotFoundError(errno.ENOENT, "there is no such object", url)
    named = type(error).__name__.lower()
    forbidden = str(error).startswith("Forbidden:")  # as gcsfs says for 403
    refused = forbidden or any(one in named for one in REFUSED)
    if isinstance(error, PermissionError) or status in (401, 403) or refused:
        return PermissionError(errno.EACCES, NO_RIGHTS, url)
    if isinstance(error, LASTING):
        code = getattr(error, "errno", None) or errno.ENOTSUP
        return OSError(code, "the store cannot do that", url)
    return None


def _status_of(error: BaseException) -> int | None:
    """The HTTP status that an error tells of, in the ways of the usual libraries; None: it tells none."""
    response = getattr(error, "response", None)
    if isinstance(response, dict):  # of botocore
        found = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return found if isinstance(found, int) else None
    for name in ("status", "status_code", "code"):
        found = getattr(error, name, None)
        if isinstance(found, int):
            return found
    return None


def _kind_of(error: BaseException) -> str:
    """What went wrong, in words that hold nothing of the request."""
    chain: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in chain:
        chain.append(one)
        one = one.__cause__ or one.__context__
    named = [type(each).__name__.lower() for each in chain]
    ended = any(end in one for one in named for end in ENDED)
    if ended or any(isinstance(each, ConnectionError) for each in chain):
        return "a connection that ended"
    status = next((found for each in chain if (found := _status_of(each))), None)
    if status:
        return f"its answer {status}"
    if any(isinstance(each, TimeoutError) for each in chain) or any("timeout" in one for one in named):
        return "a time-out"
    return f"an error of the kind {type(chain[-1]).__name__}"
