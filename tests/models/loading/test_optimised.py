"""Under `python -OO`, which leaves out docstrings and assertions, files load and are explained alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from support import ROOT
from support.commands import fresh
from xai_cam import explain, load_model

SCRIPT = """
import sys
import numpy as np
from xai_cam import explain, load_model
assert False, "assertions are on"
model = load_model(sys.argv[1])
(found,) = explain(model, np.load(sys.argv[2]), engine="tensorflow")
np.save(sys.argv[3], found.cam)
"""


@pytest.mark.parametrize("name", ["digits/model.json", "dogcat/keras2/model.json"])
def test_load_and_explain_without_docstrings(name: str, tmp_path: Path) -> None:
    path = ROOT / "sample_models" / name
    model = load_model(path)
    images = np.random.default_rng(0).random((1, *model.input_shape[1:]), np.float32)
    np.save(tmp_path / "images.npy", images)
    done = fresh("-OO", "-c", SCRIPT, path, tmp_path / "images.npy", tmp_path / "cam.npy", cwd=ROOT)
    assert done.returncode == 0, done.stderr
    (right,) = explain(model, images, engine="tensorflow")
    np.testing.assert_allclose(np.load(tmp_path / "cam.npy"), right.cam, rtol=1e-5, atol=1e-7)
