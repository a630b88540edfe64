"""A run is cut into whole batches, by what images take, and put together again in order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.works import tasks
from xai_cam.runs.executors.blocks import ATTEMPTS, LAST, MAX_IMAGES, Block, Blocks, InOrder


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


def test_images_that_are_up_to_date_tell_nothing_of_those_behind_them() -> None:
    """A block that lies wholly among the others takes half a minute too, once one is known."""
    blocks, sizes = Blocks(tasks(100_000), 16, 2), list[int]()
    for _ in range(4):
        sizes.append(len(blocks.next().tasks))
        blocks.took(0, 0.01)
    assert sizes == [16, 64, 256, 256]
    blocks.took(2, 4.0)
    blocks.took(0, 0.01)
    assert len(blocks.next().tasks) == 16, "two seconds each: a batch takes 32 seconds"


def test_images_that_take_next_to_nothing_are_not_all_in_one_block() -> None:
    blocks = Blocks(range(10**9), 16, 1)  # type: ignore[arg-type]
    sizes = []
    for _ in range(12):
        sizes.append(len(blocks.next().tasks))
        blocks.took(sizes[-1], 0)
    assert sizes[-1] == MAX_IMAGES // 16 * 16 == max(sizes)


def test_many_workers_have_no_more_at_a_time_than_fits_into_memory() -> None:
    blocks = Blocks(range(10**9), 16, 64)  # type: ignore[arg-type]
    sizes = []
    for _ in range(12):
        sizes.append(len(blocks.next().tasks))
        blocks.took(sizes[-1], 0)
    assert max(sizes) == 384, "4 x 64 blocks of 390 are 100,000 images; 384 are whole batches"


def test_a_block_of_so_many_batches() -> None:
    blocks = Blocks(tasks(10), 4, 2)
    assert [len(blocks.next(1).tasks) for _ in range(3)] == [4, 4, 2] and not blocks.left


def spans(blocks: list[Block]) -> list[tuple[int, int]]:
    return [(block.start, block.end) for block in blocks]


def test_a_block_is_halved_down_to_a_batch() -> None:
    """Whole batches as long as that goes: 22 images are six batches of four, the last a short one."""
    first, second = Block(100, tasks(22), 4, begun=[True] * 21 + [False]).again()
    assert spans([first, second]) == [(100, 112), (112, 122)] and second.begun == [True] * 9 + [False]
    halves = second.again()
    assert spans(halves) == [(112, 120), (120, 122)]
    batches = halves[0].again()
    assert spans(batches) == [(112, 116), (116, 120)] and not batches[0].alone and not batches[0].attempts
    for _ in range(ATTEMPTS - 1):
        assert batches[1].again() == [batches[1]]
    images = batches[1].again()
    assert spans(images) == [(number, number + 1) for number in range(116, 120)]
    assert all(image.alone and image.begun == [True] for image in images)


def test_a_batch_is_tried_several_times_and_an_image_alone_twice() -> None:
    block, tries = Block(8, tasks(2), 4), 1
    while [block] == (again := block.again()):
        tries += 1
    assert tries == ATTEMPTS and spans(again) == [(8, 9), (9, 10)]
    image = again[1]
    assert [image.again() == [image] for _ in range(LAST - 1)] == [True] and image.again() == []


def test_an_odd_number_of_batches_is_halved_too() -> None:
    assert spans(Block(0, tasks(12), 4).again()) == [(0, 8), (8, 12)]
    assert spans(Block(0, tasks(5), 4).again()) == [(0, 4), (4, 5)]


def test_a_block_that_was_never_looked_up_has_no_image_that_was_begun() -> None:
    block = Block(0, tasks(2), 1, attempts=ATTEMPTS - 1)
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


def reports(*said: str) -> Iterator[object]:
    return iter(said)


def test_blocks_are_ready_when_all_before_them_are() -> None:
    order, blocks = InOrder(), [Block(0, tasks(2)), Block(2, tasks(1)), Block(3, tasks(4))]
    order.add(blocks[2], reports("c"))
    assert [*order.ready()] == [] and len(order) == 1
    order.add(blocks[0], reports("a"))
    assert [[*found] for found in order.ready()] == [["a"]] and order.next == 2
    order.add(blocks[1], reports("b"))
    assert [[*found] for found in order.ready()] == [["b"], ["c"]] and order.next == 7 and not len(order)


def test_what_is_left_comes_in_order_whatever_is_missing() -> None:
    order = InOrder()
    for start in (8, 4):
        order.add(Block(start, tasks(2)), reports(str(start)))
    assert [[*found] for found in order.rest()] == [["4"], ["8"]] and not len(order)


def test_reports_that_were_begun_stay_until_they_are_through() -> None:
    order = InOrder()
    order.add(Block(0, tasks(2)), reports("a", "b"))
    order.add(Block(2, tasks(2)), reports("c"))
    assert next(next(order.ready())) == "a"
    assert [[*found] for found in order.rest()] == [["b"], ["c"]]
