"""Tests of tasks that are made when they are asked for."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from support.held import exceeding
from xai_cam.files.stores.paths import StorePath
from xai_cam.images.image_files import ImageFile, ImageFiles
from xai_cam.runs.task import Task
from xai_cam.runs.task_list import Tasks, are_remote, divided, folders_of, made_anew
from xai_cam.runs.tasks import place_tasks

MAX_BYTES = 300
"""That an image of a plan may take: a million are to fit beside a model."""

NAMES = ("cats/a.png", "dogs/a.png", "cats/a.jpg", "cats/b.nii.gz")
IMAGES = [ImageFile(Path("in", name), Path(name).parent, among=True) for name in NAMES]
PLAIN = [
    Task(IMAGES[0], Path("out/cats"), "a.png", Path("c")),
    Task(IMAGES[1], Path("out/dogs"), "a", Path("d")),
    Task(IMAGES[2], Path("out/cats"), "a.jpg", Path("c")),
    Task(IMAGES[3], Path("out/cats"), "b", Path("c")),
]


@pytest.fixture
def tasks() -> Tasks:
    """The same as `PLAIN`."""
    folders = [Path("out/cats"), Path("out/dogs")]
    return Tasks(ImageFiles(IMAGES), folders, [Path("c"), Path("d")], frozenset({0, 2}))


def test_they_are_as_plain_ones(tasks: Tasks) -> None:
    assert [*tasks] == PLAIN == [tasks[place] for place in range(4)] and len(tasks) == 4
    assert tasks[-1] == PLAIN[-1] and [*tasks[1:3]] == PLAIN[1:3] and [*tasks[::-1]] == PLAIN[::-1]
    assert [*tasks.stems()] == [task.stem for task in PLAIN]
    assert tasks == PLAIN and tasks != PLAIN[:3] and tasks != PLAIN[::-1]


def test_each_is_made_when_it_is_asked_for(tasks: Tasks) -> None:
    assert tasks[0] is not tasks[0]


@pytest.mark.parametrize("plain", [True, False])
def test_they_are_divided_in_order(tasks: Tasks, plain: bool) -> None:
    of: Sequence[Task] = PLAIN if plain else tasks
    taken, others = divided(of, (task.stem != "a" for task in of))
    assert [*taken] == [PLAIN[0], PLAIN[2], PLAIN[3]] and [*others] == [PLAIN[1]]
    again, none = divided(taken[1:], [0, 1])
    assert [*again] == [PLAIN[3]] and [*none] == [PLAIN[2]]
    assert [[*part] for part in divided(of, [True])] == [[PLAIN[0]], []], "of others nothing was said"


def test_the_folders_of_the_outputs_each_once(tasks: Tasks) -> None:
    assert folders_of(tasks) == folders_of(PLAIN) == [Path("out/cats"), Path("out/dogs")]
    assert folders_of(tasks[1:2]) == folders_of(PLAIN[1:2]) == [Path("out/dogs")]


def test_whether_they_are_in_a_store_is_told_by_the_first(tasks: Tasks) -> None:
    there = StorePath("s3://bucket/a.png")
    of_picture = replace(PLAIN[0], image=replace(IMAGES[0], path=there))
    of_outputs = replace(PLAIN[0], folder=there.parent)
    assert are_remote([of_picture]) and are_remote([of_outputs, *PLAIN])
    assert not are_remote(tasks) and not are_remote([])


def test_they_travel_as_they_are(tasks: Tasks) -> None:
    for some in (tasks, tasks[1:], tasks[::-1], tasks.chosen([3, 0]), tasks[:0], tasks[2:2]):
        sent = pickle.loads(pickle.dumps(some))
        assert isinstance(sent, Tasks) and [*sent] == [*some] and [*sent.stems()] == [*some.stems()]
    without = pickle.loads(pickle.dumps(Tasks(ImageFiles(IMAGES), [Path("a"), Path("b")])[1:]))
    assert [(task.folder, task.below) for task in without] == [
        *((Path(name), None) for name in ("b", "a", "a"))
    ]


def test_a_part_of_a_plan_travels_without_the_rest() -> None:
    images = [ImageFile(Path(f"in/{name}/{name * 1000}.png"), Path(name)) for name in "abc"]
    tasks = place_tasks(images, Path("out"), lambda task: [task.stem])
    sent = pickle.dumps(tasks[1:2])
    assert b"b" * 1000 in sent and b"a" * 1000 not in sent and b"c" * 1000 not in sent
    assert [place.parent for place in pickle.loads(sent).images.places] == [Path("in/b")]


@pytest.mark.parametrize("plain", [True, False])
def test_some_are_made_again(tasks: Tasks, plain: bool) -> None:
    some: Sequence[Task] = PLAIN[1:] if plain else tasks[1:]
    again = made_anew(some, [True, False, True])
    for found in (again, pickle.loads(pickle.dumps(again))):
        assert [*found] == [replace(PLAIN[1], anew=True), PLAIN[2], replace(PLAIN[3], anew=True)]
    assert [task.anew for task in again[1:]] == [False, True]
    assert not any(task.anew for task in (*made_anew(some, []), *made_anew(again, [False] * 3)))


def test_a_plan_takes_little_memory_for_each_image() -> None:
    top, count = Path("/data/photos"), 20_000

    def plan() -> Sequence[Task]:
        images = ImageFiles(
            ImageFile(top / f"class_{i % 50:03}" / f"img_{i:08}.jpg", Path(f"class_{i % 50:03}"), among=True)
            for i in range(count)
        )
        tasks = place_tasks(images, Path("/out"), lambda task: [f"{task.stem}_grad-cam"])
        assert len(tasks) == count
        return tasks

    assert not exceeding(plan, held=count * MAX_BYTES, peak=2 * count * MAX_BYTES)
