"""What `edit` and `prepend` share: where a new model goes, and what it says of images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xai_cam.cli.image_arguments import find_pictures
from xai_cam.cli.options import (
    EXISTING,
    batch_option,
    device_option,
    image_options,
    labels_option,
    preprocessing_options,
    together,
    verbosity_options,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xai_cam.cli.console import Console
    from xai_cam.images.finding import Found
    from xai_cam.kernels.editing.effects import Effect, Score
    from xai_cam.models.classifier import Classifier
    from xai_cam.models.feeding import Feeding, FeedingRequest
    from xai_cam.models.loading.sniff import ModelFiles

MAX_LINES = 40

new_model_options = together(
    click.option(
        "-o", "--output", type=EXISTING, metavar="DIR", help="Folder for model.json and model.weights.h5."
    ),
    click.option("--overwrite", is_flag=True, help="Replace a model that lies in --output."),
)

effect_options = together(
    image_options,
    preprocessing_options,
    labels_option,
    click.option("--results", metavar="FILE", help="Write all rows: .csv, .jsonl, or - for standard output."),
    batch_option,
    device_option,
    verbosity_options,
)


def check_new_model(files: ModelFiles, folder: Path, overwrite: bool) -> list[Path]:
    """The files of a new model in `folder`, where nothing may be lost.

    Raises
    ------
    InputError
        The folder is the old model's, or files are there already.
    OutputError
        It cannot be written to.
    """
    from xai_cam.errors import InputError
    from xai_cam.files.writing import check_writable, real_path
    from xai_cam.models.saving import check_outputs

    old = {real_path(path.parent) for path in (files.model, files.weights) if path is not None}
    if real_path(folder) in old:
        raise InputError(f"{folder} is the folder of the old model. Name another with --output.")
    outputs = [folder / "model.json", folder / "model.weights.h5"]
    check_outputs(files, outputs, overwrite)
    check_writable(folder)
    return outputs


def find_effect_images(images: tuple[str, ...], options: dict[str, Any], files: ModelFiles) -> Found | None:
    """The images that were named; None where there are none to look at.

    Raises
    ------
    XaiCamError
        Images were named and none is found, or an option cannot be meant.
    """
    from xai_cam.errors import InputError
    from xai_cam.files.rows import check_results
    from xai_cam.files.writing import check_not_input
    from xai_cam.models.devices import check_device

    check_device(options["device"])
    check_results(options["results"])
    if not images and not options["from_file"]:
        if options["results"]:
            raise InputError("--results has a row per image, but none is named. Name files or folders.")
        return None
    found = find_pictures(images, options, options["recursive"])
    if options["results"] not in (None, "-"):
        read = [files.model, files.weights, options["labels"], options["from_file"]]
        check_not_input(Path(options["results"]), [*read, *(image.path for image in found.images)])
    return found


def feeding_request(options: dict[str, Any], size: tuple[int, int] | None) -> FeedingRequest:
    """How the options ask the model to be fed."""
    from xai_cam.models.feeding import FeedingRequest

    asked = options["preprocess"], options["channel_order"], options["fit"]
    return FeedingRequest(*asked, size, options["labels_read"])


def make_classifier(feeding: Feeding, options: dict[str, Any]) -> Classifier:
    """What asks the model for scores."""
    from xai_cam.models.classifier import Classifier

    return Classifier(feeding.network, options["batch_size"], plain_device(options))


def plain_device(options: dict[str, Any]) -> str:
    """The device in a process that sees no other: of several GPUs, the one asked for is left."""
    return "gpu" if options["device"].startswith("gpu:") else str(options["device"])


def show_effects(
    console: Console,
    feeding: Feeding,
    before: Classifier,
    after: Score,
    found: Found,
    options: dict[str, Any],
) -> int:
    """Measure the effect on every image, print and write it; the exit code."""
    from xai_cam.cli.console import INTERRUPTED
    from xai_cam.files.rows import open_results
    from xai_cam.kernels.editing.effects import COLUMNS, EffectWork
    from xai_cam.runs.runner import Runner
    from xai_cam.runs.tasks import tasks_of

    if found.left_out:
        console.notice(found.left_out)
    scaling, labels = feeding.preprocessing, options["labels_read"]
    console.notice(f"Preprocessing {scaling.name} ({scaling.reason}).")
    work = EffectWork(feeding, before, after, labels)
    runner = Runner(tasks_of(found.images), work, console, found.missing, before.batch_size)
    with open_results(options["results"], COLUMNS) as writer:
        console.writer = writer
        try:
            failed = runner.run().failed
        except KeyboardInterrupt:
            console.notice("Interrupted. A model that was written stays.")
            return INTERRUPTED
    say = console.notice if options["results"] == "-" else console.say
    for line in describe_effects(work.effects, labels, feeding.network.head.has_probabilities):
        say(line)
    changed = sum(effect.changed for effect in work.effects)
    console.close(f"{len(work.effects):,} compared, {changed:,} changed class, {failed:,} failed")
    return 1 if failed else 0


def describe_effects(
    effects: Sequence[Effect], labels: Sequence[str] | None, probabilities: bool
) -> list[str]:
    """A table of the images, those that changed most if there are many, and what they have in common."""
    from xai_cam.cli.text.tables import lines_of_table
    from xai_cam.images.labels import name_of
    from xai_cam.kernels.editing.effects import sum_up

    good, total = list(effects), sum_up(effects)
    if not good:
        return ["There is nothing to compare."]
    lines = []
    if len(good) > MAX_LINES:
        lines.append(f"The {MAX_LINES} of {len(good):,} images whose scores changed most:")
        good = sorted(good, key=lambda effect: -abs(effect.change))[:MAX_LINES]
    name = "probability" if probabilities else "score"
    rows = [("image", "class", name, "after", "change", "new class")]
    for e in good:
        new = f"{name_of(e.predicted_after, labels)} ({e.new_score:.3f})" if e.changed else ""
        row = str(e.path), name_of(e.predicted, labels), f"{e.score:.3f}", f"{e.score_after:.3f}"
        rows.append((*row, f"{e.change:+.3f}", new))
    lines += lines_of_table(rows)
    return [
        *lines,
        f"Changed class: {total.changed:,} of {total.images:,}. Mean change of the {name} of the class "
        f"predicted before: {total.mean_change:+.3f}.",
    ]
