"""Options of occlusion: how large a patch is covered at a time, and how far the next one is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xai_cam.cam.occlusion import Patches, check_stride
from xai_cam.images.numbers import check_count


@dataclass(frozen=True)
class Patching:
    """What occlusion covers, in pixels of the model's input.

    Attributes
    ----------
    patch : int, optional
        Side of a patch; default: an eighth of the input's shorter side.
    stride : int, optional
        From one patch to the next; default: half of the patch.

    Raises
    ------
    InputError
        A number that is none, or a stride beyond the patch.
    """

    patch: int | None = None
    stride: int | None = None

    def __post_init__(self) -> None:
        for name in ("patch", "stride"):
            object.__setattr__(self, name, check_count(name, getattr(self, name)))
        if self.patch and self.stride:
            check_stride(self.patch, self.stride)

    @property
    def given(self) -> dict[str, Any]:
        """Those that were given, by name."""
        return {name: value for name, value in vars(self).items() if value is not None}

    def of(self, size: Sequence[int]) -> Patches:
        """The patches of an input of that size.

        Raises
        ------
        InputError
            They do not fit it.
        """
        return Patches.of(size, self.patch, self.stride)
