"""Opening a model whose files somebody may be writing: what is opened is what was hashed."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from xai_cam.errors import ModelError
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.models.loading.sniff import first_look

log = logging.getLogger(__name__)

T = TypeVar("T")

ATTEMPTS = 4
PAUSE = 0.5
"""Seconds before the files are read again: a training that saves them needs a moment."""


def open_steadily(files: ModelFiles, load: Callable[[], T]) -> T:
    """What `load` makes of the files, which did not change between their hashes and its end.

    Where they did, they are hashed and loaded again, with a line in the log.

    Raises
    ------
    ModelError
        Of `load`; or a file is no file of a model, or the files keep changing.
    """
    for path in (files.model, files.weights):
        if path is not None:
            first_look(path)
    for attempt in range(ATTEMPTS):
        known = files.hashes
        try:
            loaded = load()
        except ModelError:  # perhaps of a file that is half written
            if files.are_unchanged():
                raise
        else:
            if files.are_unchanged():
                return loaded
        time.sleep(PAUSE * attempt)
        if files.hashes != known:
            log.warning(f"The model changed while it was loaded ({files.names}): it is loaded again.")
    raise ModelError(
        f"The model keeps changing while it is loaded ({files.names}). Wait until it is saved, or copy it."
    )
