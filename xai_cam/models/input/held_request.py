"""What is requested of the inputs of a model besides the image: what each is held at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from xai_cam.images.extras import NOTHING, Extras, read_extras
from xai_cam.images.finding import ImageFile

R = TypeVar("R", bound="HeldRequest")


@dataclass(frozen=True, kw_only=True)
class HeldRequest:
    """Which input is the image, and what the others are held at.

    Attributes
    ----------
    image_input : str, optional
        The input that is the image, by name or number, where several may be.
    extra : sequence of (str, str)
        The other inputs by name, and what each is held at, as of `read_extras`.
    extras : Extras
        The same, read for the images of a run.
    """

    image_input: str | None = None
    extra: Sequence[tuple[str, str]] = ()
    extras: Extras = NOTHING

    def with_images(self: R, images: Sequence[ImageFile]) -> R:
        """The same, the values of the other inputs read for all images of a run.

        Raises
        ------
        InputError
            Something that was given is not there, or makes no sense.
        """
        if not self.extra:
            return self
        found = replace(self, extras=read_extras(self.extra, images, self.beside(images)))
        found.check_extras()
        return found

    def beside(self, images: Sequence[ImageFile]) -> Sequence[ImageFile]:  # noqa: ARG002 - of those below
        """Pictures besides the images for which the other inputs need values too; here there is none."""
        return ()

    def check_extras(self) -> None:
        """Refuse, with an `InputError`, values that do not do for what else is requested; here nothing is."""

    def held(self, image: ImageFile) -> dict[str, Any]:
        """What identifies the values of an image's other inputs, to tell whether it is up to date.

        Raises
        ------
        XaiCamError
            Some are missing for this image.
        """
        return {"extra": self.extras.identity(image)} if self.extras.sources else {}

    @property
    def files(self) -> list[Path]:
        """Files to read besides images and model."""
        return self.extras.files
