"""The tasks of a run, a million of them in little memory: where outputs go is known by folder."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path
from typing import Any, overload

from xai_cam.files.on_demand import OnDemand
from xai_cam.files.stores.paths import StorePath
from xai_cam.images.image_files import ImageFiles
from xai_cam.images.kinds import stem_of
from xai_cam.runs.task import Task


class Tasks(OnDemand[Task]):
    """Tasks in order, each made when it is asked for, and not kept.

    Pickled they are no more than their own images: a part of a long plan costs what the part does.

    Parameters
    ----------
    images : ImageFiles
    folders : sequence of Path
        The folder of the outputs for each place of the images.
    below : sequence of Path, optional
        For each place the folder that its images are told by; default: that below the named one.
    whole : set of int
        The images, by number, whose outputs have the whole name for a stem.
    numbers : sequence of int, optional
        Which of the images, in order; default: all.
    anew : set of int
        The images, by number, whose outputs are made again, as of `Task`.
    """

    def __init__(
        self,
        images: ImageFiles,
        folders: Sequence[Path],
        below: Sequence[Path] | None = None,
        whole: frozenset[int] = frozenset(),
        numbers: Sequence[int] | None = None,
        anew: frozenset[int] = frozenset(),
    ) -> None:
        self.images, self.of_places, self.below, self.whole = images, folders, below, whole
        self.numbers: Sequence[int] = range(len(images)) if numbers is None else numbers
        self.anew = anew

    def folders(self) -> list[Path]:
        """The folders of all outputs, each once."""
        places = self.images.places_of(self.numbers)
        return list(dict.fromkeys(self.of_places[place] for place in places))

    def stems(self) -> Iterator[str]:
        """The stem of each task."""
        return map(self._stem, self.numbers)

    def chosen(self, places: Iterable[int]) -> Tasks:
        """Those at some places of these, in order."""
        return self._with(array("I", (self.numbers[place] for place in places)))

    def made_anew(self, which: Iterable[bool]) -> Tasks:
        """The same, of which some are made again, and those alone."""
        anew = frozenset(number for number, again in zip(self.numbers, which, strict=False) if again)
        return Tasks(self.images, self.of_places, self.below, self.whole, self.numbers, anew)

    def __reduce__(self) -> tuple[Any, ...]:
        numbers = self.numbers
        places = self.images.places_of(numbers)
        folders = [self.of_places[place] for place in places]
        below = None if self.below is None else [self.below[place] for place in places]
        whole, anew = (
            frozenset(place for place, number in enumerate(numbers) if number in some) if some else some
            for some in (self.whole, self.anew)
        )
        return Tasks, (self.images.chosen(numbers), folders, below, whole, None, anew)

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, index: int) -> Task: ...

    @overload
    def __getitem__(self, index: slice) -> Tasks: ...

    def __getitem__(self, index: int | slice) -> Task | Tasks:
        """One task, or some of them."""
        if isinstance(index, slice):
            return self._with(self.numbers[index])
        return self._made(self.numbers[index])

    def __iter__(self) -> Iterator[Task]:
        return map(self._made, self.numbers)

    def _with(self, numbers: Sequence[int]) -> Tasks:
        return Tasks(self.images, self.of_places, self.below, self.whole, numbers, self.anew)

    def _made(self, number: int) -> Task:
        place = self.images.numbers[number]
        below = None if self.below is None else self.below[place]
        anew = number in self.anew
        return Task(self.images[number], self.of_places[place], self._stem(number), below, anew)

    def _stem(self, number: int) -> str:
        name = self.images.names[number]
        return name if number in self.whole else stem_of(name)


def divided(tasks: Sequence[Task], taken: Iterable[int]) -> tuple[Sequence[Task], Sequence[Task]]:
    """The tasks that are taken, and the others, in order; those that nothing is said of are in neither."""
    places = array("I"), array("I")
    for place, one in enumerate(taken):
        places[not one].append(place)
    if isinstance(tasks, Tasks):
        return tasks.chosen(places[0]), tasks.chosen(places[1])
    return [tasks[place] for place in places[0]], [tasks[place] for place in places[1]]


def made_anew(tasks: Sequence[Task], which: Sequence[bool]) -> Sequence[Task]:
    """The same tasks, of which some are made again; where nothing is said of any, none is."""
    if isinstance(tasks, Tasks):
        return tasks.made_anew(which)
    again = chain(which, repeat(False))
    return [replace(task, anew=anew) for task, anew in zip(tasks, again, strict=False)]


def are_remote(tasks: Sequence[Task]) -> bool:
    """Whether their pictures or outputs are in a store, as those of the first are."""
    return any(isinstance(path, StorePath) for task in tasks[:1] for path in (task.image.path, task.folder))


def folders_of(tasks: Sequence[Task]) -> list[Path]:
    """The folders of the outputs of tasks, each once."""
    return tasks.folders() if isinstance(tasks, Tasks) else list(dict.fromkeys(task.folder for task in tasks))
