"""A notebook as a page of the site: its cells, and what they showed when it was last run."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PICTURES = ("image/png", "image/jpeg")


def page_of(path: Path) -> str:
    """A notebook as Markdown."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    note = f"*This page is a notebook: [download it]({path.name}) and run it yourself.*"
    head, *cells = [part for cell in notebook["cells"] for part in _parts(cell)]
    return "\n\n".join([head, note, *cells]) + "\n"


def _parts(cell: dict[str, Any]) -> Iterator[str]:
    """A cell, and what is below it."""
    source = "".join(cell["source"]).rstrip()
    if cell["cell_type"] == "markdown":
        yield source
    elif source:
        yield f"```python\n{source}\n```"
        yield from filter(None, map(_shown, cell["outputs"]))


def _shown(output: dict[str, Any]) -> str:
    """What a cell showed: the richest of the forms in which the notebook holds it."""
    forms = {kind: "".join(value) for kind, value in output.get("data", {}).items() if kind != "metadata"}
    for kind in PICTURES:
        if kind in forms:
            return f'<p><img alt="" src="data:{kind};base64,{re.sub(chr(10), "", forms[kind])}"></p>'
    if "text/html" in forms:
        html = re.sub(r"\n\s*\n", "\n", forms["text/html"])  # a blank line would end the block
        return f'<div class="notebook-output">\n{html}\n</div>'
    text = "".join(output.get("text", "")) or forms.get("text/plain", "")
    return f"```text\n{text.rstrip()}\n```" if text.strip() else ""
