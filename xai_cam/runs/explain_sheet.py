"""A contact sheet of a run: every image beside its overlays, page by page, in the order of the images."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.cam.map_sign import describe_sign
from xai_cam.cam.names import method_at
from xai_cam.drawing.canvas import THEMES
from xai_cam.drawing.colour_bar import bar_shades
from xai_cam.drawing.panels import Panel
from xai_cam.drawing.sheet import SIDE, Group, SheetLayout, draw_sheet, thumbnail
from xai_cam.drawing.slices import flat
from xai_cam.errors import ImageError, OutputError
from xai_cam.files.names import as_told
from xai_cam.files.rows import Reporter, Row
from xai_cam.files.stores.paths import StorePath
from xai_cam.images.class_specs import above_of, top_of
from xai_cam.images.readers import read_file
from xai_cam.images.reading import Reading
from xai_cam.images.target_words import TARGET_WORDS
from xai_cam.runs.plan import Plan
from xai_cam.runs.sheet_file import SheetFile
from xai_cam.runs.target_part import words_of

LINES = 3
"""Of captions: a name and what the model says of it, one of which may take two."""

ABOVE = 3
"""Maps beside an image where it has one for each label above a threshold; more go on below."""


class ExplainSheet:
    """Reporter that passes everything on to another, and makes a contact sheet of it.

    Images that are up to date show as well: everything is read from the overlays on disk. Only the pictures
    of the page that is being filled are kept.

    Parameters
    ----------
    file : SheetFile
        Gets the pages.
    plan : Plan
        Its request saves overlays.
    reporter : Reporter
        Gets everything in turn.
    """

    def __init__(self, file: SheetFile, plan: Plan, reporter: Reporter) -> None:
        self.file, self.plan, self.reporter = file, plan, reporter
        request = plan.request
        classes = sum(_maps_of(spec) for spec in request.classes) * max(len(request.output_names), 1)
        self.layout = SheetLayout(1 + len(request.variants) * classes, LINES)
        self.theme = THEMES[request.theme]
        self._blank = np.full((SIDE, SIDE, 3), self.theme.unseen, np.uint8)
        self._names = names_of([task.image.path for task in (*plan.tasks, *plan.left_out)])
        self._groups: list[Group] = []
        self._rows: list[Row] = []
        self._problem: OutputError | None = None

    def notice(self, text: str) -> None:
        """Pass on a notice."""
        self.reporter.notice(text)

    def progress(self, done: int, total: int) -> None:
        """Pass on the progress of the run."""
        self.reporter.progress(done, total)

    def row(self, values: Mapping[str, Any]) -> None:
        """Pass on a row, and add it to the sheet."""
        self.reporter.row(values)
        row = Row.of(values)
        if self._rows and self._rows[-1].image != row.image:
            self._end_image()
        self._rows.append(row)

    def write(self) -> str:
        """Write the last page, and give all pages their names; returns a line that says where they are.

        Raises
        ------
        OutputError
            A page could not be written.
        """
        self._end_image()
        self._end_page(last=True)
        if self._problem is not None:
            self.file.discard()
            raise self._problem
        names = self.file.finish()
        if not names:
            return "Sheet: none, as there is no image to show."
        pages = f" ({self.file.pages} pages)" if self.file.pages > 1 else ""
        return f"Sheet: {' to '.join(str(name) for name in dict.fromkeys((names[0], names[-1])))}{pages}"

    def _end_image(self) -> None:
        if self._rows and self._problem is None:
            for group in self._group(self._rows):
                if len(self._groups) == self.layout.groups:
                    self._end_page()
                self._groups.append(group)
        self._rows = []

    def _end_page(self, last: bool = False) -> None:
        if not self._groups or self._problem is not None:
            return
        request, name = self.plan.request, self.plan.files.model.name
        shows = describe_sign(request.sign)
        title = f"{name}: {', '.join([*request.methods, *([shows] if shows else [])])}"
        number = "" if last and not self.file.pages else f"page {self.file.pages + 1}"
        shades = bar_shades(request.style)
        ends = ("\N{MINUS SIGN}1", "1") if request.style.signed else ("0", "1")
        page = draw_sheet(self._groups, self.layout, title, number, shades, self.theme, ends)
        self._groups = []
        try:
            self.file.add(page)
        except OutputError as error:  # the run goes on, and ends with this
            self._problem = error

    def _group(self, rows: list[Row]) -> list[Group]:
        """An image and its maps, those beyond the layout's in further groups; of a failed one the reason."""
        path = as_told(rows[0].image)
        pixels = self._picture(path, rows[0])
        first = Panel(pixels, f"{self._names.get(path, path.name)}\n{_answer(rows[0])}")
        room = self.layout.pictures - 1
        parts = [rows[start : start + room] for start in range(0, len(rows), room)]
        return [[first, *map(self._map, part)] for part in parts]

    def _map(self, row: Row) -> Panel:
        if row.outcome == "failed" or not row.overlay:
            return Panel(self._blank, f"failed\n{row.message}")
        several = len(self.plan.request.places) > 1
        try:
            reading = Reading(max_pixels=self.plan.request.max_pixels)
            pixels = thumbnail(read_file(as_told(row.overlay), lambda _: None, reading).pixels)
        except (ImageError, OutputError):
            pixels = self._blank
        return Panel(pixels, f"{method_at(row.method, row.layer if several else '')}\n{_target(row)}")

    def _picture(self, path: Path, row: Row) -> np.ndarray:
        reading = self.plan.request.reading(row.input_channels, row.input_planes)
        try:
            return thumbnail(flat(read_file(path, lambda _: None, reading).pixels))
        except (ImageError, OutputError):
            return self._blank


def _maps_of(spec: str) -> int:
    """How many maps of an image there is room for beside it: of labels above a threshold not known before."""
    return ABOVE if above_of(spec) is not None else top_of(spec) or 1


def _answer(row: Row) -> str:
    """What the model predicts, and whether that is the truth where it is known."""
    if row.truth_index is not None and row.truth_index == row.predicted_index:
        return f"predicted {row.predicted_name}, correct"
    said = (("predicted", row.predicted_name), ("truth", row.truth_name))
    return ", ".join(f"{word} {name}" for word, name in said if name)


def names_of(paths: Iterable[Path]) -> dict[Path, str]:
    """What pictures are called: where a name comes twice, with the folders below the one that holds all."""
    whole = {path: path if isinstance(path, StorePath) else Path(os.path.abspath(path)) for path in paths}
    names = Counter(path.name for path in set(whole.values()))
    folders = [found.parent.parts for found in whole.values()] or [()]
    both = zip(min(folders), max(folders), strict=False)
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], both))
    if common < (2 if any(isinstance(path, StorePath) for path in whole) else 1):  # several drives or buckets
        return {path: str(path) if names[path.name] > 1 else path.name for path in whole}
    return {
        path: "/".join(found.parts[common:]) if names[found.name] > 1 else found.name
        for path, found in whole.items()
    }


def _target(row: Row) -> str:
    against = [row.against] * bool(row.against)
    name = f"value {row.class_name}" if row.score_name == "value" else row.class_name
    name = words_of(name, row.score_name, against, row.output_name, row.direction)
    if row.score_name == "value":
        return f"{name}: {row.score:.4g}"
    number = row.score if row.score_name in TARGET_WORDS else row.probability
    return name if number is None else f"{name} {number:.3f}"
