"""What Windows refuses for a moment is tried again, for about a second."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from xai_cam.files import patience
from xai_cam.files.patience import PAUSES, discard, patiently


class Refusing:
    """An action that Windows refuses so many times."""

    def __init__(self, times: int, number: int | None = 32) -> None:
        self.times, self.number, self.tried = times, number, 0

    def __call__(self, *arguments: object) -> None:
        self.tried += 1
        if self.tried <= self.times:
            error = PermissionError(errno.EACCES, "in use")
            error.winerror = self.number  # type: ignore[attr-defined]
            raise error


@pytest.fixture(autouse=True)
def waited(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds: list[float] = []
    monkeypatch.setattr(patience.time, "sleep", seconds.append)
    return seconds


@pytest.mark.parametrize("times", [0, 1, len(PAUSES)])
def test_what_is_refused_for_a_moment(times: int, waited: list[float]) -> None:
    action = Refusing(times)
    patiently(action)
    assert action.tried == times + 1 and len(waited) == times


def test_what_is_refused_for_longer_is_an_error_within_about_a_second(waited: list[float]) -> None:
    with pytest.raises(PermissionError):
        patiently(Refusing(100))
    assert 0.9 < sum(waited) < 1.5


def test_other_systems_do_not_wait(waited: list[float]) -> None:
    """Nor does Windows for a disk that is full."""
    for number in (None, 112):
        with pytest.raises(PermissionError):
            patiently(Refusing(1, number))
    assert not waited


def test_what_is_discarded_hides_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").touch()
    discard(tmp_path / "a")
    discard(tmp_path / "a")
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(os, "unlink", Refusing(100))
    discard(tmp_path / "b")
