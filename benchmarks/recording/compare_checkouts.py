"""Record all that two checkouts of xai-cam write, and compare it byte for byte.

compare_checkouts.py record CHECKOUT OUT [--python PY] [--only REGEX] [--jobs N]
compare_checkouts.py compare OUT_A OUT_B [--only REGEX] [--lines N]

For changes after which the tool must write what it wrote before: record one checkout, then the other, and
compare. Real models and pictures come from a folder `shared` beside the project, as for tests marked `zoo`.

Every command of `record_commands.py` runs in a work folder that is always the same and made anew, with the
checkout linked into it, so that no path differs between two checkouts.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from record_commands import COMMANDS, Command
from record_differences import FILES, Report, compare_command
from record_inputs import HERE, make_models, make_pictures

WORK = Path(tempfile.gettempdir()) / "xai-cam-record"
REFUSED = re.compile(
    r"No such (option|command)|unexpected extra argument|Invalid value|Missing (option|argument)"
)
SECONDS = 900.0

SITE = """
# An editable install maps packages to its own checkout: map them to the one that is recorded.
import os, sys
for module in [m for n, m in sys.modules.items() if n.startswith("__editable___xai_cam")]:
    root = os.path.dirname(module.MAPPING["xai_cam"])
    for name, place in module.MAPPING.items():
        module.MAPPING[name] = os.path.join({checkout!r}, os.path.relpath(place, root))
"""


def main() -> int:
    """Read the command line; the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    recorder = commands.add_parser("record", help="run all commands against a checkout")
    recorder.add_argument("checkout", type=Path)
    recorder.add_argument("out", type=Path)
    recorder.add_argument("--python", type=Path, default=Path(sys.executable))
    recorder.add_argument("--jobs", type=int, default=2, help="commands at a time (default: 2)")
    comparer = commands.add_parser("compare", help="compare two recordings; exit code 1 if they differ")
    comparer.add_argument("first", type=Path)
    comparer.add_argument("second", type=Path)
    comparer.add_argument("--lines", type=int, default=40, help="of each difference at most (default: 40)")
    for one in (recorder, comparer):
        one.add_argument("--only", default="", help="only commands whose name holds this regular expression")
    args = parser.parse_args()
    chosen = [command for command in COMMANDS if re.search(args.only, command.name)]
    if args.command == "record":
        import fcntl  # not on Windows, where another recording is not waited for

        with WORK.with_suffix(".lock").open("w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # another recording has the work folder: wait for it
            return record(args.checkout.resolve(), args.out, args.python, chosen, args.jobs)
    report = Report(args.lines)
    for command in chosen:
        compare_command(args.first / command.name, args.second / command.name, report)
    print(report.summary())
    return int(report.differ)


def record(checkout: Path, out: Path, python: Path, commands: list[Command], jobs: int) -> int:
    """Run `commands` against `checkout` and store what they do in `out`; the exit code."""
    started = time.monotonic()
    environment = _prepare(checkout, python)
    for name in {command.name for command in commands}:
        shutil.rmtree(out / name, ignore_errors=True)
    models = _snapshot(WORK / "models")
    places: dict[str, list[Command]] = {}
    for command in commands:
        places.setdefault(command.place, []).append(command)
    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(lambda of_place: _run_all(of_place, out, python, environment), places.values()))
    if _snapshot(WORK / "models") != models:
        print("WRONG: a command wrote into the folder of the models.", file=sys.stderr)
        return 1
    print(f"{len(commands)} commands of {checkout} in {time.monotonic() - started:.0f} s: {out}")
    return 0


def _prepare(checkout: Path, python: Path) -> dict[str, str]:
    """Make the work folder anew; the environment of all commands."""
    shutil.rmtree(WORK, ignore_errors=True)
    for name in ("models", "site", "fonts", "tmp"):
        (WORK / name).mkdir(parents=True)
    link = WORK / "checkout"
    link.symlink_to(checkout, target_is_directory=True)
    make_models(checkout, WORK / "models")
    make_pictures(WORK / "pictures")
    (WORK / "site/sitecustomize.py").write_text(SITE.format(checkout=str(link)), encoding="utf-8")
    environment = {
        "PATH": f"{python.parent}:/usr/bin:/bin",
        "PYTHONPATH": f"{WORK / 'site'}:{link}",
        "PYTHONPYCACHEPREFIX": str(WORK / "pycache"),
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "MPLCONFIGDIR": str(WORK / "fonts"),
        "TMPDIR": str(WORK / "tmp"),
        "TERM": "dumb",
        "NO_COLOR": "1",
        "COLUMNS": "80",
        "TZ": "UTC",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    code = (
        "import matplotlib.font_manager, xai_cam, xai_cam.sample_models as samples; "  # fonts: found once
        "print(xai_cam.__file__, *samples.__path__)"
    )
    asked = [str(python), "-c", code]
    found = subprocess.run(
        asked, cwd=WORK, env=environment, text=True, stdout=subprocess.PIPE, check=True
    ).stdout
    if any(not place.startswith(f"{link}/") for place in found.split()):
        sys.exit(f"Python takes xai_cam from {found}")
    return environment


def _run_all(commands: Iterable[Command], out: Path, python: Path, environment: dict[str, str]) -> None:
    """Run the commands of one folder, one after the other."""
    for command in commands:
        place = WORK / command.place
        if not place.exists():
            shutil.copytree(WORK / "pictures", place / "pictures")
        own = environment | {"HOME": str(WORK / "homes" / command.place)}
        own["XDG_CACHE_HOME"] = f"{own['HOME']}/.cache"
        Path(own["XDG_CACHE_HOME"]).mkdir(parents=True, exist_ok=True)
        before, started = _snapshot(place), time.monotonic()
        done = _run(command, command.line, place, python, own)
        refused = done.returncode == 2 and REFUSED.search(done.stderr.decode())
        if refused and command.or_else:
            done = _run(command, command.or_else, place, python, own)
        seconds = time.monotonic() - started
        _store(out / command.name, place, before, done)
        print(f"{command.name}: {done.returncode} in {seconds:.1f} s", file=sys.stderr)


def _run(
    command: Command, line: str, place: Path, python: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[bytes]:
    start = [str(HERE / command.program)] if command.program else ["-m", "xai_cam"]
    return subprocess.run(
        [str(python), *start, *shlex.split(line)],
        cwd=place,
        env=environment,
        input=command.stdin.encode(),
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )


def _store(
    folder: Path, place: Path, before: dict[str, str], done: subprocess.CompletedProcess[bytes]
) -> None:
    """Keep what a command said, and each file that it wrote; names alone of those that it took away."""
    after = _snapshot(place)
    for name in (name for name, digest in after.items() if before.get(name) != digest):
        kept = folder / FILES / name
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(place / name, kept)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "exit_code").write_text(f"{done.returncode}\n", encoding="utf-8")
    (folder / "stdout").write_bytes(done.stdout)
    (folder / "stderr").write_bytes(done.stderr)
    (folder / "removed").write_text(
        "".join(f"{name}\n" for name in sorted(before.keys() - after.keys())), encoding="utf-8"
    )


def _snapshot(folder: Path) -> dict[str, str]:
    """SHA-256 and time of change of each file: one written anew with the same bytes counts too."""
    return {
        str(
            path.relative_to(folder)
        ): f"{hashlib.sha256(path.read_bytes()).hexdigest()} {path.stat().st_mtime_ns}"
        for path in folder.rglob("*")
        if path.is_file()
    }


if __name__ == "__main__":
    sys.exit(main())
