"""The inputs that maps are measured by: each is scored once, however many maps and classes it tells of.

Deletion and insertion begin or end with the image as it is, whose probability is known; their other ends, the
mean colour everywhere and the blurred image, are the same for all maps of an image. So is every step
at which two maps have exchanged the same pixels, whichever methods, layers or classes they are of.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from xai_cam.cam.engines.perturbed import DIMMED, Perturbed
from xai_cam.metrics.perturbation import at_size, blurred, counts_of, exchanged_at, mean_colour

MASKED, DELETION, INSERTION = range(3)
IMAGE, MEAN, BLURRED = range(3)
SALIENCY, EXCHANGED = range(2)


@dataclass(frozen=True)
class Case:
    """An image (H, W, c), preprocessed, and the maps to be measured on it.

    For each map (h, w), >= 0, on whatever scale: the class it explains and that class's probability Y.
    `riding` is what goes to the model with the image, if anything does. `of_values` says of which maps Y is
    a value of a regression; default: of none.
    """

    image: np.ndarray
    saliency_maps: Sequence[np.ndarray]
    classes: Sequence[int]
    probabilities: Sequence[float]
    riding: tuple[np.ndarray, ...] | None = None
    of_values: Sequence[bool] = ()

    @property
    def columns(self) -> list[int]:
        """The columns that are scored of the image's inputs: its classes, each once."""
        return list(dict.fromkeys(map(int, self.classes)))

    @property
    def places(self) -> list[int]:
        """Which of these each map is of."""
        return list(map(self.columns.index, self.classes))

    def is_value(self, number: int) -> bool:
        """Whether a map is of a value."""
        return bool(self.of_values) and self.of_values[number]


class Input(NamedTuple):
    """What an input is made by, in the order in which inputs are scored; maps are numbered through."""

    image: int
    kind: int
    map: int
    step: int

    @property
    def row(self) -> tuple[int, ...]:
        """The same as `Perturbed` has it."""
        i, kind, number, step = self
        below, above, plane = {
            MASKED: (IMAGE, IMAGE, SALIENCY),
            DELETION: (MEAN, IMAGE, EXCHANGED),
            INSERTION: (IMAGE, BLURRED, EXCHANGED),
        }[kind]
        return i, 3 * i + below, 3 * i + above, 2 * number + plane, step


Step = Input | None
"""An input; None for the image as it is, whose probability is known."""


@dataclass(frozen=True)
class Probe:
    """The inputs that tell of one map: multiplied by it, and along its curves, (steps + 1) each or none."""

    masked: Input
    deletion: tuple[Step, ...] = ()
    insertion: tuple[Step, ...] = ()


class Probes:
    """All maps of a batch of images, and the inputs that they are measured by.

    Parameters
    ----------
    cases : sequence of Case
    steps : int
        Steps of deletion and insertion; 0: neither.

    Attributes
    ----------
    of_cases : list of lists of Probe or None
        For each image and each of its maps; None where the map or Y is not finite.
    inputs : list of Input
        In the order in which they are scored.
    """

    def __init__(self, cases: Sequence[Case], steps: int) -> None:
        self._cases, self._steps = cases, steps
        self._maps = [(case, one) for case in cases for one in case.saliency_maps]
        self._exchanged: dict[int, np.ndarray] = {}
        self.of_cases: list[list[Probe | None]] = []
        for case in cases:
            self.of_cases.append(self._of_case(case))
        known = (probe for of_case in self.of_cases for probe in of_case if probe is not None)
        wanted = {one for probe in known for one in (probe.masked, *probe.deletion, *probe.insertion)}
        self.inputs = sorted(one for one in wanted if one is not None)

    @property
    def asked(self) -> Perturbed:
        """The inputs as an engine takes them: it makes them a chunk at a time."""
        columns = [case.columns or [0] for case in self._cases]
        most = max(map(len, columns), default=1)
        rows = np.array([one.row for one in self.inputs], np.int32).reshape(-1, 5)
        padded = [of_case + of_case[:1] * (most - len(of_case)) for of_case in columns]
        riding = [case.riding or () for case in self._cases]
        return Perturbed(
            rows, self._picture, self._plane, np.array(padded, np.int32).reshape(-1, most), riding
        )

    def _of_case(self, case: Case) -> list[Probe | None]:
        image = len(self.of_cases)
        first = sum(map(len, self.of_cases))
        found: list[Probe | None] = []
        for number, (cam, known) in enumerate(zip(case.saliency_maps, case.probabilities, strict=True)):
            if not (np.isfinite(cam).all() and math.isfinite(known)):
                found.append(None)
                continue
            same = (k for k, one in enumerate(case.saliency_maps[:number]) if np.array_equal(one, cam))
            masked = Input(image, MASKED, first + next(same, number), DIMMED)
            curves = self._curves(case, image, first, number)
            found.append(Probe(masked, *curves))
        return found

    def _curves(self, case: Case, image: int, first: int, number: int) -> tuple[tuple[Step, ...], ...]:
        """Deletion and insertion, if they are asked for and some pixels are more salient than others."""
        cam, steps = case.saliency_maps[number], self._steps
        if not steps or case.is_value(number) or not cam.max() > cam.min():
            return ()
        size = case.image.shape[:-1]
        counts, exchanged = counts_of(math.prod(size), steps), exchanged_at(at_size(cam, size), steps)
        before = {k: one for k, one in self._exchanged.items() if k >= first}
        owners = first_alike(exchanged, before, first + number, counts)
        if first + number in owners:
            self._exchanged[first + number] = exchanged
        alike = np.searchsorted(counts, counts).tolist()  # the first step with as many pixels

        def step(kind: int, i: int) -> Step:
            as_it_is = counts[i] == counts[0 if kind == DELETION else -1]
            return None if as_it_is else Input(image, kind, owners[i], alike[i])

        return tuple(tuple(step(kind, i) for i in range(steps + 1)) for kind in (DELETION, INSERTION))

    def _picture(self, number: int) -> np.ndarray:
        case, kind = divmod(number, 3)
        image = np.asarray(self._cases[case].image, np.float32)
        if kind == BLURRED:
            return blurred(image)
        return image if kind == IMAGE else np.broadcast_to(mean_colour(image), image.shape)

    def _plane(self, number: int) -> np.ndarray:
        (case, cam), kind = self._maps[number // 2], number % 2
        if kind == EXCHANGED:
            return self._exchanged[number // 2].astype(np.float32)
        return at_size(cam, case.image.shape[:-1])


def first_alike(
    exchanged: np.ndarray, others: dict[int, np.ndarray], number: int, counts: Sequence[int]
) -> list[int]:
    """For each step the first of the other maps that has exchanged the same pixels by then, or `number`."""
    owners = np.full(len(counts), number)
    for k, other in others.items():
        last_of_both = np.bincount(np.minimum(exchanged, other).ravel(), minlength=len(counts) - 1)
        together = np.concatenate([[0], np.cumsum(last_of_both)])  # pixels that either has exchanged
        owners[(owners == number) & (together == counts)] = k
        if (owners != number).all():
            break
    return [int(one) for one in owners]


def most_inputs(maps: int, steps: int) -> int:
    """How many inputs at most the maps of one image are measured by."""
    return maps * (2 * steps - 1) + 2 if steps else maps
