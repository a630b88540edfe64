"""Commands that draw something of each image: where it goes, and what is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest

from xai_cam.cli.groups import ImageOptions, RunOptions
from xai_cam.cli.picture_command import DrawingRunOptions, find_tasks, run_pictures
from xai_cam.errors import ImageError, InputError
from xai_cam.files.provenance import encode_array
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.picture_run import Rendered
from xai_cam.runs.tasks import Task

PLAIN = DrawingRunOptions(
    ImageOptions((), (), None, recursive=False),
    RunOptions(False, False, False, False, False),
    None,
    None,
    False,
)


class Mean:
    """Writes the mean of an image's bytes; fails on a file that is named so."""

    columns, facts, writers = ("mean",), (), None

    def paths(self, task: Task) -> dict[str, Path]:
        return {"mean": task.folder / f"{task.stem}_mean.npy"}

    def facts_of(self, task: Task, values: Any) -> dict[str, Any]:
        return {}

    def describe_request(self, _: Task) -> dict[str, Any]:
        return {"what": "mean"}

    def prepare(self) -> Mean:
        return self

    def read(self, state: ImageState, _: Any) -> None:
        state.answer = float(np.frombuffer(state.task.image.path.read_bytes(), np.uint8).mean())

    def ask(self, states: list[ImageState]) -> None:
        """There is no model."""

    def render(self, state: ImageState) -> Rendered:
        if "bad" in state.name:
            raise ImageError("it is bad")
        array = np.array(state.answer)
        return Rendered({"mean": lambda said: encode_array(array, said)}, {}, {"mean": state.answer})


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    (tmp_path / "photos").mkdir()
    for name, data in (("a.png", b"\x02\x04"), ("bad.png", b"\x01")):
        (tmp_path / "photos" / name).write_bytes(data)
    return tmp_path / "photos"


@pytest.fixture
def draw(photos: Path) -> Callable[[DrawingRunOptions], int]:
    def run(drawing: DrawingRunOptions) -> int:
        tasks, found = find_tasks((str(photos), "gone.png"), drawing, lambda task: [task.stem])
        return run_pictures(tasks, found, Mean(), drawing, ())

    return run


def test_a_run(
    draw: Callable[[DrawingRunOptions], int], photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drawing = replace(PLAIN, output=photos.parent / "out", results="-")
    assert draw(drawing) == 1
    told = capsys.readouterr()
    rows = [line.split(",") for line in told.out.splitlines()]
    assert rows[0][:5] == ["image", "outcome", "mean", "output", "message"]
    assert rows[0][5:] == ["image_width", "image_height", "seconds"]
    by_name = {Path(row[0]).name: row[1:3] for row in rows[1:]}
    assert by_name == {"gone.png": ["failed", ""], "a.png": ["written", "3.0"], "bad.png": ["failed", ""]}
    assert told.err.splitlines()[-1] == "1 written, 0 up to date, 2 failed in 0 s"
    assert [path.name for path in (photos.parent / "out").iterdir()] == ["a_mean.npy"]


def test_a_dry_run_writes_nothing(
    draw: Callable[[DrawingRunOptions], int], photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dry = replace(PLAIN, running=replace(PLAIN.running, dry_run=True))
    assert draw(dry) == 0
    a, bad = photos / "a.png", photos / "bad.png"
    assert capsys.readouterr().out.splitlines() == [
        "gone.png (there is no such file)",
        f"{a} -> {photos / 'a_mean.npy'} (to do)",
        f"{bad} -> {photos / 'bad_mean.npy'} (to do)",
    ]
    assert sorted(path.name for path in photos.iterdir()) == ["a.png", "bad.png"]


def test_rows_do_not_replace_an_image(photos: Path) -> None:
    list_of_images = photos / "list.csv"
    list_of_images.write_text(f"{photos / 'a.png'}\n", encoding="utf-8")
    source = replace(PLAIN.source, from_file=str(list_of_images))
    drawing = replace(PLAIN, source=source, results=str(list_of_images))
    tasks, found = find_tasks((), drawing, lambda task: [task.stem])
    with pytest.raises(InputError, match="one of the inputs"):
        run_pictures(tasks, found, Mean(), drawing, ())


def test_images_have_to_be_named() -> None:
    with pytest.raises(click.UsageError, match="IMAGES"):
        find_tasks((), PLAIN, lambda task: [task.stem])
    with pytest.raises(InputError, match=r"must end in \.csv, \.tsv"):
        find_tasks(("a.png",), replace(PLAIN, results="rows.txt"), lambda task: [task.stem])
