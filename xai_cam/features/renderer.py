"""Makes the figure and the arrays of one image after the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam.cam.engines.questions import PREDICTED
from xai_cam.errors import ImageError, InputError
from xai_cam.features.channels import Block, LayerFeatures, arrange, same_channels
from xai_cam.features.figure import Heading, draw_figure, shapes_of
from xai_cam.features.heading import TileStyle
from xai_cam.features.layout import TileGrid, lay_out
from xai_cam.features.observer import FeatureObserver, Observed
from xai_cam.features.request import FeatureRequest
from xai_cam.files.provenance import Provenance, encode_array, encode_picture
from xai_cam.images.class_specs import check_classes, top_of
from xai_cam.images.labels import name_of
from xai_cam.images.picture import fit_picture, read_image
from xai_cam.kernels.kernel_bank import KernelBank, kind_of, read_bank
from xai_cam.models.classifier import NOT_FINITE, describe_first, open_network
from xai_cam.models.loading.sniff import ModelFiles
from xai_cam.models.network import LayerInfo, Network
from xai_cam.models.preprocessing import Preprocessing, choose_preprocessing
from xai_cam.runs.picture_run import Encode, Rendered
from xai_cam.runs.tasks import Task

COLUMNS = (
    *("layers", "channels", "shown", "dead", "order"),
    *("class_index", "class_name", "predicted_index", "predicted_name", "probability", "preprocessing"),
)
"""Of an image's row; where there are several layers, a value for each, with semicolons."""


@dataclass
class FeatureMaker:
    """What a run of pictures makes of each image.

    Parameters
    ----------
    open_model : callable
        Loads the model; called when the first image needs it.
    notice : callable
        Gets what the user should know of the first image.
    """

    request: FeatureRequest
    files: ModelFiles
    open_model: Callable[[], Any]
    notice: Callable[[str], None]
    device: str = "auto"
    _told: bool = False
    _left_out: set[str] = field(default_factory=set)

    @property
    def columns(self) -> tuple[str, ...]:
        return COLUMNS

    def paths(self, task: Task) -> dict[str, Path]:
        return {kind: task.folder / name for kind, name in self.request.names(task).items()}

    def asked(self, task: Task) -> Provenance:
        request = self.request
        target = None if request.target is None else task.resolve(request.target, request.labels)
        return {
            "makes": "features",
            "model": self.files.hashes,
            "layers": request.layers,
            "channels": [request.top, request.order, target],
            "labels": request.labels,
            "preprocess": [request.preprocess, request.channel_order, request.fit, request.size],
            "picture": [request.colormap, request.scale],
        }

    def make(self, task: Task) -> Rendered:
        values, pixels = self._read(task)
        observed = self._observer.look(values, self._target(task))
        if not self._told:
            self._told = True
            self._tell_first(task, values, observed)
        self._check_finite(observed)
        features = self._features(observed)
        self._tell_no_weight(task.image.path.name, features)
        blocks = arrange(features, self.request.order, self.request.top)
        layout = lay_out(shapes_of(blocks), 2 if self.request.order else 1)
        self._tell_left_out(blocks, layout)
        said = self._said(observed, features, blocks, layout)
        files: dict[str, Encode] = {}
        if "grid" in self.request.saves:
            head = Heading(pixels, task.image.path.name, self._lines(observed, blocks))
            look = TileStyle(self.request.colormap, self.request.scale, self.request.order)
            figure = draw_figure(head, blocks, look, layout)
            files["grid"] = partial(_encode_figure, figure)
        for i, maps in enumerate(observed.maps):
            files[f"npy{i}"] = partial(encode_array, maps)
        provenance = {**said, "model_sha256": self.files.hashes[0], "weights_sha256": self.files.hashes[1]}
        return Rendered(files, provenance, said)

    # --- The model, when the first image needs it ----------------------------------------------------

    @cached_property
    def _network(self) -> Network:
        return open_network(self.open_model(), self.request.size, self.request.labels)

    @cached_property
    def _preprocessing(self) -> Preprocessing:
        return choose_preprocessing(self._network, self.request.preprocess, self.request.channel_order)

    @cached_property
    def _layers(self) -> list[LayerInfo]:
        found = [self._network.find(name) for name in self.request.layers]
        paths = [info.path for info in found]
        if len(set(paths)) < len(paths):
            raise InputError(f"One layer was given under two names ({', '.join(paths)}). Name it once.")
        return found

    @cached_property
    def _observer(self) -> FeatureObserver:
        return FeatureObserver(self._network, self._layers, self.device)

    @cached_property
    def _banks(self) -> list[KernelBank | None]:
        return [read_bank(info) if kind_of(info.layer) else None for info in self._layers]

    @cached_property
    def _follows(self) -> list[bool]:
        pairs = pairwise(self._layers)
        return [False, *(same_channels(self._network, one, other) for one, other in pairs)]

    # --- One image -----------------------------------------------------------------------------------

    def _read(self, task: Task) -> tuple[np.ndarray, np.ndarray]:
        """What the model is fed, (H, W, c), and the same to be looked at, (H, W, 3) uint8."""
        height, width, channels = self._network.input_shape
        picture = read_image(task.image.path)
        fitted, _ = fit_picture(picture, (height, width), channels, self.request.fit)
        pixels = np.rint(fitted).clip(0, 255).astype(np.uint8)
        return self._preprocessing.apply(fitted), pixels.repeat(3 // channels, axis=2)

    def _target(self, task: Task) -> int | None:
        """The class whose weights are asked for; None where none are."""
        if self.request.order != "weight":
            return None
        spec = task.resolve(self.request.target or "predicted", self.request.labels)
        if spec == "predicted" or top_of(spec):
            return PREDICTED
        try:
            return int(check_classes(np.array([int(spec)]), self._network.head.classes)[0])
        except InputError as error:
            if self.request.target == "folder":  # of this image alone
                raise ImageError(error.message) from error
            raise

    def _check_finite(self, observed: Observed) -> None:
        for info, maps in zip(self._layers, observed.maps, strict=True):
            if not np.isfinite(maps).all():
                raise ImageError(
                    f"the activations of {info.path} hold NaN or infinity: look at the weights and the input "
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

    # --- What is said --------------------------------------------------------------------------------

    def _tell_first(self, task: Task, values: np.ndarray, observed: Observed) -> None:
        for info, maps in zip(self._layers, observed.maps, strict=True):
            default = ", the default" if self.request.layers == (None,) else ""
            self.notice(f"Layer {info.path} ({info.kind}, {' x '.join(map(str, maps.shape))}{default}).")
        ranking, labels = observed.ranking(), self.request.labels
        name = task.image.path.name
        self.notice(describe_first(name, values, self._preprocessing, ranking, labels))

    def _tell_no_weight(self, name: str, features: list[LayerFeatures]) -> None:
        """Say that weights tell nothing of channels."""
        for layer in features:
            if layer.weights is not None and not layer.weights.any():
                self.notice(
                    f"{name}: all weights at {layer.path} are 0, since the logit does not change with its "
                    "maps. The channels stand in the order of their numbers."
                )

    def _tell_left_out(self, blocks: list[Block], layout: TileGrid) -> None:
        """Say once that a figure has no room for all channels."""
        for block, shown in zip(blocks, layout.shown, strict=True):
            path = block.layers[-1].path
            if shown < len(block.shown) and "grid" in self.request.saves and path not in self._left_out:
                self._left_out.add(path)
                self.notice(
                    f"{path}: the figure has room for {shown:,} of {len(block.shown):,} channels. "
                    '`top=N` shows those of the largest energy or weight; `saves=("npy",)` has them all.'
                )

    def _lines(self, observed: Observed, blocks: list[Block]) -> tuple[str, ...]:
        """What stands beside the input in the figure."""
        labels, request = self.request.labels, self.request
        best = ", ".join(f"{name_of(c, labels)} {p:.3g}" for c, p in observed.ranking())
        height, width, channels = self._network.input_shape
        fed = f"{self._preprocessing.name}, {self._preprocessing.channel_order if channels == 3 else 'grey'}"
        lines = [f"predicted {best}", f"input {height} x {width} x {channels}, {fed}"]
        lines += [self._order_line(observed, blocks)]
        spans = "its own range" if request.scale == "own" else "the range of its layer"
        lines += [f"colours: each tile spans {spans}; hatched: dead, the same all over the map"]
        return tuple(lines)

    def _order_line(self, observed: Observed, blocks: list[Block]) -> str:
        if self.request.order is None:
            return "channels in the order of their numbers"
        what = "energy (mean of squares)"
        if self.request.order == "weight" and observed.target is not None:
            what = f"Grad-CAM's weight for {name_of(observed.target, self.request.labels)}"
        last = [block.layers[-1].path for block in blocks]
        return f"channels by {what} at {', '.join(last)}, largest first"

    def _said(
        self, observed: Observed, features: list[LayerFeatures], blocks: list[Block], layout: TileGrid
    ) -> dict[str, Any]:
        """The values of an image's row."""
        labels, target, preprocessing = self.request.labels, observed.target, self._preprocessing
        drawn = layout.shown if "grid" in self.request.saves else (0,) * len(blocks)
        shown = [count for block, count in zip(blocks, drawn, strict=True) for _ in block.layers]
        has = self._network.head.has_probabilities
        return {
            "layers": ";".join(f.path for f in features),
            "channels": ";".join(str(f.channels) for f in features),
            "shown": ";".join(map(str, shown)),
            "dead": ";".join(str(int(f.dead.sum())) for f in features),
            "order": self.request.order or "number",
            "class_index": target,
            "class_name": "" if target is None else name_of(target, labels),
            "predicted_index": observed.predicted,
            "predicted_name": name_of(observed.predicted, labels),
            "probability": float(observed.scores[observed.predicted]) if has else None,
            "preprocessing": f"{preprocessing.name} {preprocessing.channel_order} {self.request.fit}",
        }


def _encode_figure(figure: np.ndarray, provenance: Provenance) -> bytes:
    return encode_picture(figure, provenance, "png")
