"""The request that the options of a command describe, checked before anything is loaded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xai_cam.cli.executor_options import ExecutorOptions
from xai_cam.cli.groups import (
    ComputeOptions,
    ImageOptions,
    MapOptions,
    ModelOptions,
    PictureOptions,
    PreprocessingOptions,
    RunOptions,
    TrustOptions,
)
from xai_cam.cli.target_options import TargetOptions

if TYPE_CHECKING:
    from xai_cam.files.rows import Reporter
    from xai_cam.images.finding import Found
    from xai_cam.images.labels import Labels
    from xai_cam.models.input.feeding import FeedingRequest
    from xai_cam.runs.broken_images import BrokenImages
    from xai_cam.runs.compare_measures import Measures
    from xai_cam.runs.compare_run import CompareWork
    from xai_cam.runs.explain_run import ExplainWork
    from xai_cam.runs.plan import Plan, Request
    from xai_cam.runs.runner import Runner

NO_LABELS = Path("none")
"""Of --labels: do not look beside the model."""


@dataclass(frozen=True)
class MapRunOptions:
    """Options of the commands that make maps of many images."""

    model: ModelOptions
    trust: TrustOptions
    maps: MapOptions
    target: TargetOptions
    preprocessing: PreprocessingOptions
    source: ImageOptions
    output: Path | None
    picture: PictureOptions
    results: str | None
    append: bool
    safe_csv: bool
    report: Path | None
    computing: ComputeOptions
    executing: ExecutorOptions
    running: RunOptions

    @property
    def read(self) -> list[Path | str | None]:
        """Files to read besides images and model."""
        return [self.maps.labels, self.target.like, self.source.from_file]

    @property
    def asked(self) -> TargetOptions:
        """What is explained besides a class, as far as it is said here."""
        return self.target

    def request(self) -> Request:
        """The request, checked.

        Raises
        ------
        InputError
        """
        return make_request(
            *(self.model, self.maps, self.preprocessing, self.picture),
            self.computing.precision,
            self.asked,
        )


def make_request(
    model: ModelOptions,
    maps: MapOptions,
    preprocessing: PreprocessingOptions,
    picture: PictureOptions | None = None,
    precision: str = "f32",
    target: TargetOptions | None = None,
    draws: bool = False,
) -> Request:
    """The request of a command, checked; without `picture` no map is drawn.

    A command that `draws` by --seed itself takes it with any method.

    Raises
    ------
    InputError
        The options make no sense.
    """
    from xai_cam.images.labels import split_specs
    from xai_cam.runs.plan import Request

    labels = labels_in(maps.labels, model.model)
    picture = picture and with_colours_of(maps.sign, picture)
    request = Request(
        methods=maps.methods,
        layers=maps.layers,
        classes=tuple(split_specs(maps.classes, labels)),
        labels=labels,
        score=maps.score,
        max_channels=maps.max_channels,
        tolerance=maps.tolerance,
        channels_by=maps.channels_by,
        precision=precision,
        sign=maps.sign,
        fuse=maps.fuse,
        samples=maps.samples,
        patch=maps.patch,
        stride=maps.stride,
        seed=maps.seed,
        smooth=maps.smooth,
        size=model.size,
        head=model.head,
        output_names=model.output_names,
        image_input=model.image_input,
        reshape=maps.reshape,
        call=maps.call,
        **vars(preprocessing),
        **vars(target or TargetOptions()),
        **(vars(picture) if picture else {}),
    ).tidy()
    check_request(request, draws)
    return request


def with_colours_of(sign: str, picture: PictureOptions) -> PictureOptions:
    """The options with the colours of a map of both signs, unless others are named on the command line.

    A file of defaults may have a colour map for all other maps.
    """
    from click.core import ParameterSource

    from xai_cam.drawing.colormaps import DEFAULT_COLORMAP

    context = click.get_current_context(silent=True)
    named = context is not None and context.get_parameter_source("colormap") is ParameterSource.COMMANDLINE
    return picture if named or sign != "both" else replace(picture, colormap=DEFAULT_COLORMAP)


def labels_in(path: Path | None, model: Path) -> Labels | None:
    """The names of the classes in the file of --labels, or else in one beside the model.

    Raises
    ------
    InputError
    """
    from xai_cam.images.labels import read_labels
    from xai_cam.images.labels_beside import find_labels

    if path is None:
        return find_labels(model)
    return None if path == NO_LABELS else read_labels(path)


def check_request(request: Request, draws: bool = False) -> None:
    """Refuse options that make no sense, before a model is loaded.

    Raises
    ------
    InputError
    """
    from xai_cam.cam.channel_limits import check_needed
    from xai_cam.cam.layer_needed import check_no_layer, needs_layer
    from xai_cam.cam.methods import METHODS
    from xai_cam.cam.sampling import check_sampling
    from xai_cam.cam.scores import check_score
    from xai_cam.errors import InputError
    from xai_cam.images.labels import resolve
    from xai_cam.runs.target_options import check_target

    for method in request.methods:
        check_score(METHODS[method], request.score)
    for spec in request.classes:
        if spec != "folder":
            resolve(spec, request.labels, "")
    check_target(request)
    assert request.style and request.limits and request.sampling  # they refuse what makes no sense
    if not needs_layer(request.methods):
        check_no_layer(None if request.layers == (None,) else request.layers, request.fuse)
    if request.fuse and len(request.layers) < 2:
        raise InputError("--fuse makes one map of several layers. Name at least two with --layer.")
    check_sampling(request.methods, replace(request.sampling, seed=0) if draws else request.sampling)
    check_needed(request.methods, request.limits, request.precision)


def check_computing(options: ComputeOptions) -> None:
    """Refuse settings that cannot be combined, and a missing engine, before TensorFlow starts.

    Raises
    ------
    XaiCamError
    """
    from xai_cam.extras import check_extra
    from xai_cam.models.devices import check_device

    check_device(options.device)
    computing = options.computing()
    if computing.engine == "openvino" or computing.precision != "f32":
        check_extra("openvino")


def make_runner(
    plan: Plan,
    work: ExplainWork | CompareWork,
    reporter: Reporter,
    found: Found,
    options: MapRunOptions,
    measures: Measures | None = None,
) -> Runner:
    """A runner for the plan's tasks; `measures` of them may let it take fewer images at a time."""
    from xai_cam.cam.explainer import BATCH_SIZE
    from xai_cam.runs.notices import is_costly
    from xai_cam.runs.runner import Runner

    costly = is_costly(plan.request.methods)
    few = None if measures is None else measures.batch_size(costly)
    return Runner(
        plan.tasks,
        work,
        reporter,
        found.failures,
        batch_size=options.computing.batch_size or few or BATCH_SIZE,
        at_once=costly or few is not None,
        fail_fast=options.running.fail_fast,
        broken=broken_images(plan.request, options.running),
        ahead=work.computing.ahead,
    )


def broken_images(request: FeedingRequest, running: RunOptions) -> BrokenImages | None:
    """What earlier runs could not decode, as pictures are read here; None where all is made anew."""
    from xai_cam.runs.broken_images import BrokenImages

    if running.overwrite:
        return None
    return BrokenImages(vars(request.reading()))
