"""The page on Python: its code runs, from the first block to the last."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from support import ROOT
from xai_cam.runs.demo import make_pictures

PAGE = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
SHAPES = ROOT / "sample_models" / "shapes"


def test_the_code_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("model.json", "model.weights.h5", "labels.txt"):
        shutil.copy(SHAPES / name, tmp_path)
    for path, scene in make_pictures(tmp_path / "drawn", 3, 0).items():
        folder = tmp_path / "test" / path.stem.partition("_")[2]
        folder.mkdir(parents=True)
        shutil.copy(path, folder)
        shutil.copy(path, tmp_path / "cat.jpg")
        assert scene is not None
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL):
        exec(block, names)
    assert names["overlay"].shape[-1] == 3 and names["explanation"].status == "ok"
    assert names["found"].estimates["score-cam"]["drop"].count == 3
    assert names["bank"].values.ndim == 4 and names["sharper"].count_params() > names["model"].count_params()


def test_every_public_name_of_the_page_is_there() -> None:
    import xai_cam

    used = set(re.findall(r"xai_cam\.(\w+)", PAGE))
    used |= {name for names in re.findall(r"from xai_cam import (.*)", PAGE) for name in names.split(", ")}
    assert used and used <= set(dir(xai_cam))
