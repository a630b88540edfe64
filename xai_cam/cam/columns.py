"""Columns of targets by what callers say: `predicted`, `top3`, an index, `2:down`, `3+5`, `above:0.5`.

What depends on the image has a placeholder below 0 until the model has been asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from xai_cam.cam.engines.questions import PREDICTED, ranked
from xai_cam.cam.targets import STRIDE, Block
from xai_cam.errors import InputError
from xai_cam.images.class_specs import ClassSpec, above_of, check_classes, class_index, group_of, top_of
from xai_cam.models.output.groups import Group, check_groups

DIRECTIONS = ("up", "down")
"""Ways in which a value of a regression is explained: what raises it, and what lowers it."""

VALUE = re.compile(r"(?:(?P<unit>\d+):)?(?P<way>up|down)")


class Goal(NamedTuple):
    """What a column stands for.

    `output_name` of several outputs, else empty; `target_class`, of a group its first class; `members` of a
    group, else empty; `direction`, `up` or `down` of a value, else empty.
    """

    output_name: str
    target_class: int
    members: Group = ()
    direction: str = ""


def goal_of(blocks: Sequence[Block], column: int) -> tuple[int, Goal]:
    """The number of a column's block, and what the column stands for."""
    for number, block in enumerate(blocks):
        if column in block.columns:
            k = column - block.start
            if block.opposite:
                return number, Goal(block.name, k % block.ranked, (), DIRECTIONS[k // block.ranked])
            members = block.members[k]
            return number, Goal(block.name, members[0], members if k >= block.ranked else ())
    raise IndexError(column)


def groups_in(specs: Sequence[ClassSpec] | np.ndarray) -> list[Group]:
    """The groups of classes that specs name."""
    if isinstance(specs, np.ndarray):
        return []
    found = (group_of(spec) for spec in specs)
    return [group for group in found if group is not None]


def codes_of(blocks: Sequence[Block], specs: Sequence[ClassSpec]) -> list[int]:
    """The columns that specs name, of each output those that are for it; placeholders for what images decide.

    Raises
    ------
    InputError
        A spec is for none of the outputs, or an output has none.
    """
    return [
        code
        for number, (block, own) in enumerate(zip(blocks, specs_of(blocks, specs), strict=True))
        for spec in own
        for code in _codes(number, block, spec)
    ]


def specs_of(blocks: Sequence[Block], specs: Sequence[ClassSpec]) -> list[list[ClassSpec]]:
    """Of each output the specs that are for it: `up` is for a value, `top3` for classes.

    Raises
    ------
    InputError
        A spec is for none of the outputs, or an output has none.
    """
    found: list[list[ClassSpec]] = [[] for _ in blocks]
    for spec in specs:
        reasons = []
        for number, block in enumerate(blocks):
            try:
                if block.head is not None:
                    block.head.check_spec(spec)
                _codes(number, block, spec)
                found[number].append(spec)
            except InputError as error:
                reasons.append(error)
        if len(reasons) == len(blocks):
            raise reasons[0]
    for block, own in zip(blocks, found, strict=True):
        if not own and block.head is not None:
            raise InputError(
                f"None of the classes asked for is one of output {block.name!r} ({block.head.describe()}). "
                "Add `target_class` for it, or leave the output out."
            )
    return found


def _codes(number: int, block: Block, spec: ClassSpec) -> list[int]:
    if block.head is None:
        return list(block.columns)
    if spec == "predicted" or above_of(spec) is not None:
        first = PREDICTED if spec == "predicted" else ranked(0)
        return [first - number * STRIDE]
    group, top = group_of(spec), top_of(spec)
    if group is not None and group not in block.members:  # one that this output cannot have
        check_classes(np.array(group), block.ranked)
        check_groups(block.head, [group])
    if group is not None:
        return [block.start + block.members.index(group)]
    if top is not None:
        if top > block.ranked:
            raise InputError(f"top{top} asks for more classes than the model has ({block.ranked}).")
        return [ranked(rank) - number * STRIDE for rank in range(top)]
    way = VALUE.fullmatch(str(spec))
    if way is None:
        return [block.start + int(check_classes(np.array([class_index(spec)]), block.ranked)[0])]
    if not block.opposite:
        raise InputError(
            f"`target_class={spec!r}` is for a regression, and the model is {block.head.describe()}. Name a "
            "class."
        )
    unit = int(check_classes(np.array([int(way["unit"] or 0)]), block.ranked)[0])
    return [block.start + unit + block.ranked * DIRECTIONS.index(way["way"])]


def rows_of(blocks: Sequence[Block], classes: np.ndarray) -> np.ndarray:
    """Columns (n, m) for class indices of each image, for every output the same."""
    for block in blocks:
        check_classes(classes, block.ranked)
    return np.concatenate([classes + block.start for block in blocks], 1)


def columns_above(
    blocks: Sequence[Block], probabilities: np.ndarray, bound: float, known: np.ndarray
) -> np.ndarray:
    """Columns (n, m) of all labels whose probability lies above a bound, highest first.

    A row without that many repeats the first of the columns that are known of its image.
    """
    rows = []
    for i, of_image in enumerate(probabilities):
        found: list[int] = []
        for block in blocks:
            own = of_image[block.start : block.start + block.ranked]
            best = np.argsort(-own, kind="stable")
            found += [block.start + int(k) for k in best if own[k] > bound]
        rows.append([column for column in found if column not in known[i]])
    longest = max(map(len, rows), default=0)
    filled = [row + [int(known[i, 0])] * (longest - len(row)) for i, row in enumerate(rows)]
    return np.array(filled, np.int64).reshape(len(rows), longest)


def resolved(
    codes: np.ndarray, output: np.ndarray, predicted: np.ndarray, blocks: Sequence[Block]
) -> np.ndarray:
    """Columns (n, m), placeholders replaced by what the model says of each image."""
    found = codes
    for number, block in enumerate(blocks):
        rank = PREDICTED - number * STRIDE - codes
        order = np.argsort(-output[:, block.start : block.start + block.ranked], axis=1, kind="stable")
        of_rank = np.take_along_axis(order, np.clip(rank - 1, 0, block.ranked - 1), axis=1)
        column = block.start + np.where(rank == 0, predicted[:, [number]], of_rank)
        found = np.where((codes < 0) & (rank >= 0) & (rank < STRIDE), column, found)
    return found


def resolved_in_graph(codes: Any, output: Any, predicted: Any, blocks: Sequence[Block]) -> Any:
    """The same inside a graph."""
    import tensorflow as tf

    found = codes
    for number, block in enumerate(blocks):
        rank = PREDICTED - number * STRIDE - codes
        part = output[:, block.start : block.start + block.ranked]
        order = tf.argsort(part, axis=1, direction="DESCENDING", stable=True)
        of_rank = tf.gather(order, tf.clip_by_value(rank - 1, 0, block.ranked - 1), axis=1, batch_dims=1)
        column = block.start + tf.where(rank == 0, predicted[:, number, None], of_rank)
        found = tf.where((codes < 0) & (rank >= 0) & (rank < STRIDE), column, found)
    return found
