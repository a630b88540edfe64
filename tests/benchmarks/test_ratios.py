"""Ratios of times that a clock of ours tells: medians, what is taken again, what got worse, what is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from ratios import Kept, Pair, Ratio, measure, rows


class Machine:
    """Tasks that take as long as they are told to, and the clock that says so."""

    def __init__(self) -> None:
        self.now, self.done = 0.0, list[str]()

    def clock(self) -> float:
        return self.now

    def task(self, name: str, seconds: Sequence[float]) -> Callable[[], None]:
        """Takes these seconds, one after the other, and the last for ever."""
        left: Iterator[float] = iter([*seconds, *[seconds[-1]] * 100])

        def run() -> None:
            self.done.append(name)
            self.now += next(left)

        return run


@pytest.fixture
def machine() -> Machine:
    return Machine()


def kept(ratio: float) -> Kept:
    return Kept({"a / b": Ratio(ratio, ratio, ratio, 5, 1.0)}, {"date": "2030-01-02"})


def test_the_median_of_pairs_that_take_turns(machine: Machine) -> None:
    """4, 6, 2, 10 and 8 beside 2 each, after one of each to warm up: 2, 3, 1, 5, 4."""
    pair = Pair("a / b", machine.task("a", [99, 4, 6, 2, 10, 8]), machine.task("b", [99, 2]), 5)
    found = measure(pair, Kept(), machine.clock)
    assert found == Ratio(3, 2, 4, 5, 6)
    assert "".join(machine.done) == "ab" + "ba" + "ab" + "ba" + "ab" + "ba"


def test_a_first_run_stays_the_first(machine: Machine) -> None:
    tasks = machine.task("second", [1]), machine.task("first", [4])
    pair = Pair("a / b", *tasks, 3, in_order=True, before=machine.task("-", [50]))
    assert measure(pair, Kept(), machine.clock) == Ratio(0.25, 0.25, 0.25, 3, 1)
    assert machine.done == ["-", "first", "second"] * 3


def test_short_tasks_are_done_often_enough(machine: Machine) -> None:
    """One of 0.1 s three times in a pair, so that both halves last 0.3 s; its seconds are those of one."""
    pair = Pair("a / b", machine.task("a", [0.2]), machine.task("b", [0.1]), 2)
    found = measure(pair, Kept(), machine.clock)
    assert (found.ratio, found.seconds) == (pytest.approx(2), pytest.approx(0.2))
    assert "".join(machine.done) == "ab" + "bbbaaa" + "aaabbb"


@pytest.mark.parametrize(
    ("seconds", "ratio", "pairs"),
    [
        ([1.1], 1.1, 5),  # not worse by 15 %
        ([9, *[1.5] * 5, 1.0], 1.0, 15),  # the machine was busy: 1.5 five times, then 1
        ([1.2], 1.2, 15),  # it stays so
        ([9, *[1.2] * 3, 1.0], 1.0, 10),  # the median is 1.2 of five, and 1 of ten
        ([0.5], 0.5, 5),
    ],
)
def test_what_looks_worse_is_taken_again(
    machine: Machine, seconds: list[float], ratio: float, pairs: int
) -> None:
    pair = Pair("a / b", machine.task("a", seconds), machine.task("b", [1.0]))
    found = measure(pair, kept(1.0), machine.clock)
    assert (found.ratio, found.pairs) == (pytest.approx(ratio), pairs)
    assert kept(1.0).is_worse("a / b", found) == (ratio > 1.15)


def test_what_was_kept_is_read_again(tmp_path: Path) -> None:
    assert Kept.read(tmp_path / "none.json") == Kept()
    some = kept(1.25)
    some.write(tmp_path / "some.json")
    assert Kept.read(tmp_path / "some.json") == some


def test_a_table_beside_what_was_kept() -> None:
    found = {"a / b": Ratio(1.5, 1.25, 1.75, 15, 2.0), "new": Ratio(1.0, 1.0, 1.0, 5, 3.0)}
    first, second = rows(kept(1.2), found)
    assert first["now / kept"] == 1.25 and first[""] == "**worse**"
    assert first["middle half"] == "1.25 to 1.75" and first["kept"] == 1.2
    assert (second["kept"], second["now / kept"], second[""]) == ("none", "", "")
