"""Options for models of several inputs: which one is the image, and what the others are held at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from xai_cam.images.finding import Found
    from xai_cam.models.input.held_request import HeldRequest, R


class Extra(click.ParamType):
    """`age=63` -> ("age", "63"): the name of an input, and what it is held at."""

    name = "NAME=VALUE"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """What stands before and behind an equals sign: the first that makes sense."""
        if isinstance(value, tuple):
            return value
        from xai_cam.images.extra_sources import split_extra

        name, given = split_extra(value)
        if not (name and given):
            self.fail(
                f"{value!r} does not say what an input is held at. Write NAME=VALUE, such as age=63.",
                param,
                ctx,
            )
        return name, given


image_input_option = click.option(
    "--image-input",
    metavar="NAME",
    help="The input that is the image, by name or number, if several may be. See `xai-cam layers`.",
)

extra_option = click.option(
    "--extra",
    multiple=True,
    type=Extra(),
    metavar="NAME=VALUE|FILE|DIR",
    help=(
        "What another input of the model is held at, by its name: age=63; meta=0.1,0.2; columns of a table "
        "with a row for each image, by its name (age=patients.csv:age); an array with a row for each image, "
        "in their order, or one for all (meta=meta.npy); pictures of the same names (left=FOLDER). "
        "Repeatable."
    ),
)


def with_held(request: R, found: Found) -> R:
    """The request, what other inputs are held at read for the images that were found.

    Raises
    ------
    NoImagesError, InputError
        As `leave_out_views`; something that was given is not there, or makes no sense.
    """
    leave_out_views(request, found)
    return request.with_images(found.images)


def leave_out_views(request: HeldRequest, found: Found) -> None:
    """Take pictures in the folder of another view from the images: they belong to these.

    Raises
    ------
    NoImagesError
        Nothing else was found.
    """
    from xai_cam.errors import NoImagesError
    from xai_cam.images.extra_sources import folders_in
    from xai_cam.images.image_files import ImageFiles

    folders = [folder.resolve() for folder in folders_in(request.extra)]
    if folders and found.images:
        found.images = ImageFiles(
            image for image in found.images if not set(folders) & set(image.path.resolve().parents)
        )
        if not found.images:
            raise NoImagesError(
                f"All images are in {folders[0]}, the folder of another view. Name those of --image-input."
            )
