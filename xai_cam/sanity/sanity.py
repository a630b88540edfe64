"""Do a method's maps depend on the model, and on the class? Sanity checks of Adebayo et al. 2018.

Randomisation: the model's weights are made random, layer by layer from the head down to the target layer,
each on top of those before (`sanity.randomisation`). A map that shows what the model has learnt must change.
Explained is the class that the untouched model predicts, whatever the random one says. Classes: the maps of
the predicted class and of those next in rank must differ, or they do not show what speaks for a class.

Similarity of two maps is Spearman's rank correlation, and the overlap of their highest tenths, both at the
size of the model's input (`xai_cam.metrics.agreement`). An image whose own map is blank or flat is left out.
A map that is blank, flat or not finite under random weights, or for another class, shows nothing of the
original: its similarity is 0. Figures for a draw are means over images; those for a step are means over
draws too. The intervals cover images only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.cam.channel_limits import ChannelLimits, check_needed
from xai_cam.cam.engines.questions import Computing
from xai_cam.cam.explain import source_of
from xai_cam.cam.explainer import BATCH_SIZE, Explainer
from xai_cam.cam.explanation import Explanation
from xai_cam.cam.layer_needed import check_no_layer, needs_layer, targets_of
from xai_cam.cam.map_settings import MapSettings
from xai_cam.cam.methods import METHODS
from xai_cam.cam.names import methods_named
from xai_cam.cam.opening import Places, opened
from xai_cam.cam.passes_saved import summed
from xai_cam.cam.sampling import Sampling, check_sampling
from xai_cam.cam.target_request import TargetRequest
from xai_cam.errors import InputError
from xai_cam.images.class_specs import ClassSpec, TargetClass, above_of, as_specs, top_of
from xai_cam.images.numbers import whole_number
from xai_cam.images.resizing import resize
from xai_cam.metrics.agreement import rank_correlation, top_overlap
from xai_cam.models.given import Layer
from xai_cam.models.layers import WHOLE
from xai_cam.sanity.checks import Check, LeftOut
from xai_cam.sanity.randomisation import Stage, cascade, put_back, randomised
from xai_cam.sanity.rounds import Counter, Progress, Rounds
from xai_cam.sanity.shown import SanityReport

METHODS_CHECKED = ("grad-cam", "score-cam")
DRAWS, OTHERS = 3, 4


def sanity_check(
    model: Any,
    images: Any,
    layer: Layer = None,
    method: str | Iterable[str] = METHODS_CHECKED,
    target_class: TargetClass = "predicted",
    *,
    draws: int = DRAWS,
    others: int = OTHERS,
    seed: int = 0,
    score: str | None = None,
    max_channels: int | None = None,
    tolerance: float | None = None,
    channels_by: str = "scores",
    engine: str = "auto",
    device: str = "auto",
    precision: str = "f32",
    batch_size: int | None = None,
    chunk_size: int | None = None,
    cache: bool = True,  # noqa: ARG001 - accepted as everywhere
    xla: bool = False,
    head: str = "auto",
    reshape: tuple[int, int] | None = None,
    call: int | None = None,
    labels: Sequence[str] | str | Path | None = None,
    sign: str = "positive",
    output_name: str | int | None = None,
    image_input: str | None = None,
    extra: Mapping[str, Any] | None = None,
    against: str | int | Sequence[str | int] | None = None,
    region: str = "predicted",
    masks: Any = None,
    like: Any = None,
    target: Any = None,
    samples: int | None = None,
    patch: int | None = None,
    stride: int | None = None,
    smooth: bool = False,
    progress: Progress = lambda *_: None,
) -> SanityReport:
    """Check whether maps depend on the model's weights and on the class.

    Of methods that need no layer the weights of all layers are made random, down to the first.

    Parameters
    ----------
    model : keras.Model or path
        Its weights are changed while this runs, and put back bit for bit, also on errors.
    images
        As for `explain`.
    layer : str, int or keras.layers.Layer, or a sequence of these, optional
        As for `explain`; default: the last with maps larger than 1 x 1 before the head.
    method : str or sequence of str
        Names in `METHODS`.
    target_class : spec, or (n,) int array
        The class explained, one for each image: `predicted` (or None) by the untouched model, an index or one
        of `labels`; or indices image by image.
    draws : int
        Draws of random weights; the first depends on `seed` alone, not on how many there are.
    others : int
        With how many of the classes highest in rank that class is compared, as far as there are any.
    seed : int
        What the random weights are drawn from; also the inputs of methods that draw some.
    score, max_channels, tolerance, channels_by, engine, device, precision, batch_size, chunk_size, xla
        As for `explain`.
    cache : bool
        Accepted as in other functions, and ignored: models with random weights are not used again.
    head, reshape, call
        As for `explain`. A regression has no classes next in rank: its maps are compared with none.
    labels : sequence of str, or path to a file of labels, optional
        Names of the model's classes, as for `explain`.
    sign : str
        As for `explain`: maps of this sign are compared, as they are.
    output_name, image_input, extra, against, region, masks, like, target, samples, patch, stride, smooth
        As for `explain`, but one output at a time. The region of a segmentation is that of the untouched
        model throughout.
    progress : callable
        Gets the number of images explained, and their total.

    Returns
    -------
    sanity : SanityReport
        With `verdicts` in words, and `checks`, the figures behind them.

    Raises
    ------
    ModelError
        As for `explain`; or nothing has weights to randomise.
    InputError
        An unknown method, a score that it must not use, or no image, draw or other class.

    Examples
    --------
    >>> import xai_cam
    >>> model, pictures, labels, _ = xai_cam.sample()
    >>> images = xai_cam.prepare(model, pictures)
    >>> xai_cam.sanity_check(model, images, method=["grad-cam", "eigen-cam"], draws=1)
    <Sanity check of 6 images, 1 draw: grad-cam at smooth3 passed, eigen-cam at smooth3 failed>
    """
    drawn, compared, start = (whole_number(number) for number in (draws, others, seed))
    if start is None or start < 0:
        raise InputError(f"`seed` is {seed!r}. Give a whole number of at least 0.")
    computing = Computing(engine, device, precision, chunk_size, False, batch_size, xla)
    limits = ChannelLimits(max_channels, tolerance, channels_by)
    settings = MapSettings(score, limits, sign, Sampling(samples, seed, patch, stride), smooth)
    names = methods_named(method)
    check_needed(names, limits, precision)
    check_sampling(names, Sampling(samples, 0, patch, stride))  # the seed is of the weights too
    asked = TargetRequest(output_name, image_input, against, region, masks, like, target)
    opening = opened(
        model, images, computing, Places(head, reshape, call), asked, target_class, labels, extra
    )
    if opening is None or not drawn or not compared or drawn < 1 or compared < 1:
        raise InputError("A sanity check needs at least one image, one draw and one other class. Give more.")
    network, batch, targets = opening.network, opening.inputs, opening.targets
    if len(targets.blocks) > 1:
        raise InputError("A sanity check looks at one output at a time. Choose one with `output_name`.")
    specs = _one_each(as_specs(opening.classes, len(batch), targets.blocks[0].ranked))
    if not needs_layer(names):
        check_no_layer(layer)
    places = targets_of(network, layer, names)
    explainers = [Explainer.of(network, info, computing, targets, settings) for info in places]
    cascades = [cascade(network.live(), explainer.target_layer) for explainer in explainers]
    block = targets.blocks[0]
    of_classes = block.head is not None and not block.head.is_regression
    classes = 1 + min(compared, block.ranked - 1) if of_classes else 1
    passes = 2 if isinstance(specs, np.ndarray) and classes > 1 else 1
    total = len(batch) * sum(passes + drawn * len(stages) for stages in cascades)
    counter = Counter(progress, total)
    checks: list[Check] = []
    for explainer, stages in zip(explainers, cascades, strict=True):
        of_place = [
            name for name in names if METHODS[name].needs_layer == (explainer.target_layer is not WHOLE)
        ]
        run = Rounds(explainer, batch, of_place, computing.batch_size or BATCH_SIZE, counter)
        original = run.originals(specs, classes)
        explained = np.array([maps[0].target_class for maps in original])
        again = specs if _is_fixed(specs) else explained[:, None]
        shown = _randomised_maps(run.with_regions(original), stages, again, drawn, start)
        size = network.input_shape[:-1]
        checks += [_check(name, stages, original, shown[name], size, limits) for name in of_place]
    return SanityReport(
        tuple(checks), explained, drawn, start, source_of(opening.images, batch), opening.names
    )


def _is_fixed(specs: list[ClassSpec] | np.ndarray) -> bool:
    """Whether the classes do not depend on what the model says of an image."""
    if isinstance(specs, np.ndarray):
        return True
    return not any(spec == "predicted" or top_of(spec) or above_of(spec) is not None for spec in specs)


def _one_each(specs: list[ClassSpec] | np.ndarray) -> list[ClassSpec] | np.ndarray:
    """The classes of `as_specs`, if they are one for each image."""
    several = (
        specs.shape[1] > 1 if isinstance(specs, np.ndarray) else len(specs) > 1 or (top_of(specs[0]) or 1) > 1
    )
    if several:
        raise InputError("A sanity check explains one class of each image. Give one `target_class`.")
    return specs


def _randomised_maps(
    run: Rounds,
    stages: tuple[Stage, ...],
    classes: list[ClassSpec] | np.ndarray,
    draws: int,
    seed: int,
) -> dict[str, np.ndarray]:
    """Maps (n, draws, steps, h, w) of the classes explained under random weights, for each method."""
    collected: dict[str, list[list[np.ndarray]]] = {name: [] for name in run.methods}
    for draw in range(draws):
        for maps_of_draw in collected.values():
            maps_of_draw.append([])
        with put_back(stages):
            for _ in randomised(stages, (seed, draw)):
                found = run.explain(classes)
                for column, name in enumerate(run.methods):
                    collected[name][-1].append(np.stack([maps[column].cam for maps in found]))
    return {name: np.moveaxis(np.array(maps), 2, 0) for name, maps in collected.items()}


def _check(
    method: str,
    stages: tuple[Stage, ...],
    original: list[list[Explanation]],
    shown: np.ndarray,
    size: Sequence[int],
    limits: ChannelLimits,
) -> Check:
    """Compare all maps of one method with the original ones."""
    own = [[e for e in maps if e.method == method] for maps in original]
    usable = [i for i, maps in enumerate(own) if maps[0].status == "ok"]
    compared = [_compare(own[i][0].cam, shown[i].reshape(-1, *own[i][0].cam.shape), size) for i in usable]
    between = [_compare(own[i][0].cam, [e.cam for e in own[i][1:]], size) for i in usable]
    n, (draws, steps), classes = len(usable), shown.shape[1:3], len(own[0]) - 1
    correlation, overlap, lost = (
        np.array([c[part] for c in compared]).reshape(n, draws, steps) for part in range(3)
    )
    of_classes = [np.array([c[part] for c in between]).reshape(n, classes) for part in range(3)]
    firsts = [np.concatenate([own[i][0].cam[None], shown[i, 0]]) for i in usable]
    return Check(
        layer=own[0][0].layer,
        method=method,
        stages=tuple((stage.path, stage.above) for stage in stages),
        images=np.array(usable, int),
        left_out=tuple(
            LeftOut(i, maps[0].status, maps[0].cause) for i, maps in enumerate(own) if i not in usable
        ),
        correlation=correlation,
        overlap=overlap,
        lost=lost.astype(bool),
        class_correlation=of_classes[0],
        class_overlap=of_classes[1],
        class_lost=of_classes[2].astype(bool),
        part=own[0][0].part,
        sign=own[0][0].sign,
        scored=summed(limits, (maps[0] for maps in own)),
        maps=np.array(firsts).reshape(n, 1 + steps, *shown.shape[3:]),
    )


def _compare(
    original: np.ndarray, others: Iterable[np.ndarray], size: Sequence[int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rank correlation and overlap of a map (h, w) with each of m `others`; which show nothing."""
    maps = np.stack([resize(one, size) for one in (original, *others)])
    correlation, overlap = rank_correlation(maps)[0, 1:], top_overlap(maps)[0, 1:]
    return np.nan_to_num(correlation), np.nan_to_num(overlap), np.isnan(correlation)
