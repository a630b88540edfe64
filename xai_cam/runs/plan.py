"""Plan of a run over many images: where outputs go, and which are up to date."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from xai_cam._version import __version__
from xai_cam.cam.fusion import Fusion, Place
from xai_cam.cam.methods import METHODS
from xai_cam.drawing.colormaps import DEFAULT_COLORMAP
from xai_cam.drawing.overlay import BLENDS, OverlayStyle
from xai_cam.files.names import real_path, safe_name
from xai_cam.files.provenance import Provenance, check_replaceable, digest, read_provenance
from xai_cam.files.seal import is_intact
from xai_cam.files.writing import check_not_input
from xai_cam.images.class_specs import top_of
from xai_cam.images.finding import ImageFile
from xai_cam.images.labels import file_name_of
from xai_cam.images.labels_beside import labels_behind
from xai_cam.models.input.feeding import FeedingRequest
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.runs.recorded import is_map
from xai_cam.runs.tasks import Task, place_tasks

SAVES = ("overlay", "figure", "animation", "heatmap", "raw")

SUFFIXES = {"overlay": "", "figure": "_figure", "animation": "_animation", "heatmap": "_heatmap"}
"""What a picture's name ends in, before the format's own suffix."""


@dataclass(frozen=True)
class Request(FeedingRequest):
    """Everything requested that determines what the outputs look like: the feeding, and the maps."""

    methods: tuple[str, ...] = ("grad-cam",)
    layers: tuple[str | None, ...] = (None,)
    classes: tuple[str, ...] = ("predicted",)
    score: str | None = None
    max_channels: int | None = None
    precision: str = "f32"
    sign: str = "positive"
    fuse: str | None = None
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

    def tidy(self) -> Request:
        """The same request without repetitions, and with the default layer where none was named."""
        return replace(
            self,
            methods=tuple(dict.fromkeys(self.methods)),
            layers=tuple(dict.fromkeys(self.layers)) or (None,),
            classes=tuple(dict.fromkeys(self.classes)),
        )

    @property
    def style(self) -> OverlayStyle:
        """How maps are laid over pictures."""
        return OverlayStyle(self.colormap, self.blend, self.opacity, self.sign == "both")

    def looks(self, save: str) -> Provenance:
        """Everything about one kind of output that is a matter of looks."""
        if save == "raw":
            return {}
        looks: Provenance = {"picture": self.animation if save == "animation" else self.file_format}
        if save in ("overlay", "figure", "animation"):
            looks |= {"overlay": self.style.identity, "grid": self.grid}
            looks |= {} if self.outline else {"outline": False}
        if save in ("heatmap", "figure"):
            looks["colormap"] = self.style.colours
        if save == "figure":
            looks |= {"theme": self.theme, "marks": sorted(set(self.marks))}
        elif self.enlarge is not None:  # else it follows from the image, whose hash is known
            looks["enlarge"] = self.enlarge
        return looks

    @property
    def places(self) -> tuple[Place, ...]:
        """What maps are of: each layer, or all of them fused."""
        return (Fusion(self.fuse, self.layers),) if self.fuse else self.layers

    @property
    def sign_suffix(self) -> str:
        """What file names have behind the method: a sign that is not the usual one."""
        return "" if self.sign == "positive" else f"-{self.sign}"

    @property
    def many_classes(self) -> bool:
        """Whether file names need the class."""
        return len(self.classes) > 1 or any((top_of(spec) or 1) > 1 for spec in self.classes)

    def suffix(self, save: str) -> str:
        """Ending of the names of one kind of output."""
        if save == "raw":
            return ".npy"
        return f"{SUFFIXES[save]}.{self.animation if save == 'animation' else self.file_format}"


@dataclass
class Plan:
    """The tasks of a run, and which of their outputs are up to date.

    Tasks that were left out are not carried out, but their images are inputs all the same.
    """

    request: Request
    files: ModelFiles
    tasks: list[Task]
    overwrite: bool = False
    left_out: list[Task] = field(default_factory=list)
    _listings: dict[Path, list[str]] = field(default_factory=dict)

    @cached_property
    def inputs(self) -> frozenset[str]:
        """Every input of the run, in a form that can be compared."""
        images = (task.image.path for task in (*self.tasks, *self.left_out))
        return frozenset(real_path(path) for path in (*images, *self.files.parts))

    def stem(self, task: Task, layer: Place, method: str) -> str:
        """The part of an output's name before class and kind."""
        several = len(self.request.layers) > 1
        part = f"_{safe_name(str(layer or 'default'))}" if several else ""
        return f"{task.stem}{part}_{method}{self.request.sign_suffix}"

    def stems(self, task: Task) -> list[str]:
        """All of them, for one image."""
        return [self.stem(task, layer, m) for layer in self.request.places for m in self.request.methods]

    def output(
        self,
        task: Task,
        layer: Place,
        method: str,
        target_class: int | None,
        save: str,
        named: bool = True,
        output_name: str = "",
    ) -> Path:
        """Where one output goes.

        `target_class` None stands for a class not known yet; `named`: whether the labels name it. The
        `output_name` tells which of several outputs of the model the class is one of.
        """
        name = self.stem(task, layer, method) + (f"_{safe_name(output_name)}" if output_name else "")
        if self.request.many_classes:
            labels = self.request.labels if named else None
            known = "{class}" if target_class is None else file_name_of(target_class, labels)
            name += f"_{known}"
        return task.folder / (name + self.request.suffix(save))

    def digest(self, task: Task, layer: Place, method: str, save: str) -> str:
        """Hash of everything that determines an output's content, except the model's answers."""
        request = self.request
        content: Provenance = {
            "version": __version__,
            "model": self.files.identity,
            "image": task.image_hash,
            "layer": [layer.how, *layer.layers] if isinstance(layer, Fusion) else layer,
            "method": method,
            "save": save,
            "classes": task.classes(request.classes, request.labels),
            "labels": request.labels,
            "score": request.score,
            "head": request.head,
            "preprocess": request.identity,
        }
        content |= {} if request.sign == "positive" else {"sign": request.sign}
        if METHODS[method].evidence.by_channel:
            content |= {"max_channels": request.max_channels} if request.max_channels is not None else {}
            content |= {"precision": request.precision} if request.precision != "f32" else {}
        return digest(content | request.looks(save))

    def digests(self, task: Task, layer: Place, method: str) -> dict[str, str]:
        """The `digest` of each kind of output of one map."""
        return {save: self.digest(task, layer, method, save) for save in self.request.saves}

    def done(
        self, task: Task, layer: Place, method: str, digests: Mapping[str, str] | None = None
    ) -> list[Provenance] | None:
        """Provenance of each class's outputs if all that was asked for is there and up to date, else None.

        Each has the outputs' `paths` by kind added.

        Parameters
        ----------
        task : Task
            The image.
        layer : str or tuple of str
            Where the map is of, one of the request's `places`.
        method : str
            One of the request's methods.
        digests : mapping, optional
            Result of `digests`, if known already.
        """
        if self.overwrite:
            return None
        by_rank: dict[int, Provenance] = {}
        for save, wanted in (digests or self.digests(task, layer, method)).items():
            matching = 0
            for path in self.candidates(task, layer, method, save):
                found = read_provenance(path)
                labels = self.request.labels
                if found is None or found.get("request") != wanted or not is_map(found, labels):
                    continue
                labels = labels_behind(found["class_name"], found["class"], labels)
                of_output = found.get("output_name", "")
                own = self.output(task, layer, method, found["class"], save, labels is not None, of_output)
                if path == own and is_intact(path):  # else a copy, or edited since
                    recorded = by_rank.setdefault(found["rank"], {**found, "paths": {}})
                    recorded["paths"][save] = str(path)
                    matching += 1
            if not matching or matching != next(iter(by_rank.values()))["classes"]:
                return None
        return [by_rank[rank] for rank in sorted(by_rank)]

    def candidates(self, task: Task, layer: Place, method: str, save: str) -> Iterable[Path]:
        """Where outputs of a map are or may be, whatever their classes."""
        if not self.request.many_classes:
            return [self.output(task, layer, method, None, save)]
        if task.folder not in self._listings:
            self._listings[task.folder] = sorted(os.listdir(task.folder)) if task.folder.is_dir() else []
        names, prefix = self._listings[task.folder], self.stem(task, layer, method) + "_"
        matches = []
        for name in names[bisect_left(names, prefix) :]:
            if not name.startswith(prefix):
                break
            if name.endswith(self.request.suffix(save)):
                matches.append(task.folder / name)
        return matches

    def check_not_input(self, path: Path) -> None:
        """Refuse to overwrite an input of the run.

        Raises
        ------
        InputError
        """
        if real_path(path) in self.inputs:  # a set: this is asked for every output
            check_not_input(path, [path])

    def check_target(self, path: Path) -> None:
        """Refuse to overwrite a file that this tool did not write.

        Raises
        ------
        XaiCamError
            `path` is an input of the run, or a file that this tool did not write and must not overwrite.
        """
        self.check_not_input(path)
        if not self.overwrite:
            check_replaceable(path)


def make_plan(
    request: Request,
    files: ModelFiles,
    images: Sequence[ImageFile],
    output: Path | None = None,
    overwrite: bool = False,
) -> Plan:
    """Decide where every image's outputs go, so that no two get the same name (see `place_tasks`).

    Raises
    ------
    InputError
        Two outputs would be written to one name.
    """
    plan = Plan(request, files, [], overwrite)
    plan.tasks = place_tasks(images, output, plan.stems)
    return plan
