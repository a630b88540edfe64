"""The pictures of a command, from its arguments and options."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xai_cam.cli.printing import tell
from xai_cam.cli.status_line import waiting
from xai_cam.files.stores.paths import StorePath, as_path

if TYPE_CHECKING:
    from xai_cam.cli.groups import ImageOptions
    from xai_cam.images.finding import Found


MAX_FOLDERS = 200
"""Folders that are looked into to see whether images are further down."""


def check_named(names: tuple[str, ...], source: ImageOptions) -> None:
    """Refuse a command that names no images.

    Raises
    ------
    UsageError
    """
    if not names and not source.from_file:
        raise click.UsageError("Missing argument 'IMAGES...'. Name files, folders or quoted globs.")


def find_pictures(names: Iterable[str], source: ImageOptions) -> Found:
    """The pictures that names, `--from-file`, `--include` and `--exclude` stand for.

    An empty list, named alone, stands for no picture: in a pipe, that is a result as any other.

    Raises
    ------
    NoImagesError
        There is none.
    InputError
        The list cannot be read.
    """
    from xai_cam.errors import NoImagesError
    from xai_cam.files.provenance import is_own_output
    from xai_cam.images.finding import Found, find_images

    names = list(names)
    names += read_list(source.from_file) if source.from_file else []
    if not names and source.from_file:
        return Found(empty_list="standard input" if source.from_file == "-" else source.from_file)
    with waiting("Looking for images"):
        found = find_images(
            names, source.recursive, source.include, source.exclude, is_own_output, source.follow_links
        )
    if not found.images:
        asides = why_none(found)
        below = None if source.recursive else folder_with_more(names, source)
        if below is not None:
            raise NoImagesError(f"No image found{asides}, but {below} has images in sub-folders: add -r.")
        if found.closed:
            raise NoImagesError(f"No image found{asides}, but {found.closed[0]} has sub-folders: add -r.")
        raise NoImagesError(f"No image found{asides}. {what_helps(found, source.recursive)}")
    return found


def leave_out_masks(found: Found, masks: Path) -> None:
    """The images without the masks that lie below the same folder.

    Raises
    ------
    NoImagesError
        Nothing else was found.
    """
    from xai_cam.errors import NoImagesError
    from xai_cam.images.image_files import ImageFiles

    folder = masks.resolve()
    found.images = ImageFiles(image for image in found.images if folder not in image.path.resolve().parents)
    if not found.images:
        raise NoImagesError(
            f"All images are in the folder of masks, {masks}. Put the masks into a folder of their own."
        )


def why_none(found: Found) -> str:
    """What was there in place of images, each in brackets."""
    from xai_cam.images.finding import NO_FILE

    told = []
    for path, reason in islice(found.failures.items(), 1):
        told.append(f"{path} does not exist" if reason == NO_FILE else f"{path}: {reason}")
    if found.own_outputs:
        told.append(f"{found.own_outputs} pictures are xai-cam's own outputs")
    told += [line.rstrip(".") for line in found.notices_on_passed_over]
    return "".join(f" ({text})" for text in told)


def what_helps(found: Found, recursive: bool) -> str:
    """What to do where there is no image; where that is for a store, what helps against the first error."""
    from xai_cam.files.stores.refusals import CHECK_THEM, CredentialsError

    refused = found.refused.get(next(iter(found.failures), Path()))
    if isinstance(refused, CredentialsError):
        return CHECK_THEM
    if isinstance(refused, PermissionError):
        return "Name the files, for which the right to read them is enough; --from-file takes a long list."
    if refused is not None:
        return "Check the address of the store and the way to it, and run the same command again."
    return f"Name files, folders{'' if recursive else ' (-r for sub-folders)'} or globs."


def folder_with_more(names: Iterable[str], source: ImageOptions) -> str | None:
    """The first of the names that is a folder with images in its sub-folders, as far as is quickly seen."""
    from xai_cam.files.provenance import is_own_output
    from xai_cam.images.finding import find_images

    for name in filter(os.path.isdir, names):
        for folder, folders, _ in islice(os.walk(name), MAX_FOLDERS):
            folders[:] = [one for one in folders if not one.startswith(".")]
            below = [
                path for path in (os.path.join(folder, one) for one in folders) if not os.path.islink(path)
            ]
            if find_images(below, False, source.include, source.exclude, is_own_output).images:
                return name
    return None


def end_without_images(found: Found, quiet: bool) -> None:
    """End a command that has nothing to say of an empty list, without an error.

    Raises
    ------
    Exit
    """
    if found.empty_list:
        if not quiet:
            for line in found.notices:
                tell(line)
        raise click.exceptions.Exit(0)


def _read(path: Path, size: int) -> bytes:
    """The first bytes of a file, which may be a pipe as shells make them, or of an object."""
    if isinstance(path, StorePath):
        return path.read_head(size)
    with path.open("rb") as file:
        return file.read(size)


def read_list(source: str) -> list[str]:
    """File names, one per line, from a file or standard input (`-`).

    Raises
    ------
    InputError
    """
    from xai_cam.errors import InputError
    from xai_cam.files.texts import TextError, reason_of
    from xai_cam.images.name_lists import MAX_BYTES, names_in

    try:
        if source != "-":
            return names_in(_read(as_path(source), MAX_BYTES + 1))
        if sys.stdin is None:
            raise TextError("standard input is closed")
        return names_in(sys.stdin.buffer.read(MAX_BYTES + 1), piped=True)
    except (OSError, TextError) as error:
        raise InputError(
            f"Cannot read the list {source}: {reason_of(error)}. Write one image per line, in UTF-8."
        ) from error
