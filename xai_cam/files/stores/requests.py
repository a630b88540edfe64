"""Requests to a store: each is made again, after growing pauses, where the store or the way to it failed.

What comes out of here as an error is an `OSError` as of a disk: no such object, no rights, or that the store
failed time after time. Its words are ours alone: those of the libraries below may hold signed addresses.
"""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable, Iterable
from random import SystemRandom
from typing import TypeVar

from xai_cam.errors import XaiCamError
from xai_cam.files.stores.answers import chain_of, name_of, status_of
from xai_cam.files.stores.libraries import PATIENT
from xai_cam.files.stores.refusals import refusal

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

ENDED = ("incomplete", "payload", "contentlength", "transferencoding", "disconnected")
"""What is in the names of errors of a connection that ended in the middle of an answer."""

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


def _lasting(error: Exception, url: str) -> OSError | None:
    """What tells of an error that stays; None of one that may pass."""
    status, code = status_of(error), getattr(error, "errno", None)
    if isinstance(error, FileNotFoundError) or status == 404:
        return FileNotFoundError(errno.ENOENT, "there is no such object", url)
    if isinstance(error, FileExistsError) or status == 412:
        return FileExistsError(errno.EEXIST, IS_THERE, url)
    refused = refusal(error, url)
    if refused is not None:
        return refused
    if _has_ended(chain_of(error)) or isinstance(error, TimeoutError) or status in PASSING:
        return None
    if code in LASTING_CODES or (status is not None and (300 <= status < 500 or status in STAYING)):
        code = CODES.get(status or 0, code if code in LASTING_CODES else errno.EINVAL)
        answer = f"the store refuses it, by its answer {status}" if status else "the store refuses it"
        return OSError(code, answer, url)
    unknown = isinstance(error, LASTING) or UNKNOWN in name_of(error)
    if unknown or type(error) is ValueError:  # not what is wrong with an answer's text
        return OSError(errno.ENOTSUP, "the store cannot do that", url)
    return None


def _kind_of(error: BaseException) -> str:
    """What went wrong, in words that hold nothing of the request."""
    chain = list(chain_of(error, handled=True))
    if any(isinstance(one, ConnectionRefusedError) for one in chain):
        return "a connection that was refused"
    if any(isinstance(one, socket.gaierror) for one in chain):
        return "a host that nobody knows"
    if _has_ended(chain):
        return "a connection that ended"
    if status := status_of(error):
        return f"its answer {status}"
    if any(isinstance(one, TimeoutError) or "timeout" in name_of(one) for one in chain):
        return "a time-out"
    return f"an error of the kind {type(chain[-1]).__name__}"


def _has_ended(chain: Iterable[BaseException]) -> bool:
    """Whether a connection ended in the middle of an answer, which some libraries call a wrong request."""
    return any(isinstance(one, ConnectionError) or any(end in name_of(one) for end in ENDED) for one in chain)
