"""Run `notebook.ipynb` and keep what its cells show, as small as it can be.

    python docs/make_notebook.py

Of an output in several formats the first of `KEPT` stays, as only one of them is shown. Needs what the extra
`test` brings.
"""

from __future__ import annotations

import base64
import io
import os
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from PIL import Image

NOTEBOOK = Path(__file__).with_name("notebook.ipynb")

KEPT = ("image/jpeg", "image/png", "text/html", "text/plain")
"""Formats of an output, the best first: pages that show notebooks know pictures better than our HTML."""

SECONDS = 300
WIDEST, QUALITY = 880, 74


def run(notebook: Any, folder: Path) -> Any:
    """Run all cells in a folder, by the Python that runs this; the notebook with what they show.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        A cell fails.
    """
    place = {"metadata": {"path": str(folder)}}
    client = NotebookClient(notebook, timeout=SECONDS, kernel_name="python3", resources=place)
    return client.execute()


def slimmed(notebook: Any) -> Any:
    """The notebook with one format of each output, and without times and what machines log."""
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type != "code":
            continue
        cell.outputs = [one for one in cell.outputs if not _is_log(one)]
        for output in cell.outputs:
            if "data" in output:
                best = next(kind for kind in KEPT if kind in output.data)
                kept = {best: output.data[best], "text/plain": output.data["text/plain"]}
                if best == "image/png":
                    kept = {"image/jpeg": _as_jpeg(kept.pop(best)), **kept}
                output.data, output.metadata = kept, {}
    notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"], "language_info": {"name": "python"}}
    return notebook


def _as_jpeg(png: str) -> str:
    """A picture in the format that keeps it small, and not too wide."""
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(base64.b64decode(png))) as image:
        small = image.convert("RGB")
        small.thumbnail((WIDEST, 10 * WIDEST), Image.Resampling.LANCZOS)
        small.save(buffer, "JPEG", quality=QUALITY, optimize=True)
    return base64.b64encode(buffer.getvalue()).decode()


def _is_log(output: Any) -> bool:
    """Whether it is what TensorFlow's libraries print as they start."""
    return output.output_type == "stream" and ("absl" in output.text or "port.cc" in output.text)


def main() -> None:
    """Run the notebook in a folder of its own, and write it back."""
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        found = slimmed(run(notebook, Path(folder)))
    nbformat.write(found, NOTEBOOK)


if __name__ == "__main__":
    main()
