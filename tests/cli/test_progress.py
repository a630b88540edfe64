"""The line of a run: what it says, at every width, and the time that is left."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from xai_cam.cli.progress import Progress, Speed, duration

Clock = Callable[[float], None]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Sets the time."""
    now = [1000.0]
    monkeypatch.setattr("xai_cam.cli.progress.time.monotonic", lambda: now[0])

    def set_to(seconds: float) -> None:
        now[0] = 1000.0 + seconds

    return set_to


def plain(line: str) -> str:
    return re.sub(r"\x1b\[\d+m", "", line)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59, "59 s"), (61, "1 min 01 s"), (3599.6, "1 h 00 min"), (7380, "2 h 03 min")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_first_step_with_its_compilation_is_not_counted(at: Clock) -> None:
    """100 s for the first batch of 10, then 2 s for each: the last 80 take 16 s, and not minutes."""
    speed = Speed()
    at(100)
    for done in range(1, 11):  # those of a batch end together
        speed.add(done)
    assert speed.left(90) is None
    at(102)
    speed.add(20)
    assert speed.left(80) == 16
    at(105)
    assert speed.left(80) == 13, "it goes on while nothing is reported"
    at(500)
    assert speed.left(80) == 0


def test_only_the_last_minute_counts(at: Clock) -> None:
    speed = Speed()
    for second in range(0, 100, 10):
        at(second)
        speed.add(second)  # one a second
    for second in range(100, 200, 10):
        at(second)
        speed.add(100 + (second - 100) * 4)  # and then four
    left = speed.left(40)
    assert left == pytest.approx(10, rel=0.01)


def test_images_that_had_nothing_to_do_tell_nothing_of_the_speed(at: Clock) -> None:
    state = Progress()
    for done in range(1, 901):
        at(done / 1000)
        state.image(done, 1000, idle=True)
    for number in range(5):
        at(10 + 10 * number)
        state.image(901 + number, 1000)
    assert state.left == "15 min 50 s left", "95 images of 10 s each"


def test_passes_of_one_image(at: Clock) -> None:
    state = Progress()
    state.image(0, 1)
    at(20)
    state.count("score-cam", 128, 1280, 0.1)
    assert state.line == "0 of 1 images, score-cam 128 of 1,280 passes"
    at(31)
    state.count("score-cam", 768, 1280, 0.6)
    assert state.line == "0 of 1 images, score-cam 768 of 1,280 passes, 9 s left"  # 512 at 640 in 11 s
    state.image(1, 1)
    assert state.passes is None and state.within == 0


def full(at: Clock) -> Progress:
    state = Progress()
    state.image(0, 1180)
    state.image(300, 1180)
    at(10)
    state.count("score-cam", 640, 20480, 1.5)
    state.idle = 0
    return state


@pytest.mark.parametrize("columns", [20, 44, 60, 80, 120, 200])
def test_every_width_has_a_line_that_fits(columns: int, at: Clock) -> None:
    line = plain(full(at).draw("⠋", columns))
    assert len(line) <= columns and line.startswith("⠋ ")
    assert "\n" not in line and ("300" in line)
    if columns >= 44:
        assert "640 of 20,480" in line or "640/20,480" in line
    if columns >= 80:
        assert "300 of 1,180 images · score-cam 640 of 20,480 passes · " in line and line.endswith(" left")


def test_the_bar_is_as_full_as_the_run(at: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    state = Progress()
    state.image(1, 4)
    coloured = state.draw("⠋", 80)
    done, rest = re.findall(r"━+", coloured)
    assert (len(done), len(rest)) == (8, 22) and coloured.startswith("⠋ \x1b[36m")
    monkeypatch.setenv("NO_COLOR", "1")
    assert state.draw("⠋", 80) == f"⠋ {'━' * 8}{' ' * 22} 1 of 4 images"
    assert state.draw("|", 80) == f"| {'#' * 8}{'.' * 22} 1 of 4 images", "no letters beyond ASCII"
    assert state.draw("|", 25) == "| 1 of 4 images", "no room for a bar"


def test_what_counts_no_passes_counts_all_the_same() -> None:
    """As of workers, which tell how much is done of images that are not reported yet."""
    state = Progress(total=40)
    state.count("", 0, 0, 12.5)
    assert state.passes is None and state.within == 12.5
    state.image(1, 40)
    assert state.within == 11.5
    state.image(2, 40, idle=True)
    assert state.within == 11.5, "one that had nothing to do was not counted"
