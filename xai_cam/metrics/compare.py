"""How faithful several methods are on arrays of images: `compare`."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from xai_cam.cam.channel_limits import ChannelLimits, check_needed
from xai_cam.cam.engines.questions import Computing
from xai_cam.cam.explain import in_batches, known, make_explainer, source_of
from xai_cam.cam.explained_again import Again
from xai_cam.cam.explanations import Explanations
from xai_cam.cam.map_settings import MapSettings
from xai_cam.cam.names import check_baselines, methods_named
from xai_cam.cam.opening import Places, opened
from xai_cam.cam.sampling import Sampling
from xai_cam.cam.target_facts import can_be_measured, describe_measures
from xai_cam.cam.target_request import TargetRequest
from xai_cam.cam.threshold import SHARE
from xai_cam.errors import InputError
from xai_cam.images.class_specs import TargetClass
from xai_cam.images.numbers import whole_number
from xai_cam.metrics.asked import STEPS, asked_for, check_threshold, check_truth
from xai_cam.metrics.given_truth import GivenTruth
from xai_cam.metrics.image_metrics import ImageMetrics, with_truth
from xai_cam.metrics.measuring import measure_images
from xai_cam.metrics.shown import MAX_EXAMPLES, ComparisonReport
from xai_cam.models.given import Layer

log = logging.getLogger(__name__)


def compare(
    model: Any,
    images: Any,
    layer: Layer = None,
    method: str | Iterable[str] = ("grad-cam", "score-cam"),
    target_class: TargetClass = "predicted",
    *,
    baselines: str | Iterable[str] = (),
    measures: str | Iterable[str] | None = None,
    steps: int = STEPS,
    baseline: str | None = None,
    score: str | None = None,
    max_channels: int | None = None,
    tolerance: float | None = None,
    channels_by: str = "scores",
    fuse: str | None = None,
    engine: str = "auto",
    device: str = "auto",
    precision: str = "f32",
    batch_size: int | None = None,
    chunk_size: int | None = None,
    cache: bool = True,
    xla: bool = False,
    head: str = "auto",
    reshape: tuple[int, int] | None = None,
    call: int | None = None,
    labels: Sequence[str] | str | Path | None = None,
    sign: str = "positive",
    output_name: str | int | Sequence[str | int] | None = None,
    image_input: str | None = None,
    extra: Mapping[str, Any] | None = None,
    against: str | int | Sequence[str | int] | None = None,
    region: str = "predicted",
    masks: Any = None,
    like: Any = None,
    target: Any = None,
    samples: int | None = None,
    seed: int = 0,
    patch: int | None = None,
    stride: int | None = None,
    smooth: bool = False,
    boxes: Any = None,
    threshold: float | str = SHARE,
) -> ComparisonReport:
    """How faithful several methods are on the same images, and how far they agree.

    Parameters
    ----------
    model, images
        As for `explain`.
    layer : str, int or keras.layers.Layer, or a sequence of these, optional
        The target layer, or several to compare; default: the last with maps larger than 1 x 1.
    method : str or sequence of str
        Names in `METHODS`.
    target_class : spec, sequence of specs, or (n,) / (n, m) int array
        As for `explain`.
    baselines : str or sequence of str
        Names in `BASELINES`: maps that know nothing of the class.
    measures : str or sequence of str, optional
        Names in `METRICS`, `paper` (what papers print), `localisation` (where the object is) or `all`;
        default: drop, increase, deletion and insertion; of a segmentation, with `masks` and with `boxes` also
        how well maps show where the object is.
    steps : int
        Steps of deletion and insertion; 0 leaves them out.
    baseline : str, optional
        What takes the place of their pixels: `mean` (the image's mean colour), `blur` (the blurred image),
        `zero` (0 in what the model takes, as other tools have it) or `noise`; default: of deletion the mean
        colour, of insertion the blurred image.
    score, max_channels, tolerance, channels_by, fuse, engine, device, precision, batch_size, chunk_size
        As for `explain`.
    cache, xla, head, reshape, call
        As for `explain`.
    labels : sequence of str, or path to a file of labels, optional
        Names of the model's classes, as for `explain`.
    sign : str
        As for `explain`. Of maps of both signs faithfulness is that of what is above 0; baselines have none.
    output_name, image_input, extra, against, region, like, target, samples, seed, patch
        As for `explain`.
    stride, smooth
        As for `explain`.
    masks : sequence of (H, W) array, optional
        Of a segmentation as for `explain`; else where the object of each image is: not 0 in its pixels, in
        the size of the original picture, or in that of the model's input.
    boxes : sequence, or path, optional
        Boxes around the objects: for each image a list of (x0, y0, x1, y1), or of (x0, y0, x1, y1, class), in
        pixels of the original picture, or None; or a file of them, as `xai-cam compare --boxes` takes it, for
        images that `prepare` has read from files.
    threshold : float or str
        Above which the map's box that `iou` compares is drawn: a share of its maximum, `otsu`, or a
        percentile such as `p80`.

    Returns
    -------
    comparison : ComparisonReport
        With `estimates`, `differences`, `agreement(…)` and `curves(…)`.

    Raises
    ------
    ModelError, InputError
        As `explain` does; also an unknown baseline or measure, a number of steps or a threshold that is none.

    Examples
    --------
    >>> import xai_cam
    >>> model, pictures, labels, _ = xai_cam.sample()
    >>> images = xai_cam.prepare(model, pictures)
    >>> found = xai_cam.compare(model, images, method=["grad-cam", "eigen-cam"], steps=0)
    >>> found
    <Comparison of grad-cam, eigen-cam on 6 images>
    >>> found.metrics
    ('drop', 'increase')
    >>> found.between("grad-cam", "eigen-cam", "drop").count
    6
    """
    computing = Computing(engine, device, precision, chunk_size, cache, batch_size, xla)
    limits = ChannelLimits(max_channels, tolerance, channels_by)
    settings = MapSettings(score, limits, sign, Sampling(samples, seed, patch, stride), smooth)
    methods, compared, number = methods_named(method), check_baselines(baselines), whole_number(steps)
    check_needed(methods, limits, precision)
    if number is None or number < 0:
        raise InputError(f"`steps` is {steps!r}. Give a whole number of at least 0.")
    measured = asked_for(measures, number, baseline, boxes is not None)
    check_threshold(threshold, measured)
    asked = TargetRequest(output_name, image_input, against, region, masks, like, target, judging=True)
    opening = opened(
        model, images, computing, Places(head, reshape, call), asked, target_class, labels, extra
    )
    if opening is None:
        return ComparisonReport([])
    explainer = make_explainer(opening.network, layer, computing, methods, fuse, opening.targets, settings)
    found: list[ImageMetrics] = []
    examples, source = Explanations(), source_of(opening.images, opening.inputs)
    explainer.for_metrics = True
    of_places = explainer.targets.of_places
    judged = boxes is not None or (masks is not None and not of_places)
    check_truth(measured, of_places or judged, opening.inputs.images.ndim == 4)
    truth = None
    if judged:
        size, of_pixels = opening.inputs.images.shape[1:-1], None if of_places and boxes is None else masks
        truth = GivenTruth(
            opening.images, len(opening.inputs), size, of_pixels, boxes, opening.names, threshold
        )
    missing = describe_measures(explainer.targets)
    if missing:
        log.warning(missing)
    for part, maps in in_batches(explainer, opening.inputs, methods, opening.classes, computing, compared):
        scored = explainer.engine.perturbed_scores if can_be_measured(explainer.targets) else None
        again = Again([explainer], part, maps) if measured.explains_again else None
        without = measured.untold if truth is not None else measured
        batch = measure_images(scored, part.images, maps, without, again, threshold)
        if truth is not None:
            numbers = range(len(found), len(found) + len(batch))
            located = [truth.locate(n, one, measured.used) for n, one in zip(numbers, maps, strict=True)]
            batch = [with_truth(b, more, measured.names) for b, more in zip(batch, located, strict=True)]
        found += batch
        first = maps[: max(MAX_EXAMPLES - len(examples.by_image), 0)]
        examples += [known(one, source, opening.names) for of_image in first for one in of_image]
    return ComparisonReport(found, examples, limits, threshold)
