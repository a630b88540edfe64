"""Errors a user can cause: one sentence says what is wrong, one says what to do."""

from __future__ import annotations

import click


class XaiCamError(click.ClickException):
    """Base of all errors this package raises on purpose; the command line prints it as one line."""

    exit_code = 1


class UsageError(XaiCamError):
    """An option or an argument that cannot be meant."""

    exit_code = 2


class ModelError(XaiCamError):
    """The model, its weights or the named layer."""

    exit_code = 3


class NoImagesError(XaiCamError):
    """Nothing to explain was found."""

    exit_code = 4


class ImageError(XaiCamError):
    """One image cannot be read; the others can."""


class OutputError(XaiCamError):
    """One output cannot be written; the others may."""


class OutOfMemoryError(XaiCamError):
    """The device cannot hold what was asked for at once; less may do."""


def nearest(name: str, known: list[str], limit: int = 8) -> list[str]:
    """The names of `known` in the order of their likeness to `name`, at most `limit`."""
    from difflib import SequenceMatcher

    def likeness(other: str) -> float:
        return SequenceMatcher(None, name.lower(), other.lower()).ratio()

    return sorted(known, key=likeness, reverse=True)[:limit]
