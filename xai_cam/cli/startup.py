"""Loading a model for a command, in a process that is prepared for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xai_cam.cli.process import bounded_memory, start_tensorflow
from xai_cam.cli.status_line import waiting

if TYPE_CHECKING:
    from xai_cam.models.loading import ModelFiles


def open_model(
    files: ModelFiles,
    verbose: bool = False,
    device: str = "auto",
    allow_unsafe: bool = False,
    limit: str | None = None,
) -> Any:
    """Start TensorFlow, import the user's own layers, and load the model."""
    start_tensorflow(verbose, device)
    from xai_cam.models.loading import load_model
    from xai_cam.models.loading.steady import open_steadily

    def load() -> Any:
        return load_model(
            files.model,
            files.weights,
            custom_objects=files.custom_objects,
            allow_unsafe=allow_unsafe,
            guard=bounded_memory,
            limit=limit,
            inside=files.inside,
        )

    with waiting(f"Loading {files.model.name}"):
        return open_steadily(files, load)
