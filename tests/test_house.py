"""The order of the house: rooms import downwards alone, no file is long, and every module has its tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.house import House

ROOMS = (
    "_version",
    "errors",
    "shell",
    "installation",
    "extras",
    "files",
    "images",
    "drawing",
    "models",
    "cam",
    "metrics",
    "evaluation",
    "runs",
    "kernels",
    "features",
    "sanity",
    "report",
    "keras",
    "cli",
)
"""From the bottom up: a module imports from its own room and from those before it."""

UNTESTED = {
    "xai_cam._version": "one line; read by test_packaging",
}
"""Modules that no test file is named for, and why."""


@pytest.fixture(scope="module")
def house() -> House:
    return House(Path(__file__).resolve().parents[1], ROOMS)


def test_rooms_import_downwards_alone(house: House) -> None:
    assert house.upwards() == []


def test_no_modules_import_each_other_in_a_circle(house: House) -> None:
    assert house.circle() == []


def test_the_list_of_rooms_is_whole(house: House) -> None:
    assert house.lie_in_it() == set(ROOMS)


def test_no_file_is_long(house: House) -> None:
    assert house.long_files() == []


def test_every_module_has_a_test_file_of_its_name(house: House) -> None:
    without = house.untested()
    assert sorted(without - UNTESTED.keys()) == [], "no test file is named for these"
    assert sorted(UNTESTED.keys() - without) == [], "exceptions that are no longer needed"


def test_tests_lie_in_the_folders_of_the_rooms(house: House) -> None:
    assert house.stray_tests() == set()


def build(root: Path, sources: dict[str, str]) -> House:
    """A made-up repository of these files, named without `.py`."""
    for name, source in sources.items():
        file = root / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(source, encoding="utf-8")
    return House(root, ROOMS)


@pytest.mark.parametrize(
    ("source", "line", "target"),
    [
        ("import xai_cam.runs.plan", 1, "xai_cam.runs.plan"),
        ("\nfrom xai_cam.runs.plan import make_plan", 2, "xai_cam.runs.plan"),
        ("from xai_cam.runs import make, plan", 1, "xai_cam.runs.plan"),
        ("from ..runs.plan import make_plan", 1, "xai_cam.runs.plan"),
        ("from .. import runs", 1, "xai_cam.runs"),
        ("def late():\n    from xai_cam.runs import plan", 2, "xai_cam.runs.plan"),
        ("if TYPE_CHECKING:\n    from xai_cam.runs.plan import Plan", 2, "xai_cam.runs.plan"),
        ("import xai_cam", 1, "xai_cam"),
        ("from xai_cam import explain", 1, "xai_cam"),
    ],
)
def test_an_import_upwards_is_found(source: str, line: int, target: str, tmp_path: Path) -> None:
    others = {"xai_cam/__init__": "", "xai_cam/runs/__init__": "", "xai_cam/runs/plan": ""}
    found = build(tmp_path, {**others, "xai_cam/cam/methods": source}).upwards()
    assert f"xai_cam/cam/methods.py:{line} imports {target}" in found


def test_imports_of_the_own_room_and_downwards_are_right(tmp_path: Path) -> None:
    sources = {
        "xai_cam/__init__": "from xai_cam.cam import fusion",
        "xai_cam/__main__": "from xai_cam.cli import main",
        "xai_cam/cli/__init__": "from xai_cam import explain",
        "xai_cam/errors": "",
        "xai_cam/cam/fusion": "import numpy",
        "xai_cam/cam/methods": "from xai_cam.errors import InputError\nfrom .fusion import add",
    }
    house = build(tmp_path, sources)
    assert house.imports["xai_cam.cam.methods"] == [(1, "xai_cam.errors"), (2, "xai_cam.cam.fusion")]
    assert house.upwards() == house.circle() == []


def test_a_circle_is_found(tmp_path: Path) -> None:
    late = "def late():\n    from xai_cam.cam import a"
    sources = {"xai_cam/cam/a": "import xai_cam.cam.b", "xai_cam/cam/b": late, "xai_cam/cam/c": ""}
    assert set(build(tmp_path, sources).circle()) == {"xai_cam.cam.a", "xai_cam.cam.b"}


def test_what_has_no_tests_or_no_room_or_is_long_is_found(tmp_path: Path) -> None:
    modules = ("attic/box", "cam/methods", "cam/fusion", "cli/kernels/show", "cli/kernels/edit", "errors")
    tests = (
        "cam/test_method",
        "cam/test_fusion_by_hand",
        "cli/test_kernels_show",
        "docs/test_a",
        "attic2/test_b",
    )
    lengths = {"docs/short": "1\n" * 300, "docs/long": "1\n" * 301}
    house = build(
        tmp_path, {**{f"xai_cam/{m}": "" for m in modules}, **{f"tests/{t}": "" for t in tests}, **lengths}
    )
    assert house.lie_in_it() - set(ROOMS) == {"attic"}
    assert house.untested() == {
        f"xai_cam.{m}" for m in ("attic.box", "cam.methods", "cli.kernels.edit", "errors")
    }
    assert house.stray_tests() == {"attic2"}
    assert house.long_files() == ["docs/long.py: 301"]
