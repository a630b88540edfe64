"""Options of methods that make inputs of an image: how many, by what seed, and what they cover."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from xai_cam.cam.methods import METHODS, Evidence, Method
from xai_cam.cam.occlusion import Patches, check_stride
from xai_cam.cam.random_masks import CELLS
from xai_cam.errors import InputError
from xai_cam.images.numbers import check_count, whole_number


@dataclass(frozen=True)
class Sampling:
    """How such methods sample.

    Attributes
    ----------
    samples : int, optional
        Inputs made of an image; default: the method's own, `Method.samples`.
    seed : int
        What random ones are drawn from: neither an image's place in a batch nor the batch's size changes its
        map. Noise depends on the image's content too; random masks are the same for all images.
    patch : int, optional
        Side of what occlusion covers at a time, in pixels of the model's input; default: an eighth of its
        shorter side.
    stride : int, optional
        From one patch to the next; default: half of the patch.

    Raises
    ------
    InputError
        A number that is none, or a stride beyond the patch.
    """

    samples: int | None = None
    seed: int = 0
    patch: int | None = None
    stride: int | None = None

    def __post_init__(self) -> None:
        for name in ("samples", "patch", "stride"):
            object.__setattr__(self, name, check_count(name, getattr(self, name)))
        seed = whole_number(self.seed)
        if seed is None or seed < 0:
            raise InputError(f"`seed` is {self.seed!r}. Give a whole number of at least 0.")
        object.__setattr__(self, "seed", seed)
        if self.patch and self.stride:
            check_stride(self.patch, self.stride)

    @property
    def given(self) -> dict[str, Any]:
        """Those that were given, by name."""
        usual = Sampling.__dataclass_fields__
        return {name: value for name, value in vars(self).items() if value != usual[name].default}

    def patches(self, size: Sequence[int]) -> Patches:
        """What is covered of an input of that size.

        Raises
        ------
        InputError
            The patches do not fit it.
        """
        return Patches.of(size, self.patch, self.stride)

    def describe(self, method: Method, size: Sequence[int]) -> str:
        """What a method covers or dims of an input, as `patch 12, stride 6`; empty of one that does neither.

        It says how fine such a map is: its cells, one for each pixel, do not.
        """
        if method.covers:
            patches = self.patches(size)
            return f"patch {patches.side}, stride {patches.stride}"
        if method.evidence is Evidence.SAMPLED_SCORES:
            count, cells = self.samples or method.samples, " × ".join([str(CELLS)] * len(size))
            return f"{count:,} mask{'s' * (count != 1)} of {cells} cells"
        return ""


def check_sampling(methods: Iterable[str], sampling: Sampling) -> None:
    """Refuse what no method that was asked for heeds; a seed of 0 is that of all.

    Raises
    ------
    InputError
    """
    asked = set(methods)
    if not asked <= set(METHODS):  # an unknown one is refused elsewhere
        return
    sampled = [name for name, method in METHODS.items() if method.samples]
    drawn = [name for name in sampled if METHODS[name].random]
    covering = [name for name, method in METHODS.items() if method.covers]
    for option, what, names in (
        ("samples", "make several inputs of an image", sampled),
        ("seed", "draw inputs at random", drawn),
        ("patch", "cover patches of an image", covering),
        ("stride", "cover patches of an image", covering),
    ):
        if getattr(sampling, option) and not asked & set(names):
            raise InputError(f"`{option}` is for methods that {what}. Use one of these: {', '.join(names)}.")
