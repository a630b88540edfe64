"""What every row of a run says of where it comes from."""

from __future__ import annotations

from xai_cam._version import __version__
from xai_cam.files.rows import ORIGIN
from xai_cam.models.loading.model_files import ModelFiles


def origin_of(files: ModelFiles | None) -> dict[str, str]:
    """Hashes of the model's files and the version of this tool, by column; no hashes without a model."""
    found = {"tool": f"xai-cam {__version__}", **({} if files is None else files.origin)}
    return {name: found.get(name, "") for name in ORIGIN}
