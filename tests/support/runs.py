"""Runs without a model: their plans, and who watches them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from xai_cam.files.rows import IMAGE_ROW
from xai_cam.images.finding import ImageFile
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.runs.plan import Plan, Request
from xai_cam.runs.tasks import Task

MAP: dict[str, Any] = {
    **{"rank": 0, "classes": 1, "class": 2, "class_name": "dog", "predicted": 2, "predicted_name": "dog"},
    **{"layer": "conv", "method": "grad-cam", "score": 2.5, "score_name": "logit", "probability": 0.75},
    **{"head": "softmax", "preprocessing": "raw rgb stretch", "status": "ok", "cause": ""},
}
"""What the file of a map says of it."""


class Recorder:
    """A reporter that keeps everything, in its order."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []

    @property
    def rows(self) -> list[Mapping[str, Any]]:
        """Every row, without which of its image's rows it is."""
        rows = [values[0] for kind, *values in self.calls if kind == "row"]
        return [{name: cell for name, cell in row.items() if name not in IMAGE_ROW} for row in rows]

    @property
    def notices(self) -> list[str]:
        return [values[0] for kind, *values in self.calls if kind == "notice"]

    def notice(self, text: str) -> None:
        self.calls.append(("notice", text))

    def row(self, values: Mapping[str, Any]) -> None:
        self.calls.append(("row", values))

    def progress(self, done: int, total: int) -> None:
        self.calls.append(("progress", done, total))


def plan_of(folder: Path, images: Sequence[Path], **options: Any) -> Plan:
    """A plan for these images with a model that is two small files of text in `folder`."""
    model, weights = folder / "model.json", folder / "weights.h5"
    model.write_text("model", encoding="utf-8")
    weights.write_text("weights", encoding="utf-8")
    tasks = [Task(ImageFile(path, Path(path.parent.name)), folder / "out", path.stem) for path in images]
    return Plan(Request(**options), ModelFiles(model, weights), tasks)
