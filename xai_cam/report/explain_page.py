"""The page of `explain`: collects the rows of a run, and the pictures that they name, as the run goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam._version import __version__
from xai_cam.cam.names import method_at
from xai_cam.drawing.enlarging import enlarge, enlargement
from xai_cam.drawing.slices import flat
from xai_cam.errors import ImageError, OutputError
from xai_cam.files.names import as_told
from xai_cam.files.provenance import Provenance, digest, read_provenance
from xai_cam.files.regular import why_unreadable
from xai_cam.files.rows import INPUT, Reporter, Row, Silent
from xai_cam.files.stores.paths import at_hand
from xai_cam.files.writing import sha256
from xai_cam.images.labels import name_of
from xai_cam.images.labels_beside import labels_behind
from xai_cam.images.picture import Region
from xai_cam.images.readers import read_file, read_image
from xai_cam.report.assets import AssetStore, folder_of
from xai_cam.report.facts import colours_of, describe_parts, facts_of, model_name, truth_of
from xai_cam.report.model import Asset, Item, Map, Page
from xai_cam.report.page import write_report
from xai_cam.report.page_parts import part_of
from xai_cam.report.row_parts import parts_in
from xai_cam.runs.plan import Plan
from xai_cam.runs.target_part import words_of

OWN_WORDS = frozenset(
    {"request", "rank", "classes", "layer", "cause", "score", "score_name", *INPUT} - {"extra"}
)
"""Provenance for the tool's own use, or that the page shows elsewhere."""


TRUTH_NOTE = "The true class of an image is the name of its folder."

PEAK_NOTE = (
    "Over the maps: {} in a box, and a dot at the peak, the middle of the map's highest cell, which may lie "
    "in another part."
)


class ExplainPage:
    """Reporter that passes everything on to another, and makes a page of it.

    Images that are up to date show as well: everything is read from the overlays on disk, so that no model
    is needed.

    Parameters
    ----------
    path : Path
        Where the page goes.
    plan : Plan
        Its request saves overlays.
    reporter : Reporter
        Gets everything in turn.
    worded : callable
        What the page makes of a message.
    """

    def __init__(
        self, path: Path, plan: Plan, reporter: Reporter, worded: Callable[[str], str] = str
    ) -> None:
        self.path, self.plan, self.reporter, self.worded = path, plan, reporter, worded
        self.store = AssetStore(folder_of(path))
        self.items: dict[str, Item] = {}
        self.preprocessing = ""
        self._tasks = {str(task.image.path): task for task in plan.tasks}
        self._problem: OutputError | None = None

    def notice(self, text: str) -> None:
        """Pass on a notice."""
        self.reporter.notice(text)

    def progress(self, done: int, total: int) -> None:
        """Pass on the progress of the run."""
        self.reporter.progress(done, total)

    def add_picture(self, image_hash: str, pixels: np.ndarray) -> None:
        """Keep an image that is decoded already; called in a thread."""
        self._asset(self._picture_of(image_hash), lambda: self._enlarged(pixels))

    def for_worker(self, plan: Plan) -> ExplainPage:
        """A copy that can be sent to a worker: for the pictures alone."""
        return ExplainPage(self.path, plan, Silent())

    def row(self, values: Mapping[str, Any]) -> None:
        """Pass on a row, and add it to the page."""
        self.reporter.row(values)
        row = Row.of({**values, "message": self.worded(values["message"])})
        item = self.items.get(row.image) or Item(row.image, row.outcome)
        if row.outcome == "failed":
            item = replace(item, outcome="failed", message=item.message or row.message)
        else:
            item = self._with_map(item, row)
        self.items[row.image] = item

    def write(self) -> None:
        """Write the page.

        Raises
        ------
        OutputError
            It, or one of its pictures, could not be written.
        """
        write_report(self.path, self.page)
        if self._problem is not None:
            raise self._problem

    @property
    def page(self) -> Page:
        """The page as of now."""
        known = sum(item.right is not None for item in self.items.values())
        return Page(
            title="What the model looked at",
            items=tuple(self.items.values()),
            model=model_name(self.plan),
            colours=colours_of(self.plan.request),
            facts=facts_of(self.plan, self.preprocessing),
            notes=(*(TRUTH_NOTE,) * bool(known), *self._notes_on_parts),
            part=part_of(self.plan.share, list(self.items)),
        )

    @property
    def _notes_on_parts(self) -> tuple[str, ...]:
        request = self.plan.request
        return (PEAK_NOTE.format(describe_parts(request)),) if request.wants_parts else ()

    # --- One row ---------------------------------------------------------------------------------------

    def _with_map(self, item: Item, row: Row) -> Item:
        try:
            with at_hand(as_told(row.overlay)) as overlay:
                return self._with_overlay(item, row, overlay)
        except (OSError, OutputError):  # of a store, or no room for it here: the page goes on without it
            return self._with_overlay(item, row, None)

    def _with_overlay(self, item: Item, row: Row, overlay: Path | None) -> Item:
        provenance = (read_provenance(overlay) if overlay is not None else None) or {}
        if not item.maps:
            self.preprocessing = self.preprocessing or row.preprocessing
            item = replace(item, picture=self._picture(as_told(row.image), provenance), **self._verdict(row))
        shown = Map(
            variant=self._variant(row),
            layer=row.layer,
            method=row.method,
            class_index=row.class_index,
            class_name=words_of(
                row.class_name,
                row.score_name,
                [row.against] * bool(row.against),
                row.output_name,
                row.direction,
            ),
            score=row.score,
            score_name=row.score_name,
            probability=row.probability,
            status=row.status,
            cause=row.message,
            overlay=self._overlay(overlay, provenance) if overlay is not None else None,
            file=row.overlay,
            provenance={name: value for name, value in provenance.items() if name not in OWN_WORDS},
            parts=parts_in(row),
        )
        outcome = row.outcome if item.outcome == "up to date" else item.outcome
        return replace(item, outcome=outcome, maps=(*item.maps, shown))

    def _variant(self, row: Row) -> str:
        return method_at(row.method, row.layer if len(self.plan.request.places) > 1 else "")

    def _verdict(self, row: Row) -> dict[str, Any]:
        task = self._tasks.get(row.image)
        request = self.plan.request
        labels = labels_behind(row.predicted_name, row.predicted_index, request.labels)
        of_class = task is not None and row.predicted_index is not None
        truth = truth_of(task, request, labels) if task is not None and of_class else None
        return {
            "predicted": row.predicted_name,
            "truth": None if truth is None else name_of(truth, labels),
            "right": None if truth is None else truth == row.predicted_index,
        }

    def _overlay(self, path: Path, provenance: Provenance) -> Asset | None:
        made_of = {"overlay": provenance.get("request"), "rank": provenance.get("rank")}
        return (
            self._asset(made_of, lambda: read_image(path, max_pixels=self.plan.request.max_pixels).pixels)
            if provenance
            else None
        )

    def _picture(self, path: Path, provenance: Provenance) -> Asset | None:
        """The image; that of this run is in the store already."""
        known = provenance.get("image_sha256")
        of_input = (provenance.get(f"input_{one}") for one in ("channels", "planes"))
        load = partial(self._read, path, known, *of_input)
        return self._asset(self._picture_of(known), lambda: self._enlarged(load())) if provenance else None

    def _picture_of(self, image_hash: str | None) -> Provenance:
        request = self.plan.request
        window = {"window": [request.window, request.depth]} if request.window or request.depth else {}
        bands = {"bands": request.show_bands} if request.show_bands else {}
        frame = {"frame": request.frame} if request.frame else {}
        return {"image": image_hash, "enlarge": request.enlarge, **window, **bands, **frame}

    def _read(self, path: Path, known: str | None, channels: int | None, planes: int | None) -> np.ndarray:
        """The image whose hash is `known`: another may have taken its place since it was explained."""
        try:
            with at_hand(path):
                pixels = read_file(path, lambda _: None, self.plan.request.reading(channels, planes)).pixels
                same = sha256(path) == known
        except OSError as error:
            raise ImageError(why_unreadable(path, error)) from error
        if not same:
            raise ImageError("the image is no longer the one that was explained")
        return pixels

    def _enlarged(self, pixels: np.ndarray) -> np.ndarray:
        """An image as large as its overlays, so that the two cover each other."""
        *_, height, width = size = pixels.shape[:-1]
        factor = enlargement((height, width), self.plan.request.enlarge)
        return flat(enlarge(pixels, Region.whole(size), factor)[0])

    def _asset(self, made_of: Provenance, load: Callable[[], np.ndarray]) -> Asset | None:
        """A picture of the page; None if it cannot be read any more, or not be written."""
        key = digest({**made_of, "version": __version__})[:32]
        try:
            return self.store.get(key) or self.store.put(key, load())
        except ImageError:
            return None
        except OutputError as error:  # the run goes on, and ends with this
            self._problem = self._problem or error
            return None
