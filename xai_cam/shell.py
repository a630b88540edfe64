"""Commands as the user's shell takes them: quoted, and told as one types them."""

from __future__ import annotations

import os
import re
import shlex

WINDOWS = os.name == "nt"
"""Whether commands are typed into cmd or PowerShell, which take double quotes alone."""

BARE = re.compile(r"[\w./\\:=+-]+")
"""What both take without quotes; a comma or an @ means something to PowerShell."""


def quoted(text: str) -> str:
    """A word of a command: as it is, or in quotes that the user's shell takes."""
    if not WINDOWS:
        return shlex.quote(text)
    if BARE.fullmatch(text):
        return text
    inner = re.sub(r'(\\*)"', r'\1\1\\"', text)  # as programs there read their command line
    return f'"{inner}{_backslashes_at_the_end(inner)}"'


def _backslashes_at_the_end(text: str) -> str:
    return text[len(text.rstrip("\\")) :]


def on_lines(*parts: str) -> str:
    """Parts of one command, on several lines where every shell of the system goes on after a line's end."""
    return " ".join(parts) if WINDOWS else " \\\n    ".join(parts)


def activation(environment: str) -> tuple[str, str]:
    """The file that makes an environment the current one, and what comes before it in the command."""
    if WINDOWS:
        return os.path.join(environment, "Scripts", "activate"), ""
    return os.path.join(environment, "bin", "activate"), ". "
