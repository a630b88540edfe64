"""Errors that a caller can cause: one sentence says what is wrong, one says what to do.

    XaiCamError
    |-- InputError         an argument makes no sense here
    |-- ModelError         the model, its weights or the named layer
    |-- NoImagesError      nothing to explain was found
    |-- ImageError         one image cannot be read; the others can
    |   |-- MissingReaderError   not here: with another library it can
    |   `-- UnfitImageError      not for this model, or not as was asked
    |-- OutputError        one output cannot be written; the others may
    `-- OutOfMemoryError   the device cannot hold that much at once; a smaller batch may fit

Arguments are named in backticks, with the value to give them where there is one: `layer`, `device="cpu"`. The
command line shows these as its options. Names of a user's own, as a layer's, have no backticks.
"""

from __future__ import annotations


class XaiCamError(Exception):
    """Base of all errors this package raises on purpose.

    Attributes
    ----------
    message : str
        One line that says what is wrong and what to do.

    Examples
    --------
    >>> import xai_cam
    >>> try:
    ...     xai_cam.read_image("missing.png")
    ... except xai_cam.XaiCamError as error:
    ...     print(error.message)
    there is no such file
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InputError(XaiCamError):
    """An argument that makes no sense here."""


class ModelError(XaiCamError):
    """The model, its weights or the named layer."""


class NoImagesError(XaiCamError):
    """Nothing to explain was found."""


class ImageError(XaiCamError):
    """One image cannot be read; the others can."""


class MissingReaderError(ImageError):
    """One image cannot be read with what is installed; with another library it can."""


class UnfitImageError(ImageError):
    """One image is not for this model, or not as was asked; the file is sound."""


class OutputError(XaiCamError):
    """One output cannot be written; the others may."""


class OutOfMemoryError(XaiCamError):
    """The device cannot hold what was asked for at once; a smaller batch may fit."""


def causes_of(error: BaseException | None) -> list[BaseException]:
    """An error and those that it was raised from."""
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__
    return chain


def words_of(error: BaseException, limit: int = 300) -> str:
    """What an error of another library says, in a line of at most so many characters.

    It goes into a message of ours, where backticks name arguments of ours: its own become quotes.
    """
    return shortened(" ".join(str(error).split()).replace("`", "'"), limit)


def shortened(text: str, limit: int) -> str:
    """The text; of a longer one as many whole words as fit into `limit` characters, and dots."""
    if len(text) <= limit:
        return text
    head = text[: limit - 4]
    return (head.rsplit(" ", 1)[0] if " " in head else head).rstrip(" ,;:") + " ..."


def nearest(name: str, known: list[str], limit: int = 8, alike: float = 0.0) -> list[str]:
    """The names of `known` in the order of their likeness to `name`, at most `limit`.

    Those that are less `alike`, from 0 to 1, are left out.
    """
    from difflib import SequenceMatcher

    def likeness(other: str) -> float:
        return SequenceMatcher(None, name.lower(), other.lower()).ratio()

    return sorted((one for one in known if likeness(one) >= alike), key=likeness, reverse=True)[:limit]
