"""Model files that are there to fill the memory or to take for ever: one sentence, soon, in little memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.bounded import cost_of
from support.hostile_models import (
    archive,
    around,
    called,
    called_twice,
    chain,
    functional,
    layer,
    long_directory,
    one_place,
    one_text,
    sequential,
    tensor,
    tensor_with,
    write,
    zeros,
)
from support.opening import Worker
from support.small_models import save_model

SECONDS = 15
"""Of CPU; what is refused takes a tenth of one, what Keras has to refuse one to five, by its version."""

MEGABYTES = 1_100
"""In all; TensorFlow alone takes nearly 600."""


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    import keras

    model = keras.Sequential([keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(2)])
    worker = Worker(*save_model(model, tmp_path_factory.mktemp("good")))
    yield worker
    worker.close()


Files = tuple[Path, Path | None]


def referring(history: object) -> Callable[[Path], Files]:
    """A convolution, and a layer that takes a tensor by this reference; Keras 3.13 waits for ever on some."""
    first = called(layer("Conv2D", name="c", filters=2, kernel_size=3), tensor("i"))
    second = called(layer("ReLU", name="r"), tensor_with(history))
    return lambda folder: write(folder, functional("m", first, second, ends=["r", 0, 0]))


ATTACKS: dict[str, tuple[Callable[[Path], Files], str]] = {
    "zeros, packed twice": (
        lambda f: (archive(f / "m.keras", chain(1), zeros(f / "w.h5", 180)), None),
        "unpack to over",
    ),
    "zeros, packed once": (lambda f: (write(f, chain(1))[0], zeros(f / "w.h5", 180)), "unpack to over"),
    "one place for all data": (
        lambda f: (write(f, chain(1))[0], one_place(f / "w.h5", 2_000)),
        "its data take",
    ),
    "one text for all attributes": (
        lambda f: (write(f, chain(1))[0], one_text(f / "w.h5", 240)),
        "its attributes have more",
    ),
    "a window larger than any input": (
        lambda f: write(
            f, sequential("s", layer("MaxPooling2D", name="p", pool_size=[2**30, 2**30], padding="same"))
        ),
        "windows, steps or margins of 1,073,741,824",
    ),
    "models that call models twice": (lambda f: write(f, called_twice(30)), "operations, more than 6,000"),
    "models in models around a long chain": (
        lambda f: write(f, around(chain(900), 40)),
        "operations, more than 6,000",
    ),
    "models in models around a long text": (
        lambda f: write(f, around(sequential("s", layer("Dense", name="d", units="x" * 12_000_000)), 40)),
        "larger or nested deeper",
    ),
    "a call that is nowhere": (referring(["c", 7, 0]), "takes what call 7 of 'c' gives"),
    "no reference": (referring([]), "takes '[]' for a tensor"),
    "a dict for a reference": (referring({}), "takes '{}' for a tensor"),
    "a circle": (referring(["r", 0, 0]), "wait for each other"),
    "a long chain": (lambda f: write(f, chain(1000)), "follow one another"),
    "eleven million lists": (
        lambda f: _json(f, '{"class_name": "Sequential", "config": [' + "[]," * 11_000_000 + "0]}"),
        "larger or nested deeper",
    ),
    "a directory of more members than its end says": (
        lambda f: (long_directory(archive(f / "m.keras", chain(1), zeros(f / "w.h5", 1, 1)), 300_000), None),
        "directory is larger",
    ),
}


def _json(folder: Path, text: str) -> Files:
    (folder / "m.json").write_text(text, encoding="utf-8")
    return folder / "m.json", zeros(folder / "w.h5", 1, 1)


@pytest.mark.parametrize("name", ATTACKS)
def test_what_would_cost_too_much(name: str, tmp_path: Path, worker: Worker):
    make, reason = ATTACKS[name]
    opened = worker.ask(*make(tmp_path))
    assert opened.result == "refused" and reason in opened.reason, opened
    assert len(opened.reason) < 500 and "\n" not in opened.reason
    assert opened.seconds < SECONDS and opened.megabytes < MEGABYTES, opened


def test_a_command_says_it_in_one_sentence_and_names_the_option(tmp_path: Path):
    model, weights = write(tmp_path, called_twice(16))
    cost = cost_of("layers", "-m", model, "-w", weights)
    assert cost.code == 3 and cost.stdout == ""
    assert "operations, more than 6,000." in cost.stderr and "give --limit operations=" in cost.stderr
    assert len(cost.stderr.splitlines()) == 1
    assert cost.cpu_seconds < 30 and cost.megabytes < 1_000
