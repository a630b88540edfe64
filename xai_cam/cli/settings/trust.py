"""What a settings file may not say that was found and not named: it may lie in a stranger's folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click

from xai_cam.cli.sections import key_of
from xai_cam.cli.settings.layout import READS, READS_WITHIN, RUNS_CODE, WORDS, names_file
from xai_cam.cli.settings.values import Setting
from xai_cam.errors import InputError
from xai_cam.files.stores.urls import is_url
from xai_cam.images.extra_sources import file_in, split_extra
from xai_cam.shell import quoted

ROOT = 0
"""The user whose files are trusted by all."""

MAX_FOLDERS = 20_000
"""Folders of an output folder that are looked through for links."""

OWN_TABLES = ({"image", "outcome", "tool"}, {"layer", "method", "step", "randomised", "overlap_low"})
"""Columns by which a table of results is known as ours: of images, and of `sanity`."""


def is_trusted(path: Path) -> bool:
    """Whether a file is the user's own or root's, and so is the link if it is one; always on Windows."""
    if not hasattr(os, "geteuid"):
        return True
    try:
        return {path.stat().st_uid, path.lstat().st_uid} <= {os.geteuid(), ROOT}
    except OSError:
        return False


def check_found(option: click.Option, setting: Setting, path: Path) -> None:
    """Refuse what a file may not say that lay in a folder and that nobody named.

    No code of a stranger is run, nothing is written outside of the folder, and no file is replaced that is
    not xai-cam's.

    Raises
    ------
    InputError
    """
    what = _fault(option, setting, path.parent)
    if what:
        raise InputError(
            f"{setting.origin} {what}, which a file may not that was found and not named. Name it, if you "
            f"trust it: --config {quoted(str(path))}"
        )


def _fault(option: click.Option, setting: Setting, folder: Path) -> str:
    key = key_of(option)
    if key in RUNS_CODE and setting.value:
        return "runs code"
    if key == "limit":
        return "lets a model cost what it likes"
    if key == "overwrite" and setting.value:
        return "replaces files"
    if key == "safe-csv" and not setting.value:
        return "lets cells of a table be formulas"
    if key == "from-file" or (key == "follow-links" and setting.value):
        return "leads out of its folder"
    values = list(map(str, setting.value if isinstance(setting.value, list) else [setting.value]))
    if key == "extra":
        values = [split_extra(value)[1] for value in values]
    if any(value.replace("/", "\\").startswith("\\\\") or is_url(value) for value in values):
        return "leads to another computer"  # which Windows would send the user's name and password hash
    if key == "extra":
        values = [file for value in values if (file := file_in(value)) is not None]
    elif not names_file(option) or (key in READS and key not in READS_WITHIN):
        return ""
    targets = [Path(value) for value in values if value not in WORDS]
    if any(_leads_out(one, folder) for target in targets for one in (target, *_links(target))):
        return "leads out of its folder"
    if key == "results" and not all(map(_is_own_table, targets)):
        return "replaces a file that xai-cam did not write"
    return ""


def _leads_out(path: Path, folder: Path) -> bool:
    try:
        return not path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # links in a circle
        return True


def _links(target: Path) -> Iterator[Path]:
    """The links in a folder and below it; too many folders to look through count as one that leads out."""
    for number, (folder, folders, names) in enumerate(os.walk(target)):
        if number == MAX_FOLDERS:
            yield Path(os.path.abspath(os.sep))
        for name in folders if os.name == "nt" else (*folders, *names):
            path = os.path.join(folder, name)
            if os.name == "nt" or os.path.islink(path):  # junctions are no links to Python before 3.12
                yield Path(path)


def _is_own_table(path: Path) -> bool:
    """Whether a file is a table of results, is empty, or is not there yet."""
    from xai_cam.files.results import columns_in

    if path.exists() and not path.is_file():
        return False
    try:
        found = columns_in(path)
    except InputError:
        return False
    return found is None or any(own <= set(found) for own in OWN_TABLES)
