"""Modules that the current folder has in the place of installed ones, where Python looks there first.

`python -m` puts the current folder before all others: a `numpy.py` in a folder of somebody's pictures is then
imported, which is to say executed, by whoever imports NumPy.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder, all_suffixes
from pathlib import Path

MOST_FILES = 10_000
"""Of a folder that are looked at."""


def hidden_modules() -> list[str]:
    """The files and packages of the current folder that are imported in place of others, by name."""
    here = os.path.realpath(os.curdir)
    places = [os.path.realpath(entry or os.curdir) for entry in sys.path]
    if here not in places:
        return []
    behind = [entry for entry in sys.path[places.index(here) + 1 :] if os.path.realpath(entry or ".") != here]
    with os.scandir(here) as entries:
        names = sorted(entry.name for _, entry in zip(range(MOST_FILES), entries, strict=False))
    return [name for name in names if _hides(Path(here, name), behind)]


def warning_of(names: list[str]) -> str:
    """What to say of such files."""
    they = "is" if len(names) == 1 else "are"
    apart = "-P" if sys.version_info >= (3, 11) else "-I"
    return (
        f"{', '.join(names)} in this folder {they} imported in place of Python's or an installed module. "
        f"Start `xai-cam`, or `python {apart} -m xai_cam`, which do not look here."
    )


def _hides(path: Path, behind: list[str]) -> bool:
    module = _module_of(path)
    if not module or _is_own(path):
        return False
    if module in sys.stdlib_module_names:
        return True
    hidden = PathFinder.find_spec(module, behind)
    return hidden is not None and hidden.origin is not None  # else a folder alone, which is no module


def _module_of(path: Path) -> str:
    """The name by which a file or package is imported; empty for anything else."""
    if path.is_dir():
        return path.name if (path / "__init__.py").is_file() else ""
    ending = next((suffix for suffix in all_suffixes() if path.name.endswith(suffix)), None)
    return path.name.removesuffix(ending) if ending and path.is_file() else ""


def _is_own(path: Path) -> bool:
    """Whether it is this very package, as in a clone of the repository."""
    return path.is_dir() and path.samefile(Path(__file__).parents[1])
