"""A run is cut into whole batches, by what images take, and put together again in order."""

from __future__ import annotations

import pytest

from support.works import tasks
from xai_cam.runs.executors.blocks import ATTEMPTS, MAX_IMAGES, Block, Blocks, InOrder


def cut(count: int, batch: int, workers: int, seconds: float) -> list[int]:
    """The sizes of all blocks, where each image takes so long."""
    blocks, sizes = Blocks(tasks(count), batch, workers), list[int]()
    while blocks.left:
        block = blocks.next()
        assert block.start == sum(sizes) and block.end == block.start + len(block.tasks)
        sizes.append(len(block.tasks))
        blocks.took(len(block.tasks), seconds * len(block.tasks))
    assert sum(sizes) == count
    return sizes


def test_blocks_begin_with_a_batch_and_grow_to_half_a_minute() -> None:
    sizes = cut(5000, 16, 2, 0.1)
    assert sizes[:4] == [16, 64, 256, 288], "288 images take 28.8 seconds, 304 more than 30"
    assert max(sizes) == 288 and all(size % 16 == 0 for size in sizes[:-1])


def test_towards_the_end_each_worker_gets_a_share() -> None:
    sizes = cut(1000, 10, 4, 0.001)
    assert sizes[:2] == [10, 40] and sizes[2] == 120, "an eighth of the 950 that are left, in whole batches"
    assert sizes == [*sizes[:2], *sorted(sizes[2:], reverse=True)] and sizes[-1] <= 10


def test_slow_images_go_out_batch_by_batch() -> None:
    assert cut(40, 16, 2, 60) == [16, 16, 8]


def test_images_that_take_next_to_nothing_are_not_all_in_one_block() -> None:
    blocks = Blocks(range(10**9), 16, 1)  # type: ignore[arg-type]
    sizes = []
    for _ in range(12):
        sizes.append(len(blocks.next().tasks))
        blocks.took(sizes[-1], 0)
    assert sizes[-1] == MAX_IMAGES // 16 * 16 == max(sizes)


def test_a_block_of_so_many_batches() -> None:
    blocks = Blocks(tasks(10), 4, 2)
    assert [len(blocks.next(1).tasks) for _ in range(3)] == [4, 4, 2] and not blocks.left


def test_a_block_is_tried_again_and_then_its_images_one_by_one() -> None:
    block = Block(10, tasks(2), begun=[True, False])
    for _ in range(ATTEMPTS - 1):
        assert block.again() == [block]
    first, second = block.again()
    assert (first.start, second.start, first.alone, first.begun, second.begun) == (
        10,
        11,
        True,
        [True],
        [False],
    )
    assert [len(one.tasks) for one in (first, second)] == [1, 1] and first.again() == []


def test_a_block_that_was_never_looked_up_has_no_image_that_was_begun() -> None:
    block = Block(0, tasks(2), attempts=ATTEMPTS - 1)
    assert [one.begun for one in block.again()] == [[], []]
    assert [task.anew for task in block.to_send()] == [False, False]


def test_images_that_were_begun_are_sent_to_be_made_anew_without_what_is_known_of_their_files(
    tmp_path: pytest.TempPathFactory,
) -> None:
    block = Block(0, tasks(2), begun=[True, False])
    vars(block.tasks[0])["fingerprint"] = "of this machine"
    sent = block.to_send()
    assert [task.anew for task in sent] == [True, False] and "fingerprint" not in vars(sent[0])
    assert [task.image for task in sent] == [task.image for task in block.tasks]


def test_blocks_are_ready_when_all_before_them_are() -> None:
    order, blocks = InOrder(), [Block(0, tasks(2)), Block(2, tasks(1)), Block(3, tasks(4))]
    order.add(blocks[2], "c")
    assert [*order.ready()] == [] and len(order) == 1
    order.add(blocks[0], "a")
    assert [outcome for _, outcome in order.ready()] == ["a"] and order.next == 2
    order.add(blocks[1], "b")
    assert [outcome for _, outcome in order.ready()] == ["b", "c"] and order.next == 7 and not len(order)


def test_what_is_left_comes_in_order_whatever_is_missing() -> None:
    order = InOrder()
    for start in (8, 4):
        order.add(Block(start, tasks(2)), start)
    assert [outcome for _, outcome in order.rest()] == [4, 8] and not len(order)
