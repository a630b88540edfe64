"""How far workers are: counted as a run in one process counts, and never more than there is to do."""

from __future__ import annotations

import pytest

from support.works import tasks
from xai_cam.runs.executors.blocks import Block
from xai_cam.runs.executors.standing import Tally, Told, standing

MANY = tasks(40)


def block(start: int, *begun: int) -> Block:
    """A block of some images, those with a 1 of which have something to do."""
    return Block(start, MANY[start : start + len(begun)], 2, begun=[*map(bool, begun)])


def test_passes_and_images_are_counted_together() -> None:
    tally = Tally()
    tally.begin(30)
    assert tally.told() is None
    tally.watch("rise", 5, 20, 0.5)
    assert tally.told() == Told(30, 0.5, ("rise", 5, 20))
    tally.watch("rise", 20, 20, 2.0)
    tally.image()
    assert tally.told() == Told(30, 2.0, ("rise", 20, 20)), "one of the two is through, nothing more is done"
    tally.image()
    assert tally.told() == Told(30, 2.0, None)
    tally.watch("rise", 5, 20, 0.5)
    assert tally.told() == Told(30, 2.5, ("rise", 5, 20))


def test_where_no_passes_are_counted_images_are() -> None:
    tally = Tally()
    tally.begin(30)
    for done in (1, 2, 3):
        tally.image()
        assert tally.told() == Told(30, done)


def test_nothing_is_told_between_blocks_and_each_begins_with_nothing() -> None:
    tally = Tally()
    tally.begin(30)
    tally.watch("rise", 5, 20, 0.5)
    tally.image()
    tally.end()
    assert tally.told() is None
    tally.begin(20)
    assert tally.told() is None
    tally.watch("rise", 1, 20, 0.1)
    assert tally.told() == Told(20, 0.1, ("rise", 1, 20))


def test_what_is_done_of_all_blocks_is_one_sum() -> None:
    at_work = [(block(8, 1, 1, 1, 1), Told(28, 1.5, ("rise", 3, 9))), (block(4, 1, 1), Told(34, 0.25))]
    assert standing(at_work, []) == ("rise", 3, 9, 1.75)
    assert standing(at_work, [block(12, 1, 1), block(20, 1)]) == ("rise", 3, 9, 4.75)
    assert standing([], []) == ("", 0, 0, 0)


def test_counts_are_those_of_the_first_block_that_tells_any() -> None:
    told = {8: ("rise", 3, 9), 4: None, 6: ("rise", 1, 9)}
    at_work = [(block(start, 1), Told(0, 0.5, passes)) for start, passes in told.items()]
    assert standing(at_work, []) == ("rise", 1, 9, 1.5)


@pytest.mark.parametrize("begun", [(1, 0, 0, 1), (1, 1, 0, 0)])
def test_images_that_are_up_to_date_do_not_count_and_no_block_has_more_than_it_has_to_do(
    begun: tuple[int, ...],
) -> None:
    assert standing([], [block(0, *begun)])[3] == 2
    assert standing([(block(0, *begun), Told(36, 3.5))], [])[3] == 2
    assert standing([(block(0, *begun), Told(36, 1.5))], [])[3] == 1.5
