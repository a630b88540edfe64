"""Plan of a run over many images: where outputs go, and which are up to date."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from xai_cam._version import __version__
from xai_cam.cam.fusion import INPUT, Fusion, ModelInput, Place
from xai_cam.cam.methods import METHODS
from xai_cam.files.current import intact_provenance
from xai_cam.files.names import real_path, safe_name
from xai_cam.files.provenance import Provenance, check_replaceable, digest
from xai_cam.files.real_paths import RealPaths
from xai_cam.files.rows import PARTS
from xai_cam.files.stores.listings import Listings
from xai_cam.files.writing import check_not_input
from xai_cam.images.finding import ImageFile
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.runs.recorded import is_map, is_named
from xai_cam.runs.request import SAVES, SUFFIXES, Request
from xai_cam.runs.share import Share
from xai_cam.runs.target_part import file_part
from xai_cam.runs.task_list import folders_of
from xai_cam.runs.tasks import Task, place_tasks

__all__ = ["SAVES", "SUFFIXES", "Plan", "Request", "make_plan"]


@dataclass
class Plan:
    """The tasks of a run, and which of their outputs are up to date.

    Tasks that were left out are not carried out, but their images are inputs all the same. `share` tells of a
    plan that was left with the images of a shard. `elsewhere` is of a copy for a worker, which has none of
    the tasks: how many there are, and all inputs.
    """

    request: Request
    files: ModelFiles
    tasks: Sequence[Task]
    overwrite: bool = False
    left_out: Sequence[Task] = ()
    share: Share | None = None
    elsewhere: tuple[int, RealPaths] | None = None

    @cached_property
    def listings(self) -> Listings:
        """What lies in the folders of the outputs."""
        return Listings(folders_of(self.tasks))

    @cached_property
    def inputs(self) -> RealPaths:
        """Every input of the run."""
        if self.elsewhere is not None:
            return self.elsewhere[1]
        images = (task.image.path for task in chain(self.tasks, self.left_out))
        return RealPaths(chain(images, self.files.parts, self.request.files))

    @property
    def images(self) -> int:
        """How many images the run is about."""
        return len(self.tasks) if self.elsewhere is None else self.elsewhere[0]

    def for_worker(self) -> Plan:
        """A copy without the tasks, which are sent as they are needed."""
        known = len(self.tasks), self.inputs
        copy = replace(self, tasks=[], left_out=(), share=None, elsewhere=known)
        vars(copy)["listings"] = self.listings  # which knows all folders, and goes without what it found
        return copy

    def stem(self, task: Task, layer: Place, method: str) -> str:
        """The part of an output's name before class and kind."""
        several = len(self.request.layers) > 1 and layer != INPUT
        part = f"_{safe_name(str(layer or 'default'))}" if several else ""
        return f"{task.stem}{part}_{method}{self.request.sign_suffix}"

    def stems(self, task: Task) -> list[str]:
        """All of them, for one image."""
        return [self.stem(task, place, method) for place, method in self.request.variants]

    def output(
        self,
        task: Task,
        layer: Place,
        method: str,
        target: int | Mapping[str, Any] | None,
        save: str,
        named: bool = True,
    ) -> Path:
        """Where one output goes.

        `target` is the class, or what provenance tells of it; None: not known yet. `named`: by the labels.
        """
        name, request = self.stem(task, layer, method), self.request
        if request.many:
            labels = request.labels if named else None
            told = {"class": target} if isinstance(target, int) else target
            asked = {"{output}": request.many_outputs, "{class}": request.many_classes}
            unknown = "_".join(word for word, wanted in asked.items() if wanted)
            part = file_part(told, labels, request.many_classes, request.many_outputs) if told else unknown
            name += f"_{part}"
        return task.folder / (name + request.suffix(save))

    def digest(self, task: Task, layer: Place, method: str, save: str) -> str:
        """Hash of everything that determines an output's content, except the model's answers."""
        request = self.request
        content: Provenance = {
            "version": __version__,
            "model": self.files.identity,
            "image": task.image_hash,
            "layer": _identity(layer),
            "method": method,
            "save": save,
            "classes": task.classes(request.classes, request.labels),
            "labels": request.labels,
            "score": request.score,
            "head": request.head,
            "preprocess": request.identity,
            **request.held(task.image),
        }
        content |= {"file_name": task.file_name} if save == "boxes" else {}
        content |= {} if request.sign == "positive" else {"sign": request.sign}
        content |= {"smooth": True} if request.smooth else {}
        content |= request.sampled(method)
        if METHODS[method].evidence.by_channel:
            content |= request.limits.given
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
        if self.overwrite or task.anew:
            return None
        by_rank: dict[int, Provenance] = {}
        for save, wanted in (digests or self.digests(task, layer, method)).items():
            matching = 0
            for path in self.candidates(task, layer, method, save):
                found = self._found(task, layer, method, save, path, wanted)
                if found is not None:
                    recorded = by_rank.setdefault(found["rank"], {**found, "paths": {}})
                    recorded["paths"][save] = str(path)
                    recorded |= {name: found[name] for name in PARTS if name in found}
                    matching += 1
            if not matching or matching != next(iter(by_rank.values()))["classes"]:
                return None
        return [by_rank[rank] for rank in sorted(by_rank)]

    def _found(
        self, task: Task, layer: Place, method: str, save: str, path: Path, wanted: str
    ) -> Provenance | None:
        """Provenance of an output that is up to date; None of any other, a copy, or one edited since."""
        found, labels = intact_provenance(path, wanted), self.request.labels
        if found is None or not is_map(found, labels):
            return None
        own = self.output(task, layer, method, found, save, is_named(found, labels))
        return found if path == own else None

    def candidates(self, task: Task, layer: Place, method: str, save: str) -> Iterable[Path]:
        """Where outputs of a map are or may be, whatever their classes."""
        if not self.request.many:
            path = self.output(task, layer, method, None, save)
            return [self.listings.told(path)] if self.listings.may_have(path) else []
        names, prefix = self.listings.names(task.folder), self.stem(task, layer, method) + "_"
        matches = []
        for name in names[bisect_left(names, prefix) :]:
            if not name.startswith(prefix):
                break
            if name.endswith(self.request.suffix(save)):
                matches.append(self.listings.told(task.folder / name))
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
        if not self.overwrite and self.listings.may_have(path):
            check_replaceable(self.listings.told(path))

    def is_new(self, path: Path) -> bool:
        """Whether an output is to be written that was not there, and replaces nothing that comes meanwhile.

        Of a store alone: on a disk a name is looked at when the output gets it.
        """
        return not self.overwrite and not self.listings.may_have(path)


def _identity(place: Place) -> Any:
    """What tells a place from others, as JSON."""
    if isinstance(place, Fusion):
        return [place.how, *place.layers]
    return [] if isinstance(place, ModelInput) else place


def make_plan(
    request: Request,
    files: ModelFiles,
    images: Sequence[ImageFile],
    output: Path | None = None,
    overwrite: bool = False,
) -> Plan:
    """Decide where every image's outputs go, so that no two get the same name; read what inputs are held at.

    Raises
    ------
    InputError
        Two outputs would be written to one name (see `place_tasks`), or values cannot be read.
    """
    plan = Plan(request.with_images(images), files, [], overwrite)
    plan.tasks = place_tasks(images, output, plan.stems)
    return plan
