"""The README and its pages tell all that the command line can do, and every link in them leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from xai_cam import __version__
from xai_cam.cam.methods import METHODS
from xai_cam.cli import main
from xai_cam.kernels.named_kernels import NAMED_KERNELS

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "README.ja.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
TWINS = tuple((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.ja.md"))


def is_there(word: str) -> bool:
    """Whether a page has a command, option or method, not merely a longer one."""
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", TEXT) is not None


def commands_of(group: click.Group, above: str = "") -> dict[str, click.Command]:
    """Every command that does something, by its name behind `xai-cam`."""
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found |= commands_of(command, f"{above}{name} ")
        else:
            found[above + name] = command
    return found


@pytest.mark.parametrize("name", commands_of(main))
def test_every_command_is_on_a_page(name: str) -> None:
    """Its options are written into its page when the site is built: see `test_site_hook.py`."""
    assert is_there(f"xai-cam {name}")


def test_every_method_has_a_row_in_a_table() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("|")]
    missing = [
        m.name for m in METHODS.values() if not any(f"`{m.name}`" in row.split("|")[1] for row in rows)
    ]
    assert not missing, f"no row in a table: {', '.join(missing)}"


def test_every_named_kernel_has_a_row_in_its_table() -> None:
    page = (ROOT / "docs" / "kernels.md").read_text(encoding="utf-8")
    named = [name for line in page.splitlines() if line.startswith("| `") for name in line.split("|")[1:2]]
    missing = [name for name in NAMED_KERNELS if not any(f"`{name}`" in cell for cell in named)]
    assert not missing, f"no row in docs/kernels.md: {', '.join(missing)}"


def test_the_readme_is_short() -> None:
    assert all(len(text.splitlines()) <= 200 for text in TWINS)


def test_the_twins_say_the_same() -> None:
    """The same blocks, links, pictures and headings, in the same order."""
    for part in (r"^```.*?^```", r"\]\(([^)\s]+)\)", r"^#+ ", r"^\|", r"^- \*\*", r"<!-- .*? -->"):
        english, japanese = (re.findall(part, text, re.MULTILINE | re.DOTALL) for text in TWINS)
        english, japanese = (
            [w for w in found if not w.startswith("README")] for found in (english, japanese)
        )
        assert english == japanese, part


def test_the_entry_to_cite_is_of_this_version() -> None:
    page = (ROOT / "docs" / "cite.md").read_text(encoding="utf-8")
    assert f"version = {{{__version__}}}" in page


def anchors_of(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.strip().lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors_of(file)):
            broken.append(target)
    assert broken == []
