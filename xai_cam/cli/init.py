"""`xai-cam init`: a settings file with a profile of a model."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from xai_cam.cli.commands import Command
from xai_cam.cli.groups import (
    ModelOptions,
    PreprocessingOptions,
    TrustOptions,
    VerbosityOptions,
    gather,
)
from xai_cam.cli.options import (
    labels_option,
    model_options,
    reshape_option,
    trust_options,
    verbosity_options,
)
from xai_cam.cli.preprocessing import preprocessing_options
from xai_cam.cli.sections import key_of
from xai_cam.cli.settings.file import DEFAULT_PROFILE, NAME, PROFILE, parse, parse_text
from xai_cam.cli.values import OnDisk

if TYPE_CHECKING:
    from xai_cam.cli.text.settings_file import Entry
    from xai_cam.models.input.feeding import Feeding
    from xai_cam.models.loading.model_files import ModelFiles

COPIED = (
    "inside",
    "size",
    "head",
    "output-name",
    "image-input",
    "channel-order",
    "fit",
    "resize-with",
    "window",
    "depth",
    "frame",
    "show-bands",
    "max-pixels",
    "reshape",
)
"""Options that go into the profile as they were given."""


@dataclass(frozen=True)
class InitOptions:
    """The options of `xai-cam init`."""

    model: ModelOptions
    trust: TrustOptions
    labels: Path | None
    preprocessing: PreprocessingOptions
    reshape: tuple[int, int] | None
    profile: str | None
    output: Path
    overwrite: bool
    verbosity: VerbosityOptions


@click.command(cls=Command, settings=False, heading="What to write")
@model_options
@trust_options
@labels_option
@preprocessing_options
@reshape_option
@click.option("--profile", metavar="NAME", help="Name of the profile. Default: the model's file name.")
@click.option(
    "-o",
    "--output",
    type=OnDisk(dir_okay=False),
    default=Path(NAME),
    show_default=True,
    help="Settings file to write, or to add a profile to.",
)
@click.option("--overwrite", is_flag=True, help="Replace an existing file, with all that is in it.")
@verbosity_options
@gather("options", InitOptions)
@click.pass_context
def init(ctx: click.Context, options: InitOptions) -> None:
    """Write xai-cam.toml for a model, so that commands need no -m.

    Opens the model and concludes the preprocessing, the layer and the labels. The file says in comments
    what was concluded from what, and what is only a guess. To a file that exists a profile is added if
    --profile names it; nothing else in the file is changed.

    \b
    Examples:
        xai-cam init -m my_model.keras
        xai-cam init -m model.json -w weights.h5 --labels names.txt --preprocess caffe
        xai-cam init -m other.keras --profile other
    """
    from xai_cam.cli.console import Console, listening
    from xai_cam.cli.requests import labels_in
    from xai_cam.files.writing import write_whole

    name = options.profile or name_of(options.model.model)
    before = check_target(options, name)
    labels = labels_in(options.labels, options.model.model)
    files = options.model.find(options.trust)
    console = Console(options.verbosity.quiet)
    with listening(console):
        model = options.trust.open(files, options.verbosity.verbose)
        request = options.preprocessing.feeding(options.model, labels)
        feeding = replace(request, reshape=options.reshape).open(model, holds=False)
    path = options.labels or getattr(labels, "found", None)
    entries = conclude(feeding, files, path, options, given_in(ctx))
    text, added = compose(name, entries, feeding, before, options.output)
    write_whole(options.output, text.encode())
    if not options.verbosity.quiet:
        for line in added.splitlines():
            console.say(line)
    taken = f"taken with --profile {name}, or with its model" if before else "taken where no model is named"
    console.notice(f"Wrote {options.output}: profile {name}, {taken}.")


def name_of(model: Path) -> str:
    """The name of a profile for a model: that of its file, or of its folder where the file's says nothing."""
    stem = model.stem if model.stem != "model" else model.resolve().parent.name
    return re.sub(r"[^\w.-]+", "-", stem).strip("-") or "model"


def check_target(options: InitOptions, name: str) -> bytes:
    """What the file to write holds already: nothing if it is not there or is replaced.

    Raises
    ------
    InputError
        It would be lost, or has such a profile.
    """
    from xai_cam.errors import InputError
    from xai_cam.files.writing import check_not_input

    path = options.output
    check_not_input(path, [options.model.model, options.model.weights, options.labels])
    if name == "none":
        raise InputError("A profile cannot be called none, which stands for no profile. Name another.")
    if not path.exists() or options.overwrite:
        return b""
    if options.profile is None:
        raise InputError(f"{path} exists. Add a profile with --profile NAME, or replace it with --overwrite.")
    profiles = parse(path).get(PROFILE, {})
    if not isinstance(profiles, dict):
        raise InputError(f"{path}: {PROFILE!r} is no table. Correct it there.")
    if name in profiles:
        raise InputError(f"{path} has a profile {name!r} already. Name another, or change it there.")
    return path.read_bytes()


def given_in(ctx: click.Context) -> dict[str, Any]:
    """The options that the command line has, by key."""
    return {
        key_of(param): ctx.params.get(str(param.name))
        for param in ctx.command.params
        if ctx.get_parameter_source(str(param.name)) is ParameterSource.COMMANDLINE
    }


def conclude(
    feeding: Feeding, files: ModelFiles, labels: Path | None, options: InitOptions, given: dict[str, Any]
) -> list[Entry]:
    """The settings of the profile."""
    from xai_cam.cli.text.settings_file import (
        Entry,
        beside,
        entries_of_inputs,
        entries_of_looks,
        entry_of_labels,
        entry_of_layer,
        entry_of_scaling,
    )
    from xai_cam.drawing.colormaps import COLORMAPS

    folder = options.output.parent
    entries = [Entry("model", beside(files.model, folder))]
    if files.weights is not None:
        found = "" if options.model.weights else "The only weights beside the model."
        entries.append(Entry("weights", beside(files.weights, folder), found))
    entries.append(entry_of_labels(feeding, labels, folder, options.labels is not None))
    entries.append(entry_of_scaling(feeding, options.preprocessing.preprocess != "auto"))
    entries += [Entry(key, as_text(key, given[key])) for key in COPIED if key in given]
    entries += entries_of_inputs(feeding, options.model.image_input, options.preprocessing.extra, folder)
    entries.append(entry_of_layer(feeding))
    if options.trust.custom_objects:
        comment = "Only from a file that is named: --config, or XAI_CAM_CONFIG. It is executed."
        entries.append(Entry("custom-objects", options.trust.custom_objects, comment, False))
    return [*entries, *entries_of_looks(COLORMAPS)]


def as_text(key: str, value: Any) -> Any:
    """The value of an option as the command line has it."""
    if key == "output-name":
        return list(value)
    if isinstance(value, tuple):
        return {"window": ":", "show-bands": ","}.get(key, "x").join(f"{part:.10g}" for part in value)
    return value


def compose(name: str, entries: list[Entry], feeding: Feeding, before: bytes, path: Path) -> tuple[str, str]:
    """The whole text of the file, and what is new in it.

    Raises
    ------
    InputError
        It would not say what was concluded, or no longer say what it said.
    """
    from xai_cam.cli.text.settings_file import about_model, file_text, profile_text
    from xai_cam.errors import InputError

    added = profile_text(name, entries, about_model(feeding))
    if before:
        old = before.decode("utf-8-sig")
        text, expected = f"{old.rstrip()}\n\n{added}", parse_text(before, path)
    else:
        text = added = file_text(name, added)
        expected = {DEFAULT_PROFILE: name}
    wanted = {entry.key: entry.value for entry in entries if entry.live}
    expected[PROFILE] = {**expected.get(PROFILE, {}), name: wanted}
    if parse_text(text.encode(), path) != expected:
        raise InputError(f"{path} is written so that no profile can be added at its end. Add it by hand.")
    return text, added
