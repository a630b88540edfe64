"""What the benchmark of simulated machines says of a run beside one of a single process."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from machine_runs import WRONG, World, compared, refused, rest, same

ROWS = [{"image": f"{number}.png", "outcome": "written"} for number in range(3)]
OUTPUTS = {f"{number}.png": bytes([number]) for number in range(3)}
ALONE = 0, ROWS, OUTPUTS
DONE = [ROWS[0] | {"outcome": "up to date"}, *ROWS[1:]]


def world(shared: Path, made: Any, said: str = "") -> World:
    """One whose runs all make and say the same."""
    stub = SimpleNamespace(alone=ALONE, shared=shared, workers=list, run=lambda *words, **more: (made, said))
    return stub  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("made", "line"),
    [
        (ALONE, "byte for byte as one process"),
        ((1, ROWS, OUTPUTS), f"{WRONG}: differs in exit code"),
        ((0, ROWS[1:], OUTPUTS | {"0.png": b"\1"}), f"{WRONG}: differs in rows, outputs"),
    ],
)
def test_parts_that_differ_are_named(made: Any, line: str, tmp_path: Path) -> None:
    assert compared(made, ALONE) == line
    assert same(world(tmp_path, made, "Said."), "words") == (line if made == ALONE else f"{line}: Said.")


@pytest.mark.parametrize(
    ("made", "said", "right"),
    [
        ((2, [], {}), "machine-2 does not see it", True),
        ((2, [], {}), "somebody does not see it", False),
        ((2, ROWS, {}), "machine-2 does not see it", False),
        ((2, [], OUTPUTS), "machine-2 does not see it", False),
        ((0, [], {}), "machine-2 does not see it", False),
    ],
)
def test_a_refusal_leaves_nothing_and_names_the_machine(
    made: Any, said: str, right: bool, tmp_path: Path
) -> None:
    assert refused(world(tmp_path, made, said), "words").startswith(WRONG) == (not right)


def test_the_rest_of_a_run_is_what_it_left(tmp_path: Path) -> None:
    done = world(tmp_path, (0, DONE, OUTPUTS))
    assert rest(done, "exit code 130", "exit code 130").startswith(
        "exit code 130, 0 temporary folders, 1 of 3"
    )
    for wrong in (rest(done, "exit code 1", "exit code 130"), rest(world(tmp_path, ALONE), "x", "x")):
        assert wrong.startswith(WRONG)
    for made in ((0, DONE, {}), (1, DONE, OUTPUTS), (0, DONE[:2], OUTPUTS)):
        assert WRONG in rest(world(tmp_path, made), "x", "x")


def test_temporary_folders_may_stay_only_where_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "maps" / ".xai-cam-1.tmp").mkdir(parents=True)
    left = world(tmp_path, (0, DONE, OUTPUTS | {".xai-cam-1.tmp/part": b""}))
    assert WRONG in rest(left, "x", "x")
    assert WRONG not in rest(left, "x", "x", temporary=True)


def test_a_run_that_is_over_too_early_is_told(tmp_path: Path) -> None:
    process = SimpleNamespace(poll=lambda: 3, returncode=3, communicate=lambda timeout: ("Said.", None))
    there = SimpleNamespace(shared=tmp_path, alone=ALONE)
    there._during = lambda *given: World._during(there, *given)  # type: ignore[arg-type]
    with pytest.raises(RuntimeError, match="ended with 3, too early: Said"):
        World.half(there, process)  # type: ignore[arg-type]
