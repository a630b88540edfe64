"""Kinds of values that options take, read from text."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from xai_cam.errors import InputError, nearest
from xai_cam.files.stores.paths import StorePath, as_path
from xai_cam.files.stores.urls import is_url

COPIES = f"{__name__}.copies"
"""Under which a context knows what was fetched: the path of each copy, and its URL, which errors name."""


class Place(click.Path):
    """A path on a disk, or the URL of one in a store."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path, of a disk or of a store."""
        return value if isinstance(value, Path) else as_path(str(super().convert(value, param, ctx)))


class OnDisk(Place):
    """A path on a disk; no store will do."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path itself."""
        path = super().convert(value, param, ctx)
        if isinstance(path, StorePath):
            self.fail(f"{path} is in a store, and this takes a path on a disk. Copy it there.", param, ctx)
        return path


class ModelFile(Place):
    """A path on a disk; what is in a store is fetched."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path itself, or that of a copy on the disk."""
        return fetched_here(super().convert(value, param, ctx), "Name one file of the model.")


def fetched_here(path: Path, advice: str) -> Path:
    """The path itself, or that of a copy on the disk.

    Raises
    ------
    BadParameter
        It cannot be fetched.
    """
    if not isinstance(path, StorePath):
        return path
    from xai_cam.files.stores.fetched import fetched

    try:
        copy = fetched(path)
    except OSError as error:
        raise click.BadParameter(f"{path} cannot be read: {error.strerror}. {advice}") from error
    context = click.get_current_context(silent=True)
    if context is not None:
        context.meta.setdefault(COPIES, {})[str(copy)] = str(path)
    return copy


PLACE, MODEL_FILE = Place(), ModelFile()


class Size(click.ParamType):
    """`224x160` -> (224, 160), height first; `32x224x160` has the slices of volumes before it."""

    name = "HxW"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """`224x160` as (224, 160)."""
        if isinstance(value, tuple):
            return value
        if not re.fullmatch(r"[1-9]\d*([xX][1-9]\d*){1,2}", value):
            self.fail(f"{value!r} is not a size. Write height x width, such as 224x224.", param, ctx)
        return tuple(map(int, re.split("[xX]", value)))


class Window(click.ParamType):
    """`-1000:400` -> (-1000.0, 400.0): two numbers, the lower first."""

    name = "LOW:HIGH"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[float, float]:
        """The two ends as numbers."""
        if isinstance(value, tuple):
            return value
        try:
            low, high = map(float, value.split(":"))
        except ValueError:
            low, high = math.nan, math.nan
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            self.fail(f"{value!r} is not a window. Write the lower value first, such as 0:4095.", param, ctx)
        return low, high


class Bands(click.ParamType):
    """`3,2,1` -> (3, 2, 1): one band or three, counted from 1."""

    name = "N[,N,N]"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """The numbers between the commas."""
        if isinstance(value, tuple):
            return value
        if not re.fullmatch(r" *[1-9]\d{0,8} *(, *[1-9]\d{0,8} *, *[1-9]\d{0,8} *)?", str(value)):
            self.fail(f"{value!r} names no bands. Write one number, or three, such as 3,2,1.", param, ctx)
        return tuple(map(int, str(value).split(",")))


class Share(click.ParamType):
    """A number between 0 and 1, both left out; `2%` is 0.02."""

    name = "T"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number."""
        text = str(value).strip()
        try:
            found = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            found = math.nan
        if not 0 < found < 1:
            self.fail(f"{value!r} is not between 0 and 1. Write 0.02 or 2% for two hundredths.", param, ctx)
        return found


class AutoNumber(click.ParamType):
    """A number of at least 1, or `auto` (None)."""

    name = "auto|N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        """A whole number, or None for `auto`."""
        if value in (None, "auto"):
            return None
        if not re.fullmatch(r"[1-9]\d*", str(value)):
            self.fail(f"{value!r} is neither a number of at least 1 nor auto.", param, ctx)
        return int(value)


class Choices(click.ParamType):
    """`overlay,raw` -> ("overlay", "raw"), in the order of the choices."""

    def __init__(self, choices: tuple[str, ...]) -> None:
        self.choices = choices
        self.name = ",".join(choices)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """The choices named, in their own order."""
        if isinstance(value, tuple):
            return value
        wanted = [part.strip() for part in value.split(",") if part.strip()]
        wrong = [part for part in wanted if part not in self.choices]
        if wrong or not wanted:
            self.fail(
                f"{value!r} is not one of {', '.join(self.choices)} (or several, comma-separated).",
                param,
                ctx,
            )
        return tuple(choice for choice in self.choices if choice in wanted)


class ChoiceList(click.ParamType):
    """`grad-cam,score-cam` -> ("grad-cam", "score-cam"): of a repeatable option, to be joined by `flat`."""

    def __init__(self, choices: Iterable[str]) -> None:
        self.choices = tuple(choices)
        self.name = ",".join(self.choices)

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """The choices named, in the order given."""
        if isinstance(value, tuple):
            return value
        names = tuple(self._spelt(part.strip()) for part in value.split(","))
        for name in names:
            if name not in self.choices:
                if not name:
                    self.fail("A name is missing between commas. Leave out the comma.", param, ctx)
                near = ", ".join(nearest(name, list(self.choices), 3, alike=0.5))
                ways = f"Nearest: {near}; --help has all." if near else "--help lists them."
                self.fail(f"{name!r} is none of the choices. {ways}", param, ctx)
        return names

    def _spelt(self, name: str) -> str:
        """The name; with underscores for hyphens where it is spelt so."""
        lower = name.replace("-", "_")
        return lower if lower in self.choices else name


class Names(click.ParamType):
    """`conv1,conv2` -> ("conv1", "conv2"): of a repeatable option, to be joined by `flat`.

    No layer is lost: TensorFlow runs none with a comma in its name.
    """

    name = "NAME"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """The names between the commas."""
        if isinstance(value, tuple):
            return value
        names = tuple(part.strip() for part in value.split(","))
        if len(names) > 1 and not all(names):
            self.fail(f"{value!r} has an empty name beside a comma.", param, ctx)
        return names


class ThresholdText(click.ParamType):
    """`0.150` -> `0.15`; also `otsu` and `p80`."""

    name = "T|otsu|pN"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The threshold as it is told."""
        from xai_cam.cam.threshold import Threshold

        try:
            return str(Threshold.of(value))
        except InputError as error:
            self.fail(error.message.replace("`threshold`", "It"), param, ctx)


def flat(_: click.Context, __: click.Parameter, values: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """The values of an option that is given several times, each of which may hold several."""
    return tuple(value for several in values for value in several)


def check_module(source: str | None) -> str | None:
    """Refuse a `.py` file that is not there before anything heavy is imported; one in a store is fetched."""
    if source and is_url(source):
        path = as_path(source)
        if path.suffix != ".py":
            raise click.UsageError(f"{path} is no .py file. Name one, or a module as package.module.")
        fetched_here(path, "Name a .py file, or a module as package.module.")
        return source
    if source and source.endswith(".py") and not Path(source).is_file():
        raise click.UsageError(f"There is no file {source}. Name a .py file, or a module as package.module.")
    return source


def check_limit(text: str | None) -> str | None:
    """Refuse limits that are none before anything heavy is imported."""
    from xai_cam.models.loading.limits import Limits

    try:
        Limits.of(text)
    except InputError as error:
        raise click.UsageError(error.message.replace("`limit`", "--limit")) from error
    return text
