"""What is said of a file that cannot be read as what it is."""

from __future__ import annotations

from pathlib import Path

from xai_cam.errors import ModelError, shortened, words_of

MAX_REASON = 200
"""Characters of a reason."""


def damaged_file(where: Path | str, why: BaseException | str, more: str = "") -> ModelError:
    """The error for a damaged file, by its path or what it is called; `more` says how it is to be copied."""
    reason = shortened(why, MAX_REASON) if isinstance(why, str) else words_of(why, MAX_REASON)
    return ModelError(f"{where} is damaged ({reason}). Copy or export it again{more}.")
