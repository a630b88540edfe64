"""The command line as the tests call it, and what it wrote, read without the package's own readers."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

from click.testing import CliRunner, Result
from PIL import Image

from support import ROOT
from xai_cam.cli import main


def run(*arguments: object, stdin: str | bytes | None = None) -> Result:
    """`xai-cam ARGUMENTS` in this process; an error that is none of ours is raised."""
    return CliRunner().invoke(main, [str(a) for a in arguments], input=stdin, catch_exceptions=False)


def explain(files: tuple[Path, ...], *arguments: object, stdin: str | bytes | None = None) -> Result:
    """`xai-cam explain` with a model of one or two files."""
    return run("explain", *named(files), *arguments, stdin=stdin)


def evaluate(files: tuple[Path, ...], *arguments: object, stdin: str | bytes | None = None) -> Result:
    """`xai-cam evaluate` with a model of one or two files."""
    return run("evaluate", *named(files), *arguments, stdin=stdin)


def apply(*arguments: object) -> Result:
    """`xai-cam kernels apply`."""
    return run("kernels", "apply", *arguments)


def named(files: tuple[Path, ...]) -> list[object]:
    """`-m MODEL`, and `-w WEIGHTS` where there are two files."""
    return [part for pair in zip(("-m", "-w"), files, strict=False) for part in pair]


def clean_environment(**more: str) -> dict[str, str]:
    """The environment without what the tests themselves set for TensorFlow; the code is that beside them."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "KERAS_", "PYTHON"))}
    return {**kept, "PYTHONPATH": str(ROOT), **more}


def fresh(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """`python ARGUMENTS` in a process of its own."""
    options.setdefault("env", clean_environment())
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, **options)


def provenance(path: Path) -> dict[str, Any]:
    """What a picture or array says made it."""
    if path.suffix == ".npy":
        return json.loads(path.read_bytes().rpartition(b"\nxai-cam ")[2])
    with Image.open(path) as image:
        text = (
            image.info["comment"].removeprefix(b"xai-cam ")
            if path.suffix == ".jpg"
            else image.text["xai-cam"]
        )
    return json.loads(text)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder and what it holds, hidden ones too."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in files}


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def counted(result: Result, written: int, up_to_date: int = 0, failed: int = 0) -> bool:
    """Whether the last line of standard error is this count."""
    last = result.stderr.splitlines()[-1]
    return last.startswith(f"{written} written, {up_to_date} up to date, {failed} failed in ")


def judged(result: Result, right: int, wrong: int, failed: int = 0) -> bool:
    """Whether the last line of standard error is this count of an evaluation."""
    last = result.stderr.splitlines()[-1]
    return last.startswith(f"{right:,} right, {wrong:,} wrong, {failed:,} failed in ")


def strict(text: str) -> Any:
    """JSON as the standard has it, without NaN."""

    def refuse(constant: str) -> NoReturn:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)
