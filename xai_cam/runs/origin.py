"""What every row of a run says of where it comes from."""

from __future__ import annotations

from xai_cam._version import __version__
from xai_cam.files.rows import ORIGIN
from xai_cam.models.loading.sniff import ModelFiles


def origin_of(files: ModelFiles | None) -> dict[str, str]:
    """Hashes of the model's files and the version of this tool, by column; no hashes without a model."""
    model, weights = ("", "") if files is None else files.hashes
    return dict(zip(ORIGIN, (model, weights, f"xai-cam {__version__}"), strict=True))
