"""What a million images cost before the first is read, and what their tables do: memory and time.

    python benchmarks/million.py --folder /data/million [--images 1000000] [--steps explain evaluate ...]

The folder gets as many tiny pictures as are named, a thousand in each of its own, and one folder with all of
them (links to one file, where the disk has such). What is there is used again, and nothing is deleted.
Each row is a process of its own. *Bytes an image* are those of its peak beyond that of the same command over
a single image, so that what is imported does not count.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from measuring import Cell, machine, peak_memory, show_rows

ROOT = Path(__file__).resolve().parents[1]
MODEL = ROOT / "sample_models" / "dogcat_small" / "model.json"
COMMAND = [sys.executable, "-m", "xai_cam"]

IN_A_FOLDER = 1000
LINKS = 30_000
"""That a file gets: some file systems allow no more than 65,000."""

SHARDS, CLASSES = 16, 10


# --- The pictures -------------------------------------------------------------------------------------


def make_tree(top: Path, count: int, in_a_folder: int = IN_A_FOLDER) -> Path:
    """So many tiny pictures in folders of `top`, which is made if it is not there."""
    if top.exists():
        return top
    from PIL import Image

    part = top.with_name(f"{top.name}.part")
    part.mkdir(parents=True)
    for number in range(count):
        folder = part / f"class_{number // in_a_folder:05}"
        if number % in_a_folder == 0:
            folder.mkdir()
        path = folder / f"img_{number:09}.png"
        if number % LINKS == 0:
            Image.new("RGB", (2, 2), (number % 256, 0, 0)).save(path)
            first = path
        else:
            _link(first, path)
    part.rename(top)
    return top


def _link(first: Path, path: Path) -> None:
    try:
        os.link(first, path)
    except OSError:
        shutil.copyfile(first, path)


def pictures(top: Path) -> Iterator[str]:
    """The pictures of a tree, in the order of a run."""
    for folder in sorted(os.listdir(top)):
        for name in sorted(os.listdir(top / folder)):
            yield str(top / folder / name)


# --- Commands that say what they would do --------------------------------------------------------------


def planning(folder: Path, count: int) -> dict[str, list[str]]:
    """Commands over so many images that compute nothing, by what is measured."""
    tree = str(make_tree(folder / f"tree-{count}", count))
    flat = str(make_tree(folder / f"flat-{count}", count, count) / "class_00000")
    listed = folder / f"list-{count}.txt"
    if not listed.exists():
        listed.write_text("".join(f"{path}\n" for path in pictures(Path(tree))), encoding="utf-8")
    model, out = ["-m", str(MODEL)], ["-o", str(folder / "maps"), "--dry-run"]
    explain, recursive = ["explain", *model, *out], ["-r", tree]
    return {
        "explain -r": [*explain, *recursive],
        "explain, one folder": [*explain, flat],
        "explain --from-file": [*explain, "--from-file", str(listed)],
        "explain --shard 1/16": [*explain, *recursive, "--shard", f"1/{SHARDS}"],
        "explain --shard 1/1": [*explain, *recursive, "--shard", "1/1"],
        "compare -r": ["compare", *model, *out, *recursive, "--method", "grad-cam"],
        "features -r": ["features", *model, *out, *recursive, "-l", "stem1_conv"],
        "kernels apply -r": ["kernels", "apply", "--fir", "sobel-x", *out, *recursive],
    }


def run_command(words: list[str]) -> dict[str, float]:
    """Seconds and peak memory, in MiB, of a command."""
    start = time.perf_counter()
    with open(os.devnull, "wb") as nowhere:
        process = subprocess.Popen([*COMMAND, *words], stdout=nowhere, stderr=nowhere)
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {process.returncode}")
    # Linux counts what a process was before it began its program: a copy of this one, which is small
    peak = used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
    seconds = used.ru_utime + used.ru_stime
    return {"peak": peak, "clock": time.perf_counter() - start, "processor": seconds}


def command_row(folder: Path, what: str, count: int) -> dict[str, Cell]:
    """A row of the table: a command over all images, and over one."""
    one = run_command(planning(folder, 1)[what])
    all_of_them = run_command(planning(folder, count)[what])
    return row_of(what, count, all_of_them, one["peak"])


def row_of(what: str, count: int, used: dict[str, float], before: float) -> dict[str, Cell]:
    """A row of the table, from what a process used, and what it would have used without images."""
    return {
        "what": what,
        "images": count,
        "clock, s": used["clock"],
        "processor, us/image": used["processor"] / count * 1e6,
        "peak, MiB": used["peak"],
        "bytes an image": (used["peak"] - before) / count * 2**20,
    }


# --- Tables -------------------------------------------------------------------------------------------


def rows_of(count: int) -> Iterator[dict[str, Any]]:
    """Rows as `explain` writes them, so many."""
    from xai_cam.files.rows import COLUMNS

    blank = dict.fromkeys(COLUMNS)
    made = {"model_sha256": "a" * 64, "weights_sha256": "b" * 64, "tool": "xai-cam 0.6.0", "fit": "stretch"}
    for number in range(count):
        name = f"class_{number // IN_A_FOLDER:05}/img_{number:09}"
        yield {
            **blank,
            **{"image": f"/data/photos/{name}.jpg", "outcome": "written", "status": "ok", **made},
            **{"layer": "block5_conv3", "method": "grad-cam", "class_index": number % 1000},
            **{"class_name": f"class {number % 1000}", "score": number / 7, "probability": number / count},
            **{"overlay": f"/data/maps/{name}_grad-cam.png", "seconds": 0.0123},
        }


def write_rows(target: str, count: int) -> None:
    """A table of a run over so many images."""
    from xai_cam.files.results import open_results
    from xai_cam.files.rows import COLUMNS

    with open_results(target, COLUMNS) as writer:
        assert writer is not None
        for row in rows_of(count):
            writer.write(row)


def write_shards(folder: Path, count: int, suffix: str) -> list[str]:
    """The tables of 16 shards of a run, if they are not there; each image goes to the next shard."""
    from xai_cam.files.results import open_results
    from xai_cam.files.rows import COLUMNS, SHARD

    done = folder / f"rows-{count}{suffix}"
    paths = [str(done / f"{number}{suffix}") for number in range(1, SHARDS + 1)]
    if done.exists():
        return paths
    part = done.with_name(f"{done.name}.part")
    part.mkdir()
    of_shards = [len(range(number, count, SHARDS)) for number in range(SHARDS)]
    with ExitStack() as leaving:
        columns = (*COLUMNS, *SHARD)
        tables = [leaving.enter_context(open_results(str(part / Path(path).name), columns)) for path in paths]
        for number, row in enumerate(rows_of(count)):
            shard = number % SHARDS
            told = (f"{shard + 1}/{SHARDS}", number + 1, of_shards[shard], count, 1, 1, "c" * 16, "d" * 16)
            table = tables[shard]
            assert table is not None
            table.write({**row, **dict(zip(SHARD, told, strict=True))})
    part.rename(done)
    return paths


def table_step(suffix: str) -> Callable[[Path, int], None]:
    """What writes a table of that kind."""

    def write(folder: Path, count: int) -> None:
        with tempfile.TemporaryDirectory(dir=folder) as own:
            write_rows(os.path.join(own, f"rows{suffix}"), count)

    return write


def merging(folder: Path, count: int, suffix: str) -> list[str]:
    """The command that merges the tables of 16 shards."""
    of_kind = ".csv" if suffix == ".csv" else ".jsonl"  # of CSV nobody knows what was text
    return [
        "merge",
        *write_shards(folder, count, of_kind),
        "-o",
        str(folder / f"merged{suffix}"),
        "--overwrite",
    ]


def judge(folder: Path, count: int) -> None:
    """What `evaluate` holds of images of ten classes, with scores that are drawn in place of a model's."""
    import numpy as np

    from xai_cam.evaluation.labelled_images import Predictions, label_images
    from xai_cam.files.numbered import Numbered
    from xai_cam.files.provenance import is_own_output
    from xai_cam.images.finding import find_images
    from xai_cam.models.classifier import Prediction
    from xai_cam.models.loading.model_files import ModelFiles

    tree = str(make_tree(folder / f"tree-{count}", count))
    found = find_images([tree], recursive=True, is_own_output=is_own_output)
    labelled = label_images(ModelFiles(MODEL, None), found, None, None, None)
    labelled.class_names = [str(int(name[-1])) for name in labelled.class_names]
    labelled.settle(CLASSES)
    truth = Numbered(zip((str(image.path) for image in labelled.images), labelled.truth, strict=True))
    predictions, draw = Predictions(labelled), np.random.default_rng(0)
    for image in labelled.images:
        scores = draw.random(CLASSES, np.float32)
        predictions.add(Prediction(scores, int(scores.argmax()), (0, 1)), truth[str(image.path)])
    if predictions.scores.shape != (count, CLASSES):
        raise RuntimeError("images were lost")


STEPS = {
    "evaluate, ten classes": judge,
    **{f"rows, {suffix}": table_step(suffix) for suffix in (".csv", ".jsonl", ".parquet")},
}
MERGES = {"merge, .csv": ".csv", "merge, .parquet": ".parquet"}


def step(what: str, folder: Path, count: int) -> dict[str, float]:
    """One of `STEPS` in this process, and what that used."""
    before = peak_memory()
    start, processor = time.perf_counter(), time.process_time()
    STEPS[what](folder, count)
    seconds = time.perf_counter() - start, time.process_time() - processor
    return {"peak": peak_memory(), "before": before, "clock": seconds[0], "processor": seconds[1]}


def step_row(folder: Path, what: str, count: int) -> dict[str, Cell]:
    """A row of the table: a step in a process of its own, with all images and with one."""

    def used(count: int) -> dict[str, float]:
        words = [sys.executable, __file__, "--folder", str(folder), "--step", what, "--images", str(count)]
        done = subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True)
        found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return found

    return row_of(what, count, used(count), used(1)["peak"])


def merge_row(folder: Path, what: str, count: int) -> dict[str, Cell]:
    """A row of the table: the command that merges, and that over a run of an image for each shard."""
    one = run_command(merging(folder, SHARDS, MERGES[what]))
    return row_of(what, count, run_command(merging(folder, count, MERGES[what])), one["peak"])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--steps", nargs="*", help="parts of the names of what is measured; default: all")
    parser.add_argument("--step", help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    if given.step:
        print(json.dumps(step(given.step, given.folder, given.images)))
        return
    rows = []
    every = {**dict.fromkeys(planning(given.folder, 1), command_row), **dict.fromkeys(STEPS, step_row)}
    for what, of in {**every, **dict.fromkeys(MERGES, merge_row)}.items():
        if not given.steps or any(part in what for part in given.steps):
            rows.append(of(given.folder, what, given.images))
            print(rows[-1], file=sys.stderr, flush=True)
    print(machine() + "\n")  # it imports TensorFlow, and processes count what those were that began them
    show_rows(rows)


if __name__ == "__main__":
    main()
