"""Targets: which number of a model is explained, as columns of one table of scores.

A column is a class of an output, an output's value or its opposite, several classes as one, the similarity
to a reference, or a function of the caller's. Several outputs have their columns side by side. Engines and
methods know nothing but the numbers of columns, so that a new kind of model is a new column.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from xai_cam.cam.aim import SIMILAR, Aim, value_of
from xai_cam.errors import InputError
from xai_cam.images.picture import Region
from xai_cam.models.embedding import embedding_of
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.output.answers import Answers
from xai_cam.models.output.contrast import against_named, against_rivals, most_similar
from xai_cam.models.output.groups import Group, check_groups, with_groups
from xai_cam.models.output.head import Head
from xai_cam.models.output.outputs import to_predicted
from xai_cam.models.output.table import Table, most_places, over_region, places_of, predicted_places

STRIDE = 1_000_000
"""What lies between the placeholders of one output and the next."""


@dataclass(frozen=True)
class Block:
    """The columns of one output: from `start` on, as many as it has `members` of.

    `ranked` of them, the first, are classes or values of the output itself; `opposite` says that as many
    follow with the sign turned. `head` is None of a similarity or a function.
    """

    which: int
    name: str
    head: Head | None
    start: int
    ranked: int
    members: tuple[Group, ...]
    opposite: bool = False

    @property
    def width(self) -> int:
        """How many columns it has."""
        return self.ranked * (1 + self.opposite) + len(self.members) - self.ranked

    @property
    def columns(self) -> range:
        """Their numbers in the table."""
        return range(self.start, self.start + self.width)


class Held(NamedTuple):
    """An array (n, …) that the unaltered image fixes: its rank, and its kind of numbers."""

    rank: int
    dtype: str


class Targets:
    """The columns of a network's table, and how its answers fill them.

    Parameters
    ----------
    network : NetworkFacts
    aim : Aim

    Raises
    ------
    InputError, ModelError
        The outputs are not of a kind that this can be asked of.
    """

    def __init__(self, network: NetworkFacts, aim: Aim | None = None) -> None:
        self.network, self.aim = network, aim or Aim()
        self.blocks = self._blocks()

    def _blocks(self) -> list[Block]:
        found, start = list[Block](), 0
        several = len(self.network.outputs) > 1
        if self.aim.functions:
            count = len(self.aim.functions)
            return [Block(0, "", None, 0, count, tuple((k,) for k in range(count)))]
        for which, output in enumerate(self.network.outputs):
            name = output.name if several else ""
            if self.aim.reference is not None:
                block = Block(which, name, None, start, 1, ((0,),))
            else:
                block = self._of_output(which, name, start)
            found.append(block)
            start += block.width
        return found

    def _of_output(self, which: int, name: str, start: int) -> Block:
        head = self.network.head_of(which)
        groups = self._groups_of(head)
        self._check_against(head)
        members = (*((k,) for k in range(head.classes)), *groups)
        return Block(which, name, head, start, head.classes, members, head.is_regression)

    def _groups_of(self, head: Head) -> tuple[Group, ...]:
        """The groups of classes that an output can have; of several outputs not all need have them."""
        if len(self.network.outputs) == 1:
            check_groups(head, self.aim.groups)
            return self.aim.groups
        found = []
        for group in self.aim.groups:
            with suppress(InputError):
                check_groups(head, [group])
                if max(group) < head.classes and head.kind != "binary":
                    found.append(group)
        return tuple(found)

    def _check_against(self, head: Head) -> None:
        if not self.aim.against:
            return
        if head.is_regression:
            raise InputError(f"`against` compares classes, but the model is {head.describe()}. Leave it out.")
        if head.is_segmentation and self.aim.against == SIMILAR:
            raise InputError(
                "`against` of a segmentation needs the names of classes: which are similar differs from "
                "place to place. Name them."
            )
        wrong = [d for d in self.aim.against if isinstance(d, int) and not 0 <= d < head.classes]
        if wrong:
            raise InputError(
                f"The model has no class {wrong[0]}: its {head.classes} classes are 0 to {head.classes - 1}."
            )

    def with_groups(self, groups: Sequence[Group]) -> Targets:
        """The same with further groups of classes; itself if they are known."""
        known = self.aim.groups
        more = tuple(dict.fromkeys(group for group in groups if group not in known))
        return Targets(self.network, replace(self.aim, groups=(*known, *more))) if more else self

    def of(self, network: NetworkFacts) -> Targets:
        """The same of the same network, opened anew; itself if it is this one."""
        return self if network is self.network else Targets(network, self.aim)

    @property
    def of_places(self) -> bool:
        """Whether the first output has classes at every place of the picture."""
        head = self.blocks[0].head
        return head is not None and head.is_segmentation

    # --- What rides along with an image --------------------------------------------------------------

    @cached_property
    def regions(self) -> list[tuple[int, ...]]:
        """The sizes of the masks that an image is given with, one for each output of places."""
        heads = [block.head for block in self.blocks if block.head is not None]
        wanted = self.aim.region == "masks"
        return [head.pixels for head in heads if head.pixels is not None and wanted]

    @cached_property
    def region_parts(self) -> list[Region | None]:
        """What those cover of the input, in shares of its sides; None: all of it."""
        wanted = self.aim.region == "masks"
        return [self.part_of(one) for one in self.blocks if one.head and one.head.pixels and wanted]

    def part_of(self, block: Block) -> Region | None:
        """What the places of an output cover of the input, in shares of its sides; None: all of it.

        Convolutions without padding leave out what is near its sides.
        """
        placement = self.network.outputs[block.which].placement
        return None if placement is None else placement.part(self.network.input_shape[:-1])

    @cached_property
    def held(self) -> list[Held]:
        """What the unaltered image fixes for all that are made of it."""
        return [kind for block in self.blocks for kind in self._held_of(block)]

    def held_at(self, block: Block) -> int:
        """Where among them that of an output is."""
        before = self.blocks[: self.blocks.index(block)]
        return sum(len(self._held_of(one)) for one in before)

    def _held_of(self, block: Block) -> list[Held]:
        if block.head is None:
            return []
        if block.head.is_segmentation:
            return [Held(4, "uint8")] if self.aim.region == "predicted" else []
        return [Held(3, "int32")] if self.aim.against == SIMILAR else []

    # --- The table -----------------------------------------------------------------------------------

    def read(
        self, answers: Answers, regions: Sequence[Any] = (), held: Sequence[Any] | None = None
    ) -> tuple[Table, list[Any]]:
        """The table of a model's answers, `predicted` (n, blocks); and what is held of these images.

        Parameters
        ----------
        answers : Answers
            Of n images.
        regions : sequence of (n, h, w)
            The masks that the images were given with.
        held : sequence of tensors, optional
            What the unaltered images fixed; None: these are the unaltered images.
        """
        import tensorflow as tf

        masks, fixed = iter(regions), None if held is None else iter(held)
        tables, kept = list[Table](), list[Any]()
        for block in self.blocks:
            table, own = self._read_block(block, answers, masks, fixed)
            tables.append(table)
            kept += own

        def joined(parts: Sequence[Any]) -> Any:
            return tf.concat(parts, 1) if len(parts) > 1 else parts[0]

        logits, probabilities, output, predicted = zip(*tables, strict=True)
        return Table(joined(logits), joined(probabilities), joined(output), tf.stack(predicted, 1)), kept

    def _read_block(self, block: Block, answers: Answers, masks: Any, fixed: Any) -> tuple[Table, list[Any]]:
        if block.head is None:
            return self._plain(self._numbers(block, answers)), []
        head, logits, output = answers.read(block.which)
        if head.is_regression:
            return self._values(head, logits, masks), []
        scores, chances = with_groups(head, logits, output, block.members[block.ranked :])
        if isinstance(self.aim.against, tuple) and self.aim.against:
            scores = against_named(scores, block.members, self.aim.against)
        if head.is_segmentation:
            return self._over_region(block, scores, chances, output, masks, fixed)
        kept: list[Any] = []
        if self.aim.against == SIMILAR:
            kept = [next(fixed) if fixed else most_similar(scores, block.ranked, block.members)]
            scores = against_rivals(scores, kept[0])
        return Table(scores, chances, *self._ranked(block, output)), kept

    def _ranked(self, block: Block, output: Any) -> tuple[Any, Any]:
        """The outputs by which classes are ranked, as many as there are columns; the predicted class."""
        import tensorflow as tf

        assert block.head is not None
        made = block.members[block.ranked :]  # a thousand classes are a thousand operations otherwise
        groups = [tf.reduce_max(tf.gather(output, group, axis=1), 1, True) for group in made]
        return tf.concat([output, *groups], 1), to_predicted(block.head, output)

    def _over_region(
        self, block: Block, scores: Any, chances: Any, output: Any, masks: Any, fixed: Any
    ) -> tuple[Table, list[Any]]:
        """Sums over the region of each column, and means of its probabilities."""
        import tensorflow as tf

        assert block.head is not None
        own = predicted_places(block.head, output)
        made = block.members[block.ranked :]
        groups = [tf.reduce_max(tf.gather(own, group, axis=-1), -1, True) for group in made]
        own = tf.concat([own, *groups], -1)
        places, kept = tf.ones_like(own[..., :1]), list[Any]()
        if self.aim.region == "masks":
            places = next(masks)[..., None]
        elif self.aim.region == "predicted":
            kept = [next(fixed) if fixed else own]
            places = kept[0]
        sums, means = over_region(scores, chances, places)
        shares = tf.reduce_mean(tf.cast(own, tf.float32), axis=places_of(own))
        return Table(sums, means, shares, most_places(block.head, shares[:, : block.ranked])), kept

    def _values(self, head: Head, values: Any, masks: Any) -> Table:
        """A column for each value of a regression, and one for its opposite."""
        import tensorflow as tf

        mean = values
        if head.pixels is not None:
            places = tf.ones_like(values[..., :1])
            places = next(masks)[..., None] if self.aim.region == "masks" else places
            values, mean = over_region(values, values, places)
        table = self._plain(tf.concat([values, -values], 1))
        return table._replace(output=tf.concat([mean, -mean], 1))

    def _plain(self, numbers: Any) -> Table:
        """The table of numbers (n, C) that are no scores of classes."""
        import tensorflow as tf

        nothing = tf.fill(tf.shape(numbers), np.float32(np.nan))
        return Table(numbers, nothing, numbers, tf.zeros(tf.shape(numbers)[:1], tf.int32))

    def _numbers(self, block: Block, answers: Answers) -> Any:
        """(n, C) numbers of the caller's functions, or the cosine of the angle to the reference."""
        import tensorflow as tf

        if self.aim.functions:
            return tf.stack([value_of(one, answers.chosen) for one in self.aim.functions], 1)
        found = embedding_of(answers, block.which)
        reference = tf.constant(self.aim.reference, tf.float32)
        lengths = tf.norm(found, axis=1) * tf.norm(reference)
        return tf.math.divide_no_nan(tf.linalg.matvec(found, reference), lengths)[:, None]
