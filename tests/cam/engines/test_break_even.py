"""When the other engine takes over, by a clock that the test turns."""

from __future__ import annotations

import pytest

from xai_cam.cam.engines.ahead import Ahead
from xai_cam.cam.engines.break_even import BreakEven


class Run:
    """A run in batches of ten images, on engines of so many seconds an image; `cost` is the conversion's."""

    def __init__(self, usual: float, other: float, cost: float, images: int | None, first: float = 5) -> None:
        self.reused = False
        self.now, self.ahead = 0.0, Ahead(images)
        self.speeds, self.cost, self.first = {"usual": usual, "other": other}, cost, first
        self.account, self.told = BreakEven(self.ahead, lambda: self.now), list[str]()

    def batch(self, images: int = 10) -> str:
        """Who takes the next batch."""
        if self.ahead.images is not None:
            self.ahead.images -= images
        engine = "other" if self.account.pays(images, lambda: self.cost, self.reused) else "usual"
        by = self.account.by_other if engine == "other" else self.account.by_usual
        with by(images):
            self.now += self.speeds[engine] * images + (0 if self.told else self.first)
        self.cost = 0.0 if engine == "other" else self.cost
        self.told.append(engine)
        return engine

    def all(self, batches: int) -> list[str]:
        return [self.batch() for _ in range(batches)]


def test_the_first_batches_are_the_usual_engines_and_the_first_of_all_counts_for_nothing() -> None:
    run = Run(usual=1, other=0.1, cost=0, images=1000, first=500)
    assert run.account.usual is None and run.batch() == "usual" and run.account.usual is None
    assert run.batch() == "usual" and run.account.usual == pytest.approx(1)
    assert run.batch() == "other" and run.account.other == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("images", "taken"),
    [
        (100, ["usual"] * 4),  # of the 80 left behind two batches a quarter would be saved: 20 seconds of 25
        (130, ["usual", "usual", "other", "other"]),  # 110 left: 27.5 of 25
    ],
)
def test_it_takes_over_where_what_is_left_wins_the_cost_back(images: int, taken: list[str]) -> None:
    assert Run(usual=1, other=0.5, cost=25, images=images).all(4) == taken


def test_where_nobody_knows_how_many_are_left_as_many_are_expected_as_there_have_been() -> None:
    """10 + 10 n images at a quarter of a second each have to be worth 10 seconds: behind three batches."""
    assert Run(usual=1, other=0.5, cost=9.9, images=None).all(5) == ["usual"] * 3 + ["other"] * 2


def test_a_ready_engine_takes_over_at_once() -> None:
    assert Run(usual=1, other=0.5, cost=0, images=40).all(4) == ["usual", "usual", "other", "other"]


def test_one_that_turns_out_slower_goes_again_and_does_not_come_back() -> None:
    run = Run(usual=1, other=1.5, cost=25, images=10_000)
    assert run.all(8) == ["usual", "usual", "other", "other", "other", "usual", "usual", "usual"]


def test_a_slow_moment_does_not_drive_it_away() -> None:
    run = Run(usual=1, other=2, cost=0, images=1000)
    run.all(4)
    run.speeds["other"] = 0.5
    assert run.all(3) == ["other"] * 3
    run.speeds["other"] = 3
    assert run.all(3) == ["other"] * 3, "as fast as it has been"


def test_about_as_fast_is_fast_enough() -> None:
    assert set(Run(usual=1, other=1.05, cost=0, images=1000).all(9)[2:]) == {"other"}


def test_images_that_are_asked_about_several_times_count_as_often() -> None:
    run = Run(usual=1, other=0.5, cost=25, images=100)
    run.ahead.times = 2
    assert run.all(3) == ["usual", "usual", "other"]


def test_what_fails_is_not_counted() -> None:
    run = Run(usual=1, other=0.5, cost=0, images=100)
    run.all(2)
    with pytest.raises(ValueError, match="torn"), run.account.by_usual(10):
        run.now += 0.001
        raise ValueError("torn")
    assert run.account.usual == pytest.approx(1)


@pytest.mark.parametrize("images", [None, 80])
def test_what_serves_later_runs_too_is_made_ready_at_once_in_a_short_run(images: int | None) -> None:
    run = Run(usual=1, other=0.5, cost=1e6, images=images)
    run.reused = True
    assert run.all(3) == ["other"] * 3 and run.account.usual is None


@pytest.mark.parametrize(("other", "taken"), [(0.5, ["other"] * 4), (2, ["other"] * 3 + ["usual"])])
def test_a_long_run_measures_the_usual_engine_first_to_go_back_to(other: float, taken: list[str]) -> None:
    run = Run(usual=1, other=other, cost=1e6, images=1000)
    run.reused = True
    assert run.all(6) == ["usual"] * 2 + taken


def test_the_cost_is_asked_for_when_it_matters() -> None:
    """It is read from a graph that the usual engine makes on its first batch."""

    def cost() -> float:
        raise AssertionError("there is no graph yet")

    assert not BreakEven(Ahead(1000)).pays(10, cost)
    assert BreakEven(Ahead(10)).pays(10, cost, reused=True)


# --- Compared on a few images -------------------------------------------------------------------------


@pytest.mark.parametrize("images", [None, 40, 89])
@pytest.mark.parametrize("reused", [False, True])
def test_one_that_was_slower_on_a_few_images_is_not_taken(images: int | None, reused: bool) -> None:
    run = Run(usual=1, other=2, cost=0, images=images)
    run.reused = reused
    run.account.compared(0.9, 1)
    assert run.account.is_slower and run.all(4) == ["usual"] * 4


@pytest.mark.parametrize(("images", "taken"), [(4, "other"), (6, "usual")])
def test_what_a_short_run_does_not_notice_decides_nothing(images: int, taken: str) -> None:
    """It loses a tenth of a second an image: half a second is noticed."""
    account = BreakEven(Ahead(0))
    account.compared(0.1, 0.2)
    assert account.is_slower and account.pays(images, lambda: 1e6, reused=True) == (taken == "other")


def test_one_that_was_declined_stays_so_when_little_is_left() -> None:
    ahead = Ahead(20)
    account = BreakEven(ahead)
    account.compared(0.1, 0.2)
    assert not account.pays(4, lambda: 0, reused=True)
    ahead.images = 0
    assert not account.pays(1, lambda: 0, reused=True)


@pytest.mark.parametrize(("other", "taken"), [(2, ["usual"]), (0.5, ["other"])])
def test_in_a_long_run_batches_tell(other: float, taken: list[str]) -> None:
    run = Run(usual=1, other=other, cost=0, images=90)
    run.reused = True
    run.account.compared(0.9, 1)
    assert run.all(6) == ["usual"] * 2 + ["other"] * 3 + taken


def test_one_that_was_about_as_fast_is_taken_at_once_where_it_serves_later_runs() -> None:
    run = Run(usual=1, other=1, cost=1e6, images=None)
    run.reused = True
    run.account.compared(1, 1.09)
    assert not run.account.is_slower and run.all(3) == ["other"] * 3


def test_batches_tell_more_than_a_few_images() -> None:
    run = Run(usual=1, other=1.5, cost=0, images=1000)
    run.account.compared(1, 0.5)
    assert run.account.times == (1, 0.5)
    assert run.all(6) == ["usual"] * 2 + ["other"] * 3 + ["usual"]
    assert run.account.times == pytest.approx((1, 1.5)) and run.account.is_slower


def test_after_the_first_batches_no_run_takes_more_than_a_tenth_longer_than_by_the_faster_one() -> None:
    """Whatever was known before: nothing, or what a few images have told."""
    for usual, other in ((1, 0.5), (1, 1.05), (1, 1.2), (1, 4)):
        for compared in (None, (usual, other)):
            run = Run(usual, other, cost=0, images=100_000)
            run.reused = True
            if compared:
                run.account.compared(*compared)
            run.all(6)
            assert max(run.speeds[engine] for engine in run.all(9)) <= 1.1 * min(usual, other)


def test_what_is_lost_by_the_slower_one() -> None:
    account = BreakEven(Ahead(90))
    assert account.lost(10) == 0.0, "nothing is known"
    account.compared(1, 1.09)
    assert account.lost(10) == 0.0
    account.compared(1, 1.5)
    assert account.lost(10) == pytest.approx(50)
    unknown = BreakEven(Ahead())
    unknown.compared(1, 1.5)
    assert unknown.lost(10) == pytest.approx(5)


# --- When it is certain who computes what follows -----------------------------------------------------


@pytest.mark.parametrize(
    ("other", "images", "reused", "expected"),
    [
        (0.1, 1000, True, 6),  # two by the usual one, three to try the other, one behind that
        (2.0, 1000, True, 6),  # as many, and the last is the usual one's again
        (0.1, 70, True, 1),  # a short run, where the other begins
        (0.1, 1000, False, 6),
        (0.99, 60, False, 4),  # nothing to win back: the usual one, as often as is looked at
    ],
)
def test_it_is_certain_after_so_many_batches(other: float, images: int, reused: bool, expected: int) -> None:
    run, certain = Run(usual=1, other=other, cost=25, images=images), list[bool]()
    run.reused = reused
    for _ in range(images // 10):
        certain.append(run.account.is_certain(run.batch() == "other"))
    assert certain.index(True) + 1 == expected, run.told
    assert all(certain[expected - 1 :]) and len(set(run.told[expected - 1 :])) == 1
