"""What a caller asks of a model besides layer, method and class, checked: outputs, contrasts, regions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from xai_cam.cam.aim import SIMILAR, Aim
from xai_cam.cam.targets import Targets
from xai_cam.errors import InputError
from xai_cam.images.labels import resolve
from xai_cam.images.masks import region_in
from xai_cam.images.numbers import whole_number
from xai_cam.images.picture import Region
from xai_cam.models.embedding import embed
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.given import inputs_for
from xai_cam.models.input.inputs import Inputs
from xai_cam.models.output.model_output import EVERY
from xai_cam.models.output.table import REGIONS


@dataclass(frozen=True)
class TargetRequest:
    """Which number of a model is explained.

    Attributes
    ----------
    output_name : str, int, or sequence of these, optional
        The outputs, by name or number.
    image_input : str, optional
        The input that is the image.
    against : `similar`, str, int, or sequence of these, optional
        The classes that a class is explained against.
    region : str
        Over which places of a segmentation scores are summed: `predicted` or `all`.
    masks : (n, H, W) array, optional
        In place of a region: masks of the images.
    judging : bool
        Whether masks may say where the object is, to judge the maps of a model that answers for whole images.
    like : array or dict, optional
        An image, preprocessed, with whose embedding those of the images are compared.
    target : callable, or a sequence with one for each image, optional
        A function of the model's outputs, (n, …) -> (n,).
    """

    output_name: str | int | Sequence[str | int] | None = None
    image_input: str | None = None
    against: str | int | Sequence[str | int] | None = None
    region: str = "predicted"
    masks: Any = None
    like: Any = None
    target: Callable[[Any], Any] | Sequence[Callable[[Any], Any]] | None = None
    judging: bool = False

    def __post_init__(self) -> None:
        if self.region not in REGIONS:
            raise InputError(f"`region` is {self.region!r}. Use {' or '.join(REGIONS)}, or give `masks`.")
        if self.masks is not None and self.region != "predicted":
            raise InputError("`region` and `masks` exclude each other. Leave one out.")
        wanted = [name for name in ("against", "like", "target") if getattr(self, name) is not None]
        if len(wanted) > 1:
            raise InputError(f"`{wanted[0]}` and `{wanted[1]}` exclude each other. Leave one out.")
        if self.target is not None and not self.functions:
            raise InputError(
                "`target` is no function. Give one of the model's outputs, or one for each image."
            )

    @property
    def outputs(self) -> tuple[str | int, ...]:
        """The outputs by name or number, for a `Network`; a function of the caller's gets them all."""
        if self.output_name is None:
            return EVERY if self.target is not None else ()
        named = self.output_name
        return (named,) if isinstance(named, str | int) else tuple(named)

    @property
    def functions(self) -> tuple[Callable[[Any], Any], ...]:
        """The caller's functions, each once."""
        if self.target is None:
            return ()
        found = (self.target,) if callable(self.target) else tuple(self.target)
        return tuple(dict.fromkeys(found)) if all(map(callable, found)) else ()

    def classes(self, target_class: Any, count: int) -> Any:
        """The classes that are explained; of functions which of them is that of each image.

        Raises
        ------
        InputError
            There is not one function for each image, or classes are named where there are none.
        """
        what = "like" if self.like is not None else "target"
        named = isinstance(target_class, np.ndarray) or target_class not in (None, "predicted", ["predicted"])
        if named and getattr(self, what) is not None:
            number = "the likeness to an image" if what == "like" else "a function of the outputs"
            raise InputError(f"`{what}` explains {number}, which has no classes. Leave out `target_class`.")
        if self.target is None or callable(self.target):
            return target_class
        if len(self.target) != count:
            raise InputError(
                f"`target` has {len(self.target)} functions for {count} images. Give one for each, or a "
                "single one."
            )
        return np.array([[self.functions.index(one)] for one in self.target])

    def targets(self, network: NetworkFacts, labels: Sequence[str] | None = None) -> Targets:
        """The columns of a network's table that answer this.

        Raises
        ------
        InputError, ModelError
            The model's outputs are not of that kind.
        """
        reference = None if self.like is None else embed(network, self._reference(network))
        region = self.region if self.masks is None else "masks"
        if self.judging and not any(one.head and one.head.pixels for one in network.outputs):
            region = self.region
        aim = Aim((), self._rivals(network, labels), region, reference, self.functions)
        found = Targets(network, aim)
        if region != "predicted" and not any(block.head and block.head.pixels for block in found.blocks):
            asked = "masks" if self.masks is not None else "region"
            raise InputError(
                f"`{asked}` is for a segmentation, and the model gives its answers for whole images. Leave "
                "it out."
            )
        return found

    def _reference(self, network: NetworkFacts) -> Inputs:
        """The image to compare with, and what goes into the model beside it."""
        try:
            return inputs_for(network, self.like)
        except InputError as error:
            raise InputError(f"`like`: {error.message}") from error

    def _rivals(self, network: NetworkFacts, labels: Sequence[str] | None) -> str | tuple[int, ...]:
        if self.against is None:
            return ()
        if self.against == SIMILAR and SIMILAR not in (labels or ()):
            return SIMILAR
        given: list[Any] = list(np.atleast_1d(np.array(self.against, dtype=object)))
        names = labels if labels and len(labels) == network.head.classes else None
        found = [resolve(one, names, one) if isinstance(one, str) else whole_number(one) for one in given]
        if not found or not all(isinstance(one, int) for one in found):
            raise InputError(f"`against` is {self.against!r}. Name classes, or use {SIMILAR}.")
        return tuple(dict.fromkeys(one for one in found if isinstance(one, int)))

    def with_regions(self, targets: Targets, inputs: Inputs) -> Inputs:
        """The images with their masks, brought to the places of each output.

        Raises
        ------
        InputError
            There is not one mask for each image.
        """
        if self.masks is None or not targets.regions:
            return inputs
        given = np.asarray(self.masks)
        rank = len(targets.regions[0])
        given = given[..., 0] if given.ndim == rank + 2 and given.shape[-1] == 1 else given
        given = given[None] if given.ndim == rank else given
        if given.ndim != rank + 1 or len(given) != len(inputs):
            raise InputError(
                f"`masks` has the shape {np.shape(self.masks)} for {len(inputs)} images. Give one of (H, W) "
                "for each."
            )
        whole = Region.whole(given.shape[1:])
        regions = tuple(
            np.stack([region_in(one > 0, whole.part(part), size) for one in given])
            for size, part in zip(targets.regions, targets.region_parts, strict=True)
        )
        return replace(inputs, regions=regions)
