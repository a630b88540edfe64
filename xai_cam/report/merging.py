"""The pages of all shards of a run as one page, which is that of one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from xai_cam.cam.channel_limits import ChannelLimits
from xai_cam.errors import InputError
from xai_cam.files.merging import ShardChecks
from xai_cam.files.rows import RUN
from xai_cam.files.shard import Shard
from xai_cam.metrics.comparison import Comparison
from xai_cam.metrics.image_metrics import ImageMetrics
from xai_cam.report.assets import AssetStore, folder_of
from xai_cam.report.compare_figures import IOU, figures_of
from xai_cam.report.model import Asset, Item, Page
from xai_cam.report.page_parts import read_part

PREPROCESSING = "preprocessing"
MAY_DIFFER = {"model", "weights", "custom objects", "masks", "boxes", PREPROCESSING, IOU}
"""Facts that name files, as each machine has them, or tell of the images of a shard."""


class MergedPages:
    """The pages of shards, checked and in the order of the run's plan.

    Parameters
    ----------
    paths : sequence of Path
        All pages of one run.

    Raises
    ------
    InputError
        They are not the pages of all shards of one run, each once.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        pages = [(path, read_part(path)) for path in paths]
        checks = ShardChecks()
        for path, page in pages:
            _see(checks, path, page)
        checks.conclude()
        self._pages = pages
        _check_alike(pages)
        for path, page in pages:
            if page.part:
                told = (page.part.options, page.part.paths)
                checks.check_origin(path, dict(zip(RUN, told, strict=True)))
        placed = [
            (position, item, path)
            for path, page in pages
            if page.part
            for position, item in zip(page.part.positions, page.items, strict=True)
        ]
        self._placed = sorted(placed, key=lambda one: one[0])
        self.comparison = _comparison(pages)

    @property
    def failed(self) -> int:
        """How many images failed."""
        return sum(item.outcome == "failed" for _, item, _ in self._placed)

    def __len__(self) -> int:
        return len(self._placed)

    def page(self, path: Path) -> Page:
        """The page of all images, at `path`, beside which the pictures are copied.

        Raises
        ------
        InputError
            The pictures of one of the pages are not beside it.
        OutputError
        """
        store = AssetStore(folder_of(path))
        others = {source: AssetStore(folder_of(source)) for source, _ in self._pages}
        items = tuple(_with_pictures(item, source, others[source], store) for _, item, source in self._placed)
        fullest = max((page for _, page in self._pages), key=lambda page: len(page.notes))
        page = replace(fullest, items=items, part=None, facts=self._facts())
        return page if self.comparison is None else replace(page, **figures_of(self.comparison))

    def _facts(self) -> tuple[tuple[str, str], ...]:
        """Those of the page that has the first image with a map; it tells how images are preprocessed."""
        with_maps = [source for _, item, source in self._placed if item.maps]
        page = next((page for path, page in self._pages if path in with_maps[:1]), self._pages[0][1])
        facts = tuple(fact for fact in page.facts if fact[0] != IOU)
        if self.comparison is None or "iou" not in self.comparison.metrics or page.part is None:
            return facts
        return (*facts, tuple((page.part.comparison or {})["iou"]))


def _see(checks: ShardChecks, path: Path, page: Page) -> None:
    part = page.part
    if part is None or len(part.positions) != len(page.items):
        raise InputError(f"{path} is no report of a shard. Name pages that runs with `shard` wrote.")
    shard = Shard.of(part.shard)
    checks.see(path, shard, part.images, part.all_images)
    for position in part.positions:
        checks.see_row(shard, position)


def _check_alike(pages: Sequence[tuple[Path, Page]]) -> None:
    """Refuse pages of different commands, models or versions of the tool."""
    (first, known), *others = pages
    for path, page in others:
        if page.title != known.title:
            raise InputError(f"{first} and {path} are pages of different commands. Name those of one.")
        told, here = ({n: v for n, v in one.facts if n not in MAY_DIFFER} for one in (known, page))
        differ = [name for name in {**told, **here} if told.get(name) != here.get(name)]
        if differ:
            name = differ[0]
            values = f"{told.get(name, 'nothing')} and {here.get(name, 'nothing')}"
            raise InputError(
                f"{first} and {path} differ in {name} ({values}). Run all shards with the same options, the "
                "same model and the same version of xai-cam."
            )


def _comparison(pages: Sequence[tuple[Path, Page]]) -> Comparison | None:
    """Everything that was measured, in the order of the plan; None of pages that compare nothing."""
    measured: list[tuple[int, Any]] = []
    told: dict[str, Any] | None = None
    for path, page in pages:
        if page.part is None or page.part.comparison is None:
            return None
        told = page.part.comparison
        good = [
            position
            for position, item in zip(page.part.positions, page.items, strict=True)
            if item.outcome != "failed"
        ]
        try:
            measured += zip(good, map(ImageMetrics.from_dict, told["images"]), strict=True)
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
            raise InputError(f"{path} was changed since xai-cam wrote it. Run its command again.") from error
    if told is None:
        return None
    images = [image for _, image in sorted(measured, key=lambda one: one[0])]
    return Comparison(images, ChannelLimits(**told["limits"]), told["threshold"])


def _with_pictures(item: Item, source: Path, other: AssetStore, store: AssetStore) -> Item:
    def copied(asset: Asset | None) -> Asset | None:
        if asset is None:
            return None
        found = store.copy(other, asset.key)
        if found is None:
            raise InputError(
                f"A picture of {source} is not in {other.folder} any more. Move the two together, or run its "
                "command again."
            )
        return found

    maps = tuple(replace(one, overlay=copied(one.overlay)) for one in item.maps)
    return replace(item, picture=copied(item.picture), maps=maps)
