"""Batches of images -> their maps at every layer, and a notice on the first image."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from xai_cam.cam.engines.questions import Computing
from xai_cam.cam.explained_again import Again
from xai_cam.cam.explainer import Explainer
from xai_cam.cam.explanation import Explanation
from xai_cam.cam.fusion import INPUT, Fusion, ModelInput, Place
from xai_cam.cam.layers_explainer import LayersExplainer
from xai_cam.cam.methods import METHODS
from xai_cam.cam.signs import describe_grid
from xai_cam.cam.smoothing import SMOOTHED
from xai_cam.cam.target_facts import describe_measures
from xai_cam.cam.targets import Targets
from xai_cam.errors import InputError
from xai_cam.images.class_specs import check_classes
from xai_cam.images.target_words import TARGET_WORDS
from xai_cam.models.input.feeding import Feeding
from xai_cam.models.input.inputs import Inputs
from xai_cam.models.layers import WHOLE, LayerInfo
from xai_cam.runs.image_state import ImageState, failing, inputs_of
from xai_cam.runs.map_findings import MapFindings
from xai_cam.runs.notices import describe_costs, describe_input_costs, describe_layer
from xai_cam.runs.passes import PassCounter
from xai_cam.runs.plan import Request
from xai_cam.runs.target_options import describe_targets, regions_of, targets_of

Asked = tuple[tuple[Any, ...], tuple[str, ...], tuple[int, ...]]
"""Classes, methods, and which images."""


@dataclass
class BatchExplainer:
    """Makes the maps of a request, with one compiled explainer per place; a batch passes once for all.

    Parameters
    ----------
    images : int
        How many there will be, to say what they cost.
    notice : callable
        Gets what the user should know: the layers, their costs, what the first image was to the model.
    for_metrics : bool
        Whether maps keep what they need to be measured.
    counter : PassCounter
        Counts the passes of methods that score each channel.
    findings : MapFindings
        Gets every map.
    """

    request: Request
    feeding: Feeding
    images: int
    notice: Callable[[str], None]
    computing: Computing = field(default_factory=Computing)
    baselines: tuple[str, ...] = ()
    for_metrics: bool = False
    counter: PassCounter = field(default_factory=PassCounter)
    findings: MapFindings = field(default_factory=MapFindings)
    _targets: Targets | None = None
    _explainers: dict[Place, LayersExplainer] = field(default_factory=dict)
    _first_shown: bool = False

    def __post_init__(self) -> None:
        self.findings.labels = self.feeding.labels
        kinds = {kind for m in self.request.methods if (kind := METHODS[m].evidence).by_channel}
        of_channels = [m for m in self.request.methods if METHODS[m].evidence in kinds]
        each = of_channels if self.request.limits.by_rounds else kinds  # else they share their passes
        positions = {kind for m in self.request.methods if (kind := METHODS[m].evidence).by_position}
        at_input = {kind for m in self.request.methods if not (kind := METHODS[m].evidence).needs_layer}
        stages = (len(each) + len(positions)) * len(self.layers) + len(at_input)
        times = SMOOTHED if self.request.smooth else 1
        self.counter.expect(stages * times, times * (len(self.layers) if self.request.fuse else 1))
        for kind in {*kinds, *positions, *at_input}:
            named = [m for m in self.request.methods if METHODS[m].evidence is kind]
            self.counter.names[kind.value] = ", ".join(named)
        self.computing = replace(self.computing, progress=self.counter)

    @property
    def layers(self) -> list[str | None]:
        """The layers that are asked about, also those whose maps are fused."""
        places = [place for place in self.request.places if not isinstance(place, ModelInput)]
        return [name for p in places for name in (p.layers if isinstance(p, Fusion) else (p,))]

    @property
    def engine(self) -> Any:
        """The engine that computes the first layer's maps."""
        return next(iter(self._explainers.values())).engine

    @property
    def targets(self) -> Targets:
        """The columns of scores that are explained; made when they are first needed.

        Raises
        ------
        InputError, ModelError
            The model's outputs are not of that kind.
        """
        if self._targets is None:
            self._targets = targets_of(self.request, self.feeding)
        return self._targets

    @property
    def aimed(self) -> Targets:
        """What the columns of the scores are."""
        return next(iter(self._explainers.values())).targets

    def explain(self, states: list[ImageState]) -> None:
        """Fill in the maps of a batch; those together that are asked for the same classes at the same places.

        An image whose folder names no class of the model has failed.

        Raises
        ------
        InputError, ModelError
            A layer, a class or a method does not fit the model.
        """
        self.counter.begin()
        if "folder" in self.request.classes:
            self.feeding.network.head.check_spec("folder")
        for state in states:
            self._check_folder_class(state)
            self._find_region(state)
        if not self._explainers:
            self._explainers = {place: self._make(place) for place in self.request.places}
            targets = [
                info for one in self._explainers.values() for info in one.target_layers if info is not WHOLE
            ]
            self.findings.signs.of_places = self.targets.of_places
            self.findings.fallbacks.against = self.targets.aim.against
            self._tell(describe_grid(self.feeding.network, targets))
            for line in describe_targets(self.targets, self.request):
                self.notice(line)
            self._tell(describe_measures(self.aimed) if self.for_metrics else None)
        for (classes, methods, _), places, group in self._together(states):
            self._explain(places, list(classes), list(methods), group)

    def again(self, states: Sequence[ImageState], maps: Sequence[Sequence[Explanation]]) -> Again:
        """What explains changed images as the maps of a batch were made."""
        counted = partial(self.counter.again, sum(map(len, maps)))
        return Again(list(self._explainers.values()), self._inputs(states), maps, counted)

    def _together(self, states: list[ImageState]) -> Iterator[tuple[Asked, list[Place], list[ImageState]]]:
        """What is to be asked of a batch, with the places at which just that is asked, and the images.

        At each place the images that need it, with the methods that some of them need.
        """
        places, groups = defaultdict[Asked, list[Place]](list), dict[Asked, list[ImageState]]()
        for place in self.request.places:
            of_place = self.request.methods_at(place)
            of_classes = defaultdict[tuple[Any, ...], list[ImageState]](list)
            for state in states:
                if state.pending and place in state.todo:
                    specs = state.task.classes(self.request.classes, self.feeding.labels)
                    of_classes[tuple(specs)].append(state)
            for classes, group in of_classes.items():
                methods = [m for m in of_place if any(m in state.todo[place] for state in group)]
                asked = classes, tuple(methods), tuple(map(id, group))
                places[asked].append(place)
                groups[asked] = group
        for asked, group in groups.items():
            yield asked, places[asked], group

    def _explain(
        self, places: list[Place], classes: list[Any], methods: list[str], group: list[ImageState]
    ) -> None:
        self.counter.ask(len(group))
        explainer = self._explainers[places[0]]
        if len(places) > 1:  # none of them fused, which would be the only one
            explainer = LayersExplainer([self._explainers[place].explainers[0] for place in places])
        at_layer = self.layers == [] or places != [INPUT]
        baselines = self.baselines if at_layer else ()
        found = explainer.at_layers(self._inputs(group), methods, classes, baselines)
        if not self._first_shown:
            self._first_shown = True
            self._show_first(group[0], found[0][0])
        for place, of_place in zip(places, found, strict=True):
            for state, explanations in zip(group, of_place, strict=True):
                image, again = str(state.task.image.path), bool(state.explanations)
                self.findings.add(image, classes, explanations, again)
                state.explanations[place] = explanations

    def _inputs(self, states: Sequence[ImageState]) -> Inputs:
        """What the model takes of images, and what a black picture is to it."""
        feeding = self.feeding
        known = all(one.picture is None or one.picture.white is not None for one in states)
        black = feeding.preprocessing.black(feeding.network.input_shape, known)
        return replace(inputs_of(states), black=black)

    def _find_region(self, state: ImageState) -> None:
        """Read the mask that says where an image is explained, if such are given."""
        if self.request.masks is not None and state.pending:
            with failing(state):
                state.regions = regions_of(state, self.request.masks, self.targets)

    def _tell(self, line: str | None) -> None:
        if line:
            self.notice(line)

    def _check_folder_class(self, state: ImageState) -> None:
        """A folder's name that is no class of the model fails its images; a class named for all, the run."""
        specs = state.task.classes(self.request.classes, self.feeding.labels)
        for spec, requested in zip(specs, self.request.classes, strict=True):
            if requested == "folder":
                try:
                    check_classes(np.array([spec]), self.feeding.network.head.classes)
                except InputError as error:
                    state.fail(error)
                    return

    def _show_first(self, state: ImageState, explanations: Sequence[Explanation]) -> None:
        """Report the first image's input range and prediction, so that a wrong scaling shows."""
        span, first = (state.fed.min(), state.fed.max()), explanations[0]
        if first.score_name in TARGET_WORDS:
            what = f"{TARGET_WORDS[first.score_name]} {first.score:.3g}"
            self.notice(f"{self.feeding.describe_input(state.name, span)}, {what}.")
            return
        rankings = {one.output_name: one.ranking for one in explanations}
        explained: dict[str, dict[str, None]] = defaultdict(dict)
        if "predicted" not in self.request.classes:
            for one in explanations:
                explained[one.output_name][f"{one.target_class}:{one.direction}"] = None
        values = {output: list(named) for output, named in explained.items()}
        self.notice(self.feeding.describe_answers(state.name, span, rankings, values))

    # --- Explainers, when the first image needs them -------------------------------------------------

    def _make(self, place: Place) -> LayersExplainer:
        if isinstance(place, ModelInput):
            return LayersExplainer([self._explainer(WHOLE)])
        if not isinstance(place, Fusion):
            return LayersExplainer([self._explainer(place)])
        paths = [self.feeding.network.find(name).path for name in place.layers]
        if len(set(paths)) < len(paths):
            raise InputError(
                f"`fuse` was given one layer under two names ({', '.join(paths)}). Name it once."
            )
        return LayersExplainer([self._explainer(name) for name in place.layers], place.how)

    def _explainer(self, layer: str | LayerInfo | None) -> Explainer:
        request, network = self.request, self.feeding.network
        explainer = Explainer.of(network, layer, self.computing, self.targets, request.settings)
        explainer.for_metrics = self.for_metrics
        info = explainer.target_layer
        if info is WHOLE:
            if layer is not WHOLE:
                explainer.check_layer()
            asked = request.sampling, network.input_shape[:-1], request.smooth
            for cost in describe_input_costs(request.methods, self.images, *asked):
                self.notice(cost)
            return explainer
        self.notice(describe_layer(info, layer is None, network))
        for cost in describe_costs(info, request.methods, self.images, request.limits, request.smooth):
            self.notice(cost)
        return explainer
