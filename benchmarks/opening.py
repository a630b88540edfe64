"""What opening a model costs as it grows: seconds and memory should be in line with its size.

    python benchmarks/opening.py

Every row is a process of its own, which opens a tiny model first, so that TensorFlow's start is not counted;
seconds are those of the processor. The last column is the cost of one unit (a layer, a model, a megabyte),
over that in the first row of its kind: about 1, or less, if time is linear in size.
"""

from __future__ import annotations

import json
import multiprocessing
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measuring import Cell, machine, peak_memory, show_rows

Config = dict[str, Any]

SHAPE = [None, 16, 16, 3]


def layer(class_name: str, name: str, **config: Any) -> Config:
    config = {"name": name, **config}
    return {"module": "keras.layers", "class_name": class_name, "config": config, "registered_name": None}


def sequential(name: str, *layers: Config) -> Config:
    first = layer("InputLayer", f"{name}_input", batch_shape=SHAPE)
    config = {"name": name, "layers": [first, *layers]}
    return {"module": "keras", "class_name": "Sequential", "config": config, "registered_name": None}


def chain(count: int) -> Config:
    return sequential("s", *(layer("ReLU", f"r{i}") for i in range(count)))


def backwards(count: int) -> Config:
    """A chain as a graph, which lists the last layer first."""
    made = [{**layer("InputLayer", "r0", batch_shape=SHAPE), "name": "r0", "inbound_nodes": []}]
    for i in range(1, count):
        node = [[f"r{i - 1}", 0, 0, {}]]
        made.append({**layer("ReLU", f"r{i}"), "name": f"r{i}", "inbound_nodes": [node]})
    ends = {"input_layers": [["r0", 0, 0]], "output_layers": [[f"r{count - 1}", 0, 0]]}
    config = {"name": "f", "layers": made[::-1], **ends}
    return {"module": "keras", "class_name": "Functional", "config": config, "registered_name": None}


def side_by_side(count: int) -> Config:
    """Models of ten layers, one after the other."""
    inner = (sequential(f"m{i}", *(layer("ReLU", f"r{n}") for n in range(10))) for i in range(count))
    return sequential("s", *inner)


def written(config: Config, folder: Path) -> Path:
    (folder / "model.json").write_text(json.dumps(config), encoding="utf-8")
    return folder / "model.json"


def heavy(megabytes: int, folder: Path) -> Path:
    """A `.keras` file with so many kernels of a megabyte."""
    import keras

    dense = [keras.layers.Dense(512, use_bias=False) for _ in range(megabytes)]
    keras.Sequential([keras.Input((512,)), *dense]).save(folder / "model.keras")
    return folder / "model.keras"


KINDS: dict[str, tuple[Callable[[int, Path], Path], tuple[int, ...]]] = {
    "a chain of N layers": (lambda n, folder: written(chain(n), folder), (100, 200, 400, 800)),
    "a graph of N layers, listed backwards": (
        lambda n, folder: written(backwards(n), folder),
        (100, 200, 400, 800),
    ),
    "N models in a row": (lambda n, folder: written(side_by_side(n), folder), (10, 20, 40, 80)),
    "N MB of weights": (heavy, (25, 50, 100, 200)),
}


def cost_of(kind: str, size: int) -> tuple[float, float]:
    """Seconds of CPU, and MiB over those before, in this process."""
    from xai_cam.models.loading.load import load_architecture, load_model

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        load_architecture(written(chain(2), folder))
        path = KINDS[kind][0](size, folder)
        opened = load_model if path.suffix == ".keras" else load_architecture
        before, start = peak_memory(), time.process_time()
        opened(path)
        return time.process_time() - start, peak_memory() - before


def measure() -> list[dict[str, Cell]]:
    """A row for each kind and size."""
    rows: list[dict[str, Cell]] = []
    alone = multiprocessing.get_context("spawn")
    for kind, (_, sizes) in KINDS.items():
        first = 0.0
        for size in sizes:
            with alone.Pool(1) as pool:
                seconds, memory = pool.apply(cost_of, (kind, size))
            first = first or seconds / size
            row: dict[str, Cell] = {"model": kind, "N": str(size), "seconds": seconds, "MiB": memory}
            rows.append(row | {"of one / of one in the first row": seconds / size / first})
    return rows


if __name__ == "__main__":
    show_rows(measure())
    print(machine())
