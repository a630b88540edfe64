r"""Weights that tf.keras 2.12 to 2.15 wrote on Windows: `layers\dense` is one name, not two groups."""

from __future__ import annotations

from typing import BinaryIO

import h5py

from xai_cam.models.loading.containers.assembly import assembled, put
from xai_cam.models.loading.hdf5 import CheckedH5

BEGINNINGS = ("layers\\", "_layer_checkpoint_dependencies\\")
"""Of names that say which layer a group is of."""


def is_of_windows(file: h5py.Group) -> bool:
    """Whether the names of the groups have backslashes between the names of the layers."""
    return any(name.startswith(BEGINNINGS) for name in file)


def straightened(h5: CheckedH5) -> BinaryIO | None:
    """The same weights in groups as other systems have them, None where they lie in such groups.

    Raises
    ------
    ModelError
        Two groups would have one name.
    """
    with h5.reading() as file:
        if not is_of_windows(file):
            return None

        def fill(target: h5py.File) -> None:
            file.visititems(lambda name, item: put(item, name.replace("\\", "/"), target))

        return assembled(fill)
