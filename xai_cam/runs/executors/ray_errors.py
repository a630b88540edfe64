"""What errors of Ray mean: a worker that is lost, a cluster that is gone or has no room, another version."""

from __future__ import annotations

import re
from typing import Any

from xai_cam._version import __version__
from xai_cam.errors import XaiCamError

NO_ROOM = (
    "Ray has no room left for what workers are sent and send back ({}). Free space on the disk of its "
    "temporary folder, or give the cluster a larger object store."
)

GONE = (
    "The connection to the Ray cluster is gone ({}). Run the same command again on a cluster that runs: it "
    "does what is left."
)

STRANGER = (
    "Workers on {} have another version of xai-cam, which does not understand what this one asks. Install "
    "xai-cam {} there."
)

LACKS = "Can't get attribute"
"""What Python says of a class or method that an installation does not have."""

NO_ROOM_ERRORS = ("ObjectStoreFullError", "OutOfDiskError")
"""Of Ray."""


def reason_of(error: Exception) -> str:
    """One line on why a worker is lost."""
    words = " ".join(str(error).split())
    return next(
        (said for sign, said in REASONS.items() if sign in words), words[:200] or type(error).__name__
    )


REASONS = {
    "low on memory": "it ran out of memory",
    "ModuleNotFoundError": "a module is missing there",
    "node has died": "its machine is gone",
    "worker process has died": "its process ended",
}
"""Signs in Ray's messages, which are long and name many causes -> what they mean."""


def is_of_client(error: Exception) -> bool:
    """Whether Ray's client raised an error for want of a connection: it has no kind of its own for that."""
    return type(error) is Exception or any(kind.__name__ == "RpcError" for kind in type(error).__mro__)


def stranger_in(error: Exception) -> str | None:
    """The address of a machine whose version lacks what a worker needs, if that is why one did not start."""
    words = str(error)
    found = re.search(r"\bip=([^\s,)]+)", words) if LACKS in words and "xai_cam" in words else None
    return None if found is None else found[1]


def not_understood(stranger: str) -> XaiCamError:
    """Says that workers on a machine have another version, which does not know what it is asked."""
    return XaiCamError(STRANGER.format(stranger, __version__))


def without_frames(error: Any, stranger: str | None) -> Exception:
    """What a worker raised that is no death of it: a fault, as it would be here.

    One on a machine with another version, the `stranger`, may not know what it was asked.
    """
    cause = getattr(error, "cause", None)
    told = isinstance(cause, XaiCamError) or type(cause).__name__ in NO_ROOM_ERRORS
    if isinstance(cause, Exception) and told:
        return cause
    return error if stranger is None else not_understood(stranger)
