"""What lies in a scenario's folder, and what of it differs from an undisturbed run."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import time
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from support.commands import tree

OURS = ".xai-cam"
"""How names begin that lie beside outputs while a run lasts: temporary files and locks."""

OFTEN_OTHER = ("outcome", "seconds")
"""Columns of a row that tell how this run went, not what came out."""

HOW_IT_WENT = re.compile(
    rb'"outcome":"[^"]*",?|"seconds":"?[0-9.]*"?,?|\s*<li><strong>\d+</strong> [^<]*</li>'
)
"""The same in a page: outcomes, seconds, and the counts of both."""

OLD = 2 * 3600

Contents = dict[str, object]


def contents(folder: Path) -> Contents:
    """By name: every file's content, without what tells when and by which of two equal runs it was made."""
    return {name: _content(name, data) for name, data in tree(folder).items() if not is_ours(name)}


def is_ours(name: str) -> bool:
    """Whether a name is of a temporary file or a lock."""
    return any(part.startswith(OURS) for part in name.split("/"))


def _content(name: str, data: bytes) -> object:
    if name.endswith(".csv") and (not data or b"outcome" in data.partition(b"\n")[0]):  # else an input
        return rows_of(data)
    if name.endswith(".html"):
        return HOW_IT_WENT.sub(b"", data)
    if name.endswith(".keras"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {n: archive.read(n) for n in archive.namelist()}
        about = json.loads(members["metadata.json"])
        return {**members, "metadata.json": {k: v for k, v in about.items() if k != "date_saved"}}
    return data


def rows_of(data: bytes) -> list[Mapping[str, str]]:
    """Rows of a table of what did not fail, sorted, without `OFTEN_OTHER`; half a line is a wrong row."""
    rows = [r for r in csv.DictReader(io.StringIO(data.decode())) if r["outcome"] != "failed"]
    kept = [{k: v for k, v in row.items() if k not in OFTEN_OTHER} for row in rows]
    return sorted(kept, key=str)


def differences(found: Contents, wanted: Contents, inputs: Contents, *, whole: bool) -> Iterator[str]:
    """What is wrong in a folder, a line each.

    `whole` says that the run was carried to its end; without it outputs may be missing, and tables end early.
    """
    for name, content in found.items():
        if name not in wanted:
            yield f"{name} should not be there"
        elif content != wanted[name] and not (not whole and _begins(content, wanted[name])):
            yield f"{name} {'was changed' if name in inputs else 'is not as in the undisturbed run'}"
    for name in wanted if whole else inputs:
        if name not in found:
            yield f"{name} is missing"


def _begins(content: object, wanted: object) -> bool:
    """Whether a table holds rows of the undisturbed one, each once; a page that is whole may tell less."""
    if isinstance(content, bytes):
        return content.rstrip().endswith(b"</html>")
    if not isinstance(content, list) or not isinstance(wanted, list):
        return False
    return all(content.count(row) == 1 and row in wanted for row in content)


def age(folder: Path) -> None:
    """Let whatever a killed run left there be two hours old."""
    then = time.time() - OLD
    for path in folder.rglob("*"):
        if is_ours(path.relative_to(folder).as_posix()):
            os.utime(path, (then, then), follow_symlinks=False)


def leftovers(folder: Path) -> list[str]:
    """Temporary files and locks that are still there."""
    return sorted(p.name for p in folder.rglob(f"{OURS}*"))
