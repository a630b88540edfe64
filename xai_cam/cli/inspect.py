"""`xai-cam layers`, `methods` and `doctor`: what there is to work with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from xai_cam.cli.commands import Command
from xai_cam.cli.groups import ComputeOptions, ModelOptions, TrustOptions, VerbosityOptions
from xai_cam.cli.options import model_options, reshape_option, trust_options, verbosity_options
from xai_cam.cli.printing import say, say_json, tell
from xai_cam.cli.status_line import waiting
from xai_cam.cli.text.tables import lines_of_table

if TYPE_CHECKING:
    from xai_cam.models.facts import NetworkFacts

WORKING = "a working TensorFlow"

as_json = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")


@click.command(cls=Command, heading="What to list")
@model_options
@trust_options
@reshape_option
@click.option("--all", "every", is_flag=True, help="List also those whose output is no maps of the picture.")
@as_json
@click.option("-v", "--verbose", is_flag=True, help="Also show TensorFlow's messages.")
def layers(
    model: ModelOptions,
    trust: TrustOptions,
    reshape: tuple[int, int] | None,
    every: bool,
    as_json: bool,
    verbose: bool,
) -> None:
    """List the layers and operations that can be explained; a star marks the default.

    Below them stand the model's inputs and outputs: their shapes, and what each output means.

    Needs no weights: an architecture JSON is enough.

    \b
    Examples:
        xai-cam layers -m my_model.keras
        xai-cam layers -m model.json --all
        xai-cam layers -m my_model.keras --json
    """
    from xai_cam.cli.console import Console, listening
    from xai_cam.cli.errors import with_options
    from xai_cam.cli.text.inspect import describe_layers, rows_of_layers

    with listening(Console()):
        network = network_to_list(model, trust, reshape, verbose)
    if as_json:
        say_json(rows_of_layers(network, every))
        return
    for line in describe_layers(network, every):
        say(with_options(line))


def network_to_list(
    model: ModelOptions, trust: TrustOptions, reshape: tuple[int, int] | None, verbose: bool
) -> NetworkFacts:
    """The model by what is known of it, with its weights or of its architecture; else opened, as it is named.

    Raises
    ------
    XaiCamError
    """
    from xai_cam.cli.startup import stored_architecture
    from xai_cam.errors import ModelError
    from xai_cam.models.known.options import NetworkOptions
    from xai_cam.models.known.whole import known_whole, open_whole
    from xai_cam.models.loading.model_files import ModelFiles

    files = ModelFiles(model.model, None, trust.code, model.inside)
    bare = stored_architecture(files, verbose, trust.allow_unsafe, trust.limit)
    sources = [bare]
    try:
        computing = ComputeOptions("cpu")
        whole = trust.stored(model.find(trust, computing), verbose, computing)
        sources = [whole] if model.weights else [whole, bare]
    except ModelError:  # an architecture is enough
        if model.weights:
            raise
    asked = NetworkOptions(
        *(model.size, model.head, reshape), outputs=model.output_names, image_input=model.image_input
    )
    known = (known_whole(one, asked) for one in sources)
    found = next((one for one in known if one is not None), None)
    if found is not None:
        return found
    _ = sources[-1].model
    with waiting("Looking at its layers"):
        return open_whole(sources[-1], asked)


@click.command(cls=Command)
@as_json
def methods(as_json: bool) -> None:
    """List the methods: what each needs and costs, and its paper.

    \b
    Examples:
        xai-cam methods
        xai-cam methods --json
    """
    from xai_cam.cli.text.inspect import describe_methods, rows_of_methods

    if as_json:
        say_json(rows_of_methods())
        return
    for line in describe_methods():
        say(line)


@click.command(cls=Command, settings=False)
@verbosity_options
def doctor(verbosity: VerbosityOptions) -> None:
    """Show versions, devices and engines, and what is missing.

    \b
    Examples:
        xai-cam doctor
        xai-cam doctor -q && xai-cam explain -m my_model.keras photos/
    """
    import platform
    from importlib import metadata

    from xai_cam._version import __version__
    from xai_cam.cli.errors import with_options
    from xai_cam.cli.hidden_modules import hidden_modules, warning_of
    from xai_cam.cli.settings.file import find_settings
    from xai_cam.errors import XaiCamError
    from xai_cam.extras import is_there
    from xai_cam.installation import repair_command

    if hiding := hidden_modules():  # first of all: they may be imported by what follows
        tell(f"Warning: {warning_of(hiding)}")
    rows: list[tuple[str, ...]] = [("xai-cam", __version__), ("Python", platform.python_version())]
    missing = []
    for package in ("tensorflow", "keras", "numpy", "opencv-python-headless", "pillow", "click", "h5py"):
        try:
            rows.append((package, metadata.version(package)))
        except metadata.PackageNotFoundError:
            rows.append((package, "missing"))
            missing.append(package)
    if "opencv-python-headless" in missing and is_there("cv2"):
        missing.remove("opencv-python-headless")
        rows[rows.index(("opencv-python-headless", "missing"))] = ("opencv", "another build of cv2")
    rows += [*_extras(), ("settings", str(find_settings() or "none here or above"))]
    try:
        rows += _compute(verbosity.verbose)
    except XaiCamError as error:
        rows.append(("TensorFlow", with_options(error.message)))
        missing.append(WORKING)
    if not verbosity.quiet:
        for line in lines_of_table(rows):
            say(line)
    if missing:
        names = dict.fromkeys("tensorflow" if name == WORKING else name for name in missing)
        raise XaiCamError(f"Missing: {', '.join(dict.fromkeys(missing))}. Run `{repair_command(names)}`.")
    say("Everything that is needed is here.")


def _extras() -> list[tuple[str, ...]]:
    """Optional packages: the version of each, or how to install it."""
    from importlib import metadata

    from xai_cam.extras import EXTRAS, command_for, is_there

    return [
        (package, metadata.version(package) if is_there(module) else f"not installed: {command_for(extra)}")
        for module, (package, extra) in EXTRAS.items()
    ]


def _compute(verbose: bool) -> list[tuple[str, ...]]:
    """Devices and engines available here, after TensorFlow has started."""
    from xai_cam.cam.engines.questions import ENGINES
    from xai_cam.cli.process import start_tensorflow
    from xai_cam.extras import EXTRAS, is_there
    from xai_cam.files.cache import Cache
    from xai_cam.installation import why_no_gpu

    start_tensorflow(verbose)
    cache = Cache()
    held = f"{cache.size() / 1e6:.0f} MB of at most {cache.most_bytes / 1e6:.0f}: what is known of models"
    import os

    import tensorflow as tf

    from xai_cam.models.devices import list_gpus

    gpus = [tf.config.experimental.get_device_details(g).get("device_name", g.name) for g in list_gpus()]
    return [
        ("CPU", f"{os.cpu_count()} cores"),
        ("GPU", ", ".join(gpus) or why_no_gpu()),
        ("engines", ", ".join(name for name in ENGINES if name not in EXTRAS or is_there(name))),
        ("cache", f"{cache.folder} ({f'not used: {cache.problem}' if cache.problem else held})"),
    ]
