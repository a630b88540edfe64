"""Where the outputs of an image go, and what it is called; more of it is tested with plans."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.commands import sha256
from xai_cam.errors import InputError
from xai_cam.files.stores.paths import as_path
from xai_cam.images.finding import ImageFile
from xai_cam.runs.tasks import Task, place_tasks, tasks_of

LABELS = ("ant", "bee")


def images(*names: str) -> list[ImageFile]:
    """As found below a folder `in`."""
    return [ImageFile(Path("in", name), Path(name).parent) for name in names]


def placed(names: tuple[str, ...], output: str | None) -> list[str]:
    tasks = place_tasks(images(*names), Path(output) if output else None, lambda task: [task.stem])
    return [(task.folder / task.stem).as_posix() for task in tasks]


@pytest.mark.parametrize(
    ("names", "output", "expected"),
    [
        (("a.png", "x/a.png"), None, ["in/a", "in/x/a"]),
        (("a.png", "x/a.png"), "out", ["out/a", "out/x/a"]),
        (("a.png", "a.jpg", "b.jpg"), "out", ["out/a.png", "out/a.jpg", "out/b"]),
        (("a.png", "A.jpg"), None, ["in/a.png", "in/A.jpg"]),  # one file on many disks
        ((), "out", []),
    ],
)
def test_places(names: tuple[str, ...], output: str | None, expected: list[str]) -> None:
    assert placed(names, output) == expected


def test_single_files_of_several_folders_are_told_apart_by_these() -> None:
    files = [ImageFile(Path("in", name), Path()) for name in ("x/a.png", "y/a.png")]
    tasks = place_tasks(files, Path("out"), lambda task: [task.stem])
    assert [task.folder.as_posix() for task in tasks] == ["out/x", "out/y"]


def test_two_outputs_of_one_name_are_refused() -> None:
    """`a` with the kernel `b_c`, and `a_b` with the kernel `c`."""
    with pytest.raises(InputError, match="the same name"):
        place_tasks(images("a.png", "a_b.png"), None, lambda task: [f"{task.stem}_b_c", f"{task.stem}_c"])


def test_tasks_of_a_run_that_writes_nothing() -> None:
    assert tasks_of(images("x/a.png")) == [Task(images("x/a.png")[0], Path("in/x"), "a")]


def test_an_image_is_hashed_once(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(b"pixels")
    (task,) = tasks_of([ImageFile(path, Path())])
    expected = sha256(path)
    assert task.image_hash == expected
    path.unlink()
    assert task.image_hash == expected


@pytest.mark.parametrize(
    ("spec", "expected"),
    [("predicted", "predicted"), ("top3", "top3"), ("7", 7), ("ant", 0), ("folder", 1)],
)
def test_specs(spec: str, expected: str | int) -> None:
    (task,) = tasks_of(images("bee/more/a.png"))
    assert task.resolve(spec, LABELS) == expected
    assert task.classes([spec, "ant"], LABELS) == [expected, 0]


@pytest.mark.parametrize("spec", ["folder", "elk"])
def test_a_class_that_there_is_not(spec: str) -> None:
    (task,) = tasks_of(images("elk/a.png"))
    with pytest.raises(InputError, match="'elk' is not among the labels"):
        task.resolve(spec, LABELS)


def test_images_are_told_apart_in_files_about_several() -> None:
    """Two folders that were named by themselves; the name of one of them alone says less."""
    files = [ImageFile(Path("in", name), Path()) for name in ("x/a.png", "y/a.png", "y/b.png")]

    def told(chosen: list[ImageFile]) -> list[str]:
        return [task.file_name for task in place_tasks(chosen, None, lambda task: [task.stem])]

    assert told(files) == ["x/a.png", "y/a.png", "y/b.png"]
    assert told(files[1:]) == ["a.png", "b.png"]
    assert told(images("a.png", "x/a.png", "x/caf\udce9.png")) == ["a.png", "x/a.png", "x/caf\\udce9.png"]


def test_a_whole_name_that_is_the_stem_of_another_leaves_the_third_as_it_was() -> None:
    files = images("a.png", "a.jpg", "a.png.jpg")
    tasks = place_tasks(files, None, lambda task: [task.stem])
    assert [task.stem for task in tasks] == ["a.png", "a.jpg", "a.png.jpg"]


def test_stores_mind_the_case_of_names() -> None:
    files = [ImageFile(as_path(f"memory://bucket/{name}.png"), Path()) for name in ("a", "A")]
    tasks = place_tasks(files, as_path("memory://bucket/maps"), lambda task: [task.stem])
    assert [task.stem for task in tasks] == ["a", "A"]
