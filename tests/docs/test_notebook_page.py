"""A notebook becomes a page: text as it is, code in blocks, and what was shown below it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from support import ROOT


def cell(source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    return {"cell_type": "code", "source": [source], "outputs": list(outputs)}


def test_every_kind_of_cell_and_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(ROOT / "docs"), *sys.path])
    from notebook_page import page_of

    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "\n", "Text."]},
        cell("1 + 1", {"output_type": "execute_result", "data": {"text/plain": ["2"]}}),
        cell("print(3)", {"output_type": "stream", "name": "stdout", "text": ["3\n"]}),
        cell("picture", {"data": {"text/plain": ["<P>"], "image/png": "QUJD\nREVG\n"}}),
        cell("table", {"data": {"text/plain": ["T"], "text/html": ["<b>a</b>\n", "\n", "<i>b</i>"]}}),
        cell("quiet"),
    ]
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells}), encoding="utf-8")
    assert page_of(tmp_path / "n.ipynb").split("\n\n") == [
        *("# Title", "Text.", "*This page is a notebook: [download it](n.ipynb) and run it yourself.*"),
        *("```python\n1 + 1\n```", "```text\n2\n```", "```python\nprint(3)\n```", "```text\n3\n```"),
        *("```python\npicture\n```", '<p><img alt="" src="data:image/png;base64,QUJDREVG"></p>'),
        *("```python\ntable\n```", '<div class="notebook-output">\n<b>a</b>\n<i>b</i>\n</div>'),
        "```python\nquiet\n```\n",
    ]
