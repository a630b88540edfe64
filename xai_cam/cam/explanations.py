"""Many maps in one list that shows itself: a gallery, a table, a chart, a folder of figures."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, SupportsIndex, overload

from xai_cam.cam.components import COMPONENTS
from xai_cam.cam.explanation import Explanation
from xai_cam.cam.keeping import write_boxes
from xai_cam.cam.threshold import SHARE
from xai_cam.extras import require
from xai_cam.files.coco import Joined
from xai_cam.files.names import safe_name
from xai_cam.files.writing import check_none_is_input

MAX_SHOWN = 12
"""Figures in a notebook's gallery; a hundred of them would make a file that no browser likes."""

SHOWN_WIDTH = 560
MAX_PLOTTED, COLUMNS = 24, 4
COLUMN_INCHES, ROW_INCHES = 2.6, 2.9


class Explanations(list[Explanation]):
    """A list of maps, which a notebook shows as a gallery.

    It is a list in every respect; its slices and its sums with other lists of maps are of this kind too.

    Examples
    --------
    >>> import xai_cam
    >>> model, pictures, labels, _ = xai_cam.sample()
    >>> found = xai_cam.explain(model, xai_cam.prepare(model, pictures), labels=labels)
    >>> len(found), len(found[:2].by_image)
    (6, 2)
    >>> [path.name for path in found[:2].save("maps")]
    ['image_0.png', 'image_1.png']
    >>> list(found.to_frame().columns[:4])
    ['image', 'path', 'method', 'layer']
    """

    @property
    def by_image(self) -> list[Explanations]:
        """For each image its maps, in the order in which the images come first."""
        found: dict[int, Explanations] = {}
        for one in self:
            found.setdefault(one.image, type(self)()).append(one)
        return list(found.values())

    def __repr__(self) -> str:
        return f"[{f',{chr(10)} '.join(map(repr, self))}]"

    @overload
    def __getitem__(self, index: SupportsIndex, /) -> Explanation: ...
    @overload
    def __getitem__(self, index: slice, /) -> Explanations: ...
    def __getitem__(self, index: SupportsIndex | slice, /) -> Explanation | Explanations:
        found = super().__getitem__(index)
        return type(self)(found) if isinstance(found, list) else found

    def __add__(self, others: Any, /) -> Explanations:  # type: ignore[override] # of what a list returns, this is one
        return type(self)(super().__add__(others))

    def copy(self) -> Explanations:
        """A list of the same maps."""
        return type(self)(self)

    def to_frame(self) -> Any:
        """A table with a row for each map, as a `pandas.DataFrame`.

        Raises
        ------
        XaiCamError
            pandas is not installed.
        """
        hidden = ("cam", "ranking", "part", "region")
        told = [{name: value for name, value in e.to_dict().items() if name not in hidden} for e in self]
        rows = [{**one, "against": ", ".join(one["against"])} for one in told]
        return require("pandas").DataFrame(rows)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON: what each map's `to_dict` gives, under `explanations`."""
        return {"explanations": [one.to_dict() for one in self]}

    def save(
        self,
        folder: str | Path,
        what: str = "figure",
        suffix: str = ".png",
        **looks: Any,
    ) -> list[Path]:
        """Write each map's figure into a folder, under names that are told apart; returns where they are.

        Parameters
        ----------
        folder : path
            Made where it is missing.
        what : str
            `figure`, `overlay`, `mask` or `boxes`.
        suffix : str
            `.png`, `.jpg`, or `.npy` for the maps themselves; boxes are `.json`, which need not be said.
        **looks
            As for `Explanation.save`: `colormap`, `opacity`, `blend`; of figures also `theme`, `grid`,
            `peak`, `box` and `edge`; `threshold` and `components`.

        Raises
        ------
        InputError, OutputError
            As `Explanation.save` does; where a file would replace a picture that was explained, none is
            written.
        """
        suffix = ".json" if what == "boxes" else suffix
        paths = [Path(folder, f"{name}{suffix}") for name in self._names()]
        inputs = frozenset().union(*(one.source.paths for one in self if one.source))
        check_none_is_input(paths, inputs)
        for one, path in zip(self, paths, strict=True):
            one.save(path, what, **looks)
        return paths

    def save_coco(
        self, path: str | Path, threshold: float | str = SHARE, components: str = COMPONENTS[0]
    ) -> Path:
        """Write the regions of all maps as one COCO JSON, which annotation tools open; returns where.

        Parameters
        ----------
        path : path
            A `.json`. A file that is there is replaced.
        threshold, components
            As for `Explanation.regions`.

        Raises
        ------
        InputError, OutputError
            As `Explanation.save` does.
        """
        joined = Joined()
        for one in self:
            joined.add((one.source and one.source.identity, one.image), one.to_coco(threshold, components))
        said = {"threshold": str(threshold), "components": components}
        inputs = frozenset().union(*(one.source.paths for one in self if one.source))
        return write_boxes(Path(path), joined.document, said, inputs)

    def plot(self) -> Any:
        """The overlays of at most 24 maps in one chart, as a `matplotlib.figure.Figure`.

        Raises
        ------
        XaiCamError
            Matplotlib is not installed.
        """
        from xai_cam.drawing.matplotlib_chart import default_style, new_figure, without_formulas

        shown = self[:MAX_PLOTTED]
        columns = max(1, min(len(shown), COLUMNS))
        rows = max(1, -(-len(shown) // columns))
        with default_style():
            figure, axes = new_figure(COLUMN_INCHES * columns, ROW_INCHES * rows, rows, columns)
            places = list(axes.flat) if rows * columns > 1 else [axes]
            for place in places:
                place.set_axis_off()
            for place, one in zip(places, shown, strict=False):
                place.imshow(one.drawn("overlay"))
                place.set_title(without_formulas("\n".join(one.caption()[:2])), fontsize=8)
        return figure

    def _names(self) -> list[str]:
        """A name for each map's file: of its image, and of whatever else tells it from the others."""
        parts = ("method", "layer", "output_name", "target_class", "rivals")
        told = [
            name for name in parts if any(len({getattr(e, name) for e in of}) > 1 for of in self.by_image)
        ]
        names = []
        for one in self:
            path = one.source.path(one.image) if one.source else None
            start = f"image_{one.image}" if path is None else path.stem
            others = [_told(getattr(one, name)) for name in told]
            others += [] if one.sign == "positive" else [one.sign]
            names.append(safe_name("_".join(filter(None, [start, *others]))))
        return _told_apart(names)

    def _repr_html_(self) -> str:
        from xai_cam.drawing.html import block, note, picture, side_by_side, title

        shown = self[:MAX_SHOWN]
        tags = (picture(one.drawn(), ", ".join(one.caption()), SHOWN_WIDTH) for one in shown)
        figures = side_by_side(tags, SHOWN_WIDTH)
        more = len(self) - len(shown)
        rest = note(f"{more} more: to_frame() lists all, save(folder) writes them.") if more else ""
        of = len({one.image for one in self})
        return block(title(f"{len(self)} maps of {of} image{'s' * (of != 1)}"), figures, rest)


def _told(value: Any) -> str:
    """A part of a name; of classes that another is explained against, as `not-dog-lynx`."""
    return "-".join(["not", *value] if value else []) if isinstance(value, tuple) else str(value)


def _told_apart(names: Iterable[str]) -> list[str]:
    """The names, those that come again with a number behind them; disks may take no notice of case."""
    taken: set[str] = set()
    found = []
    for name in names:
        free, number = name, 2
        while free.casefold() in taken:
            free, number = f"{name}_{number}", number + 1
        taken.add(free.casefold())
        found.append(free)
    return found
