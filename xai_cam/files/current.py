"""Whether outputs are what a request makes, and still as they were written; of objects, by their listing."""

from __future__ import annotations

from pathlib import Path

from xai_cam.files.provenance import Provenance, read_provenance
from xai_cam.files.seal import is_intact
from xai_cam.files.stores.known import BULKY, KnownObjects
from xai_cam.files.stores.paths import StorePath, at_hand


def intact_provenance(path: Path, request: str, whole: bool = True) -> Provenance | None:
    """Provenance of a file that a request of this `digest` makes, and that is as it was written; else None.

    What an object says that was listed is kept, so that it need not be fetched again.

    Parameters
    ----------
    path : Path
        Where it is.
    request : str
        The `digest`.
    whole : bool
        Fetch an object again of whose provenance the `BULKY` part was not kept; else that may be None.

    Raises
    ------
    OSError
        The store that it is in does not answer, and nobody knows.
    """
    if isinstance(path, StorePath):
        found = KnownObjects().provenance(path)
        if found is not None and found.get("request") != request:
            return None
        if found is not None and not (whole and lacks_bulk(found)):
            return found
    try:
        with at_hand(path):
            return _read(path, request)
    except FileNotFoundError:
        return None


def lacks_bulk(provenance: Provenance) -> bool:
    """Whether part of a provenance was left out when it was kept."""
    return provenance.get(BULKY, "") is None


def is_current(path: Path, request: str) -> bool:
    """Whether a file is what a request of that `digest` makes, and is still as it was written.

    Raises
    ------
    OSError
        As of `intact_provenance`.
    """
    return intact_provenance(path, request, whole=False) is not None


def _read(path: Path, request: str) -> Provenance | None:
    found = read_provenance(path)
    if found is None or found.get("request") != request or not is_intact(path):
        return None
    if isinstance(path, StorePath):
        KnownObjects().keep_provenance(path, path.read_bytes(), found)
    return found
