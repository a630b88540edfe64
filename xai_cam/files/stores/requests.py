"""Requests to a store: each is made again, after growing pauses, where the store or the way to it failed.

What comes out of here as an error is an `OSError` as of a disk: no such object, no rights, or that the store
failed time after time. Its words are ours alone: those of the libraries below may hold signed addresses.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterable, Iterator
from random import SystemRandom
from typing import TypeVar

from xai_cam.errors import XaiCamError
from xai_cam.files.stores.libraries import PATIENT

T = TypeVar("T")

PAUSES = (0.5, 2.0, 5.0)
"""Seconds before the second attempt, the third and so on. Libraries below have attempts of their own."""

JITTER = 0.25
"""Part by which a pause is longer or shorter: requests that failed together do not return together."""

PASSING = (408, 409, 425, 429)
"""Answers that blame the request, and that another attempt may not get: time-outs, conflicts, too many."""

STAYING = (501, 505, 507)
"""Answers that blame the store, and that every attempt gets: it knows no such request, or it is full."""

CODES = {501: errno.ENOTSUP, 507: errno.ENOSPC}
"""Numbers of errors of a disk that mean the same as an answer."""

LASTING_CODES = frozenset(
    {errno.EINVAL, errno.ENOSPC, errno.EROFS, errno.ENAMETOOLONG, errno.EFBIG, errno.EMSGSIZE, errno.ENOSYS}
    | {errno.ENOTSUP, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, getattr(errno, "EDQUOT", errno.ENOSPC)}
)
"""Numbers of errors that another attempt would get, too."""

REFUSED = ("credential", "unauthorized", "forbidden", "refresherror", "authentication")
"""What is in the names of errors of libraries whose store does not know who asks."""

ENDED = ("incomplete", "payload", "contentlength", "transferencoding", "disconnected")
"""What is in the names of errors of a connection that ended in the middle of an answer."""

NO_RIGHTS = "the store refuses it: there are no rights to it, or no credentials"
IS_THERE = "there is an object of that name already"
LASTING = (NotImplementedError, TypeError)
UNKNOWN = "paramvalidation"
"""What is in the name of an error by which a library tells that it does not know what it was to ask."""


def attempt(request: Callable[[], T], url: str, pauses: tuple[float, ...] | None = None) -> T:
    """The answer to a request about an object.

    Raises
    ------
    FileNotFoundError, PermissionError, FileExistsError
        Another attempt would end as the first.
    OSError
        The same, or all attempts failed; the second has the number `EIO`.
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
        time.sleep(waits[number] * SystemRandom().uniform(1 - JITTER, 1 + JITTER))
    raise AssertionError("the last attempt returns or raises")


def _pauses_of(url: str) -> tuple[float, ...]:
    return () if url.partition(":")[0] in PATIENT else PAUSES


def status_of(error: BaseException) -> int | None:
    """The HTTP status that an error or its cause tells of, in the ways of the usual libraries; None: none."""
    return next((found for one in _chain(error) if (found := _own_status(one)) is not None), None)


def _lasting(error: Exception, url: str) -> OSError | None:
    """What tells of an error that stays; None of one that may pass."""
    status, code = status_of(error), getattr(error, "errno", None)
    if isinstance(error, FileNotFoundError) or status == 404:
        return FileNotFoundError(errno.ENOENT, "there is no such object", url)
    if isinstance(error, FileExistsError) or status == 412:
        return FileExistsError(errno.EEXIST, IS_THERE, url)
    forbidden = str(error).startswith("Forbidden:")  # as gcsfs says for 403
    refused = forbidden or any(one in _named(error) for one in REFUSED)
    if isinstance(error, PermissionError) or status in (401, 403) or refused:
        return PermissionError(errno.EACCES, NO_RIGHTS, url)
    if _has_ended(_chain(error)) or isinstance(error, TimeoutError) or status in PASSING:
        return None
    if code in LASTING_CODES or (status is not None and (300 <= status < 500 or status in STAYING)):
        code = CODES.get(status or 0, code if code in LASTING_CODES else errno.EINVAL)
        answer = f"the store refuses it, by its answer {status}" if status else "the store refuses it"
        return OSError(code, answer, url)
    unknown = isinstance(error, LASTING) or UNKNOWN in _named(error)
    if unknown or type(error) is ValueError:  # not what is wrong with an answer's text
        return OSError(errno.ENOTSUP, "the store cannot do that", url)
    return None


def _chain(error: BaseException, handled: bool = False) -> Iterator[BaseException]:
    """An error and what caused it; with `handled` also those that it came up beside."""
    chain: list[BaseException] = []
    one: BaseException | None = error
    while one is not None and one not in chain:
        yield one
        chain.append(one)
        one = one.__cause__ or (one.__context__ if handled else None)


def _own_status(error: BaseException) -> int | None:
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
    chain = list(_chain(error, handled=True))
    if _has_ended(chain):
        return "a connection that ended"
    if status := status_of(error):
        return f"its answer {status}"
    if any(isinstance(one, TimeoutError) or "timeout" in _named(one) for one in chain):
        return "a time-out"
    return f"an error of the kind {type(chain[-1]).__name__}"


def _has_ended(chain: Iterable[BaseException]) -> bool:
    """Whether a connection ended in the middle of an answer, which some libraries call a wrong request."""
    return any(isinstance(one, ConnectionError) or any(end in _named(one) for end in ENDED) for one in chain)


def _named(error: BaseException) -> str:
    return type(error).__name__.lower()
