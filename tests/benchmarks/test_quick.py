"""What the guard of speed prints and how it ends, from ratios by hand; nothing is measured."""

from __future__ import annotations

from typing import Any

import pytest
from quick import compare, groups
from ratios import Kept, Ratio

NOW = {"date": "2030-02-01", "machine": "2 cores", "versions": {"tensorflow": "2.21"}}


def ratio(value: float) -> Ratio:
    return Ratio(value, value, value, 5, 1.0)


@pytest.mark.parametrize(
    ("now", "code", "said"),
    [
        (1.1, 0, "Nothing got worse by more than 15%."),
        (0.5, 0, "Nothing got worse by more than 15%."),
        (1.3, 1, "Worse by 30%: a / b."),
    ],
)
def test_what_got_worse_is_named(now: float, code: int, said: str, capsys: Any) -> None:
    kept = Kept({"a / b": ratio(1.0), "c / d": ratio(1.0)}, {**NOW, "date": "2030-01-02"})
    assert compare(kept, {"a / b": ratio(now), "c / d": ratio(1.0)}, NOW) == code
    printed = capsys.readouterr().out
    assert said in printed and "Kept on 2030-01-02." in printed and "c / d." not in printed


def test_another_machine_is_said(capsys: Any) -> None:
    kept = Kept({"a / b": ratio(1.0)}, {**NOW, "machine": "64 cores"})
    assert compare(kept, {"a / b": ratio(1.0)}, NOW) == 0
    printed = capsys.readouterr().out
    assert "with another machine." in printed and "- machine then: 64 cores; now: 2 cores" in printed
    assert "versions then" not in printed


def test_nothing_to_compare_with(capsys: Any) -> None:
    assert compare(Kept(), {"a / b": ratio(1.0)}, NOW) == 0
    assert "Use --keep." in capsys.readouterr().out


def test_every_aim_has_a_group(tmp_path: Any) -> None:
    assert list(groups(tmp_path)) == ["runs", "folder", "shapes", "mobilenet_v2"]
