"""What is requested of a model's outputs besides the class: against which others, where, like what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from xai_cam.errors import InputError, XaiCamError
from xai_cam.files.fingerprint import hash_of
from xai_cam.images.finding import ImageFile
from xai_cam.images.masks import mask_of
from xai_cam.models.input.feeding import FeedingRequest
from xai_cam.runs.target_part import target_identity


@dataclass(frozen=True)
class TargetedRequest(FeedingRequest):
    """A feeding, and what is explained of the model's outputs.

    Attributes
    ----------
    against : tuple of str
        The classes that a class is explained against, as they were given; or `similar`.
    region : str
        Over which places of a segmentation scores are summed.
    masks : Path, optional
        A folder of masks that mark these places.
    like : Path, optional
        A picture with which the images are compared.
    """

    against: tuple[str, ...] = ()
    region: str = "predicted"
    masks: Path | None = None
    like: Path | None = None

    @property
    def specs(self) -> tuple[str, ...]:
        """The classes that are explained."""
        return ("predicted",)

    @property
    def files(self) -> list[Path]:
        """Files to read besides images and model."""
        return [*super().files, *([self.like] if self.like else [])]

    @cached_property
    def reference_hash(self) -> str | None:
        """SHA-256 of the picture that images are compared with, if there is one; taken once."""
        return hash_of(self.like) if self.like else None

    @cached_property
    def reference_extras(self) -> dict[str, Any] | None:
        """What identifies the other inputs of that picture, if there are any.

        Raises
        ------
        InputError
            Something is missing for it.
        """
        if self.like is None or not self.extras.sources:
            return None
        try:
            return self.extras.identity(ImageFile(self.like, Path()))
        except XaiCamError as error:
            raise InputError(f"The picture of `like`, {self.like}: {error.message}") from error

    def beside(self, images: Sequence[ImageFile]) -> Sequence[ImageFile]:
        """The picture to compare with, where it is not one of the images."""
        if self.like is None:
            return ()
        same = self.like.resolve()
        return () if any(same == image.path.resolve() for image in images) else [ImageFile(self.like, Path())]

    def check_extras(self) -> None:
        """Refuse a picture to compare with for which something is missing."""
        _ = self.reference_extras

    def held(self, image: ImageFile) -> dict[str, Any]:
        """What identifies the other inputs of an image, and what is asked of the model besides the class.

        Raises
        ------
        XaiCamError
            Something is missing for this image.
        """
        mask = hash_of(mask_of(image, self.masks)) if self.masks else None
        asked = target_identity(self.against, self.region, mask, self.reference_hash)
        beside = self.reference_extras
        return {**super().held(image), **asked, **({"like_extra": beside} if beside else {})}
