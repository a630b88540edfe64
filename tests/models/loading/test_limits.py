"""What opening a model may cost is told in a text, checked, and ends what takes longer."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from support.commands import fresh
from support.hostile_models import chain, write
from xai_cam import load_model
from xai_cam.errors import InputError, ModelError
from xai_cam.models.loading.limits import Limits


def test_a_text_names_some_of_the_limits():
    usual = Limits()
    assert Limits.of(None) == Limits.of("") == usual
    assert Limits.of("seconds=9") == Limits(usual.operations, usual.bytes, 9)
    assert Limits.of("bytes=2G, operations=3") == Limits(3, 2 * 2**30, usual.seconds)
    assert Limits.of("bytes=5K") == Limits(bytes=5120)


@pytest.mark.parametrize(
    "text", ["9", "seconds", "minutes=1", "seconds=0", "seconds=-1", "seconds=1e9", "bytes=1GB"]
)
def test_other_texts_are_refused(text: str):
    with pytest.raises(InputError, match=r"is no limit\. Give `limit` a number of operations, bytes, "):
        Limits.of(text)


def test_costs_are_checked():
    limits = Limits(operations=5)
    limits.check("operations", 5)
    with pytest.raises(ModelError, match=r'takes 6 operations, more than 5\..* `limit="operations=6"`'):
        limits.check("operations", 6)


def test_the_clock_ends_what_catches_every_exception():
    until = time.monotonic() + 600
    with pytest.raises(ModelError, match="takes more than 1 seconds"), Limits(seconds=1).clock():
        while time.monotonic() < until:
            try:
                sum(range(1000))
            except Exception:  # noqa: BLE001 - as Keras does in places
                continue


def test_a_block_that_ends_in_time_is_left_alone():
    with Limits(seconds=600).clock():
        assert [one for one in threading.enumerate() if "_ring" in one.name]
    assert not [one for one in threading.enumerate() if "_ring" in one.name], "nothing is left that rings"


def test_the_errors_of_the_block_come_through():
    with pytest.raises(KeyError, match="x"), Limits(seconds=9).clock():
        raise KeyError("x")


def test_a_model_that_costs_more_than_it_may(tmp_path: Path, files: tuple[Path, Path]):
    with pytest.raises(ModelError, match="operations, more than 2"):
        load_model(*files, limit="operations=2")
    with pytest.raises(ModelError, match="bytes, more than 100"):
        load_model(*files, limit="bytes=100")
    assert load_model(*files, limit="operations=99,bytes=1M,seconds=99").built


def test_a_limit_may_be_raised(tmp_path: Path):
    """What is refused at first is looked at as far as its weights."""
    model, weights = write(tmp_path, chain(30))
    with pytest.raises(ModelError, match="takes 31 operations, more than 20"):
        load_model(model, weights, limit="operations=20")
    with pytest.raises(ModelError, match="do not belong to this architecture"):
        load_model(model, weights, limit="operations=40")


TRACED = """
import sys
from xai_cam.models.loading.limits import Limits
sys.settrace(lambda *_: None)
for _ in range(3):
    with Limits.of(None).clock():
        sum(range(9))
print("went on")
"""


def test_a_program_that_is_traced_goes_on_behind_it() -> None:
    """Debuggers and tools of coverage trace."""
    assert fresh("-c", TRACED).stdout == "went on\n"
