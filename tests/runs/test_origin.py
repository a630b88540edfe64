"""What every row says of the model and the tool."""

from __future__ import annotations

import hashlib
from pathlib import Path

from xai_cam._version import __version__
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.runs.origin import origin_of


def test_hashes_and_version(tmp_path: Path) -> None:
    model, weights = tmp_path / "m.json", tmp_path / "w.h5"
    model.write_bytes(b"a model")
    weights.write_bytes(b"weights")
    of_model, of_weights = (hashlib.sha256(data).hexdigest() for data in (b"a model", b"weights"))
    tool = f"xai-cam {__version__}"
    found = origin_of(ModelFiles(model, weights))
    assert found == {"model_sha256": of_model, "weights_sha256": of_weights, "tool": tool}
    assert origin_of(ModelFiles(model))["weights_sha256"] == of_model, "one file holds both"
    assert origin_of(None) == {"model_sha256": "", "weights_sha256": "", "tool": tool}
