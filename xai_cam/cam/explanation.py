"""Explanations: a map, its image, layer, method and class, and whether it shows anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xai_cam.drawing.overlay import DEFAULT_COLORMAP, OverlayStyle, draw_overlay
from xai_cam.errors import InputError
from xai_cam.images.picture import Region
from xai_cam.images.resizing import interpolation_matrix


@dataclass(frozen=True, repr=False, eq=False)
class Explanation:
    """One map: of one image, by one method, for one class.

    Attributes
    ----------
    cam : (h, w) float32
        The map on the layer's own grid, >= 0, not normalised.
    method, layer : str
    target_class : int
        Class explained; of a regression the number of the value explained.
    predicted_class : int or None
        Class predicted; None of a regression, which has none.
    score : float
        Score of the class explained, of the kind `score_name` (`logit`, `probability`, `log-probability`, or
        `value` of a regression).
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
    """

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

    def __repr__(self) -> str:
        size = " x ".join(map(str, self.cam.shape))
        target = "value" if self.score_name == "value" else "class"
        probability = f"probability {self.probability:.3g}, " if np.isfinite(self.probability) else ""
        return (
            f"<Explanation of image {self.image}: {self.method} at {self.layer}, {target} "
            f"{self.target_class}, {probability}{size}, {self.status}"
            f"{f' ({self.cause})' if self.cause else ''}>"
        )

    @property
    def saliency_map(self) -> np.ndarray:
        """(h, w) float32 in [0, 1]: the map over its maximum; a blank map stays 0."""
        top = self.cam.max()
        return self.cam / top if np.isfinite(top) and top > 0 else np.zeros_like(self.cam)

    def on_input(self, size: tuple[int, int]) -> np.ndarray:
        """The map (h, w); one that covers a part of the input: in its pixels (H, W), 0 elsewhere."""
        if self.part is None:
            return self.cam
        region = Region(0, 0, *size).part(self.part)
        rows, _ = interpolation_matrix(size[0], self.cam.shape[0], region.top, region.bottom)
        columns, _ = interpolation_matrix(size[1], self.cam.shape[1], region.left, region.right)
        return rows @ self.cam.astype(np.float32) @ columns.T

    def overlay(
        self,
        pixels: np.ndarray,
        region: Region | None = None,
        colormap: str = DEFAULT_COLORMAP,
        opacity: float | None = None,
        blend: str = "alpha",
    ) -> np.ndarray:
        """The picture with the map laid over it, (H, W, 3) uint8 RGB.

        Parameters
        ----------
        pixels : (H, W, 3) uint8 RGB
            The original picture, of any size.
        region : Region, optional
            What the model saw of it; default: all.
        colormap, opacity, blend
            As `OverlayStyle` has them.

        Raises
        ------
        InputError
            The pixels are not one such picture, there is no such colour map or blend, or the opacity is not
            from 0 to 1.
        """
        style = OverlayStyle(colormap, blend, opacity)
        if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8 or pixels.shape[2:] != (3,):
            raise InputError(
                "`pixels` is not an (H, W, 3) uint8 array. Give the `pixels` of what read_image returns."
            )
        whole = region or Region(0, 0, *pixels.shape[:2])
        return draw_overlay(pixels, self.saliency_map, whole.part(self.part), style)


class Explanations(list[Explanation]):
    """All maps of several images, in one list; `by_image` has them image by image.

    Parameters
    ----------
    by_image : sequence of sequences of Explanation
        For each image its maps.
    """

    def __init__(self, by_image: Sequence[Sequence[Explanation]]) -> None:
        super().__init__(one for of_image in by_image for one in of_image)
        self.by_image = [list(of_image) for of_image in by_image]

    def __repr__(self) -> str:
        return f"[{f',{chr(10)} '.join(map(repr, self))}]"


NEARLY_FLAT = 0.05
"""A map that varies by no more than this share of its maximum looks the same everywhere."""

LITTLE_SAID = f"the map varies by less than {100 * NEARLY_FLAT:g} % of its maximum, so that it says little"


def is_nearly_flat(cam: np.ndarray) -> bool:
    """Whether a map (h, w) >= 0 of several places is nearly the same everywhere."""
    highest, lowest = float(cam.max()), float(cam.min())
    return highest > 0 and highest - lowest < NEARLY_FLAT * highest


def judge(cam: np.ndarray, activations: np.ndarray, value: float, score: str) -> tuple[str, str]:
    """Status of a map of the class whose `score` has this `value`, and the likely cause if it is not `ok`."""
    if not (np.isfinite(cam).all() and np.isfinite(value)):
        where = "the layer's activations" if not np.isfinite(activations).all() else "the scores or gradients"
        return "non-finite", f"{where} hold NaN or infinity: check the weights and the input scaling"
    if not cam.any():
        if not (activations.max(axis=(0, 1)) > activations.min(axis=(0, 1))).any():
            return "blank", "every channel of the layer is constant: a dead layer, or a wrong input scaling"
        if score == "probability":
            return (
                "blank",
                "nothing in this layer raises the class's probability; saturated? try the logit score",
            )
        if score == "value":
            return "blank", "nothing in this layer raises the value, it only lowers it"
        return "blank", "nothing in this layer speaks for the class, only against it"
    if cam.max() == cam.min():
        return "flat", "the map is the same everywhere: the layer does not tell positions apart"
    return "ok", LITTLE_SAID if is_nearly_flat(cam) else ""
