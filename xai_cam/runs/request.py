"""What is requested of a run: everything that determines what its outputs look like."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from xai_cam.cam.channel_limits import CHANNELS_BY, ChannelLimits
from xai_cam.cam.components import COMPONENTS
from xai_cam.cam.fusion import INPUT, Fusion, Place
from xai_cam.cam.map_settings import MapSettings
from xai_cam.cam.methods import METHODS
from xai_cam.cam.sampling import Sampling
from xai_cam.cam.threshold import SHARE
from xai_cam.drawing.colormaps import DEFAULT_COLORMAP
from xai_cam.drawing.overlay import BLENDS, OverlayStyle
from xai_cam.files.provenance import Provenance
from xai_cam.images.class_specs import above_of, top_of
from xai_cam.images.masks import OWN_ENDING
from xai_cam.runs.targeted_request import TargetedRequest

SAVES = ("overlay", "figure", "animation", "heatmap", "raw", "mask", "boxes")

REGION_FILES = ("mask", "boxes")
"""Those that say where a map is high."""

SUFFIXES = {"overlay": "", "figure": "_figure", "animation": "_animation", "heatmap": "_heatmap"}

ENDINGS = {"raw": ".npy", "mask": OWN_ENDING, "boxes": "_boxes.json"}
"""What the names of outputs end in that have one format each."""
"""What a picture's name ends in, before the format's own suffix."""


PLAIN_PARTS: Provenance = {"threshold": f"{SHARE}", "components": COMPONENTS[0]}
"""The parts that figures mark where nothing else is asked for."""


@dataclass(frozen=True)
class Request(TargetedRequest):
    """Everything requested that determines what the outputs look like: the feeding, and the maps."""

    methods: tuple[str, ...] = ("grad-cam",)
    layers: tuple[str | None, ...] = (None,)
    classes: tuple[str, ...] = ("predicted",)
    score: str | None = None
    max_channels: int | None = None
    tolerance: float | None = None
    channels_by: str = CHANNELS_BY[0]
    precision: str = "f32"
    sign: str = "positive"
    fuse: str | None = None
    samples: int | None = None
    patch: int | None = None
    stride: int | None = None
    seed: int = 0
    smooth: bool = False
    saves: tuple[str, ...] = ("overlay",)
    colormap: str = DEFAULT_COLORMAP
    blend: str = BLENDS[0]
    opacity: float | None = None
    file_format: str = "png"
    enlarge: int | None = None
    grid: bool = False
    outline: bool = True
    theme: str = "light"
    marks: tuple[str, ...] = ()
    animation: str = "webp"
    threshold: str = f"{SHARE}"
    components: str = COMPONENTS[0]

    def tidy(self) -> Request:
        """The same request without repetitions, and with the default layer where none was named."""
        return replace(
            self,
            methods=tuple(dict.fromkeys(self.methods)),
            layers=tuple(dict.fromkeys(self.layers)) or (None,),
            classes=tuple(dict.fromkeys(self.classes)),
            output_names=tuple(dict.fromkeys(self.output_names)),
        )

    @property
    def style(self) -> OverlayStyle:
        """How maps are laid over pictures."""
        return OverlayStyle(self.colormap, self.blend, self.opacity, self.sign == "both")

    @property
    def limits(self) -> ChannelLimits:
        """How many channels are scored by methods that score each."""
        return ChannelLimits(self.max_channels, self.tolerance, self.channels_by)

    @property
    def sampling(self) -> Sampling:
        """How inputs are made of an image, by methods that take a mean over some."""
        return Sampling(self.samples, self.seed, self.patch, self.stride)

    @property
    def settings(self) -> MapSettings:
        """How maps are made, whatever the layer."""
        return MapSettings(self.score, self.limits, self.sign, self.sampling, self.smooth)

    def sampled(self, method: str) -> dict[str, Any]:
        """What was asked of how a method samples, as far as it heeds it."""
        row = METHODS[method]
        heeds = {"samples": row.samples > 0, "seed": row.random, "patch": row.covers, "stride": row.covers}
        return {name: value for name, value in self.sampling.given.items() if heeds[name]}

    @property
    def specs(self) -> tuple[str, ...]:
        """The classes that are explained."""
        return self.classes

    def looks(self, save: str) -> Provenance:
        """Everything about one kind of output that is a matter of looks."""
        if save == "raw":
            return {}
        if save in REGION_FILES:
            return self.parts
        looks: Provenance = {"picture": self.animation if save == "animation" else self.file_format}
        if save in ("overlay", "figure", "animation"):
            looks |= {"overlay": self.style.identity, "grid": self.grid}
            looks |= {} if self.outline else {"outline": False}
        if save in ("heatmap", "figure"):
            looks["colormap"] = self.style.colours
        if save == "figure":
            looks |= {"theme": self.theme, "marks": sorted(set(self.marks))}
            looks |= self.other_parts if {"box", "edge"} & set(self.marks) else {}
        elif self.enlarge is not None:  # else it follows from the image, whose hash is known
            looks["enlarge"] = self.enlarge
        return looks

    @property
    def parts(self) -> Provenance:
        """Which parts of maps are asked for."""
        return {"threshold": self.threshold, "components": self.components}

    @property
    def other_parts(self) -> Provenance:
        """The same, where these are not the usual ones."""
        return {} if self.parts == PLAIN_PARTS else self.parts

    @property
    def wants_parts(self) -> bool:
        """Whether files and rows tell of them."""
        return bool(set(REGION_FILES) & set(self.saves))

    @property
    def places(self) -> tuple[Place, ...]:
        """What maps are of: each layer, or all fused; and the input, of methods that need no layer."""
        at_layers: tuple[Place, ...] = (Fusion(self.fuse, self.layers),) if self.fuse else self.layers
        needs = {METHODS[name].needs_layer for name in self.methods}
        return (*(at_layers if True in needs else ()), *((INPUT,) if False in needs else ()))

    def methods_at(self, place: Place) -> list[str]:
        """The methods whose maps are of that place."""
        return [name for name in self.methods if METHODS[name].needs_layer == (place != INPUT)]

    @property
    def variants(self) -> list[tuple[Place, str]]:
        """Each place with each method whose maps are of it: what there is to be made for every class."""
        return [(place, method) for place in self.places for method in self.methods_at(place)]

    @property
    def sign_suffix(self) -> str:
        """What file names have behind the method: a sign that is not the usual one."""
        return "" if self.sign == "positive" else f"-{self.sign}"

    @property
    def many_classes(self) -> bool:
        """Whether file names need the class."""
        open_ended = any((top_of(spec) or 1) > 1 or above_of(spec) is not None for spec in self.classes)
        return open_ended or len(self.classes) > 1

    @property
    def many_outputs(self) -> bool:
        """Whether file names need the model's output."""
        return len(self.output_names) > 1

    @property
    def many(self) -> bool:
        """Whether the names of a map's files are not known before the model was asked."""
        return self.many_classes or self.many_outputs

    def suffix(self, save: str) -> str:
        """Ending of the names of one kind of output."""
        if save in ENDINGS:
            return ENDINGS[save]
        return f"{SUFFIXES[save]}.{self.animation if save == 'animation' else self.file_format}"
