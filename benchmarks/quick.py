"""Whether speed got worse, in under three minutes: ratios beside those that the repository keeps.

    python benchmarks/quick.py [--keep] [--only runs,folder,shapes,mobilenet_v2] [--file quick.json]

- masked / forward: a masked input of Score-CAM beside one of the engine's own raw forward pass, in chunks of
  one size, by each engine.
- Grad-CAM / forward: 16 images beside TensorFlow's forward pass over them, by each engine.
- second run / first: `xai-cam explain` of one image by a model that it knows, beside the run that met it.
- folder / decode + encode: a run over photographs beside decoding and encoding them alone, in threads.

Both times of a ratio are taken right after each other, so that a machine that is busy slows both; the ratio
is the median over some pairs. One that is more than 15 % above the kept one is taken again, twice at most,
before it is named; the exit code is then 1. `--keep` writes what was found, with the machine, the day and the
versions.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from importlib import metadata
from itertools import chain
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from ratios import WORSE, Kept, Pair, Ratio, measure, rows

from beside.machine import describe
from measuring import show_rows

FILE = Path(__file__).with_suffix(".json")
ENGINES = ("tensorflow", "openvino")
NETWORKS = ("shapes", "mobilenet_v2")
IMAGES = 16
CHUNKS = 4
PHOTOGRAPHS = 64
PACKAGES = ("tensorflow", "keras", "openvino", "numpy", "opencv-python-headless", "pillow")


def pairs_of_network(name: str, engine_name: str) -> Iterator[Pair]:
    """Masked inputs and Grad-CAM beside raw forward passes."""
    from throughput import alive, make_images, make_network, raw_forward
    from xai_cam import Explainer

    model = make_network(name)
    explainer = Explainer(model, engine=engine_name)
    engine, images = explainer.engine, make_images(model, IMAGES)
    size = engine.chunk_size
    before = engine.forward(images)
    every = alive(before.activations)
    asked = np.zeros_like(every)
    asked[np.unravel_index(np.flatnonzero(every)[: CHUNKS * size], every.shape)] = True
    chunks, classes = -(-int(asked.sum()) // size), np.zeros((IMAGES, 1), np.int32)
    chunk = np.resize(images, (size, *images.shape[1:]))
    raw = raw_forward(model, engine_name, size)
    yield Pair(
        f"masked / forward, {name}, {engine_name}",
        lambda: engine.masked_scores(images, before, classes, asked),
        lambda: [raw(chunk) for _ in range(chunks)],
    )
    forward = raw_forward(model, "tensorflow", IMAGES)
    yield Pair(
        f"Grad-CAM / forward, {name}, {engine_name}",
        lambda: explainer.explain(images, ["grad-cam"]),
        lambda: forward(images),
    )


def pairs_of_runs(folder: Path) -> Iterator[Pair]:
    """By a method of gradients, and by one that scores channels."""
    for method in ("grad-cam", "score-cam"):
        yield pair_of_runs(folder, method)


def pair_of_runs(folder: Path, method: str) -> Pair:
    """A second run on a model beside the first, each a command; the cache is empty before each pair."""
    from xai_cam.runs.demo import sample_model

    files = sample_model("shapes")
    picture = Path(files.model).parents[1] / "pictures/chelsea.png"
    given = ["-m", files.model, "-w", files.weights, "--method", method, "--overwrite", "-q", picture]
    caches = iter(range(10**6))
    environment = dict(os.environ)

    def forget() -> None:
        environment["XDG_CACHE_HOME"] = str(folder / f"cache {method} {next(caches)}")
        Path(environment["XDG_CACHE_HOME"]).mkdir()

    def run() -> None:
        command = [sys.executable, "-m", "xai_cam", "explain", *map(str, given), "-o", str(folder / method)]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        if done.returncode:
            raise SystemExit(done.stderr)

    return Pair(f"second run / first, {method}", run, run, 3, in_order=True, before=forget)


def pair_of_folder(folder: Path) -> Iterator[Pair]:
    """A run over photographs beside what their pictures take without a model."""
    from folder import Parts, write_network, write_photos

    from xai_cam.files.threads import thread_count

    write_network(folder / "model.keras")
    parts = Parts(folder / "model.keras", None, write_photos(folder / "photos", PHOTOGRAPHS))
    yield Pair("folder / decode + encode", parts.run, partial(parts.pictures, thread_count()))


def groups(folder: Path) -> dict[str, Callable[[], Iterator[Pair]]]:
    """What is measured, by name; each is made ready when its turn comes, whole commands first."""
    networks = {
        name: lambda name=name: (pair for engine in ENGINES for pair in pairs_of_network(name, engine))
        for name in NETWORKS
    }
    return {"runs": partial(pairs_of_runs, folder), "folder": partial(pair_of_folder, folder), **networks}


def taken() -> dict[str, Any]:
    """When and on what."""
    versions = {name: metadata.version(name) for name in PACKAGES}
    return {"date": date.today().isoformat(), "machine": describe(), "versions": versions}


def compare(kept: Kept, found: dict[str, Ratio], now: dict[str, Any]) -> int:
    """Print what was found beside what was kept, and name what got worse; the exit code."""
    show_rows(rows(kept, found))
    if not kept.ratios:
        print("\nNothing is kept to compare with. Use --keep.")
        return 0
    differ = [name for name in ("machine", "versions") if kept.taken[name] != now[name]]
    print(
        f"\nKept on {kept.taken['date']}"
        + (f", with another {' and other '.join(differ)}." if differ else ".")
    )
    for name in differ:
        print(f"- {name} then: {kept.taken[name]}; now: {now[name]}")
    worse = [name for name, one in found.items() if kept.is_worse(name, one)]
    for name in worse:
        print(f"Worse by {found[name].ratio / kept.ratios[name].ratio - 1:.0%}: {name}.")
    if not worse:
        print(f"Nothing got worse by more than {WORSE:.0%}.")
    return 1 if worse else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--keep", action="store_true", help="Write what is found as what is compared with.")
    parser.add_argument("--only", metavar="GROUP,...", help="Some groups of ratios; default: all.")
    parser.add_argument("--file", type=Path, default=FILE)
    options = parser.parse_args()
    kept, found, start = Kept.read(options.file), dict[str, Ratio](), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = folder  # nothing that earlier runs have left
        made = groups(Path(folder))
        for pair in chain.from_iterable(made[name]() for name in (options.only or ",".join(made)).split(",")):
            found[pair.name] = measure(pair, Kept() if options.keep else kept)
            passed = time.perf_counter() - start
            print(f"{passed:5.0f} s  {found[pair.name].ratio:.3g}  {pair.name}", flush=True)
    print()
    code = compare(kept, found, taken())
    if options.keep:
        Kept(kept.ratios | found, taken()).write(options.file)
        print(f"Kept in {options.file}.")
    sys.exit(0 if options.keep else code)


if __name__ == "__main__":
    main()
