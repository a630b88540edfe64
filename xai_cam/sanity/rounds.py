"""Rounds of maps of the same images: by the untouched model, and by the same with random weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from xai_cam.cam.explainer import Explainer, explain_layers
from xai_cam.cam.explanation import Explanation
from xai_cam.cam.targets import Targets
from xai_cam.images.class_specs import ClassSpec, classes_of
from xai_cam.models.input.inputs import Inputs

Progress = Callable[[int, int], None]


@dataclass
class Counter:
    """Reports how many of all the images to explain are done."""

    progress: Progress
    total: int
    done: int = 0

    def add(self, number: int) -> None:
        """So many more are done."""
        self.done += number
        self.progress(self.done, self.total)


@dataclass
class Rounds:
    """One layer's explainer, and the images and classes to explain."""

    explainer: Explainer
    images: Inputs
    methods: list[str]
    batch_size: int
    counter: Counter

    def originals(self, specs: list[ClassSpec] | np.ndarray, classes: int) -> list[list[Explanation]]:
        """For each image the maps of the class explained and of those highest in rank, `classes` in all."""
        if classes == 1:
            found = self.explain(specs)
        elif isinstance(specs, np.ndarray):
            pairs = zip(self.explain(specs), self.explain([f"top{classes}"]), strict=True)
            found = [[*own, *(e for e in top if e.target_class != own[0].target_class)] for own, top in pairs]
        else:
            found = self.explain([specs[0], f"top{classes}"])
        return [maps[: classes * len(self.methods)] for maps in found]

    def with_regions(self, original: list[list[Explanation]]) -> Rounds:
        """The same over the regions of the first map of each image, where they were predicted."""
        regions = [maps[0].region for maps in original]
        known = [one for one in regions if one is not None]
        targets = self.explainer.targets
        if len(known) < len(regions) or targets.aim.region != "predicted":
            return self
        held = Targets(targets.network, replace(targets.aim, region="masks"))
        explainer = self.explainer.aimed_at(held)
        images = replace(self.images, regions=(np.stack(known).astype(np.uint8),))
        return replace(self, explainer=explainer, images=images)

    def explain(self, classes: list[ClassSpec] | np.ndarray) -> list[list[Explanation]]:
        """For each image its maps, class by class and method by method."""
        found: list[list[Explanation]] = []
        for start in range(0, len(self.images), self.batch_size):
            part = slice(start, start + self.batch_size)
            asked = self.images[part], self.methods, classes_of(classes, part)
            found += explain_layers([self.explainer], *asked)[0]  # other methods may heed the options
            self.counter.add(len(self.images[part]))
        return found
