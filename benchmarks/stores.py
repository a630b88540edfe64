"""What runs do in stores: the same commands against servers of this machine, and on a disk.

    python benchmarks/stores.py s3 gs az sftp file hdfs webhdfs

Each run is a command of its own. A row says what was tried, what came of it, and what it cost in requests.
What each server needs is said in store_servers.py.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from store_servers import SECRET, SERVERS, Place

COPIES = 20
"""How often the pictures are there for the run that is killed."""


class Trial:
    """One store, the same pictures on a disk, and what was found."""

    def __init__(self, scheme: str, place: Place, folder: Path) -> None:
        self.scheme, self.place, self.folder = scheme, place, folder
        self.requests = ""
        self.env = {**os.environ, **place.env, "XDG_CACHE_HOME": str(folder / "cache")}
        self.env |= {"TF_CPP_MIN_LOG_LEVEL": "3"}
        os.environ.update(place.env)
        self.texts: list[str] = []

    def files(self) -> Any:
        """The store as its library has it, without ours."""
        import fsspec

        return fsspec.core.url_to_fs(self.place.url)[0]

    def put(self, name: str, data: bytes) -> None:
        files, path = self.files(), self.path(name)
        if self.scheme not in ("s3", "gs", "az"):
            files.makedirs(path.rpartition("/")[0], exist_ok=True)
        files.pipe_file(path, data)

    def path(self, name: str) -> str:
        return str(self.files()._strip_protocol(f"{self.place.url}/{name}"))

    def tree(self, name: str) -> dict[str, bytes]:
        """All below a folder of the store."""
        files, top = self.files(), self.path(name)
        files.invalidate_cache()
        return {one.removeprefix(f"{top}/"): files.cat_file(one) for one in files.find(top)}

    def on_disk(self, name: str) -> dict[str, bytes]:
        top = self.folder / name
        return {p.relative_to(top).as_posix(): p.read_bytes() for p in top.rglob("*") if p.is_file()}

    def run(self, *arguments: object, env: dict[str, str] | None = None) -> tuple[int, str]:
        """Exit code and all that was printed."""
        command = [sys.executable, "-m", "xai_cam", *map(str, arguments)]
        if self.place.proxy:
            self.place.proxy.asked.clear()
        env = {**self.env, **(env or {})}
        done = subprocess.run(command, env=env, cwd=self.folder, capture_output=True, check=False)
        text = done.stdout.decode() + done.stderr.decode()
        self.texts.append(text)
        self.requests = self.place.proxy.counts() if self.place.proxy else ""
        return done.returncode, text

    def explain(self, *arguments: object, env: dict[str, str] | None = None) -> tuple[int, str]:
        return self.run("explain", "-m", "model.keras", *arguments, env=env)

    def row(self, tried: str, good: bool, detail: str = "") -> None:
        result = "works" if good else "FAILS"
        print(f"| {self.scheme} | {tried} | {result} {detail} | {self.requests} |", flush=True)
        self.requests = ""
        if self.place.proxy:
            self.place.proxy.faults.clear()


def prepared(trial: Trial) -> None:
    """The model on the disk, the pictures on the disk and in the store."""
    trial.run("demo", "--files", ".")
    if trial.scheme in ("s3", "gs", "az"):
        trial.files().mkdir("bucket")
    for name, data in trial.on_disk("photos").items():
        trial.put(f"photos/{name}", data)
    trial.explain("photos", "-r", "-o", "maps", "--save", "overlay,raw", "--results", "rows.csv")


def counted(text: str) -> tuple[int, int, int]:
    """Written, up to date, failed."""
    found = re.search(r"(\d+) written, (\d+) up to date, (\d+) failed", text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else (-1, -1, -1)


def last(text: str) -> str:
    """What was said at last, in short, for rows that fail."""
    return " ⏎ ".join(text.strip().splitlines()[-4:])[:700]


def whole(trial: Trial) -> None:
    """From the store to the store, twice, and byte for byte."""
    url = trial.place.url
    command = f"{url}/photos/", "-r", "-o", f"{url}/maps", "--save", "overlay,raw"
    table = "--results", f"{url}/rows.csv"
    code, text = trial.explain(*command, *table)
    maps = trial.tree("maps")
    good = code == 0 and counted(text) == (12, 0, 0) and maps == trial.on_disk("maps")
    trial.row("12 pictures, 24 outputs, mirrored, and a table", good, "" if good else last(text))
    noise = [line for line in text.splitlines() if "Could not" in line or "warn" in line.lower()]
    trial.row("no words of the library's own", not noise, noise[0][:200] if noise else "")
    rows = trial.files().cat_file(trial.path("rows.csv")).decode()
    expected = (trial.folder / "rows.csv").read_text(encoding="utf-8")
    for of_store, of_disk in ((f"{url}/photos/", "photos/"), (f"{url}/maps/", "maps/")):
        rows = rows.replace(of_store, of_disk)
    same = [re.sub(r",[^,]*$", "", line) for line in rows.splitlines()]
    trial.row("rows of the disk", _alike(rows, expected), f"{len(same) - 1} rows")
    code, text = trial.explain(*command, *table)
    good = code == 0 and counted(text) == (0, 12, 0) and trial.tree("maps") == maps
    trial.row("a second time: all up to date", good, "" if good else last(text))
    code, text = trial.explain(*command)
    good = code == 0 and counted(text) == (0, 12, 0)
    trial.row("a third time", good, "" if good else last(text))


def _alike(first: str, second: str) -> bool:
    """Whether tables differ in times and machines at most."""
    import csv

    tables = [list(csv.DictReader(text.splitlines())) for text in (first, second)]
    varying = ("seconds", "time", "written_at")
    kept = [[{k: v for k, v in row.items() if k not in varying} for row in table] for table in tables]
    for one, other in zip(*kept, strict=True):
        for key in one:
            if one[key] != other[key] and not one[key].endswith(other[key]):
                print("  differs:", key, one[key], other[key])
                return False
    return True


def globs(trial: Trial) -> None:
    """Which pictures stand behind globs."""
    for pattern in ("photos/*/0*.png", "photos/**/1?.png", "photos/[ch]*/*", "photos/star"):
        found = trial.explain(f"{trial.place.url}/{pattern}", "--dry-run", "-o", "x")[1]
        expected = trial.explain(f"{trial.folder}/{pattern}", "--dry-run", "-o", "x")[1]
        found, expected = ("\n".join(re.findall(r"photos/\S+ ->", text)) for text in (found, expected))
        trial.row(f"`{pattern}`", found == expected and bool(found), f"{len(found.splitlines())} pictures")


def changed(trial: Trial) -> None:
    """A picture that was replaced."""
    url, data = trial.place.url, trial.on_disk("photos")
    trial.put("photos/star/04.png", data["heart/06.png"])
    code, text = trial.explain(f"{url}/photos/", "-r", "-o", f"{url}/maps", "--save", "overlay,raw")
    good = code == 0 and counted(text) == (1, 11, 0)
    trial.row("a picture was replaced: made again", good, "" if good else last(text))
    trial.put("photos/star/04.png", data["star/04.png"])


def beside(trial: Trial) -> None:
    """Outputs beside their pictures."""
    for name, data in trial.on_disk("photos").items():
        trial.put(f"beside/{name}", data)
    for expected in ((12, 0, 0), (0, 12, 0)):
        code, text = trial.explain(f"{trial.place.url}/beside/", "-r")
        good = code == 0 and counted(text) == expected
        trial.row("outputs beside pictures", good, "" if good else last(text))


def killed(trial: Trial) -> None:
    """A run that is killed outright, and the next."""
    for copy in range(COPIES):
        for name, data in trial.on_disk("photos").items():
            trial.put(f"many/{copy}/{name}", data)
            path = trial.folder / "many" / str(copy) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    trial.explain("many", "-r", "-o", "maps_of_many")
    url = trial.place.url
    arguments = ["explain", "-m", "model.keras", f"{url}/many/", "-r", "-o", f"{url}/maps_of_many"]
    command = [sys.executable, "-m", "xai_cam", *arguments]
    with (trial.folder / "killed.txt").open("wb") as said:
        process = subprocess.Popen(command, env=trial.env, cwd=trial.folder, stdout=said, stderr=said)
        files, there = trial.files(), 0
        while process.poll() is None and there < 20:
            time.sleep(0.2)
            files.invalidate_cache()
            there = sum(".xai-cam-" not in one for one in files.find(trial.path("maps_of_many")))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    there = len(trial.tree("maps_of_many"))
    code, text = trial.run(*arguments)
    written, kept, failed = counted(text)
    maps = trial.tree("maps_of_many")
    left = [name for name in maps if ".xai-cam-" in name]
    maps = {name: data for name, data in maps.items() if name not in left}
    good = code == 0 and kept > 0 and written > 0 and written + kept == 12 * COPIES and not failed
    good = good and maps == trial.on_disk("maps_of_many")
    trial.row("killed (-9) and run again", good, f"{kept} kept, {written} made" if good else last(text))
    trial.row("nothing is left of the killed run", not left, f"{left[:3]} of {there}" if left else "")


def by_ray(trial: Trial) -> None:
    """Two workers."""
    url = trial.place.url
    command = f"{url}/photos/", "-r", "-o", f"{url}/by_ray", "--save", "overlay,raw"
    workers = "--executor", "ray", "--workers", "2"
    for expected in ((12, 0, 0), (0, 12, 0)):
        code, text = trial.explain(*command, *workers, "--results", f"{url}/ray.csv")
        good = code == 0 and counted(text) == expected and trial.tree("by_ray") == trial.on_disk("maps")
        trial.row("`--executor ray --workers 2`", good, "" if good else last(text))


def missing(trial: Trial) -> None:
    """What is not there."""
    url, none = trial.place.url, trial.place.missing
    code, text = trial.explain(f"{url}/none/")
    trial.row("no such folder", code == 4 and "Traceback" not in text, last(text))
    if none:
        code, text = trial.explain(f"{none}/photos/")
        trial.row("no such bucket, to read", code == 4 and "Traceback" not in text, last(text))
        code, text = trial.explain("photos", "-r", "-o", f"{none}/maps")
        trial.row("no such bucket, to write", code == 1 and "Traceback" not in text, last(text))


def wrong(trial: Trial) -> None:
    """Credentials that are not taken."""
    if trial.place.wrong:
        url = trial.place.url
        code, text = trial.explain(f"{url}/photos/", "-o", f"{url}/wrong", env=trial.place.wrong)
        good = code != 0 and "Traceback" not in text and SECRET not in text
        trial.row("wrong credentials, to read", good, last(text))
        code, text = trial.explain("photos/star", "-o", f"{url}/wrong", env=trial.place.wrong)
        good = code != 0 and "Traceback" not in text and SECRET not in text
        trial.row("wrong credentials, to write", good, last(text))


def refusing(trial: Trial) -> None:
    """Answers of 403 and 503 to requests about one picture and one output, and to listings."""
    proxy, url = trial.place.proxy, trial.place.url
    if proxy is None:
        return
    reading, writing = "GET", "PUT|POST"
    out = iter(f"{url}/refused{number}" for number in range(20))
    part = "05.png"
    for status, methods, times, expected in (
        (403, reading, 999, (11, 0, 1)),
        (503, reading, 1, (12, 0, 0)),
        (503, writing, 1, (12, 0, 0)),
    ):
        what = part if methods == reading else "refused"
        proxy.fail(status, methods, what, times)
        _, text = trial.explain(f"{url}/photos/", "-r", "-o", next(out))
        good = counted(text) == expected and "Traceback" not in text and SECRET not in text
        trial.row(
            f"{status} to {methods} of `{what}`, {times} times", good, last(text) if expected[2] else ""
        )
    proxy.fail(403, writing, "")
    _, text = trial.explain(f"{url}/photos/star/", "-o", next(out))
    good = counted(text) == (0, 0, 1) and "Traceback" not in text and SECRET not in text
    trial.row(f"403 to all {writing}", good, last(text))
    proxy.fail(503, reading, part, 999)
    _, text = trial.explain(f"{url}/photos/", "-r", "-o", next(out))
    good = counted(text) == (11, 0, 1) and "Traceback" not in text and SECRET not in text
    trial.row(f"503 to {reading} of `{part}` always", good, last(text))


STEPS: list[Callable[[Trial], None]] = [
    *(whole, globs, changed, beside, missing, wrong, refusing, by_ray, killed),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("schemes", nargs="+", choices=sorted(SERVERS))
    parser.add_argument("--only", help="names of steps, with commas")
    options = parser.parse_args()
    for scheme in options.schemes:
        with tempfile.TemporaryDirectory() as name, SERVERS[scheme](Path(name)) as place:
            trial = Trial(scheme, place, Path(name))
            print(f"\n{scheme}: {place.versions}", flush=True)
            prepared(trial)
            for step in STEPS:
                if options.only is None or step.__name__ in options.only.split(","):
                    step(trial)
            trial.row(
                "no credential in all that was printed", all(SECRET not in text for text in trial.texts)
            )


if __name__ == "__main__":
    main()
