"""Threads ahead of a loop and behind it: order, bounds, errors, and that nothing goes on when they end."""

from __future__ import annotations

import itertools
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import closing

import pytest

from support.pressing import LONG, one_press
from xai_cam.files.threads import Reserve, postprocess, prefetch
from xai_cam.files.workers import Workers


def late(number: int, reserve: Reserve | None = None) -> int:
    """The square; the earlier the number, the later the answer."""
    time.sleep(0.002 * (10 - number % 10))
    return number * number


def ours() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("xai-cam")]


class Count:
    """How many are between `begin` and `end`, and how many were at most."""

    def __init__(self) -> None:
        self.lock, self.now, self.most, self.begun = threading.Lock(), 0, 0, 0

    def begin(self) -> None:
        with self.lock:
            self.now, self.begun = self.now + 1, self.begun + 1
            self.most = max(self.most, self.now)

    def end(self) -> None:
        with self.lock:
            self.now -= 1


@pytest.mark.parametrize("threads", [1, 3, 8])
@pytest.mark.parametrize("most", [0, 1, 5, 100])
def test_results_come_in_the_order_of_the_items(threads: int, most: int) -> None:
    squares = [number * number for number in range(40)]
    assert list(prefetch(late, range(40), threads, most)) == squares
    groups = [range(10), [], range(10, 11), range(11, 40)]
    assert list(postprocess(late, groups, threads, most)) == squares
    assert list(prefetch(late, [], threads, most)) == list(postprocess(late, [], threads, most)) == []
    assert not ours()


def test_threads_work_at_the_same_time_and_not_in_the_thread_of_the_loop() -> None:
    meeting = threading.Barrier(3, timeout=LONG)

    def meet(number: int, reserve: Reserve | None = None) -> str:
        meeting.wait()  # breaks unless three are here at once
        return threading.current_thread().name

    here = threading.current_thread().name
    assert here not in prefetch(meet, range(3), 3, 3)
    assert here not in postprocess(meet, [range(3)], 3, 0)


def test_items_are_drawn_in_the_thread_of_the_loop() -> None:
    def names() -> Iterator[str]:
        for _ in range(5):
            yield threading.current_thread().name

    here = threading.current_thread().name
    assert list(prefetch(lambda name, reserve: name, names(), 2, 2)) == [here] * 5
    assert list(postprocess(lambda name: name, ([name] for name in names()), 2, 2)) == [here] * 5


def test_an_endless_source_is_read_no_further_than_asked() -> None:
    drawn: list[int] = []

    def numbers() -> Iterator[int]:
        for number in itertools.count():
            drawn.append(number)
            yield number

    with closing(prefetch(lambda number, reserve: number, numbers(), 4, 6)) as results:
        for taken in range(50):
            assert next(results) == taken
            assert len(drawn) == taken + 1 + 6
    assert not ours()


def test_no_more_are_ahead_than_asked() -> None:
    held = Count()
    for _ in prefetch(lambda number, reserve: held.begin(), range(60), 4, 6):
        time.sleep(0.002)  # time enough for threads to run away
        held.end()
    assert held.begun == 60 and held.most <= 7


def test_no_more_are_behind_than_asked_when_a_group_is_drawn() -> None:
    under_way, seen = Count(), []

    def work(number: int) -> int:
        time.sleep(0.003)
        under_way.end()
        return number

    def groups() -> Iterator[list[int]]:
        for first in range(0, 60, 5):
            seen.append(under_way.now)
            for _ in range(5):
                under_way.begin()
            yield list(range(first, first + 5))

    assert list(postprocess(work, groups(), 2, 3)) == list(range(60))
    assert max(seen) <= 3 and under_way.most <= 8
    seen.clear()
    assert list(postprocess(work, groups(), 2, 0)) == list(range(60)) and seen == [0] * 12


@pytest.mark.parametrize("weights", [[3] * 30, [1, 9, 2, 50, 1, 1, 4, 60, 60, 1] * 3])
def test_what_is_ahead_weighs_no_more_than_asked_and_one(weights: list[int]) -> None:
    lock, held, max_weight = threading.Lock(), {}, 0

    def work(number: int, reserve: Reserve) -> int:
        nonlocal max_weight
        reserve(weights[number])
        with lock:
            held[number] = weights[number]
            # The next one to be taken comes in whatever it weighs, and whatever the others do.
            max_weight = max(max_weight, sum(held.values()) - held.get(min(held), 0))
        return number

    for expected, number in enumerate(prefetch(work, range(len(weights)), 4, 20, max_weight=10)):
        with lock:
            del held[number]
        assert number == expected
    assert not held and max_weight <= 10


def test_a_weight_told_again_replaces_the_first() -> None:
    """Two items of 10 in a room of 10: the second comes in when the first says that it shrank."""
    both = threading.Barrier(2, timeout=LONG)

    def work(number: int, reserve: Reserve) -> int:
        reserve(10)
        reserve(0)
        both.wait()
        return number

    assert list(prefetch(work, range(2), 2, 2, max_weight=10)) == [0, 1]


def test_the_weight_of_what_is_behind_keeps_the_next_group_waiting() -> None:
    order: list[str] = []

    def work(number: int) -> None:
        time.sleep(0.01)  # time enough for the next group to be drawn
        order.append(f"done {number}")

    def groups() -> Iterator[list[int]]:
        for number in range(3):
            order.append(f"drawn {number}")
            yield [number]

    list(postprocess(work, groups(), 1, 100, weight=lambda number: 11, max_weight=10))
    assert order == ["drawn 0", "done 0", "drawn 1", "done 1", "drawn 2", "done 2"]


def broken(number: int, reserve: Reserve | None = None) -> int:
    if number == 5:
        raise KeyError("five")
    return late(number)


def test_an_error_comes_where_the_result_would_come() -> None:
    for results in (prefetch(broken, range(20), 3, 8), postprocess(broken, [range(20)], 3, 8)):
        taken: list[int] = []
        with pytest.raises(KeyError, match="five"):
            taken.extend(results)
        assert taken == [0, 1, 4, 9, 16]
        assert not ours()


def test_an_error_of_the_source_comes_behind_the_results_before_it() -> None:
    def source() -> Iterator[int]:
        yield from range(4)
        raise OSError("the disk went away")

    groups = ([number] for number in source())
    for results in (prefetch(late, source(), 3, 8), postprocess(late, groups, 3, 8)):
        taken: list[int] = []
        with pytest.raises(OSError, match="went away"):
            taken.extend(results)
        assert taken == [0, 1, 4, 9]
        assert not ours()


@pytest.mark.parametrize("kind", ["ahead", "behind"])
def test_closing_calls_off_what_is_not_begun_and_waits_for_the_rest(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended, closed, called_off = [], [], [], threading.Event()

    def source() -> Iterator[int]:
        try:
            yield from range(100)
        finally:
            closed.append(True)

    def work(number: int, reserve: Reserve | None = None) -> int:
        begun.append(number)
        assert not number or called_off.wait(LONG)
        ended.append(number)
        return number

    call_off = Workers.cancel
    monkeypatch.setattr(Workers, "cancel", lambda workers: (call_off(workers), called_off.set()))

    results = prefetch(work, source(), 2, 50) if kind == "ahead" else postprocess(work, [range(100)], 2, 200)
    assert next(results) == 0
    results.close()
    assert sorted(begun) == sorted(ended) == list(range(len(begun))) and len(begun) <= 3
    assert closed == ([True] if kind == "ahead" else []) and not ours(), "no thread goes on"


def test_those_that_wait_for_room_are_called_off() -> None:
    def work(number: int, reserve: Reserve) -> int:
        reserve(10)
        return number

    results = prefetch(work, range(50), 4, 20, max_weight=10)
    assert next(results) == 0
    time.sleep(0.02)  # three threads wait for the first of them to be taken
    results.close()
    assert not ours()


@pytest.mark.parametrize("where", ["thread", "source"])
def test_ctrl_c_hands_out_what_was_begun_and_begins_no_more(where: str) -> None:
    """The signal comes while the loop waits for a result, or while the next group is made."""
    begun, ended, taken = [], [], []

    def work(number: int) -> int:
        begun.append(number)
        if where == "thread" and number == 3:
            ctrl_c.press()
        assert (where == "thread" and number < 3) or ctrl_c.called_off.wait(LONG)
        ended.append(number)
        return number

    def groups() -> Iterator[list[int]]:
        yield list(range(20))
        if where == "source":
            raise KeyboardInterrupt
        ctrl_c.called_off.wait(LONG)

    most = 0 if where == "thread" else 100
    with one_press() as ctrl_c, pytest.raises(KeyboardInterrupt):
        for number in postprocess(work, groups(), 2, most):
            taken.append(number)
    assert sorted(begun) == sorted(ended) == taken == list(range(len(taken)))
    assert len(taken) <= 5 and not ours()


def test_ctrl_c_ends_what_is_ahead() -> None:
    def work(number: int, reserve: Reserve) -> int:
        if number == 3:
            ctrl_c.press()
        return number

    with one_press() as ctrl_c, pytest.raises(KeyboardInterrupt):
        list(prefetch(work, itertools.count(), 2, 4))
    assert not ours()


def test_they_can_stand_one_behind_the_other() -> None:
    halved = prefetch(lambda number, reserve: number // 2, prefetch(late, range(30), 3, 4), 2, 3)
    groups = iter(lambda: list(itertools.islice(halved, 4)), [])
    assert list(postprocess(str, groups, 2, 4)) == [str(number * number // 2) for number in range(30)]
    assert not ours()


def test_filters_of_warnings_are_as_before() -> None:
    """Two threads set them and put back what they found: the second finds what the first has set."""
    first_in, second_in, first_out = (threading.Event() for _ in range(3))

    def work(number: int, reserve: Reserve) -> None:
        if number == 1:
            first_in.wait(LONG)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            (first_in, second_in)[number].set()
            (second_in, first_out)[number].wait(LONG)
        first_out.set()

    before = list(warnings.filters)
    assert list(prefetch(work, range(2), 2, 2)) and list(warnings.filters) == before
