"""How two recordings differ: what is normalised, what may have changed, and how a difference is told."""

from __future__ import annotations

import difflib
import hashlib
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

FILES = "files"
FILE_KIND, TEXT_KIND, HELP_KIND = KINDS = (
    "files: pictures, arrays, rows, models",
    "stdout, stderr",
    "help texts",
)

CHANGED_ON_PURPOSE: tuple[tuple[str, str, str], ...] = ()
"""Old text, new text, why. Regular expressions of whole lines, compared pair by pair where as many lines were
taken away as were added, else of all the lines taken away and all the lines added, joined by line breaks.
An empty one stands for no lines: `("", "  --new-option.*", "a new option")`."""

DURATION = r"(?:\d+ h \d\d min|\d+ min \d\d s|\d+ s)"
VARIABLE: tuple[tuple[str, str], ...] = (
    (rf" in {DURATION}$", " in TIME"),
    (r"^([IWE])\d{4} \d\d:\d\d:\d+\.\d+ +\d+ ", r"\1 "),  # TensorFlow's log: time and thread
    (r" at 0x[0-9a-f]+>", " at ADDRESS>"),
    (rf"^\d+ of \d+ images.*, {DURATION} left\n", ""),
    (r'(,xai-cam [\d.]+),[\d.e-]+|("seconds": )[\d.e-]+', r"\1\2SECONDS"),  # what an image took, in its row
)
"""What differs between two runs of one checkout, in stdout, stderr and rows: how long it took."""


@dataclass
class Report:
    """What differs, by kind; at most `lines` of each difference are told."""

    lines: int = 40
    found: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    passed: list[str] = field(default_factory=list)
    commands: dict[str, bool] = field(default_factory=dict)
    files: int = 0

    @property
    def differ(self) -> bool:
        return any(self.found.values())

    def summary(self) -> str:
        """All differences, a verdict on each command that differs, and the counts."""
        parts = [f"{name}: {'same' if same else 'DIFFERS'}" for name, same in self.commands.items()]
        for title, told in (*self.found.items(), ("changed on purpose", self.passed)):
            parts += [f"\n===== {title}: {len(told) or 'none'} =====", *told]
        same = sum(self.commands.values())
        parts.append(
            f"\n{same} of {len(self.commands)} commands are the same; {self.files} files were compared."
        )
        parts += [f"  {len(told)} differences in {kind}" for kind, told in self.found.items()]
        parts.append(f"  {len(self.passed)} let pass, changed on purpose")
        return "\n".join(parts)


def compare_command(first: Path, second: Path, report: Report) -> None:
    """Add to `report` what differs between two recordings of one command."""
    before = sum(map(len, report.found.values()))
    texts = HELP_KIND if first.name.startswith("help") else TEXT_KIND
    printed = FILE_KIND if first.name == "library" else texts  # it prints the arrays' SHA-256
    for name, kind in {"exit_code": texts, "stdout": printed, "stderr": texts}.items():
        old, new = (_normalised(folder / name) for folder in (first, second))
        _compare_lines(f"{first.name} {name}", old, new, kind, report)
    for name in sorted({*_names(first), *_names(second)}):
        report.files += 1
        _compare_files(first, second, name, report)
    old, new = (_normalised(folder / "removed") for folder in (first, second))
    _compare_lines(f"{first.name} removed", old, new, FILE_KIND, report)
    report.commands[first.name] = before == sum(map(len, report.found.values()))


def _names(folder: Path) -> list[str]:
    root = folder / FILES
    return [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]


def _normalised(path: Path) -> list[str]:
    return _timeless(
        path.read_text(errors="backslashreplace", encoding="utf-8") if path.exists() else "(not recorded)"
    )


def _timeless(text: str) -> list[str]:
    for pattern, placeholder in VARIABLE:
        text = re.sub(pattern, placeholder, text, flags=re.MULTILINE)
    return text.splitlines()


def _compare_files(first: Path, second: Path, name: str, report: Report) -> None:
    """Byte by byte; what differs is told by descriptions of the two files."""
    title = f"{first.name} {name}"
    old, new = (folder / FILES / name for folder in (first, second))
    if not (old.exists() and new.exists()):
        report.found[FILE_KIND].append(f"--- {title}: written by {'one' if old.exists() else 'other'} alone")
    elif old.read_bytes() != new.read_bytes():
        _compare_lines(title, _describe(old), _describe(new), FILE_KIND, report, sure=old.suffix not in DATED)


def _compare_lines(
    title: str, old: list[str], new: list[str], kind: str, report: Report, sure: bool = False
) -> None:
    """Add the differences that are not on purpose; `sure`: there are some, even if no line shows them."""
    blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    changed = [(old[a:b], new[c:d]) for tag, a, b, c, d in blocks if tag != "equal"]
    reasons = [_purpose(*block) for block in changed]
    for (gone, come), reason in zip(changed, reasons, strict=True):
        if reason:
            told = [*(f"-{line}" for line in gone), *(f"+{line}" for line in come)]
            report.passed.append("\n".join([f"--- {title}: {reason}", *map(_clip, told)]))
    if not all(reasons):
        lines = list(difflib.unified_diff(old, new, "first", "second", n=1, lineterm=""))[2:]
        more = [f"... {len(lines) - report.lines} lines more"] if len(lines) > report.lines else []
        told = [*map(_clip, lines[: report.lines]), *more]
        report.found[kind].append("\n".join([f"--- {title}", *told]))
    elif sure and not changed:
        report.found[kind].append(f"--- {title}: the bytes differ, what they hold does not")


def _purpose(gone: list[str], come: list[str]) -> str:
    """Why lines were changed on purpose; empty if they were not."""
    pairs = list(zip(gone, come, strict=True)) if len(gone) == len(come) else []
    whole = ["\n".join(gone), "\n".join(come)]
    for old, new, why in CHANGED_ON_PURPOSE:
        both = re.compile(old, re.DOTALL), re.compile(new, re.DOTALL)
        if all(pattern.fullmatch(text) for pattern, text in zip(both, whole, strict=True)):
            return why
    reasons = [
        next((why for a, b, why in CHANGED_ON_PURPOSE if re.fullmatch(a, old) and re.fullmatch(b, new)), "")
        for old, new in pairs
    ]
    return "; ".join(dict.fromkeys(reasons)) if reasons and all(reasons) else ""


def _clip(line: str, width: int = 300) -> str:
    return line if len(line) <= width else f"{line[:width]}... ({len(line)} characters)"


def _describe(path: Path) -> list[str]:
    """What a file holds, in lines."""
    describe = DESCRIBERS.get(path.suffix.lower(), _lines)
    try:
        return list(describe(path))
    except (OSError, ValueError) as error:
        return [f"cannot be read: {error}"]


def _lines(path: Path) -> Iterator[str]:
    """Lines of a text, long ones (JSON, HTML) broken; of another file the SHA-256."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        yield _digest(path.read_bytes())
        return
    for line in _timeless(text):
        yield from re.split(r"(?<=[,>;{])", line) if len(line) > 200 else [line]


def _picture(path: Path) -> Iterator[str]:
    """Size, texts, and the pixels by rows of 16."""
    with Image.open(path) as picture:
        yield f"{picture.format} {picture.mode} {picture.size}"
        for name, value in sorted(picture.info.items(), key=str):
            text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
            yield from (f"{name}: {part}" for part in re.split(r"(?<=,) ", text))
        pixels = np.asarray(picture)
    for top in range(0, len(pixels), 16):
        band = pixels[top : top + 16]
        yield f"pixels from row {top} on: mean {band.mean():.6f}, {_digest(band.tobytes())}"


def _array(path: Path) -> Iterator[str]:
    """Shape, values by their first axis, and the provenance behind the data."""
    with path.open("rb") as file:
        values = np.load(file, allow_pickle=False)
        rest = file.read()
    yield f"{values.shape} {values.dtype}"
    for number, part in enumerate(np.atleast_1d(values)):
        yield f"[{number}] mean {part.mean():.9g}, largest {part.max():.9g}, {_digest(part.tobytes())}"
    yield from re.split(r"(?<=,) ", rest.decode("utf-8", "backslashreplace"))


def _keras(path: Path) -> Iterator[str]:
    """Members of a `.keras` without what differs each time that Keras writes it.

    A ZIP notes when each member was added, Keras when it saved, and `shared_object_id` is an address in
    memory: numbered here, so that what is shared still shows.
    """
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            data = re.sub(rb'"date_saved": "[^"]*"', b'"date_saved": ""', archive.read(name))
            for number, address in enumerate(dict.fromkeys(re.findall(rb'"shared_object_id": (\d+)', data))):
                data = data.replace(b'"shared_object_id": ' + address, b'"shared_object_id": %d' % number)
            yield f"{name}: {len(data)} bytes, {_digest(data)}"
            if name.endswith(".json"):
                yield from re.split(r"(?<=,) ", data.decode())


def _digest(data: bytes) -> str:
    return f"SHA-256 {hashlib.sha256(data).hexdigest()}"


DATED = (".keras", ".csv", ".jsonl")
"""Files that hold the time at which they were written: compared by what they hold."""

DESCRIBERS: dict[str, Callable[[Path], Iterator[str]]] = {
    ".png": _picture,
    ".jpg": _picture,
    ".npy": _array,
    ".keras": _keras,
}
