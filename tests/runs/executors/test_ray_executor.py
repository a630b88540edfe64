"""Commands on a real cluster of two workers: all they write is what one process writes, whoever is killed."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.commands import named
from support.gates import gated, imported, with_last_green
from support.ray_clusters import (
    Cluster,
    cluster,
    command,
    contents,
    ended,
    environment,
    rows_of,
    wait_for,
    whole_files,
)
from support.small_models import build_tiny, save_model
from xai_cam.errors import InputError
from xai_cam.runs.executors.ray_executor import check_reachable, until_done

pytest.importorskip("ray")
pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="workers are found in /proc")

COUNT = 40
OPTIONS = ("-r", "-b", 4, "--engine", "tensorflow", "--results", "rows.csv")
BY_FOLDER = ("-c", "folder", "--labels", "labels.txt")

COMMANDS: dict[str, tuple[object, ...]] = {
    "explain": ("explain", *OPTIONS, "-c", "top2", "--save", "overlay,raw", "--report", "page/report.html"),
    "explain --only": ("explain", *OPTIONS, "--only", "wrong", *BY_FOLDER, "--sheet", "sheet.png"),
    "compare": ("compare", *OPTIONS, "--steps", 2, "--json", "--report", "page/report.html"),
    "evaluate": ("evaluate", *(word for word in OPTIONS if word != "-r"), "--labels", "labels.txt", "--json"),
    "features": ("features", "-r", "-l", "conv_1", "--results", "rows.csv", "--engine", "tensorflow"),
}
WRITES = ("explain", "compare", "features")
"""Commands that write something of each image, into a folder."""


@pytest.fixture(scope="module")
def two() -> Iterator[Cluster]:
    with cluster(2) as found:
        yield found


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return save_model(build_tiny(), tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty pictures in folders of three classes, one of them broken."""
    import numpy as np
    from PIL import Image

    root = tmp_path_factory.mktemp("photos")
    for number in range(COUNT):
        pixels = np.random.default_rng(number).integers(0, 200, (24, 30, 3), np.uint8)
        folder = root / ("ant", "bee", "cat")[number % 3]
        folder.mkdir(exist_ok=True)
        Image.fromarray(pixels).save(folder / f"{number:02}.png")
    (root / "bee" / "01.png").write_bytes(b"no picture")
    return root


@pytest.fixture
def place(tmp_path: Path, photos: Path) -> Callable[[str], Path]:
    """A folder with the same pictures and labels, by its name: commands are run in it."""

    def made(name: str) -> Path:
        folder = tmp_path / name
        shutil.copytree(photos, folder / "photos")
        (folder / "labels.txt").write_text("ant\nbee\ncat\n", encoding="utf-8")
        return folder

    return made


def on(found: Cluster) -> tuple[object, ...]:
    return "--executor", "ray", "--ray-address", found.address, "--workers", 2


def words_of(name: str, files: tuple[Path, ...]) -> list[object]:
    verb, *options = COMMANDS[name]
    out = ["-o", "out"] if verb in WRITES else []
    return [verb, *named(files), *options, *out, "photos"]


def without_times(text: str) -> str:
    """What was printed, without how long anything took."""
    timed = re.compile(r"\d+ of \d+ images|Waiting for the cluster to give a worker\.")
    lines = [line for line in text.splitlines() if not timed.match(line)]
    return re.sub(r" in [\dminh ]+ s$", " in ...", "\n".join(lines), flags=re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS)
def test_all_that_is_written_and_printed_is_that_of_one_process(
    name: str, two: Cluster, model: tuple[Path, Path], place: Callable[[str], Path]
) -> None:
    alone, spread = place("alone"), place("spread")
    words = words_of(name, model)
    first = ended(command(*words, cwd=alone))
    second = ended(command(*words, *on(two), cwd=spread))
    assert first[0] == 1, first[2]
    assert second[:2] == first[:2], second[2]
    assert without_times(second[2]) == without_times(first[2])
    rows = rows_of(alone / "rows.csv")
    assert rows_of(spread / "rows.csv") == rows and len(rows) >= (10 if "only" in name else COUNT)
    (alone / "rows.csv").unlink()
    (spread / "rows.csv").unlink()
    assert contents(spread) == contents(alone)


def test_a_cluster_of_this_machine_chooses_engines_as_one_process_does(
    model: tuple[Path, Path], place: Callable[[str], Path], tmp_path: Path
) -> None:
    """By what an earlier run has kept, not by a clock; and nothing that Ray says comes between the rows."""
    words = [*words_of("explain", model)]
    words[words.index("rows.csv")] = "-"
    engine, kept = words.index("--engine"), tmp_path / "cache"
    words[engine + 1] = "openvino"
    assert ended(command(*words, cwd=place("before"), env=environment(XDG_CACHE_HOME=str(kept))))[0] == 1
    words[engine : engine + 2] = []
    found = {}
    for name, more in {"alone": (), "spread": ("--executor", "ray", "--workers", 2)}.items():
        folder = place(name)
        own = shutil.copytree(kept, tmp_path / f"cache of {name}")  # each run keeps something there
        code, rows, said = ended(command(*words, *more, cwd=folder, env=environment(XDG_CACHE_HOME=str(own))))
        assert code == 1, said
        found[name] = re.sub(r",[\d.e-]*(?=,{3})", "", rows), without_times(said), contents(folder)
    assert found["spread"][1] == found["alone"][1]
    assert found["spread"][2] == found["alone"][2] == contents(tmp_path / "before")
    assert found["spread"][0].count("\n") == found["alone"][0].count("\n") == 2 * (COUNT - 1) + 2


@pytest.fixture
def gate(photos: Path, place: Callable[[str], Path], tmp_path: Path) -> tuple[list[object], Path]:
    """`explain` of a model that waits at the last image for a file."""
    options, found = gated(build_tiny(), tmp_path)
    words = words_of("explain", ())
    return [words[0], *options, *words[1:]], found


def test_workers_that_are_killed_change_nothing(
    two: Cluster, gate: tuple[list[object], Path], place: Callable[[str], Path]
) -> None:
    alone, spread = with_last_green(place("alone")), with_last_green(place("spread"))
    words, opened = gate
    opened.touch()
    assert ended(command(*words, cwd=alone))[0] == 1
    opened.unlink()
    process, killed = command(*words, *on(two), cwd=spread), list[int]()
    for share in (1, COUNT // 2):
        wait_for(lambda least=share: len([*(spread / "out").rglob("*.npy")]) >= least or process.poll())
        for number in two.workers()[:1] if process.poll() is None else ():
            os.kill(number, signal.SIGKILL)
            killed.append(number)
    opened.touch()
    code, _, said = ended(process)
    assert code == 1, said
    assert len(killed) == 2
    assert rows_of(spread / "rows.csv") == rows_of(alone / "rows.csv")
    assert whole_files(spread / "out") == contents(alone / "out")
    assert whole_files(spread / "page") == contents(alone / "page")


DEADLY = """
import os
import keras


class Deadly(keras.layers.Layer):
    def call(self, x):
        import tensorflow as tf

        def look(pixels):
            if (pixels[..., 0] == 1.0).all(axis=(1, 2)).any():  # red all over
                os._exit(9)
            return pixels

        return tf.ensure_shape(tf.numpy_function(look, [x], tf.float32), x.shape)
"""


def test_an_image_that_kills_whoever_computes_it_is_named_and_all_others_are_done(
    two: Cluster, place: Callable[[str], Path], tmp_path: Path
) -> None:
    import keras
    import numpy as np
    from PIL import Image

    (tmp_path / "deadly.py").write_text(DEADLY, encoding="utf-8")
    inputs, layer = keras.Input((16, 16, 3)), imported(tmp_path / "deadly.py").Deadly()
    keras.Model(inputs, build_tiny()(layer(inputs))).save(tmp_path / "deadly.keras")
    folder = place("spread")
    red = np.zeros((24, 30, 3), np.uint8)
    red[..., 0] = 255
    Image.fromarray(red).save(folder / "photos" / "bee" / "04.png")
    words = ["explain", "-m", tmp_path / "deadly.keras", "--custom-objects", tmp_path / "deadly.py", "-r"]
    words += ["-b", 2, "--preprocess", "unit", "-l", "tiny/conv_2", "-o", "out", "--results", "rows.csv"]
    code, _, said = ended(command(*words, *on(two), "photos", cwd=folder))
    rows: list[dict[str, Any]] = rows_of(folder / "rows.csv")
    assert code == 1, said
    failed = {Path(row["image"]).name: row["message"] for row in rows if row["outcome"] == "failed"}
    assert [*failed] == ["01.png", "04.png"]
    assert failed["04.png"].startswith("it killed the worker that computed it each time")
    assert failed["04.png"].endswith("(its process ended)")
    assert len(rows) == COUNT and len(contents(folder / "out")) == COUNT - 2


def test_a_driver_that_is_killed_leaves_work_that_one_process_ends(
    two: Cluster, gate: tuple[list[object], Path], place: Callable[[str], Path]
) -> None:
    """Of twelve maps four may be of images that a worker's threads are at; the others are whole."""
    alone, spread = with_last_green(place("alone")), with_last_green(place("spread"))
    words, opened = gate
    words = [word for word in words if word not in ("--report", "page/report.html")]
    opened.touch()
    assert ended(command(*words, cwd=alone))[0] == 1
    opened.unlink()
    process = command(*words, *on(two), cwd=spread)
    wait_for(lambda: len([*(spread / "out").rglob("*.npy")]) >= 12 or process.poll())
    process.kill()
    ended(process)
    wait_for(lambda: not two.workers())
    opened.touch()
    begun = len([*(spread / "out").rglob("*.npy")])
    code, _, said = ended(command(*words, cwd=spread))
    assert code == 1 and begun < 2 * (COUNT - 1), said
    assert whole_files(spread / "out") == contents(alone / "out")
    up_to_date = [row for row in rows_of(spread / "rows.csv") if row["outcome"] == "up to date"]
    assert 3 <= len(up_to_date) <= begun


TALKING = """
import sys
import xai_cam.cli.console
from xai_cam.cli import main
xai_cam.cli.console.SECONDS_BETWEEN_LINES = 0.0
main(sys.argv[1:])
"""
"""A command that says how far it is whenever it knows."""


def test_ctrl_c_ends_the_workers_and_says_what_is_done(
    two: Cluster, model: tuple[Path, Path], place: Callable[[str], Path]
) -> None:
    """What is computed by then is told while it is."""
    folder = place("spread")
    words = [*words_of("explain", model), "--method", "rise", "--samples", 2000, "--chunk-size", 2]
    process = command(*words, *on(two), cwd=folder, program=("-c", TALKING))
    wait_for(lambda: len([*(folder / "out").rglob("*.npy")]) >= 3 or process.poll())
    process.send_signal(signal.SIGINT)
    code, _, said = ended(process)
    assert code == 130 and "Traceback" not in said, said
    assert said.splitlines()[-2].startswith("Interrupted. Finished work is kept")
    assert re.match(r"\d+ written, 0 up to date, \d failed in ", said.splitlines()[-1])
    assert re.search(r"^0 of 40 images, rise [\d,]+ of 8,000 passes", said), said
    wait_for(lambda: not two.workers())


def test_no_cluster_at_an_address(model: tuple[Path, Path], place: Callable[[str], Path]) -> None:
    words = [*words_of("explain", model), "--executor", "ray", "--ray-address", "127.0.0.1:1"]
    code, _, said = ended(command(*words, cwd=place("spread")))
    assert code == 2 and "Nobody answers at 127.0.0.1:1" in said and "Traceback" not in said
    for other in ("auto", "ray://host"):
        check_reachable(other)
    with pytest.raises(InputError, match=r"Nobody answers at ray://127.0.0.1:1"):
        check_reachable("ray://127.0.0.1:1")


def test_what_takes_long_is_tried_until_it_is_done_or_time_is_over() -> None:
    """Processes of other machines may end some seconds after Ray has said so."""
    answers = iter([False, False, True])
    until_done(lambda: next(answers), 600)
    assert [*answers] == []
    tried: list[None] = []
    until_done(lambda: bool(tried.append(None)), 0)
    assert len(tried) == 1
