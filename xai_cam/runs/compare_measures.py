"""What a comparison measures beside drawing the maps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from xai_cam.images.boxes.source import BoxSource
from xai_cam.images.finding import ImageFile
from xai_cam.metrics.asked import STEPS, Asked, asked_for, check_truth
from xai_cam.metrics.measure import Need
from xai_cam.metrics.measures import METRICS

FEW = 4
"""Images at a time where each takes long."""


@dataclass(frozen=True)
class Measures:
    """What a comparison measures, and how.

    Attributes
    ----------
    steps : int
        Steps of deletion and insertion; 0: neither.
    masks : Path, optional
        Folder of masks that say where the object is.
    scale : str
        One of `compare_panel.SCALES`.
    baselines : tuple of str
        Maps that know nothing of the class, measured too.
    names : tuple of str, optional
        Of measures or presets; default: the usual ones.
    boxes : BoxSource, optional
        Boxes that say where the object is.
    baseline : str, optional
        Of deletion and insertion, one of `asked.BASELINES`.
    """

    steps: int = STEPS
    masks: Path | None = None
    scale: str = "own"
    baselines: tuple[str, ...] = ()
    names: tuple[str, ...] | None = None
    baseline: str | None = None
    boxes: BoxSource | None = None

    @cached_property
    def asked(self) -> Asked:
        """The measures by their names.

        Raises
        ------
        InputError
            There is no such measure.
        """
        return asked_for(self.names, self.steps, self.baseline, self.boxes is not None)

    def notices(self, images: Sequence[ImageFile]) -> list[str]:
        """What has to be said of images of which nobody knows where their object is, and of boxes of others.

        Raises
        ------
        InputError
            There are boxes, and none is an image's.
        """
        if self.boxes is None:
            return []
        return list(filter(None, (self.boxes.describe_missing(images), self.boxes.describe_unowned())))

    def batch_size(self, is_costly: bool) -> int | None:
        """How many images are compared at a time where each takes long, so that what is finished is kept.

        So it is by methods that are costly, whose passes fill the model's calls as they are, and by measures
        that have every map made again. None: as many as ever.
        """
        again = self.asked.explains_again
        return 1 if is_costly and again else FEW if is_costly or again else None

    def check(self, input_shape: Sequence[int], of_places: bool) -> None:
        """Refuse what was asked for and has to know where the object is, where nobody knows it.

        Raises
        ------
        InputError
        """
        check_truth(self.asked, bool(self.masks or self.boxes or of_places), len(input_shape) == 3)

    @property
    def located(self) -> bool:
        """Whether masks or boxes say where objects are, and somebody asks."""
        return self.of_truth and bool(self.masks or self.boxes)

    @property
    def of_truth(self) -> bool:
        """Whether some are of where the object is."""
        return any(Need.TRUTH in METRICS[name].needs for name in self.asked.used)
