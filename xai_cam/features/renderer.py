"""Rendering the figure and the arrays of one image after the other."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.cam.engines.questions import Computing
from xai_cam.cam.targets import Targets
from xai_cam.errors import ImageError, InputError
from xai_cam.features.channels import Block, LayerFeatures, arrange, same_channels
from xai_cam.features.figure import Heading, draw_figure, shapes_of
from xai_cam.features.heading import TileStyle
from xai_cam.features.kernel_tiles import KernelTiles
from xai_cam.features.layout import TileGrid, lay_out
from xai_cam.features.observer import FeatureObserver, Observed, find_layers
from xai_cam.features.request import FeatureRequest
from xai_cam.features.weighed import answers, weighed
from xai_cam.files.provenance import Provenance, encode_array, encode_picture
from xai_cam.files.rows import INPUT, ORIGIN, TRUTH
from xai_cam.images.class_specs import ClassSpec, check_classes, top_of
from xai_cam.images.frame_facts import columns_of
from xai_cam.images.labels import name_of
from xai_cam.images.labels_beside import labels_behind
from xai_cam.kernels.kept_bank import find_bank
from xai_cam.kernels.kernel_bank import KernelBank
from xai_cam.models.classifier import NOT_FINITE
from xai_cam.models.input.feeding import Feeding
from xai_cam.models.input.inputs import Inputs
from xai_cam.models.layers import LayerInfo
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.runs.decode import ModelReader
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.notices import describe_layer
from xai_cam.runs.origin import origin_of
from xai_cam.runs.picture_run import Encode, Rendered
from xai_cam.runs.target_options import regions_of, targets_of
from xai_cam.runs.tasks import Task

COLUMNS = (
    *("layers", "channels", "shown", "dead", "order"),
    *("class_index", "class_name", "predicted_index", "predicted_name", "probability", "value"),
    *("preprocessing", *INPUT),
)
"""Of an image's row; where there are several layers, a value for each, with semicolons."""


@dataclass(frozen=True)
class Drawing:
    """What is to be drawn of one image.

    Attributes
    ----------
    pixels : (H, W, 3) uint8
        What the model saw, to be looked at.
    """

    observed: Observed
    features: list[LayerFeatures]
    blocks: list[Block]
    layout: TileGrid
    pixels: np.ndarray


@dataclass
class FeatureRenderer:
    """The renderer of a features run.

    Parameters
    ----------
    open_model : callable
        Loads the model; called when the first image needs it.
    """

    request: FeatureRequest
    files: ModelFiles
    open_model: Callable[[], Any]
    computing: Computing = field(default_factory=Computing)
    _first_reported: bool = False
    _feeding: Feeding = field(init=False)
    _layers: list[LayerInfo] = field(init=False)
    _observer: FeatureObserver = field(init=False)
    _aimed: Targets | None = field(init=False)
    _banks: list[KernelBank | None] = field(init=False)
    _follows: list[bool] = field(init=False)
    _kernels: KernelTiles = field(default_factory=KernelTiles)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a result row."""
        return COLUMNS

    @property
    def facts(self) -> tuple[str, ...]:
        """The class that an image shows, and the model."""
        return (*TRUTH, *ORIGIN)

    def facts_of(self, task: Task, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """The class by the image's folder where there are classes, and the hashes of the model."""
        request, predicted = self.request, values["predicted_index"]
        labels = labels_behind(values["predicted_name"], predicted, request.labels)
        truth = {} if predicted is None else task.truth_columns(labels, request.target == "folder")
        return {**truth, **origin_of(self.files)}

    @property
    def writers(self) -> int | None:
        """As many as there are cores: an image's maps are held from the model's answer on."""
        return None

    def paths(self, task: Task) -> dict[str, Path]:
        """The files to write for an image, by kind."""
        return {kind: task.folder / name for kind, name in self.request.names(task).items()}

    def describe_request(self, task: Task) -> Provenance:
        """What identifies the outputs of an image, to tell whether they are up to date."""
        request = self.request
        target = None if request.target is None else task.resolve(request.target, request.labels)
        return {
            "makes": "features",
            "model": self.files.identity,
            "layers": request.layers,
            "channels": [request.top, request.order, target],
            "labels": request.labels,
            "preprocess": request.identity,
            **request.held(task.image),
            "head": request.head,
            "picture": [request.colormap, request.scale],
        }

    def prepare(self) -> ModelReader:
        """Load the model, and find the layers."""
        self._feeding = self.request.open(self.open_model(), batch_size=1)
        network = self._feeding.network
        self._layers = layers = find_layers(network, self.request.layers)
        self._aimed = targets_of(self.request, self._feeding) if self.request.order == "weight" else None
        self._observer = FeatureObserver(network, layers, self.computing, self._aimed)
        self._banks = [find_bank(network, info) for info in layers]
        self._follows = [False, *(same_channels(network, *pair) for pair in pairwise(layers))]
        return ModelReader(self._feeding, keeps_picture=False, keeps_seen=True)

    def ask(self, states: list[ImageState]) -> None:
        """Compute the layers' outputs for each image of a batch."""
        for state in states:
            try:
                target = self._target(state.task)
                beside = [tuple(one[None] for one in some) for some in (state.extras, self._regions(state))]
                given = Inputs(state.fed[None], *beside)
                observed = self._observer.look(given, target)
                if not self._first_reported:
                    self._first_reported = True
                    self._report_first(state, state.fed, observed)
                self._check_finite(observed)
            except ImageError as error:
                state.fail(error)
                continue
            state.answer = self._drawing(state, observed)

    def _drawing(self, state: ImageState, observed: Observed) -> Drawing:
        """The drawing of an image, and its notices, which are printed in the order of the images."""
        features = self._features(observed)
        self._report_no_weight(state, features)
        blocks = arrange(features, self.request.order, self.request.top)
        layout = lay_out(shapes_of(blocks), 2 if self.request.order else 1)
        self._report_left_out(state, blocks, layout)
        assert state.seen is not None, f"{state.name} was not read"
        return Drawing(observed, features, blocks, layout, state.seen)

    def render(self, state: ImageState) -> Rendered:
        """The figure of an image, and its maps as arrays."""
        drawing: Drawing = state.answer
        observed, blocks, layout = drawing.observed, drawing.blocks, drawing.layout
        held = self._feeding.held_values(state.task.image)
        values = {**self._values(drawing), **held, **columns_of(state.frame_facts)}
        files: dict[str, Encode] = {}
        if "grid" in self.request.saves:
            heading = Heading(drawing.pixels, state.name, self._lines(observed, blocks))
            style = TileStyle(self.request.colormap, self.request.scale, self.request.order)
            figure = draw_figure(heading, blocks, style, layout, self._kernels)
            files["grid"] = partial(encode_picture, figure, file_format="png")
        for i, maps in enumerate(observed.maps):
            files[f"npy{i}"] = partial(encode_array, maps)
        return Rendered(files, values | self.files.origin, values)

    # --- One image -----------------------------------------------------------------------------------

    def _target(self, task: Task) -> ClassSpec | None:
        """The class whose weights are requested, or None."""
        if self.request.order != "weight":
            return None
        self._feeding.network.head.check_spec(self.request.target or "predicted")
        spec = task.resolve(self.request.target or "predicted", self._feeding.labels)
        if top_of(spec):
            return "predicted"
        if not re.fullmatch(r"\d+", str(spec)):
            return spec
        try:
            return int(check_classes(np.array([int(spec)]), self._feeding.network.head.classes)[0])
        except InputError as error:
            if self.request.target == "folder":  # of this image alone
                raise ImageError(error.message) from error
            raise

    def _regions(self, state: ImageState) -> tuple[np.ndarray, ...]:
        """The masks that say where the weights are of, if such are given."""
        masks, targets = self.request.masks, self._aimed
        return () if masks is None or targets is None else regions_of(state, masks, targets)

    def _check_finite(self, observed: Observed) -> None:
        for info, maps in zip(self._layers, observed.maps, strict=True):
            if not np.isfinite(maps).all():
                raise ImageError(
                    f"the activations of {info.path} hold NaN or infinity: check the weights and the input "
                    "scaling"
                )
        if not all(np.isfinite(found).all() for found in (observed.scores, *observed.weights)):
            raise ImageError(NOT_FINITE)

    def _features(self, observed: Observed) -> list[LayerFeatures]:
        weights = observed.weights or (None,) * len(self._layers)
        seen = zip(self._layers, observed.maps, weights, self._banks, self._follows, strict=True)
        return [
            LayerFeatures(info.path, info.kind, maps, of_layer, bank, follows)
            for info, maps, of_layer, bank, follows in seen
        ]

    # --- Messages ------------------------------------------------------------------------------------

    def _report_first(self, state: ImageState, values: np.ndarray, observed: Observed) -> None:
        for info in self._layers:
            state.opening.append(describe_layer(info, self.request.layers == (None,)))
        span, labels = (values.min(), values.max()), self._feeding.labels
        leading = self._feeding.network.head.leading(observed.scores)
        state.opening.append(self._feeding.describe_first(state.name, span, leading, labels))

    def _report_no_weight(self, state: ImageState, features: list[LayerFeatures]) -> None:
        """Print a notice that all weights are 0."""
        for layer in features:
            if layer.weights is not None and not layer.weights.any():
                state.notices.append(
                    f"{state.name}: all weights at {layer.path} are 0, since the logit does not change with "
                    "its maps. The channels are in the order of their numbers."
                )

    def _report_left_out(self, state: ImageState, blocks: list[Block], layout: TileGrid) -> None:
        """Print once that a figure has no room for all channels."""
        for block, shown in zip(blocks, layout.shown, strict=True):
            path = block.layers[-1].path
            if shown < len(block.shown) and "grid" in self.request.saves:
                note = (
                    f"{path}: the figure has room for {shown:,} of {len(block.shown):,} channels. "
                    '`top=N` shows those with the largest energy or weight; `saves=("npy",)` has them all.'
                )
                state.notes = (*state.notes, note)

    def _lines(self, observed: Observed, blocks: list[Block]) -> tuple[str, ...]:
        """The lines beside the input in the figure."""
        labels, request = self._feeding.labels, self.request
        head = self._feeding.network.head
        best = [(name_of(c, labels), score) for c, score in head.leading(observed.scores)]
        (height, width, channels), scaling = self._feeding.network.input_shape, self._feeding.preprocessing
        fed = f"{scaling.name}, {scaling.order_of(channels)}"
        lines = [head.describe_scores(best), f"input {height} x {width} x {channels}, {fed}"]
        lines += [self._order_line(observed, blocks)]
        spans = "its own range" if request.scale == "own" else "the range of its layer"
        lines += [f"colours: each tile spans {spans}; hatched: dead, the same all over the map"]
        return tuple(lines)

    def _order_line(self, observed: Observed, blocks: list[Block]) -> str:
        if self.request.order is None:
            return "channels in the order of their numbers"
        what = "energy (mean of squares)"
        if self.request.order == "weight":
            what = f"Grad-CAM's weight for {weighed(observed, self._feeding.labels)}"
        last = [block.layers[-1].path for block in blocks]
        return f"channels by {what} at {', '.join(last)}, largest first"

    def _values(self, drawing: Drawing) -> dict[str, Any]:
        """The values of an image's row."""
        observed, features, blocks = drawing.observed, drawing.features, drawing.blocks
        drawn = drawing.layout.shown if "grid" in self.request.saves else (0,) * len(blocks)
        shown = [count for block, count in zip(blocks, drawn, strict=True) for _ in block.layers]
        return {
            "layers": ";".join(f.path for f in features),
            "channels": ";".join(str(f.channels) for f in features),
            "shown": ";".join(map(str, shown)),
            "dead": ";".join(str(int(f.dead.sum())) for f in features),
            "order": self.request.order or "number",
            **answers(observed, self._feeding.network.head, self._feeding.labels),
            "preprocessing": self._feeding.describe(),
            **self._feeding.facts(),
            "extra": "",
        }
