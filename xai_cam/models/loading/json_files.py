"""JSON files of strangers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from xai_cam.models.loading.archive import reading_file
from xai_cam.models.loading.tree import MAX_JSON, parse, too_large


def read_json(path: Path) -> Any:
    """What a JSON file holds, of the size and depth of a model's configuration.

    Raises
    ------
    ModelError
        It is damaged, or too large.
    """
    with reading_file(path):
        if path.stat().st_size > MAX_JSON:
            raise too_large(path)
        text = path.read_text(encoding="utf-8-sig")
    return parse(text, path)
