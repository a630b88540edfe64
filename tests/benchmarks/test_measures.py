"""The comparison of measures with other libraries: what needs none of them."""

from __future__ import annotations

from pathlib import Path

import measures
import numpy as np
import pytest
from PIL import Image

from beside.measured import MEASURES
from xai_cam.metrics.measures import METRICS


def test_a_row_tells_means_and_the_largest_difference() -> None:
    found = "drop", "torch-cam", np.array([1.0, 2.0]), np.array([1.0, 2.5]), "a note"
    assert measures.row(found) == "| drop | torch-cam | 1.500000 | 1.750000 | 5.0e-01 | a note |"


def test_measures_are_those_of_the_table() -> None:
    assert set(MEASURES) <= METRICS.keys()


def test_photos_are_scaled(tmp_path: Path) -> None:
    Image.new("RGB", (8, 6), (255, 0, 0)).save(tmp_path / "a.png")
    (tmp_path / "README.md").write_text("none", encoding="utf-8")
    found = measures.photos(tmp_path, (3, 4))
    assert found.shape == (1, 3, 4, 3) and found[0, 0, 0].tolist() == [1, -1, -1]


def test_a_library_that_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(_: measures.Subject) -> None:
        raise ImportError("No module named 'quantus'")

    monkeypatch.setitem(measures.PEERS, "quantus", missing)
    monkeypatch.setattr("beside.networks.Case.read", lambda folder: None)
    measures.work(measures.argparse.Namespace(only="quantus", folder=None, steps=3))
    assert "quantus | | | | not installed (No module named 'quantus')" in capsys.readouterr().out
