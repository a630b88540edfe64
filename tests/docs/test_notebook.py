"""The notebook of the documentation runs from the first cell to the last, and what it shows is kept small."""

from __future__ import annotations

import base64
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from support import ROOT

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")

sys.path.insert(0, str(ROOT / "docs"))
from make_notebook import NOTEBOOK, run, slimmed  # noqa: E402

MOST_BYTES = 600_000


@pytest.fixture
def notebook() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)


def data_of(notebook: Any) -> list[dict[str, str]]:
    """What the cells show, each in its formats."""
    outputs = [one for cell in notebook.cells for one in cell.get("outputs", [])]
    return [one.data for one in outputs if "data" in one]


def test_it_runs(notebook: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy, in an empty folder, by the Python of the tests: no cell fails, and each shows what it shows."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "1")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    shown = [sorted(data) for data in data_of(notebook)]
    for cell in (one for one in notebook.cells if one.cell_type == "code"):
        cell.outputs = []
    found = slimmed(run(notebook, tmp_path))
    assert [sorted(data) for data in data_of(found)] == shown
    assert not [one for cell in found.cells for one in cell.get("outputs", []) if one.output_type == "error"]
    assert (tmp_path / "watch" / "sheet.png").exists()
    accuracy = next(data["text/plain"] for data in data_of(found) if "right on" in data["text/plain"])
    assert int(re.findall(r"(\d+)%", accuracy)[0]) >= 90, "it learns, so that there is something to watch"


def test_it_is_kept_with_small_outputs_and_without_traces_of_a_machine(notebook: Any) -> None:
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert len(text) < MOST_BYTES
    assert not re.search(r"/(home|root|work|tmp|usr)/|absl|Traceback", text)
    for data in data_of(notebook):
        assert len({"image/png", "image/jpeg", "text/html"} & data.keys()) < 2, "one format of each"
    counts = [cell.execution_count for cell in notebook.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1)), "run in order, from nothing"
    pictures = [base64.b64decode(d["image/jpeg"]) for d in data_of(notebook) if "image/jpeg" in d]
    assert len(pictures) >= 3 and all(data[:2] == b"\xff\xd8" for data in pictures)


def test_the_pages_that_it_names_are_there(notebook: Any) -> None:
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert links and all((ROOT / "docs" / link).exists() for link in links)
