"""A page as one HTML file: style, script and data inside, pictures in a folder beside it."""

from __future__ import annotations

import base64
import hashlib
import os
from collections import Counter
from pathlib import Path
from typing import Any

from xai_cam._version import __version__
from xai_cam.errors import InputError
from xai_cam.extras import check_extra, require
from xai_cam.files.creatable import check_creatable
from xai_cam.files.provenance import check_replaceable
from xai_cam.files.regular import read_at_most
from xai_cam.files.stores.drafts import try_place
from xai_cam.files.stores.paths import StorePath
from xai_cam.files.writing import check_writable, write_whole
from xai_cam.report.assets import AssetStore, folder_of
from xai_cam.report.data import gallery_data
from xai_cam.report.model import Column, DifferenceRow, Page
from xai_cam.report.page_parts import encode_part
from xai_cam.report.svg_charts import dot_chart, leaders, line_chart
from xai_cam.report.text import as_json, hundredths, number, percent, shown

SUFFIXES = (".html", ".htm")
PARTS = Path(__file__).with_name("page")
STYLES = ("style.css", "gallery.css")
SCRIPTS = ("dom.js", "scrolling.js", "filters.js", "cards.js", "viewer.js", "main.js")
GENERATOR = b'<meta name="generator" content="xai-cam '
HEAD = 4096
"""Bytes of a file that are read to recognise it as a report."""

TONES = 8
"""Colours for variants; after these they come again, with another shape and dash."""


def check_report(path: Path, overwrite: bool, dry_run: bool = False) -> None:
    """Check before any work is done that a report can be written to `path`.

    A dry run makes no folder for that.

    Raises
    ------
    InputError
        It has another suffix, or would replace what this tool did not write.
    OutputError
        Its folder cannot be written to.
    XaiCamError
        Jinja2 is not installed.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"`report={str(path)!r}` does not end in .html. Name an HTML file.")
    check_extra("jinja2")
    folder = folder_of(path)
    check_replaceable(path, lambda found: found.is_file() and (overwrite or _is_own(found)), "`report`")
    remote = isinstance(path, StorePath)  # where a folder has no name that could be taken
    if not remote and os.path.lexists(folder) and not folder.is_dir():
        raise InputError(f"{folder}, where the report's pictures go, is not a folder. Name another `report`.")
    check = check_creatable if dry_run else check_writable
    for place in (path.parent, *([folder] if not remote and folder.is_dir() else [])):
        check(place, "`report`")
    if not dry_run:
        try_place(path, "`report`")


def _is_own(path: Path) -> bool:
    try:
        return GENERATOR in read_at_most(path, HEAD)
    except OSError:
        return False


def write_report(path: Path, page: Page) -> None:
    """Write a page, whole or not at all, then delete pictures beside it that an earlier one showed.

    Raises
    ------
    OutputError
    """
    write_whole(path, render(page).encode("utf-8"), "`report`", kept=True)
    AssetStore(folder_of(path)).prune({asset.key for asset in page.assets})


def render(page: Page) -> str:
    """A page as HTML.

    Every value is escaped; the texts of the package's own files alone are not. Nothing but these runs
    or styles: a policy names them by their hashes.
    """
    jinja2 = require("jinja2")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PARTS),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: shown(value) if type(value) is str else value,
    )
    environment.filters |= {"number": number, "percent": percent, "hundredths": hundredths}
    return environment.get_template("page.html.j2").render(_context(page))


def _context(page: Page) -> dict[str, Any]:
    style, script = _read(STYLES), f"(() => {{\n{_read(SCRIPTS)}}})();\n"
    return {
        "page": page,
        "version": __version__,
        "tones": {name: i for i, name in enumerate(page.variants)},
        "dot_charts": [dot_chart(column, page.summary) for column in page.columns if page.summary],
        "line_charts": [line_chart(chart) for chart in page.curve_charts if chart.curves],
        "leaders": {c.name: leaders(c, page.summary, page.differences) for c in page.columns},
        "differences": _by_column(page),
        "outcomes": Counter(item.outcome for item in page.items),
        "verdicts": Counter(item.right for item in page.items),
        "failures": [item for item in page.items if item.outcome == "failed"],
        "style": style,
        "script": script,
        "style_hash": _hash(style),
        "script_hash": _hash(script),
        "data": as_json(gallery_data(page)),
        "part": encode_part(page) if page.part else "",
    }


def _by_column(page: Page) -> list[tuple[Column, list[DifferenceRow]]]:
    """The differences, each column's together, in the order of the columns."""
    known = [*page.columns, *(Column(row.column, row.column) for row in page.differences)]
    columns = {column.name: column for column in reversed(known)}
    names = dict.fromkeys(column.name for column in known)
    found = {name: [row for row in page.differences if row.column == name] for name in names}
    return [(columns[name], rows) for name, rows in found.items() if rows]


def _read(names: tuple[str, ...]) -> str:
    return "".join((PARTS / name).read_text("utf-8") for name in names)


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
