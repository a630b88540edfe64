"""The inputs that maps are measured by: each is scored once, however many maps and classes it tells of.

Deletion and insertion begin or end with the image as it is, whose probability is known; their other ends, by
default the mean colour everywhere and the blurred image, are the same for all maps of an image. So is every
step at which two maps have exchanged the same pixels, whichever methods, layers or classes they are of.
Measures with pictures of their own (`own_pictures`) have them scored in the same stream.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from xai_cam.cam.engines.perturbed import DIMMED, Perturbed
from xai_cam.metrics import measure
from xai_cam.metrics.measures import METRICS, USUAL
from xai_cam.metrics.own_pictures import OwnPictures, own_pictures_of
from xai_cam.metrics.perturbation import FILLS, at_size, counts_of, exchanged_at

MASKED, DELETION, INSERTION, OWN = range(4)
PICTURES = "image", *FILLS
"""What an input may be made of: the image as it is, or one of what takes the place of its pixels."""

SALIENCY, EXCHANGED = range(2)
CURVES = {"deletion": DELETION, "insertion": INSERTION}
USUAL_FILLS = {"deletion": "mean", "insertion": "blur"}


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


Step = Input | None
"""An input; None for the image as it is, whose probability is known."""


@dataclass(frozen=True)
class Probe:
    """The inputs that tell of one map: multiplied by it, and along its curves, (steps + 1) each or none.

    `own` has the pictures of each of `OwnPictures` that is asked for.
    """

    masked: Input | None
    deletion: tuple[Step, ...] = ()
    insertion: tuple[Step, ...] = ()
    own: tuple[tuple[Input, ...], ...] = ()

    @property
    def inputs(self) -> set[Input]:
        """All of them that are not the image as it is."""
        steps = self.masked, *self.deletion, *self.insertion
        return {one for one in steps if one is not None}.union(*self.own)


class Probes:
    """All maps of a batch of images, and the inputs that they are measured by.

    Parameters
    ----------
    cases : sequence of Case
    steps : int
        Steps of deletion and insertion; 0: neither.
    names : collection of str
        The measures that the inputs are for.
    baseline : str, optional
        What takes the place of pixels in deletion and insertion, one of `FILLS`; default: `USUAL_FILLS`.

    Attributes
    ----------
    of_cases : list of lists of Probe or None
        For each image and each of its maps; None where the map or Y is not finite.
    inputs : list of Input
        In the order in which they are scored.
    """

    def __init__(
        self,
        cases: Sequence[Case],
        steps: int,
        names: Collection[str] = USUAL,
        baseline: str | None = None,
    ) -> None:
        self._cases, self._steps = cases, steps
        self._fills = {kind: PICTURES.index(baseline or USUAL_FILLS[name]) for name, kind in CURVES.items()}
        self._dimmed = any(METRICS[name].cost == measure.DIMMED for name in names)
        self._stepped = [kind for name, kind in CURVES.items() if name in names and steps]
        self.own: list[OwnPictures] = own_pictures_of(names)
        self._maps = [(case, one) for case in cases for one in case.saliency_maps]
        self._exchanged: dict[int, np.ndarray] = {}
        self._marked: dict[tuple[int, int, Hashable], Input] = {}
        self.of_cases: list[list[Probe | None]] = []
        for case in cases:
            self.of_cases.append(self._of_case(case))
        known = (probe for of_case in self.of_cases for probe in of_case if probe is not None)
        self.inputs = sorted({one for probe in known for one in probe.inputs})

    @property
    def asked(self) -> Perturbed:
        """The inputs as an engine takes them: it makes them a chunk at a time."""
        columns = [case.columns or [0] for case in self._cases]
        most = max(map(len, columns), default=1)
        rows = np.array([self._row(one) for one in self.inputs], np.int32).reshape(-1, 5)
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
            masked = Input(image, MASKED, first + next(same, number), DIMMED) if self._dimmed else None
            curves = self._curves(case, image, first, number)
            found.append(Probe(masked, curves[0], curves[1], self._own(case, image, first, number)))
        return found

    def _own(self, case: Case, image: int, first: int, number: int) -> tuple[tuple[Input, ...], ...]:
        """The pictures that measures make themselves, numbered through, of a map that orders its pixels."""
        cam, places = case.saliency_maps[number], iter(range(self._pictures_a_map))
        if not self.own or case.is_value(number) or not cam.max() > cam.min():
            return ()
        picture = np.asarray(case.image, np.float32)
        saliency = at_size(cam, picture.shape[:-1])
        return tuple(
            tuple(
                self._marked.setdefault((image, of, mark), Input(image, OWN, first + number, next(places)))
                for mark in one.marks(picture, saliency)
            )
            for of, one in enumerate(self.own)
        )

    def _curves(self, case: Case, image: int, first: int, number: int) -> tuple[tuple[Step, ...], ...]:
        """Deletion and insertion, if they are asked for and some pixels are more salient than others."""
        cam, steps = case.saliency_maps[number], self._steps
        if not self._stepped or case.is_value(number) or not cam.max() > cam.min():
            return (), ()
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

        return tuple(
            tuple(step(kind, i) for i in range(steps + 1)) if kind in self._stepped else ()
            for kind in CURVES.values()
        )

    @property
    def _pictures_a_map(self) -> int:
        return sum(one.count for one in self.own)

    def _row(self, asked: Input) -> tuple[int, ...]:
        """An input as `Perturbed` has it; pictures of measures' own come behind those of all images."""
        i, kind, number, step = asked
        start = len(PICTURES) * i
        if kind == OWN:  # of both pictures the same, whatever the plane
            whole = len(PICTURES) * len(self._cases) + self._pictures_a_map * number + step
            return i, whole, whole, 2 * number + SALIENCY, 0
        below, above, plane = {
            MASKED: (0, 0, SALIENCY),
            DELETION: (self._fills[DELETION], 0, EXCHANGED),
            INSERTION: (0, self._fills[INSERTION], EXCHANGED),
        }[kind]
        return i, start + below, start + above, 2 * number + plane, step

    def _own_picture(self, number: int) -> np.ndarray:
        """A picture of a measure's own, by its number among all of them."""
        number, place = divmod(number, self._pictures_a_map)
        case, cam = self._maps[number]
        image = np.asarray(case.image, np.float32)
        saliency = at_size(cam, image.shape[:-1])
        for one in self.own:
            if place < one.count:
                return np.asarray(one.make(image, saliency, place), np.float32)
            place -= one.count
        raise IndexError(place)

    def _picture(self, number: int) -> np.ndarray:
        own = number - len(PICTURES) * len(self._cases)
        if own >= 0:
            return self._own_picture(own)
        case, kind = divmod(number, len(PICTURES))
        image = np.asarray(self._cases[case].image, np.float32)
        return FILLS[PICTURES[kind]](image) if kind else image

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
