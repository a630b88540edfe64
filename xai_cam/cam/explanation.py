"""Explanations: a map, its image, layer, method and class, and whether it shows anything."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.cam.annotated import annotate
from xai_cam.cam.components import COMPONENTS, mask_of
from xai_cam.cam.keeping import write_boxes, write_map, write_mask
from xai_cam.cam.located_map import LocatedMap
from xai_cam.cam.names import method_at
from xai_cam.cam.threshold import SHARE
from xai_cam.drawing.colormaps import DEFAULT_COLORMAP
from xai_cam.errors import InputError
from xai_cam.files.names import as_text
from xai_cam.images.picture import Region
from xai_cam.images.resizing import interpolated, matrices, resize_nearest
from xai_cam.images.target_words import TARGET_WORDS, describe_target


@dataclass(frozen=True, repr=False, eq=False)
class Explanation(LocatedMap):
    """One map: of one image, by one method, for one class.

    In a notebook it shows itself: the picture, the map, and the map over the picture. It refers to the images
    that were explained and copies nothing; where it is pickled, that reference stays behind.

    Attributes
    ----------
    cam : (h, w) float32
        The map on the layer's own grid, not normalised; >= 0, unless its sign is `both`.
    method, layer : str
    target_class : int
        Class explained; of a regression the number of the value explained.
    predicted_class : int or None
        Class predicted; None of a regression, which has none, and of a segmentation that marks no place.
    score : float
        Score of the class explained, of the kind `score_name` (`logit`, `probability`, `log-probability`, or
        `value` of a regression: the value itself, whichever direction is explained).
    probability : float
        Probability of the class explained; NaN where the model gives none.
    ranking : tuple of (class, probability)
        The model's first classes, best first; with its outputs where it gives no probabilities. Of a
        regression its first values in their order.
    status : str
        `ok`, `blank` (all zero), `flat` (the same everywhere) or `non-finite`.
    cause : str
        The likely cause of a status other than `ok`; also what is to be known of a map that is nearly flat.
    engine : str
        What computed the evidence, with the precision if that is less than float32; empty where none did.
    image : int
        Which of the images explained together it is of, counted from 0.
    part : Region, optional
        What the map covers of the model's input, in shares of its sides, where the model crops, pads or
        mirrors the input before the layer; None: all of it.
    labels : sequence of str, optional
        Names of the model's classes, where they were given.
    source : Source, optional
        Where it finds its picture; None where it knows none.
    sign : str
        `positive`: the map shows what speaks for the class; `negative`: what speaks against it; `both`:
        the one above 0, the other below.
    against : tuple of str or int
        The classes, by name or index, that the class is explained against; empty where it stands alone.
    output_name : str
        The output that the class is one of, where the model has several.
    members : tuple of int
        Several classes that are explained as one; empty for a single one, which is `target_class`.
    direction : str
        `up` or `down`: in which way a value is explained; empty of a class.
    column : int
        The number of the score explained, among all that the engine has of the model.
    passes, channels : int or None
        How many channels of the image were scored, and how many there are to score, which are all that are
        not constant; None where the method scores none.
    expected_error : float or None
        What the map is expected to be off by at most, over its maximum, as not all channels were scored; 0
        where all were, None where it cannot be told.
    made_of : str
        Of `occlusion` its patch and stride, of `rise` its masks, in words: how fine these maps are.
    standard_error : float or None
        Of a map that is made of random samples: the largest standard error of a pixel, over the map's
        maximum; None of any other, and where the map is 0.
    residual, score_change : float or None
        Of `integrated-gradients`: what the sum over all pixels is off by from the change of the score on the
        way from a black picture, and that change; None of other methods.
    smooth : bool
        Whether it is the mean of the maps of the image, mirrored, darker and brighter.
    riding : tuple of arrays
        What the image was given with, where it is measured.
    region : (H, W) bool, optional
        The part of the model's input whose score is explained, at a size of its own: that of a segmentation.
        Overlays and figures draw its edge.
    region_part : Region, optional
        What that mask covers of the model's input, in shares of its sides, where the output leaves out what
        is near them; None: all of it.

    Examples
    --------
    >>> import xai_cam
    >>> model, pictures, labels, _ = xai_cam.sample()
    >>> images = xai_cam.prepare(model, pictures)
    >>> found = xai_cam.explain(model, images, labels=labels)
    >>> found[0]
    <Explanation of image 0: grad-cam at smooth3, circle, probability 0.95, 12 x 12, ok>
    >>> found[0].overlay().shape
    (288, 288, 3)
    >>> found[0].box()[:4]
    (123, 140, 288, 288)
    """

    def __repr__(self) -> str:
        size = " x ".join(map(str, self.cam.shape))
        probability = f"probability {self.probability:.3g}, " if np.isfinite(self.probability) else ""
        return (
            f"<Explanation of image {self.image}: {method_at(self.method, self.layer)}, {self.target}, "
            f"{probability}{size}, {self.status}{f' ({self.cause})' if self.cause else ''}>"
        )

    def on_input(self, size: Sequence[int]) -> np.ndarray:
        """The map (h, w); one that covers a part of the input: in its pixels (H, W), 0 elsewhere."""
        if self.part is None:
            return self.cam
        spans = Region.whole(size).part(self.part).spans
        return interpolated(self.cam, [one for one, _ in matrices(size, self.cam.shape, spans)])

    def region_on_input(self, size: Sequence[int]) -> np.ndarray:
        """The region (H, W) in the input's pixels, those of the nearest cells; False beside it."""
        assert self.region is not None
        return resize_nearest(self.region, size, Region.whole(size).part(self.region_part).spans)

    def save(
        self,
        path: str | Path,
        what: str = "figure",
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
    ) -> Path:
        """Write the figure, the overlay, the map, a mask or boxes, whole or not at all; returns where.

        Parameters
        ----------
        path : path
            By its suffix: `.png` or `.jpg` for a picture, `.npy` for the map as it is. A mask is a `.png`,
            boxes are a `.json`. A file that is there is replaced, unless it is one of the pictures that were
            explained.
        what : str
            `figure`, `overlay`, `mask` (255 in the `regions`, else 0) or `boxes` (the `regions` as COCO).
        colormap, opacity, blend
            As for `overlay`; a map as it is has no looks.
        theme, grid, peak, box, edge
            As for `figure`, which alone has them.
        threshold, components
            As for `regions`: what is in a mask and boxes, and is marked in a figure.
        outline
            As for `figure`; of an overlay True or False.

        Raises
        ------
        InputError
            Another suffix or word, the path of a picture that was explained, or no picture is known; or the
            looks are not as `overlay` and `figure` take them.
        OutputError
            It cannot be written.
        """
        if what in ("mask", "boxes"):
            return self._save_regions(Path(path), what, threshold, components)
        more = {"theme": theme, "grid": grid, "peak": peak, "box": box, "edge": edge}
        style = {"colormap": colormap, "opacity": opacity, "blend": blend}
        parts = {"threshold": threshold, "components": components}
        draw: dict[str, Callable[[], np.ndarray]] = {
            "figure": lambda: self.figure(**style, **more, **parts, outline=outline),  # type: ignore[arg-type] # the parameters above
            "overlay": lambda: self.overlay(**style, outline=bool(outline)),  # type: ignore[arg-type]
        }
        if what not in draw:
            raise InputError(f"`what` is {what!r}. Use {', '.join(draw)}, mask or boxes.")
        of_a_mask = isinstance(outline, np.ndarray)
        if what == "overlay" and (theme != "light" or grid or peak or box or edge or of_a_mask):
            raise InputError(
                f"An overlay has no {', '.join(more)} or outline of a mask. Save a figure, or leave them out."
            )
        return write_map(Path(path), draw[what], self.cam, *self._said)

    def _save_regions(self, path: Path, what: str, threshold: float | str, components: str) -> Path:
        """Write the mask or the boxes."""
        said, inputs = self._said
        said |= {"threshold": str(threshold), "components": components}
        if what == "mask":
            found = self.regions(threshold, components)
            return write_mask(path, mask_of(found, self._placed[1]), said, inputs)
        return write_boxes(path, self.to_coco(threshold, components), said, inputs)

    def to_coco(
        self, threshold: float | str = SHARE, components: str = COMPONENTS[0]
    ) -> dict[str, list[dict[str, Any]]]:
        """The regions as `images`, `categories` and `annotations` of COCO; arguments and errors as there."""
        parts = self.regions(threshold, components)
        path, size = self.source.path(self.image) if self.source else None, self._placed[1]
        name = f"image_{self.image}" if path is None else as_text(path.name)
        target = describe_target(TARGET_WORDS.get(self.score_name, self.class_name), (), self.output_name)
        return annotate(self, target, parts, name, size)

    @property
    def _said(self) -> tuple[dict[str, Any], Sequence[Path]]:
        """What a file says of the map, and the pictures that it must not replace."""
        said = {name: value for name, value in self.to_dict().items() if name != "cam"}
        said["path"] = None if said["path"] is None else as_text(said["path"])
        return said, tuple(self.source.paths) if self.source else ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, the map as lists; None for what is not finite. Pictures stay out."""
        path = self.source.path(self.image) if self.source else None
        return {
            "image": self.image,
            "path": None if path is None else str(path),
            "method": self.method,
            "layer": self.layer,
            "target_class": self.target_class,
            "class_name": self.class_name,
            "predicted_class": self.predicted_class,
            "probability": _plain(self.probability),
            "score": _plain(self.score),
            "score_name": self.score_name,
            "output_name": self.output_name,
            "against": list(self.rivals),
            "sign": self.sign,
            "region": _share(self.region),
            "ranking": [[number, _plain(value)] for number, value in self.ranking],
            "status": self.status,
            "cause": self.cause,
            "engine": self.engine,
            "passes": self.passes,
            "channels": self.channels,
            "expected_error": self.expected_error,
            "made_of": self.made_of,
            "standard_error": self.standard_error,
            "residual": None if self.residual is None else _plain(self.residual),
            "score_change": None if self.score_change is None else _plain(self.score_change),
            "smooth": self.smooth,
            "part": None if self.part is None else self.part.sides,
            "cam": _lists(self.cam.tolist()),
        }


def _lists(values: Any) -> Any:
    return [_lists(one) for one in values] if isinstance(values, list) else _plain(values)


def _plain(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _share(region: np.ndarray | None) -> dict[str, Any] | None:
    """The size of a region's mask, and the share of it that the region takes."""
    if region is None:
        return None
    return {"height": region.shape[0], "width": region.shape[1], "share": float(region.mean())}
