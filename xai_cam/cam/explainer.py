"""Engine -> method -> map -> `Explanation`: one layer of one model, for batches of arrays."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from threading import Lock
from typing import Any

from xai_cam.cam.batch_maps import Found, Question
from xai_cam.cam.channel_limits import ChannelLimits, check_needed
from xai_cam.cam.channel_rounds import RoundsProgress
from xai_cam.cam.columns import groups_in, specs_of
from xai_cam.cam.engines.making import make_engine
from xai_cam.cam.engines.questions import Computing, Engine
from xai_cam.cam.explanation import Explanation
from xai_cam.cam.input_evidence import UNKNOWN_BLACK
from xai_cam.cam.layer_needed import in_order, target_of
from xai_cam.cam.map_settings import MapSettings
from xai_cam.cam.methods import Evidence, Method
from xai_cam.cam.names import check_baselines, method_of, methods_named
from xai_cam.cam.pictured import pictured
from xai_cam.cam.sampling import Sampling, check_sampling
from xai_cam.cam.scores import score_of
from xai_cam.cam.target_request import TargetRequest
from xai_cam.cam.targets import Targets
from xai_cam.images.class_specs import TargetClass, as_specs
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.given import Layer, as_model, as_network, inputs_for
from xai_cam.models.input.inputs import Inputs
from xai_cam.models.layers import WHOLE, LayerInfo

log = logging.getLogger(__name__)

BATCH_SIZE = 16


class Explainer:
    """One layer of one model, compiled once, for any number of batches; threads that share it take turns.

    Parameters
    ----------
    model : keras.Model, Network or path
        A model that takes images. It is called, never changed.
    layer : str, int or keras.layers.Layer, optional
        The target layer: its name or `outer/inner` path, its number in `model.layers`, or itself; default:
        the last with maps larger than 1 x 1 before the head.
    score : str, optional
        `logit` or `probability`; default: each method's own.
    chunk_size : int, optional
        Masked inputs in one model call. It does not change a map.
    max_channels, tolerance, channels_by
        As for `explain`.
    engine : str
        `tensorflow`, `openvino` or `auto`: OpenVINO where it is installed and no GPU is used.
    device : str
        `auto`, `cpu`, `gpu` or `gpu:N`.
    precision : str
        `f32`, `bf16` or `f16`: what scores of channels are computed in, by OpenVINO.
    cache : bool
        Keep what the engine has made of the model for the next time, in the user's cache folder.
    xla : bool
        Compile TensorFlow's graphs by XLA, for long runs on a GPU; `auto` is then TensorFlow.
    size : (int, int), optional
        Height and width of the input where the model leaves them open.
    head : str
        What the output means, as for `explain`.
    reshape, call, output_name, image_input, against, region, like, target, sign
        As for `explain`.
    samples, seed, patch, stride, smooth
        As for `explain`.

    Raises
    ------
    ModelError
        The model takes no images, nobody can say which of its outputs is explained, or the layer is missing
        or has no maps.
    InputError
        An argument makes no sense.

    Examples
    --------
    >>> import xai_cam
    >>> model, pictures, *_ = xai_cam.sample()
    >>> explainer, images = xai_cam.Explainer(model, "conv3_2"), xai_cam.prepare(model, pictures)
    >>> for batch in (images[:3], images[3:]):
    ...     print([of_image[0].target_class for of_image in explainer.explain(batch)])
    [0, 1, 2]
    [3, 4, 5]
    """

    def __init__(
        self,
        model: Any,
        layer: Layer = None,
        *,
        score: str | None = None,
        chunk_size: int | None = None,
        max_channels: int | None = None,
        tolerance: float | None = None,
        channels_by: str = "scores",
        engine: str = "auto",
        device: str = "auto",
        precision: str = "f32",
        cache: bool = True,
        xla: bool = False,
        size: tuple[int, ...] | None = None,
        head: str = "auto",
        reshape: tuple[int, ...] | None = None,
        call: int | None = None,
        output_name: str | int | Sequence[str | int] | None = None,
        image_input: str | None = None,
        against: str | int | Sequence[str | int] | None = None,
        region: str = "predicted",
        like: Any = None,
        target: Any = None,
        sign: str = "positive",
        samples: int | None = None,
        seed: int = 0,
        patch: int | None = None,
        stride: int | None = None,
        smooth: bool = False,
    ) -> None:
        computing = Computing(engine, device, precision, chunk_size, cache, xla=xla)
        asked = TargetRequest(output_name, image_input, against, region, None, like, target)
        network = as_network(
            *(as_model(model, computing.keeps, device), size, head, reshape, call),
            batch_size=1,  # the caller makes the batches
            outputs=asked.outputs,
            image_input=image_input,
        )
        limits = ChannelLimits(max_channels, tolerance, channels_by)
        sampling = Sampling(samples, seed, patch, stride)
        settings = MapSettings(score, limits, sign, sampling, smooth)
        self._set_up(network, layer, computing, asked.targets(network), settings)

    @classmethod
    def of(
        cls,
        network: NetworkFacts,
        layer: Layer,
        computing: Computing,
        targets: Targets | None = None,
        settings: MapSettings | None = None,
    ) -> Explainer:
        """The same from one object each of how it is computed, and of how maps are made; and targets."""
        explainer = cls.__new__(cls)
        explainer._set_up(network, layer, computing, targets, settings or MapSettings())
        return explainer

    def aimed_at(self, targets: Targets) -> Explainer:
        """The same explainer for other targets."""
        return Explainer.of(self.network, self.target_layer, self._computing, targets, self.settings)

    def _set_up(
        self,
        network: NetworkFacts,
        layer: Layer,
        computing: Computing,
        targets: Targets | None,
        settings: MapSettings,
    ) -> None:
        self._turn = Lock()
        self.network, self.settings = network, settings
        self.targets = targets or Targets(network)
        self.target_layer, self._no_layer = target_of(network, layer)
        self._of_input: Explainer | None = None
        self.for_metrics = self._told_of_black = False
        self.progress = RoundsProgress(computing.progress)
        self._computing = replace(computing, progress=self.progress)
        self.engine: Engine = make_engine(self._computing, network, self.target_layer, self.targets)

    @property
    def target_layers(self) -> list[LayerInfo]:
        """The target layers of the maps: this one."""
        return [self.target_layer]

    def explain(
        self,
        images: Any,
        method: str | Iterable[str] = "grad-cam",
        target_class: TargetClass = "predicted",
        baselines: str | Iterable[str] = (),
    ) -> list[list[Explanation]]:
        """Maps of one batch, computed together.

        Parameters
        ----------
        images : (n, H, W, c) array, or dict of name to array
            Preprocessed, as the model takes them; also a list of (H, W, c) arrays, a tensor, a dataset, or
            what `prepare` returns. Of a model of several inputs a dict of all of them.
        method : str or sequence of str
            Names in `METHODS`. Evidence that several methods use is computed once.
        target_class : spec, sequence of specs, or (n,) / (n, m) int array
            As for `explain`, with indices in place of names.
        baselines : str or sequence of str
            Names in `BASELINES`: maps to compare with, behind those of the methods.

        Returns
        -------
        explanations : n lists
            For each image its maps, class by class (each class once) and method by method. Those of what
            `prepare` returned know their pictures; a batch of arrays is not kept for that.

        Raises
        ------
        InputError
            An unknown method, a class out of range, images of another shape, a score the method must not use.
        """
        methods, compared = methods_named(method), check_baselines(baselines)
        check_needed(methods, self.settings.limits)
        check_sampling(methods, self.settings.sampling)
        with self._turn:
            found = explain_layers([self], images, methods, target_class, compared)
        return found[0] if len(found) == 1 else in_order(found, methods, compared)

    @property
    def of_input(self) -> Explainer:
        """What makes the maps of methods that need no layer, for the same targets."""
        if self.target_layer is WHOLE:
            return self
        if self._of_input is None:
            asked = self._computing, self.targets, self.settings
            self._of_input = Explainer.of(self.network, WHOLE, *asked)
        self._of_input.for_metrics = self.for_metrics
        return self._of_input

    def check_layer(self) -> None:
        """Refuse methods that need a layer where none was named and the model has none with maps.

        Raises
        ------
        ModelError
        """
        if self._no_layer is not None:
            raise self._no_layer

    def tell_of_black(self, rows: Iterable[Method], batch: Inputs) -> None:
        """Warn once where a method begins at a black picture, and nobody knows what that is to the model."""
        needed = any(row.evidence is Evidence.PATH_GRADIENTS for row in rows)
        if needed and batch.black is None and not self._told_of_black:
            self._told_of_black = True
            log.warning(UNKNOWN_BLACK)

    def aim(self, targets: Targets) -> None:
        """Explain these targets from now on."""
        if targets is not self.targets:
            self.targets = targets
            self.engine = make_engine(self._computing, self.network, self.target_layer, targets)

    def row(self, name: str) -> tuple[Method, str]:
        """A method by its name, and the score to use with it.

        Raises
        ------
        InputError
            There is none of that name, or it must not use the score that was asked for.
        """
        method = method_of(name)
        return method, score_of(method, self.settings.score, self.targets)


def explain_layers(
    explainers: Sequence[Explainer],
    images: Any,
    method: str | Iterable[str] = "grad-cam",
    target_class: TargetClass = "predicted",
    baselines: str | Iterable[str] = (),
) -> list[Found]:
    """For each of several layers of one network what its explainer says of a batch, from one pass for all.

    Behind the layers comes what is said of the input, by methods that need no layer. Where there are no
    others, it is all there is. The arguments are those of `Explainer.explain`.
    """
    first = explainers[0]
    compared = check_baselines(baselines)
    alone = compared and not isinstance(method, str) and not list(method)  # baselines by themselves
    rows = [] if alone else [first.row(name) for name in methods_named(method)]
    needs = {row.needs_layer for row, _ in rows} or {first.target_layer is not WHOLE}
    if True in needs:
        first.check_layer()
    at = [*(explainers if True in needs else ()), *([first.of_input] if False in needs else ())]
    batch = inputs_for(first.network, images)
    if not len(batch):
        return [[] for _ in at]
    first.tell_of_black([row for row, _ in rows], batch)
    specs = as_specs(target_class, len(batch), first.targets.blocks[0].ranked)
    targets = first.targets.with_groups(groups_in(specs))
    if isinstance(specs, list):
        specs_of(targets.blocks, specs)
    for one in at:
        one.aim(targets)
    first.aim(targets)
    layers = [one.engine.target_layer for one in at if one.target_layer is not WHOLE]
    whole = at[0].engine.at_layers(layers)
    found = Question(at, whole, targets, rows, compared).answer(batch, specs)
    known = hasattr(images, "regions") and not isinstance(images, Inputs)
    return [pictured(of_layer, images) for of_layer in found] if known else found
