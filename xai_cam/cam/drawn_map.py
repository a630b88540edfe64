"""A map as a picture: over its photo, as a figure, in a notebook, in a file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from xai_cam.cam.box import box_of
from xai_cam.cam.caption import caption_of
from xai_cam.cam.components import COMPONENTS, Component, components_of, mask_of
from xai_cam.cam.pictured import Pictured, Source
from xai_cam.cam.scaling import as_drawn, over
from xai_cam.cam.threshold import SHARE
from xai_cam.drawing.canvas import THEMES
from xai_cam.drawing.colormaps import DEFAULT_COLORMAP
from xai_cam.drawing.figure import draw_figure
from xai_cam.drawing.html import block, encoded, note, picture
from xai_cam.drawing.marks import PlacedMask, draw_region
from xai_cam.drawing.overlay import OverlayStyle, draw_heatmap, draw_overlay
from xai_cam.drawing.slices import describe_slices
from xai_cam.drawing.text import one_line
from xai_cam.errors import InputError
from xai_cam.images.labels import name_of
from xai_cam.images.picture import Region
from xai_cam.images.target_words import TARGET_WORDS, describe_target, rival_names

ALONE = 224, 224
"""Size of the drawing of a map without its picture."""


@dataclass(frozen=True, repr=False, eq=False)
class DrawnMap:
    """The values of an `Explanation`, which describes them, and what it draws of them."""

    cam: np.ndarray
    method: str
    layer: str
    target_class: int
    predicted_class: int | None
    score: float
    score_name: str
    probability: float
    ranking: tuple[tuple[int, float], ...]
    status: str
    cause: str
    engine: str = ""
    image: int = 0
    part: Region | None = None
    labels: Sequence[str] | None = None
    source: Source | None = field(default=None, compare=False)
    sign: str = "positive"
    against: tuple[str | int, ...] = ()
    output_name: str = ""
    region: np.ndarray | None = field(default=None, compare=False)
    region_part: Region | None = None
    members: tuple[int, ...] = ()
    direction: str = ""
    column: int = -1
    passes: int | None = None
    channels: int | None = None
    expected_error: float | None = None
    made_of: str = ""
    standard_error: float | None = None
    residual: float | None = None
    score_change: float | None = None
    smooth: bool = False
    riding: tuple[np.ndarray, ...] = field(default=(), compare=False)

    @property
    def class_name(self) -> str:
        """What the class is called, or its number; of several as one `cat+lynx`, of a fall `age down`."""
        names = "+".join(name_of(k, self.labels) for k in self.members or (self.target_class,))
        return f"{names} down" if self.direction == "down" else names

    @property
    def target(self) -> str:
        """What is explained, in words: the class's name or number, against what, and of which output."""
        if self.score_name in TARGET_WORDS:
            return one_line(describe_target(TARGET_WORDS[self.score_name], (), self.output_name))
        kind = "value" if self.score_name == "value" else "class"
        name = self.class_name if self.labels else f"{kind} {self.class_name}"
        return one_line(describe_target(name, self.rivals, self.output_name))

    @property
    def rivals(self) -> tuple[str, ...]:
        """Names of what the class is explained against."""
        return rival_names(self.against, self.labels)

    @property
    def saliency_map(self) -> np.ndarray:
        """(h, w) float32 in [0, 1]: the map over its maximum; a blank map stays 0.

        Of a map of both signs, what is above 0: boxes, peaks and metrics are of that.
        """
        shown = np.maximum(self.cam, 0) if self.is_signed else self.cam
        return over(shown, shown.max())

    @property
    def scaled_map(self) -> np.ndarray:
        """(h, w) float32, as it is drawn: the saliency map, or both signs over the largest absolute value.

        Of gradients at the input a few pixels outshine all others: full colour begins at the 99th percentile.
        """
        return as_drawn(self.cam if self.is_signed else self.saliency_map, self.method)

    @property
    def is_signed(self) -> bool:
        """Whether the map has both signs."""
        return self.sign == "both"

    @property
    def picture(self) -> Pictured | None:
        """The picture that it is of: the original one of what `prepare` returned, else the array explained.

        None where it is not known: the explanation was pickled, or is of an `Explainer` that got arrays.
        """
        return None if self.source is None else self.source[self.image]

    def overlay(
        self,
        pixels: np.ndarray | None = None,
        region: Region | None = None,
        colormap: str = DEFAULT_COLORMAP,
        opacity: float | None = None,
        blend: str = "alpha",
        outline: bool = True,
    ) -> np.ndarray:
        """The picture with the map laid over it, (H, W, 3) uint8 RGB.

        Parameters
        ----------
        pixels : (H, W, 3) uint8 RGB, optional
            Another picture, of any size; default: the one that was explained.
        region : Region, optional
            What the model saw of that; default: all.
        colormap, opacity, blend
            As `OverlayStyle` has them; a map of both signs is red and blue, whatever the default is.
        outline : bool
            Also draw the edge of the `region` explained, if there is one.

        Raises
        ------
        InputError
            The pixels are not one such picture, or none are given and the explanation knows none; there is no
            such colour map or blend, or the opacity is not from 0 to 1.
        """
        style = OverlayStyle(colormap, blend, opacity, self.is_signed)
        shown = self._shown(pixels, region)
        return self.drawn_over(shown.pixels, shown.region, style, outline)

    def drawn_over(
        self,
        pixels: np.ndarray,
        region: Region,
        style: OverlayStyle,
        outline: bool = True,
        values: np.ndarray | None = None,
    ) -> np.ndarray:
        """A picture, of which the model saw a region, with the map over it; `values` scales it otherwise."""
        values = self.scaled_map if values is None else values
        drawn = draw_overlay(pixels, values, region.part(self.part), style)
        placed = self.placed_region(region)
        return draw_region(drawn, placed) if outline and placed is not None else drawn

    def placed_region(self, region: Region) -> PlacedMask | None:
        """The region explained in a picture of which the model saw this; None where there is none."""
        if self.region is None or self.cam.ndim == 3:
            return None
        return PlacedMask(self.region, region.part(self.region_part))

    def figure(
        self,
        pixels: np.ndarray | None = None,
        region: Region | None = None,
        *,
        colormap: str = DEFAULT_COLORMAP,
        opacity: float | None = None,
        blend: str = "alpha",
        theme: str = "light",
        grid: bool = False,
        peak: bool = False,
        box: bool = False,
        edge: bool = False,
        threshold: float | str = SHARE,
        components: str = COMPONENTS[0],
        outline: np.ndarray | bool | None = True,
    ) -> np.ndarray:
        """Picture, map and overlay side by side with a caption, (H, W, 3) uint8 RGB.

        Parameters
        ----------
        pixels, region, colormap, opacity, blend
            As for `overlay`.
        theme : str
            `light` or `dark`.
        grid, peak, box, edge : bool
            Also draw the cells of the map, its maximum, and boxes or edges of its parts.
        threshold, components
            Which parts of the map these are, as for `regions`.
        outline : bool or (H, W) bool, optional
            Also draw the edge of the `region` explained, if there is one; or that of a part of the picture,
            such as the object.

        Raises
        ------
        InputError
            As for `overlay`; or the theme or the outline is none.
        """
        style = OverlayStyle(colormap, blend, opacity, self.is_signed)
        shown = self._shown(pixels, region)
        if theme not in THEMES:
            raise InputError(f"Unknown `theme` {theme!r}. Use {', '.join(THEMES)}.")
        covered, size = shown.region.part(self.part), shown.pixels.shape[:-1]
        parts = self._components(shown, threshold, components) if edge else []
        caption = self.caption(shown.note)
        if self.cam.ndim == 3:
            caption.append(describe_slices(size, self.scaled_map, covered))
        return draw_figure(
            shown.pixels,
            self.scaled_map,
            covered,
            caption,
            style,
            theme=theme,
            grid=grid,
            peak=peak,
            boxes=self._boxes(shown, threshold, components) if box else (),
            parts=mask_of(parts, size) if parts else None,
            outline=self._edge(outline, shown),
        )

    def _edge(self, outline: np.ndarray | bool | None, shown: Pictured) -> np.ndarray | PlacedMask | None:
        """What a figure draws the edge of: a mask of the picture's size, the region explained, or nothing."""
        if outline is None or isinstance(outline, bool):
            return self.placed_region(shown.region) if outline else None
        if outline.dtype != np.bool_ or outline.shape != shown.pixels.shape[:-1]:
            raise InputError("The outline is not an (H, W) bool mask of the picture's size. Give one.")
        return outline

    def caption(self, note: str = "") -> list[str]:
        """Lines on what the map shows: class and probability; method, layer and grid; whatever is odd."""
        return caption_of(self, note)

    def _shown(self, pixels: Any, region: Region | None) -> Pictured:
        """The picture to draw on, with what the model saw of it."""
        if pixels is not None:
            if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or not self._fits(pixels):
                sides = "a (D, H, W, 3)" if self.cam.ndim == 3 else "an (H, W, 3)"
                raise InputError(
                    f"`pixels` is not {sides} uint8 array. Give the `pixels` of what read_image returns."
                )
            return Pictured(pixels, region or Region.whole(pixels.shape[:-1]))
        shown = self.picture
        if shown is None:
            raise InputError(
                "This map does not know its picture, as it was pickled or made of a batch. Give `pixels`."
            )
        return shown

    def _fits(self, pixels: np.ndarray) -> bool:
        """Whether pixels are those of a picture, or of a volume if the map is one's."""
        return pixels.ndim == self.cam.ndim + 1 and pixels.shape[-1] == 3

    def _boxes(self, shown: Pictured, threshold: float | str, components: str) -> list[tuple[int, ...]]:
        """The boxes in a picture; in a volume the one in the slice where the map is highest."""
        if self.cam.ndim == 3:
            placed = shown.region.part(self.part), shown.pixels.shape[:-1]
            found = box_of(self.saliency_map, threshold, *placed)
            return [] if found is None else [found[:4]]
        return [one.box for one in self._components(shown, threshold, components)]

    def _components(self, shown: Pictured, threshold: float | str, components: str) -> list[Component]:
        """The parts of the map in a picture."""
        placed = shown.region.part(self.part), shown.pixels.shape[:-1]
        return components_of(self.saliency_map, threshold, components, *placed)

    def drawn(self, what: str = "figure") -> np.ndarray:
        """The figure or the overlay; where no picture is known, the map alone."""
        if self.source is not None:
            return self.figure() if what == "figure" else self.overlay()
        colours = OverlayStyle(signed=self.is_signed).colours
        size = (*self.cam.shape[:-2], *ALONE)
        return draw_heatmap(self.scaled_map, Region.whole(size), size, colours)

    def _repr_png_(self) -> bytes:
        return encoded(self.drawn())

    def _repr_html_(self) -> str:
        below = "" if self.source is not None else note(". ".join(self.caption()))
        return block(picture(self.drawn(), ", ".join(self.caption())), below)
