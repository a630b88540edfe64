"""The request of a features run, and the names of the files it writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from xai_cam.errors import InputError
from xai_cam.files.names import safe_name
from xai_cam.images.class_specs import top_of
from xai_cam.images.labels import resolve
from xai_cam.runs.target_options import check_target
from xai_cam.runs.targeted_request import TargetedRequest
from xai_cam.runs.tasks import Task

SAVES = ("grid", "npy")

ORDERS = ("energy", "weight")
"""What channels can be chosen by."""

SCALES = ("own", "layer")
"""What a tile's colours span: the range of its own map, or that of all maps of its layer."""


@dataclass(frozen=True)
class FeatureRequest(TargetedRequest):
    """Everything in the request that decides what the outputs look like.

    Attributes
    ----------
    layers : tuple of str or None
        None: the default layer.
    top : int, optional
        Show so many channels of each block of layers.
    by : str, optional
        What channels are chosen by, `energy` or `weight`; see `order`.
    target : str, optional
        The class whose weights these are.
    """

    layers: tuple[str | None, ...] = (None,)
    top: int | None = None
    by: str | None = None
    target: str | None = None
    saves: tuple[str, ...] = ("grid",)
    colormap: str = "viridis"
    scale: str = "own"

    def tidy(self) -> FeatureRequest:
        """The same request without repetitions, checked as far as it can be without the model.

        Raises
        ------
        InputError
        """
        if self.by == "energy" and self.target is not None:
            raise InputError(
                '`target` names the class of Grad-CAM\'s weights. Add `by="weight"`, or leave it out.'
            )
        if self.target is not None and (top_of(self.target) or 1) > 1:
            raise InputError(
                f"`target={self.target!r}` means {top_of(self.target)} classes, but weights belong to one "
                "class at a time. Name one class."
            )
        if self.target not in (None, "folder"):
            resolve(str(self.target), self.labels, "")
        check_target(self)
        if self.is_targeted and self.order != "weight":
            raise InputError(
                "`against`, `region`, `masks` and `like` say what the weights of channels are of. Add "
                '`by="weight"`, or leave them out.'
            )
        return replace(self, layers=tuple(dict.fromkeys(self.layers)) or (None,))

    @property
    def specs(self) -> tuple[str, ...]:
        """The class whose weights these are."""
        return (self.target or "predicted",)

    @property
    def is_targeted(self) -> bool:
        """Whether more than the class is said of the weights."""
        return bool(self.against or self.masks or self.like) or self.region != "predicted"

    @property
    def order(self) -> str | None:
        """The sort key of the channels; None: their numbers."""
        if self.by is not None:
            return self.by
        if self.target is not None or self.is_targeted:
            return "weight"
        return "energy" if self.top is not None else None

    def names(self, task: Task) -> dict[str, str]:
        """The files of an image by kind: `grid`, and `npy` with the layer's number behind it."""
        parts = [name_part([layer]) for layer in self.layers]
        names = {}
        if "grid" in self.saves:
            names["grid"] = f"{task.stem}{name_part(self.layers)}_features.png"
        if "npy" in self.saves:
            for number, part in enumerate(parts):
                again = f"-{number + 1}" if part in parts[:number] else ""
                names[f"npy{number}"] = f"{task.stem}{part}{again}_features.npy"
        return names

    def stems(self, task: Task) -> list[str]:
        """All file stems, to detect those that two images share."""
        return list(self.names(task).values())


def name_part(layers: Sequence[str | None]) -> str:
    """`_conv1+pool1` of layers that were named, nothing of the default one."""
    named = [layer for layer in layers if layer is not None]
    if not named:
        return ""
    return f"_{safe_name('+'.join(named))}"
