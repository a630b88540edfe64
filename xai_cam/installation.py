"""How this copy of xai-cam was installed, and the commands that fit: they work when they are pasted.

What an extra brings is installed by the names of its libraries, never by that of xai-cam, which may have come
from a folder or a repository, so that an index need not know it.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
import sysconfig
from collections.abc import Iterable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from xai_cam import _version
from xai_cam.shell import WINDOWS, quoted

DISTRIBUTION = "xai-cam"
"""The name under which installers know the package."""

EXTRA = re.compile(r"""(?P<requirement>[^;]+?)\s*;\s*extra\s*==\s*['"](?P<extra>[^'"]+)['"]""")
OTHERS = re.compile(rf"{DISTRIBUTION}\[(?P<extras>[^\]]+)\]")


def requirements(extra: str | None = None) -> list[str]:
    """What the package needs, or what one of its extras brings: `openvino>=2025.1`.

    Empty where nothing is stated, as by sources that run without being installed.
    """
    from importlib import metadata  # not for each command: it takes as long as a small one

    try:
        stated = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return []
    if extra is None:
        return [requirement for requirement in stated if ";" not in requirement]
    found = map(EXTRA.fullmatch, stated)
    brought = [match["requirement"] for match in found if match and match["extra"] == extra]
    return [requirement for one in brought for requirement in _without_this(one)]


def _without_this(requirement: str) -> list[str]:
    """A requirement, or, for other extras of xai-cam, those that they stand for."""
    others = OTHERS.fullmatch(requirement)
    if not others:
        return [requirement]
    return [one for extra in others["extras"].split(",") for one in requirements(extra.strip())]


def versions_of(names: Iterable[str]) -> dict[str, str]:
    """The versions of those packages that are installed.

    They stand in the names of the folders that tell of packages. `importlib.metadata`, which reads what is in
    these, takes as long as a small command with all that it imports; it is asked where no name says anything.
    """
    names = tuple(names)
    named = "|".join(re.escape(name).replace(r"\-", "[-_.]") for name in names)
    told = re.compile(rf"({named})-([^-]+)(?:\.dist-info|(?:-py[\d.]+)?\.egg-info)", re.IGNORECASE)
    by_word = {name.lower().replace("-", "_"): name for name in names}
    found: dict[str, str] = {}
    for place in sys.path:
        with suppress(OSError):  # no such folder, or an archive
            for match in filter(None, map(told.fullmatch, sorted(os.listdir(place or os.curdir)))):
                found.setdefault(by_word[re.sub("[-.]", "_", match[1].lower())], match[2])
    return found or _versions_by_metadata(names)


def _versions_by_metadata(names: Iterable[str]) -> dict[str, str]:
    from importlib import metadata

    found = {}
    for name in names:
        with suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def newest() -> int:
    """When the newest module was changed that opens or asks models; between releases the version stays."""
    changed = 0
    for room in ("models", "cam"):
        for folder, _, names in os.walk(Path(_version.__file__).parent / room):
            for name in names:
                if name.endswith(".py"):
                    changed = max(changed, os.stat(os.path.join(folder, name)).st_mtime_ns)
    return changed


def install_command(packages: Iterable[str], *, upgrade: bool = False) -> str:
    """The command that installs packages beside this copy of xai-cam, by the tool that installed it."""
    tool = _pipx(upgrade) or _uv() or _pip()
    return " ".join([*tool, *(["--upgrade"] if upgrade else []), *map(quoted, packages)])


def repair_command(names: Iterable[str]) -> str:
    """The command that installs anew what xai-cam itself needs, of packages by their names."""
    stated = {re.split(r"[^\w.-]", requirement, maxsplit=1)[0]: requirement for requirement in requirements()}
    return install_command([stated.get(name, name) for name in names], upgrade=True)


def cure_of_tensorflow(error: ImportError) -> str:
    """What to do where TensorFlow cannot be imported: a sentence, with the command if one helps."""
    if WINDOWS and "DLL load failed" in str(error):
        return "Install the Microsoft Visual C++ redistributable for x64, which TensorFlow needs."
    return none_for_this_system() or f"Run `{repair_command(['tensorflow', 'keras'])}`."


def none_for_this_system() -> str:
    """Where no TensorFlow is made for this system, which Python has one; else empty."""
    machine = platform.machine().lower()
    if WINDOWS and machine in ("arm64", "aarch64"):
        return "There is none for Windows on ARM: use Python for x64, which runs there."
    if sys.platform == "darwin" and machine == "x86_64" and sys.version_info >= (3, 13):
        return "The last one for Intel Macs is 2.16: use Python 3.12."
    return ""


def why_no_gpu() -> str:
    """Why TensorFlow finds no GPU here, where the system is the reason."""
    if WINDOWS:
        return "none: TensorFlow uses none on Windows; in WSL 2 it does"
    if sys.platform == "darwin":
        return "none: TensorFlow uses none on macOS"
    return "none that TensorFlow can use"


def _pipx(upgrade: bool) -> list[str]:
    """What pipx injects, it keeps when it installs anew; outside of the user's home it wants more options."""
    prefix = Path(sys.prefix)
    if not (prefix / "pipx_metadata.json").is_file() or Path.home() not in prefix.parents:
        return []
    if not shutil.which("pipx"):
        return []
    name = quoted(prefix.name)
    return ["pipx", "runpip", name, "install"] if upgrade else ["pipx", "inject", name]


def _uv() -> list[str]:
    """For uv's own tools, and for environments that uv made, in which there is no pip."""
    by_uv = (Path(sys.prefix) / "uv-receipt.toml").is_file() or not find_spec("pip")
    if not by_uv or not shutil.which("uv"):
        return []
    return ["uv", "pip", "install", "--python", as_typed(sys.executable)]


def _pip() -> list[str]:
    """For all else; Debian's own Python takes packages only when it is told twice, as it was for xai-cam."""
    outside = sys.prefix == sys.base_prefix
    managed = outside and Path(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED").is_file()
    pip = [as_typed(sys.executable), "-m", "pip", "install"]
    return [*pip, "--break-system-packages"] if managed else pip


def as_typed(program: str | Path) -> str:
    """A program as one types it here: by its name if the shell finds this very one, else by its path."""
    path = Path(os.path.abspath(program))  # links stay: by its place alone a Python knows its environment
    name = _without_exe(path.name)
    found = shutil.which(name)
    if found and _same(Path(found), path):
        return quoted(name)
    typed = _without_exe(path_from_here(path))
    return typed if os.sep in typed else f".{os.sep}{typed}"


def _without_exe(name: str) -> str:
    """What Windows finds by its name alone."""
    return name[:-4] if WINDOWS and name.lower().endswith(".exe") else name


def _same(found: Path, path: Path) -> bool:
    """Whether two paths run the same: pipx and uv link to scripts, but links to Python are environments."""
    if path.name.startswith("python"):
        return os.path.normcase(os.path.abspath(found)) == os.path.normcase(path)
    return path.exists() and found.samefile(path)


def path_from_here(path: str | Path) -> str:
    """A path, quoted for a shell: from the current folder on if it lies in it, else from the root."""
    path, here = Path(os.path.abspath(path)), Path.cwd()
    inside = here in path.parents and here != here.parent  # at the root, nothing is gained
    shown = str(path.relative_to(here) if inside else path)
    return quoted(f"./{shown}" if shown.startswith("-") else shown)
