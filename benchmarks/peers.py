"""Grad-CAM and Score-CAM beside other libraries: same network, weights, images, layer and class, in one run.

    python benchmarks/peers.py [--networks mobilenet_v2] [--methods score-cam] [--peers torchcam]
        [--images 1,16] [--rounds 5] [--seconds 60] [--out benchmarks/results] [--docs docs]

Every contender works in a process of its own, so that its memory is its own, and all take turns: in each
round everyone runs once, between two runs of its engine's raw batched forward pass. The network is rebuilt in
PyTorch with the same weights, its outputs compared first. Maps are compared with ours. Whoever fails is shown
with the error.

`--out` gets the raw figures, tables and chart; `--docs` puts them into the page of benchmarks, too.
`--read FILE` draws both again from raw figures.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from beside.agreeing import agreements
from beside.chart import draw
from beside.contenders import FLOORS, LESS_EXACT, METHODS, OURS, PEERS
from beside.machine import describe, has_bf16, memory, versions
from beside.networks import MOBILENET_FOLDER, NETWORKS, Case
from beside.process import HERE
from beside.rounds import Found, Settings, measure
from beside.table import markdown, put_into

ZOO = HERE.parents[1] / "shared" / "zoo"
MEMORY_SHARE = 0.6
"""Of the machine's memory, what one contender may allocate; the others wait beside it."""


def ready(name: str, folder: Path, zoo: Path | None) -> Case:
    """A network made ready by a process of its own, so that this one stays small."""
    command = [sys.executable, "-m", "beside.networks", name, str(folder)]
    command += ["--zoo", str(zoo)] if zoo else []
    done = subprocess.run(command, cwd=HERE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{name} could not be made ready:\n{done.stderr[-2000:]}")
    return Case.read(folder)


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Measure everything that was asked for; what is done is written as soon as a table is complete."""
    less = LESS_EXACT if has_bf16() else ()
    contenders = [*OURS, *less, *(peer for peer in PEERS if peer.name in options.peers)]
    settings = Settings(options.rounds, options.seconds, options.patience, memory() * MEMORY_SHARE)
    found, agreed, cases = Found(), list[dict[str, Any]](), list[dict[str, Any]]()
    results: dict[str, Any] = {
        "date": date.today().isoformat(),
        "machine": describe(),
        "load": os.getloadavg()[0],
        "versions": versions([*contenders, *FLOORS]),
        "settings": asdict(settings),
        "methods": options.methods,
        "images": options.images,
        "cases": cases,
        "records": found.records,
        "failures": found.failures,
        "agreements": agreed,
    }
    with tempfile.TemporaryDirectory() as folder:
        for name in options.networks:
            say(f"{name}: getting ready")
            case = ready(name, Path(folder) / name, options.zoo)
            told = asdict(case)
            cases.append({key: told[key] for key in ("name", "layer", "weights", "live", "class_index")})
            for method in options.methods:
                say(f"{case.name}, {METHODS[method]}")
                maps = measure(case, method, options.images, contenders, settings, found, say)
                of = {"network": case.name, "method": method}
                agreed += [{**of, **told} for told in agreements(maps)]
                write(results, options.out)
    return results


def write(results: dict[str, Any], folder: Path) -> None:
    """Raw figures, tables and chart."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "peers.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    (folder / "peers.md").write_text(markdown(results), encoding="utf-8")
    draw(results, folder / "peers.png")


def names(known: dict[str, Any]) -> Any:
    """A type for argparse: names with commas between them, all of them known."""

    def read(text: str) -> list[str]:
        asked = [name.strip() for name in text.split(",") if name.strip()]
        unknown = [name for name in asked if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"no {', '.join(unknown)}; known: {', '.join(known)}")
        return asked

    return read


def counts(text: str) -> list[int]:
    found = sorted({int(part) for part in text.split(",")})
    if not found or found[0] < 1:
        raise argparse.ArgumentTypeError("numbers of images, at least 1")
    return found


def read_options() -> argparse.Namespace:
    peers = {peer.name: peer for peer in PEERS}
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--networks", type=names(NETWORKS), default=list(NETWORKS))
    parser.add_argument("--methods", type=names(METHODS), default=list(METHODS))
    parser.add_argument("--peers", type=names(peers), default=list(peers), help="besides ours")
    parser.add_argument("--images", type=counts, default=[1, 16])
    parser.add_argument("--rounds", type=int, default=5, help="at most; slow figures get fewer")
    parser.add_argument("--seconds", type=float, default=60.0, help="what a run of many images may last")
    parser.add_argument("--patience", type=float, default=900.0, help="seconds to wait for one answer")
    default = ZOO if (ZOO / MOBILENET_FOLDER).exists() else None
    parser.add_argument("--zoo", type=Path, default=default, help=f"a folder with {MOBILENET_FOLDER}")
    parser.add_argument("--out", type=Path, default=HERE / "results")
    parser.add_argument("--docs", type=Path, help="the folder with benchmarks.md")
    parser.add_argument("--read", type=Path, help="raw figures instead of a run")
    return parser.parse_args()


def main() -> None:
    options = read_options()
    if options.read:
        results = json.loads(options.read.read_text(encoding="utf-8"))
        write(results, options.out)
    else:
        results = run(options)
    text = markdown(results)
    print(text)
    if options.docs:
        chart = "![Seconds an image by each library and network, as bars](peers.png)\n\n"
        put_into(options.docs / "benchmarks.md", chart + text)
        draw(results, options.docs / "peers.png")


if __name__ == "__main__":
    main()
