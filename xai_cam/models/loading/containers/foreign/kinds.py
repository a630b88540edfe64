"""What a file is that no reader of models takes: asked of everything that knows a kind, the surest first."""

from __future__ import annotations

from xai_cam.models.loading.containers.foreign import zips
from xai_cam.models.loading.containers.foreign.looks import Foreign, Look
from xai_cam.models.loading.containers.foreign.magics import by_magic, nothing, of_zeros
from xai_cam.models.loading.containers.foreign.messages import by_message
from xai_cam.models.loading.containers.foreign.pickles import by_pickle
from xai_cam.models.loading.containers.foreign.texts import by_text

TELLERS = (nothing, of_zeros, by_magic, by_pickle, zips.cut_off, by_text, by_message)


def kind_of(look: Look) -> Foreign | None:
    """What a file is by its content, or None.

    Raises
    ------
    OSError
    """
    return next((found for tell in TELLERS if (found := tell(look)) is not None), None)
