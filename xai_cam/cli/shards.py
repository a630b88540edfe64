"""`--shard 3/16`: a run over one part of the images, the same part on every machine."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xai_cam.cli.commands import section_of
from xai_cam.cli.sections import MACHINE, RUN, key_of
from xai_cam.cli.settings.layout import READS, names_file
from xai_cam.errors import InputError
from xai_cam.files.shard import Shard

if TYPE_CHECKING:
    from xai_cam.evaluation.labelled_images import Labelled
    from xai_cam.files.results import ResultsWriter
    from xai_cam.images.finding import Found
    from xai_cam.runs.plan import Plan
    from xai_cam.runs.share import Share
    from xai_cam.runs.tasks import Task

COCO = (
    "--results {} holds the boxes of all images, and those of --shard are only some. Write rows, as in "
    "--results rows-{}.csv, and merge those: `xai-cam merge rows-*.csv -o {}`."
)

MAY_DIFFER = frozenset(
    (
        *("allow-unsafe", "append", "json", "limit", "max-pixels", "model", "shard", "table", "weights"),
        *("exclude", "follow-links", "include", "recursive"),
    )
)
"""Options that need not be the same for all shards of a run, besides those on machines and files to write.

The model is compared by its hash, and what the last four choose by the paths of all images.
"""


class ShardText(click.ParamType):
    """`3/16` -> Shard(3, 16)."""

    name = "K/N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Shard:
        """The shard that is named."""
        if isinstance(value, Shard):
            return value
        try:
            return Shard.of(str(value))
        except InputError as error:
            self.fail(re.sub(r"`shard=(.*)` is none", r"\1 is no shard", error.message), param, ctx)


shard_option = click.option(
    "--shard",
    type=ShardText(),
    metavar="K/N",
    help="Take only the images of shard K of N, told by the hash of their paths: one for each machine. "
    "`xai-cam merge` puts tables and reports together.",
)


def in_shard(name: str, shard: Shard | None) -> str:
    """The name of a file that a run writes unasked: `compare-3-of-16.csv` where it is one of several."""
    if shard is None:
        return name
    return Path(name).stem + f"-{shard.number}-of-{shard.count}" + Path(name).suffix


def check_shard(shard: Shard | None, results: str | None) -> None:
    """Refuse a table that only a run over all images can make.

    Raises
    ------
    InputError
    """
    if shard is not None and results is not None and Path(results).suffix.lower() == ".json":
        raise InputError(COCO.format(results, shard.number, results))


def hash_of_options() -> str:
    """What tells the options of the command that runs from others which would make something else.

    Files that are read count by their names, as each machine has them in a place of its own.
    """
    from xai_cam.files.provenance import digest
    from xai_cam.runs.share import HASH_LETTERS

    context, asked = click.get_current_context(), {}
    for option in context.command.params:
        key, value = key_of(option), context.params.get(str(option.name))
        if not isinstance(option, click.Option) or key in MAY_DIFFER:
            continue
        if key in READS:
            asked[key] = _at_any_place(value)
        elif not names_file(option) and (section_of(option) not in (MACHINE, RUN) or key == "precision"):
            asked[key] = repr(value)
    return digest(asked)[:HASH_LETTERS]


def _at_any_place(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_at_any_place(one) for one in value]
    return None if value is None else os.path.basename(str(value).rstrip("/"))


def share_in(found: Found, shard: Shard | None) -> tuple[Found, Share | None]:
    """What was found, failures of others left out, and what the shard has of it; all of it without one."""
    from xai_cam.runs.share import share_of

    if shard is None:
        return found, None
    share = share_of(shard, found.failures, found.images, hash_of_options())
    failures = {path: reason for path, reason in found.failures.items() if share.holds(path)}
    return replace(found, failures=failures, shard=share.describe()), share


def narrow_to(shard: Shard | None, plan: Plan, found: Found) -> tuple[Plan, Found]:
    """The plan with the shard's images alone, at the places that the plan of all gives them."""
    found, share = share_in(found, shard)
    tasks, left_out = tasks_of(plan.tasks, share)
    return replace(plan, tasks=tasks, left_out=left_out, share=share), found


def tasks_of(tasks: Sequence[Task], share: Share | None) -> tuple[Sequence[Task], Sequence[Task]]:
    """The tasks of a share, and the others."""
    from xai_cam.runs.task_list import divided

    if share is None:
        return tasks, ()
    return divided(tasks, (share.holds(task.image.path) for task in tasks))


def labelled_in(labelled: Labelled, shard: Shard | None) -> tuple[Labelled, Share | None]:
    """The images of known class that are the shard's, the classes those of all images."""
    from xai_cam.images.image_files import compact
    from xai_cam.runs.share import share_of

    if shard is None:
        return labelled, None
    share = share_of(shard, labelled.failures, labelled.images, hash_of_options())
    kept = [place for place, image in enumerate(labelled.images) if share.holds(image.path)]
    return replace(
        labelled,
        images=compact(labelled.images).chosen(kept),
        class_names=[labelled.class_names[place] for place in kept],
        truth=[labelled.truth[place] for place in kept],
        failures={path: reason for path, reason in labelled.failures.items() if share.holds(path)},
        notices=[share.describe(), *labelled.notices],
    ), share


@contextmanager
def open_rows(
    share: Share | None, target: str | None, columns: Sequence[str], *args: Any, **kwargs: Any
) -> Iterator[ResultsWriter | None]:
    """As `files.results.open_results`; rows of a share say so."""
    from xai_cam.files.results import open_results
    from xai_cam.runs.share import ShareWriter, columns_for

    with open_results(
        target, columns_for(columns, None if share is None else share.shard), *args, **kwargs
    ) as writer:
        yield writer if share is None or writer is None else ShareWriter(writer, share)
