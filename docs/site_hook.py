"""What MkDocs asks while it builds the site: options from the commands themselves, files from outside `docs`.

A page says `<!-- options: xai-cam explain -->` where it wants the options of a command, and links to a file
of the repository (`../SECURITY.md`) as it has to on GitHub.
"""

from __future__ import annotations

import html
import os
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from notebook_page import page_of  # beside this file: MkDocs looks there while it loads it

ROOT = Path(__file__).resolve().parents[1]
MARK = re.compile(r"^<!-- options: xai-cam ([a-z -]+) -->$", re.MULTILINE)
LINK = re.compile(r"(\]\(|(?:src|href)=\")(?![a-z]+:|#)([^)\s\"#]+)")
OUTSIDE = (
    "README.ja.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "CODE_OF_CONDUCT.md",
    "SECURITY.md",
    "LICENSE",
    "CITATION.cff",
    "sample_models/*/CARD.md",
    "sample_models/*/*.png",
    "sample_models/*/*.jpg",
    "sample_models/*/report/*.png",
)
"""What the site takes from outside of `docs`, at the same place below its root."""


class Recorder(click.HelpFormatter):
    """Takes down what a command would print: headings, and under each its options with their texts."""

    def __init__(self) -> None:
        super().__init__()
        self.groups: list[tuple[str, list[tuple[str, str]]]] = []

    def write_heading(self, heading: str) -> None:
        self.groups.append((heading, []))

    def write_dl(self, rows: Any, col_max: int = 30, col_spacing: int = 2) -> None:
        self.groups[-1][1].extend(rows)


def command_of(words: str) -> click.Context:
    """The context of a command, found by its words behind `xai-cam`."""
    from xai_cam.cli import main

    context = click.Context(main, info_name="xai-cam")
    for word in words.split():
        assert isinstance(context.command, click.Group)
        command = context.command.get_command(context, word)
        assert command is not None, f"xai-cam {words} is no command"
        context = click.Context(command, info_name=word, parent=context)
    return context


def options_of(words: str) -> str:
    """The options of a command as Markdown, in the groups that `--help` has."""
    context, recorder = command_of(words), Recorder()
    context.command.format_options(context, recorder)
    usage = " ".join([context.command_path, *context.command.collect_usage_pieces(context)])
    parts = [f"## Options of `{words}`", f"```text\n{usage}\n```"]
    for heading, rows in recorder.groups:
        if len(recorder.groups) > 1:
            parts.append(f"### {heading}")
        parts.extend(f"{as_term(names)}\n:   {as_markdown(text)}" for names, text in rows)
    return "\n\n".join(parts)


def as_term(names: str) -> str:
    """The names of an option, and what it takes in a way that lines can be broken: `a | b` for `[a|b]`."""
    names, _, takes = re.fullmatch(r"((?:-\w, )?-[\w-]+(?: / --[\w-]+)?)( ?)(.*)", names.strip()).groups()
    takes = takes.strip("[]").replace("|", " | ") if takes.startswith("[") else takes
    return f"`{names}`" + f" `{takes}`" * bool(takes)


def as_markdown(text: str) -> str:
    """A help text that shows as it is, but for `code`."""
    pieces = text.split("`")
    for number in range(0, len(pieces), 2):
        pieces[number] = re.sub(r"([\\*_\[\]|#])", r"\\\1", html.escape(pieces[number], quote=False))
    return "`".join(pieces)


def place_of(path: str) -> str:
    """Where the site has a file of the repository."""
    return path.removeprefix("docs/")


def repository_path(source: str) -> str:
    """The way back: where the repository has a page of the site."""
    return source if any(Path(source).match(pattern) for pattern in OUTSIDE) else f"docs/{source}"


def outside() -> Iterator[str]:
    for pattern in OUTSIDE:
        yield from sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob(pattern))


def on_files(files: Any, config: Any) -> Any:
    """Add the files from outside of `docs`, and notebooks as pages."""
    from mkdocs.structure.files import File

    for name in outside():
        files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    for notebook in sorted((ROOT / "docs").glob("*.ipynb")):
        files.append(File.generated(config, f"{notebook.stem}.md", content=page_of(notebook)))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Write options where a page asks for them, and turn links of the repository into those of the site."""
    source = page.file.src_uri
    here = posixpath.dirname(repository_path(source))

    def in_site(link: re.Match[str]) -> str:
        target = place_of(posixpath.normpath(posixpath.join(here, link[2])))
        target = "index.md" if target == "README.md" else target
        if target.endswith(".ipynb") and Path(target).stem != Path(source).stem:
            target = f"{target.removesuffix('.ipynb')}.md"  # the notebook's page; that one links to the file
        return link[1] + os.path.relpath(target, posixpath.dirname(source) or ".").replace(os.sep, "/")

    return MARK.sub(lambda mark: options_of(mark[1]), LINK.sub(in_site, markdown))
