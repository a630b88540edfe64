"""HDF5 that is no Keras file, and HDF5 that breaks off."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

from xai_cam.models.loading.containers.foreign.looks import AGAIN, IN_PYTORCH, Foreign, Look, quote
from xai_cam.models.loading.containers.foreign.magics import MATLAB

MAGIC = b"\x89HDF\r\n\x1a\n"
PLACES = (0, 512, 1024, 2048, 4096, 8192)
"""Where HDF5 may begin: other programs may write what they like before it."""

MOST = 20
"""Groups and datasets that are looked at."""

INSTEAD = "Give the file of a model in its place, or weights that `model.save_weights` wrote."


def begins_later(path: Path) -> bool:
    """Whether HDF5 begins after what another program wrote before it.

    Raises
    ------
    OSError
    """
    with path.open("rb") as file:
        return file.read(PLACES[-1] + len(MAGIC)).find(MAGIC) in PLACES


def cut_off(look: Look) -> Foreign | None:
    """HDF5 that is shorter than it says itself."""
    at = look.head.find(MAGIC)
    if at not in PLACES:
        return None
    says = _length(look.head[at:])
    if says is None or says <= look.size:  # where it ends, counted from the file's first byte
        return None
    share = look.size / says
    return Foreign(
        f"is damaged: it is an HDF5 file of {says:,} bytes, of which {look.size:,} are there ({share:.0%}), "
        f"as after an unfinished download or with a full disk{look.unfinished}",
        AGAIN,
    )


def _length(data: bytes) -> int | None:
    """The length that the beginning of an HDF5 file tells: where it ends, in one of two layouts."""
    if len(data) < 96:
        return len(MAGIC) + 88  # no file is that short
    version = data[8]
    if version in (0, 1):
        width, at = data[13], 24 + 4 * version
        end = at + 2 * width
    elif version in (2, 3):
        width, at = data[9], 12
        end = at + 2 * width
    else:
        return None
    if width not in (4, 8):
        return None
    return int.from_bytes(data[end : end + width], "little")


def by_groups(file: Any) -> Foreign:
    """What `file`, an open HDF5 file without Keras weights, holds, by its groups and attributes."""
    if (found := of_another_program(file)) is not None:
        return found
    names = _names(file)
    if not names:
        return Foreign("is HDF5, but is empty and contains no Keras weights", INSTEAD)
    shown = ", ".join(_shown(name, _item(file, name)) for name in names[:4])
    more = f" and {len(file) - 4:,} more" if len(file) > 4 else ""
    return Foreign(f"is HDF5, but contains no Keras weights: it holds {shown}{more}", INSTEAD)


def of_another_program(file: Any) -> Foreign | None:
    """What `file`, an open HDF5 file, is if another program than Keras wrote it in a way of its own."""
    names = _names(file)
    marks = {*names, *map(str, islice(file.attrs, MOST))}
    for name in names:
        marks |= {str(key) for key in islice(getattr(_item(file, name), "attrs", ()), MOST)}
    return next((found for mark, found in BY_MARK.items() if mark in marks), None)


def _names(file: Any) -> list[str]:
    return [str(name) for name in islice(file, MOST)]


def _item(file: Any, name: str) -> Any:
    """The group or dataset of a name; None for a link, which could lead to another file."""
    return file[name] if type(file.get(name, getlink=True)).__name__ == "HardLink" else None


def _shown(name: str, item: Any) -> str:
    """A group or dataset by its name, with the shape of an array."""
    shape = getattr(item, "shape", None)
    if not shape:
        return quote(name)
    return f"{quote(name)} ({' x '.join(str(side) for side in shape[:6])})"


PANDAS = Foreign("is a table of pandas or PyTables in HDF5, and contains no Keras weights", INSTEAD)

BY_MARK = {
    "optimizer_weights": Foreign("holds the state of an optimizer, and contains no Keras weights", INSTEAD),
    "MATLAB_class": MATLAB,
    "#refs#": MATLAB,
    "pandas_type": PANDAS,
    "PYTABLES_FORMAT_VERSION": PANDAS,
    "_NCProperties": Foreign("is a netCDF data set, and contains no Keras weights", INSTEAD),
    "encoding-type": Foreign("is a data set of AnnData (.h5ad), and contains no Keras weights", INSTEAD),
    "LOOM_SPEC_VERSION": Foreign("is a Loom data set, and contains no Keras weights", INSTEAD),
    "state_dict": Foreign("holds a PyTorch model in HDF5, and contains no Keras weights", IN_PYTORCH),
}
"""Names of attributes and groups -> what a file with one of them is."""
