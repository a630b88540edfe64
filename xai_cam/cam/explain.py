"""`explain`: a model and arrays of images -> maps, whatever the number of layers and batches."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from xai_cam.cam.batch_maps import later
from xai_cam.cam.channel_limits import ChannelLimits, check_needed
from xai_cam.cam.engines.questions import Computing
from xai_cam.cam.explainer import BATCH_SIZE, Explainer
from xai_cam.cam.explanation import Explanation
from xai_cam.cam.explanations import Explanations
from xai_cam.cam.fallbacks import Fallbacks
from xai_cam.cam.fusion import FUSIONS
from xai_cam.cam.layer_needed import check_no_layer, needs_layer
from xai_cam.cam.layers_explainer import LayersExplainer
from xai_cam.cam.map_settings import MapSettings
from xai_cam.cam.methods import METHODS
from xai_cam.cam.names import methods_named
from xai_cam.cam.opening import Places, opened
from xai_cam.cam.pictured import Source
from xai_cam.cam.residuals import Residuals
from xai_cam.cam.sampling import Sampling, check_sampling
from xai_cam.cam.signs import Signs, describe_grid
from xai_cam.cam.target_request import TargetRequest
from xai_cam.cam.targets import Targets
from xai_cam.errors import InputError
from xai_cam.images.class_specs import TargetClass, as_specs, classes_of
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.given import (
    Layer,
    find_layers,
)
from xai_cam.models.input.inputs import Inputs
from xai_cam.models.layers import WHOLE

log = logging.getLogger(__name__)


def explain(
    model: Any,
    images: Any,
    layer: Layer = None,
    method: str | Iterable[str] = "grad-cam",
    target_class: TargetClass = "predicted",
    *,
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
    reshape: tuple[int, ...] | None = None,
    call: int | None = None,
    labels: Sequence[str] | str | Path | None = None,
    output_name: str | int | Sequence[str | int] | None = None,
    image_input: str | None = None,
    extra: Mapping[str, Any] | None = None,
    against: str | int | Sequence[str | int] | None = None,
    region: str = "predicted",
    masks: Any = None,
    like: Any = None,
    target: Any = None,
    sign: str = "positive",
    samples: int | None = None,
    seed: int = 0,
    patch: int | None = None,
    stride: int | None = None,
    smooth: bool = False,
) -> Explanations:
    """Maps that show which parts of the images the model's class scores rest on.

    Parameters
    ----------
    model : keras.Model or path
        A model that takes images: a classifier, a regression, a segmentation, an embedding. It is called,
        never changed.
    images : (n, H, W, c) or (H, W, c) array, or dict of name to array
        Preprocessed, as the model takes them: what `prepare` returns, an array, a list of (H, W, c) arrays, a
        tensor, or a `tf.data.Dataset`, batched or not, whose labels are passed over. Of a model of several
        inputs a dict of all of them, or a list in the model's order.
    layer : str, int or keras.layers.Layer, or a sequence of these, optional
        The target layer or layers: by name or `outer/inner` path, by the number in `model.layers`, or the
        layer itself; default: the last with maps larger than 1 x 1.
    method : str or sequence of str
        Names in `METHODS`.
    target_class : spec, sequence of specs, or (n,) / (n, m) int array
        `predicted` (or None), `topN`, an index or one of `labels`, for all images; or indices image by image.
        Also `cat+lynx` (several classes as one), `above:0.5` (all labels whose probability lies above), and
        of a regression `up`, `down`, or `2:down` for one of several values.
    score : str, optional
        `logit` or `probability`; default: each method's own.
    max_channels : int, optional
        For methods that score each channel: only so many of an image; the others get the weight that is
        expected of them.
    tolerance : float, optional
        For the same methods: as many channels of an image as it takes for the map to be off by no more than
        this, over its maximum, as is expected; default: all. `expected_error` tells what it is.
    channels_by : str
        `scores`: which channels are scored next is decided by the scores so far; `spread`: those that vary
        most over the map are, and the others get no weight (Faster Score-CAM).
    fuse : str, optional
        `mean`, `max` or `product`: one map of those of several layers, each over its maximum.
    engine : str
        `tensorflow`, `openvino` or `auto`: OpenVINO where it is installed and no GPU is used.
    device : str
        `auto`, `cpu`, `gpu` or `gpu:N`.
    precision : str
        `f32`, `bf16` or `f16`: what scores of channels are computed in, by OpenVINO.
    batch_size, chunk_size : int, optional
        Images (default 16), and masked inputs, in one model call. They do not change a map.
    cache : bool
        Keep what the engine has made of the model for the next time, in the user's cache folder.
    xla : bool
        Compile TensorFlow's graphs by XLA, for long runs on a GPU; `auto` is then TensorFlow.
    head : str
        What the output means: `softmax`, `binary`, `multilabel`, `regression`, `segmentation`, or `auto`,
        which concludes it from the final activation, the shape and the loss.
    reshape : (int, int) or (int, int, int), optional
        Rows and columns (of volumes planes, rows and columns) of the grid that the tokens of a transformer
        form, where the model does not tell; others (a class token) may stand before them.
    call : int, optional
        Which call of a layer that the model calls several times, from 1 on; default: the last.
    labels : sequence of str, or path to a file of labels, optional
        Names of the model's classes in their order: what maps are called in figures, and what `target_class`
        may name.
    output_name : str, int, or sequence of these, optional
        The outputs that are explained, by name or number, where the model has several; default: the only
        classifier among them.
    image_input : str, optional
        The input that is the image, where several may be.
    extra : dict of name to value, optional
        What the model's other inputs are held at: a value for all images, or a row for each.
    against : `similar`, str, int, or sequence of these, optional
        Explain a class against others, by name or index, or against the three that are most like it in the
        image: s = z_c - 0.6 mean(z_d), as Finer-CAM (Zhang et al. 2025).
    region : str
        Of a segmentation: over which places the class's scores are summed, those `predicted` as it in the
        image, or `all` (Seg-Grad-CAM, Vinogradova et al. 2020).
    masks : (n, H, W) array, optional
        The places themselves, in place of a region.
    like : (H, W, c) array, or dict of name to array, optional
        A reference, preprocessed: what makes the model's output for the image like that for the reference is
        explained, by the cosine of the angle between them.
    target : callable, or a sequence with one for each image, optional
        A function of what the model gives, (n, …) -> (n,), in place of a class, of operations of TensorFlow
        or `keras.ops`; of several outputs it gets them as the model gives them, in a list or a dict; of those
        in `output_name` the one, or a dict.
    sign : str
        `positive`: what speaks for the class; `negative`: what speaks against it; `both`: the one above 0 and
        the other below, in one map.
    samples : int, optional
        For methods that take a mean over inputs made of each image: how many of these; default: the method's
        own, 50 of `integrated-gradients` and `smooth-grad`, 4000 random masks of `rise`.
    patch, stride : int, optional
        Of `occlusion`: the side of what is covered at a time, in pixels of the model's input (default: an
        eighth of its shorter side), and how far apart these patches are (default: half of that).
    seed : int
        What random ones are drawn from: noise together with the content of the image, masks by itself.
    smooth : bool
        Mean of six maps: those of the preprocessed image and of its mirror image, times 0.9, 1 and 1.1.

    Returns
    -------
    explanations : Explanations
        A list of `Explanation`: image by image; within an image layer by layer, class by class and method by
        method. `explanations.by_image` has a list for each image. They refer to `images` for their pictures.

    Raises
    ------
    ModelError
        The model takes no images, nobody can say which of its outputs is explained, or the layer is missing
        or has no maps.
    InputError
        An unknown method, a class out of range, images of another shape, a score the method must not use, an
        input that is missing.

    Examples
    --------
    >>> import xai_cam
    >>> model, pictures, labels, _ = xai_cam.sample()
    >>> images = xai_cam.prepare(model, pictures)
    >>> found = xai_cam.explain(model, images, method="score-cam", labels=labels)
    >>> [one.class_name for one in found]
    ['circle', 'square', 'triangle', 'star', 'cross', 'heart']
    >>> found[0].overlay().shape
    (288, 288, 3)

    Why not something else? The map of a class that was not predicted:

    >>> xai_cam.explain(model, images[:1], target_class="star", labels=labels)[0].target_class
    3
    """
    computing = Computing(engine, device, precision, chunk_size, cache, batch_size, xla)
    limits = ChannelLimits(max_channels, tolerance, channels_by)
    settings = MapSettings(score, limits, sign, Sampling(samples, seed, patch, stride), smooth)
    methods = methods_named(method)
    check_needed(methods, limits, precision)
    asked = TargetRequest(output_name, image_input, against, region, masks, like, target)
    found = opened(model, images, computing, Places(head, reshape, call), asked, target_class, labels, extra)
    if found is None:
        return Explanations()
    explainer = make_explainer(found.network, layer, computing, methods, fuse, found.targets, settings)
    parts = in_batches(explainer, found.inputs, methods, found.classes, computing)
    source = source_of(found.images, found.inputs)
    return Explanations(known(one, source, found.names) for _, part in parts for maps in part for one in maps)


def source_of(images: Any, batch: Inputs) -> Source:
    """Where maps find their pictures: what `prepare` returned, if the images are that, else their arrays."""
    return Source(images if hasattr(images, "pixels") else batch.images)


def known(explanation: Explanation, source: Source | None, labels: Sequence[str] | None) -> Explanation:
    """The explanation, told where its picture is and what its classes are called."""
    return replace(explanation, source=source, labels=labels)


def make_explainer(
    network: NetworkFacts,
    layer: Layer,
    computing: Computing,
    methods: str | Iterable[str] = "grad-cam",
    fuse: str | None = None,
    targets: Targets | None = None,
    settings: MapSettings | None = None,
) -> LayersExplainer:
    """What explains all layers, their maps fused where `fuse` says how; or the input, if no method needs any.

    Raises
    ------
    ModelError, InputError
        As `explain` does.
    """
    if settings is not None:
        check_sampling(methods_named(methods), settings.sampling)
    needed = needs_layer(methods_named(methods))
    if not needed:
        check_no_layer(layer, fuse)
    layers = find_layers(network, layer) if needed else [WHOLE]
    coarse = describe_grid(network, layers)
    if coarse:
        log.warning(coarse)
    if fuse is not None and fuse not in FUSIONS:
        raise InputError(f"`fuse` is {fuse!r}. Use {', '.join(FUSIONS[:-1])} or {FUSIONS[-1]}.")
    if fuse is not None and len(layers) < 2:
        raise InputError("`fuse` makes one map of several layers. Name at least two different ones.")
    explainers = [Explainer.of(network, info, computing, targets, settings) for info in layers]
    return LayersExplainer(explainers, fuse)


def in_batches(
    explainer: Explainer | LayersExplainer,
    images: Inputs,
    method: str | Iterable[str],
    target_class: TargetClass,
    computing: Computing,
    baselines: str | Iterable[str] = (),
) -> Iterator[tuple[Inputs, list[list[Explanation]]]]:
    """The images a batch at a time, and for each its maps: by layer, then by class, then by method.

    Behind the last batch, what the maps show together is logged: signs of a wrong feeding.
    """
    targets = explainer.targets
    specs = as_specs(target_class, len(images), targets.blocks[0].ranked)
    size, methods = computing.batch_size or BATCH_SIZE, methods_named(method)
    signs, fallbacks, residuals = Signs(targets.of_places), Fallbacks(targets.aim.against), Residuals()
    everywhere = specs if isinstance(specs, list) else []
    for start in range(0, len(images), size):
        part = slice(start, start + size)
        computing.ahead.images = max(len(images) - part.stop, 0)
        maps = explainer.explain(images[part], methods, classes_of(specs, part), baselines)
        for number, of_image in enumerate(maps, start):
            of_methods = [one for one in of_image if one.method in METHODS]
            signs.add(f"number {number}", of_methods)
            fallbacks.add(f"number {number}", everywhere, of_methods)
            residuals.add(of_methods)
        yield images[part], later(maps, start) if start else maps
    for line in [*signs.describe(), *fallbacks.describe(), *residuals.describe()]:
        log.warning(line)
