"""The code blocks of a page, run as a reader would, and what they print, compared with what the page shows.

What stands above a fence, as a comment that no reader sees, says how it is run:

    <!-- not run: needs a GPU -->      it is passed over, and listed
    <!-- exits: 3 -->                  it fails, with this exit code
    <!-- files: sample_models -->      (anywhere) the page speaks of files of a clone

A fence with `title="NAME"` is a file. ```text right below a block is what it prints; see `printed_texts`.
"""

from __future__ import annotations

import contextlib
import glob
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

from click.testing import CliRunner

from support import ROOT
from xai_cam.cli import main

FENCE = re.compile(r"^(?P<indent> *)```(?P<info>\S.*)\n(?P<code>(?:.*\n)*?)(?P=indent)```$", re.MULTILINE)
COMMENT = re.compile(r"<!-- (not run|exits): (.+?) -->\s*$")
FILES = re.compile(r"<!-- files: (.+?) -->")
TITLE = re.compile(r'title="(.+?)"')
FOR_BASH = re.compile(r"^(?:for|while|if|set)\b|<<|\$\(|&&|;|`|2>|&$", re.MULTILINE)
OUR_COMMAND = re.compile(r"^xai-cam\b")
SECONDS = 300


@dataclass(frozen=True)
class Block:
    """A fence, what the page says it prints, and how it is run."""

    line: int
    language: str
    code: str
    shown: str | None = None
    title: str | None = None
    not_run: str | None = None
    exits: int = 0


def blocks_of(text: str) -> list[Block]:
    """The blocks of a page that are run, in order, and those that say why they are not."""
    found: list[Block] = []
    end: int | None = None
    for fence in FENCE.finditer(text):
        language, _, info = fence["info"].partition(" ")
        code = re.sub(rf"^{fence['indent']}", "", fence["code"], flags=re.MULTILINE)
        title = TITLE.search(info)
        if language == "text" and end is not None and not text[end : fence.start()].strip():
            found[-1] = Block(**{**vars(found[-1]), "shown": code})
        elif language in ("sh", "python") or title:
            above = COMMENT.search(text[: fence.start()].rstrip().rpartition("\n")[2])
            how = {above[1]: above[2]} if above else {}
            found.append(
                Block(
                    text[: fence.start()].count("\n") + 1,
                    language,
                    code,
                    title=title and title[1],
                    not_run=how.get("not run"),
                    exits=int(how.get("exits", 0)),
                )
            )
            end = fence.end()
            continue
        end = None
    return found


def files_of(text: str) -> list[str]:
    """Files of the repository that a page speaks of."""
    return [name for names in FILES.findall(text) for name in names.split()]


@dataclass
class Reader:
    """Runs one block after the other, in the current folder."""

    names: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    def run(self, block: Block) -> str:
        """What the block prints; it has to end as the page says."""
        if block.title:
            Path(block.title).write_text(block.code, encoding="utf-8")
            return ""
        if block.language == "python":
            return self._python(block)
        if FOR_BASH.search(block.code):
            return self._bash(block.code, block.exits)
        return "".join(self._line(line, block.exits) for line in logical_lines(block.code))

    def _python(self, block: Block) -> str:
        printed = io.StringIO()
        code = compile("\n" * block.line + block.code, "<page>", "exec")
        with contextlib.redirect_stdout(printed):
            exec(code, self.names)
        return printed.getvalue()

    def _line(self, line: str, exits: int) -> str:
        """A line of a shell, by the command line in this process where it is one of ours."""
        if assigned := re.fullmatch(r"(?:export )?(\w+)=(\S*)", line):
            self.variables[assigned[1]] = assigned[2]
            return ""
        stages = [stage.strip() for stage in re.split(r"\s\|\s", line)]
        if not all(OUR_COMMAND.match(stage) for stage in stages):
            return self._bash(line, exits)
        printed, piped = "", ""
        for stage in stages:
            words, target = expanded(Template(stage).safe_substitute({"PWD": os.getcwd(), **self.variables}))
            result = CliRunner(env=self.variables).invoke(
                main, words[1:], input=piped, catch_exceptions=False
            )
            expected = exits if stage is stages[-1] else 0
            assert result.exit_code == expected, f"{stage}\n{result.output}"
            piped = result.stdout
            last = stage is stages[-1] and target is None
            printed += result.output if last else result.stderr
            if target is not None:
                Path(target).write_text(result.stdout, encoding="utf-8")
        return printed

    def _bash(self, code: str, exits: int) -> str:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        environment = {**os.environ, **self.variables, "PATH": path, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", code],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == exits, f"{code}\n{done.stdout}"
        return done.stdout


def logical_lines(code: str) -> Iterator[str]:
    """Lines without comments, those that end in a backslash joined with the next."""
    for line in code.replace("\\\n", " ").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            yield line.strip()


def expanded(line: str) -> tuple[list[str], str | None]:
    """The words of a command, with globs that are not quoted expanded, and the file behind `>`."""
    lexer = shlex.shlex(line, posix=False, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters = True, "#"
    words: list[str] = []
    for word in lexer:
        plain = shlex.split(word)[0]
        matches = sorted(glob.glob(word)) if re.search(r"[*?]", word) and word == plain else []
        words.extend(matches or [plain])
    if ">" not in words:
        return words, None
    assert words[-2] == ">", line
    return words[:-2], words[-1]


PROGRESS = re.compile(r"[\d,]+ of [\d,]+ .* left$")
"""A line that only slow machines print."""

# --- What is printed -----------------------------------------------------------------------------------

TIME = r"(?:\d+ min )?[\d.]+ s\b"
NUMBER = r"[-+]?\d[\d,]*(?:\.\d+)*(?:e[-+]?\d+)?"
TOKEN = re.compile(rf"(?P<any>\.\.\.(?!\.)|…)|(?P<time>{TIME})|(?P<number>{NUMBER})|(?P<space>\s+)")


def difference(shown: str, printed: str) -> str | None:
    """The first line of the page that was not printed, or None.

    A line of dots stands for any lines, dots in a line for any text. Seconds and versions may be others, and
    numbers with a point may differ by 2 %, or one in their last place, as they do from machine to machine.
    """
    lines = [line.rstrip() for line in printed.splitlines() if line.strip() and not PROGRESS.match(line)]
    position, anywhere = 0, False
    for line in (line.rstrip() for line in shown.splitlines() if line.strip()):
        if line.strip() in ("...", "…"):
            anywhere = True
            continue
        reach = range(position, len(lines) if anywhere else min(position + 1, len(lines)))
        found = next((number for number in reach if says(line, lines[number])), None)
        if found is None:
            there = lines[position] if position < len(lines) else "(nothing more)"
            return f"the page:  {line}\nprinted:   {there}"
        position, anywhere = found + 1, False
    if position < len(lines) and not anywhere:
        return f"the page:  (nothing more)\nprinted:   {lines[position]}"
    return None


def says(shown: str, printed: str) -> bool:
    """Whether a printed line is the one that is shown."""
    pattern, expected, end = "", [], 0
    for token in TOKEN.finditer(shown):
        pattern += re.escape(shown[end : token.start()])
        end = token.end()
        if token["any"]:
            pattern += ".*"
        elif token["space"]:
            pattern += r"\s+"
        elif token["time"]:
            pattern += TIME
        else:
            expected.append(token["number"])
            pattern += f"({NUMBER})"
    match = re.fullmatch(pattern + re.escape(shown[end:]), printed)
    return match is not None and all(map(close, expected, match.groups()))


def close(shown: str, printed: str) -> bool:
    """Whether two numbers are the same but for rounding."""
    if shown.count(".") > 1:  # a version
        return printed.count(".") > 0
    a, b = (float(text.replace(",", "")) for text in (shown, printed))
    if "." not in shown and "e" not in shown:
        return a == b
    place = 10.0 ** -len(re.sub(r"e.*", "", shown).partition(".")[2])
    return abs(a - b) <= max(0.02 * abs(a), 1.5 * place)
