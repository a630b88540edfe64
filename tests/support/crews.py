"""A crew whose workers lie in this process: they answer in any order, and die when a test says so."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from types import SimpleNamespace
from typing import Any

from support.runs import Recorder
from support.works import StagedWork, name_of, outcomes, tasks
from xai_cam.cam.engines.ahead import Ahead
from xai_cam.cam.engines.choices import Choices
from xai_cam.runs.executors.crew import Lost
from xai_cam.runs.executors.spreading import Spreading
from xai_cam.runs.executors.worker import Job, Worker
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.runner import Runner


class SpreadStagedWork(StagedWork):
    """A staged work for workers, which are all at one disk: `written` has the names of what is on it.

    Images with an output there are up to date, unless they are made anew. `undecided` are batches until it is
    known which engine is to compute.
    """

    engine = "auto"

    def __init__(self, written: set[str] | None = None, undecided: int = 0, **steps: Any) -> None:
        super().__init__(**steps)
        self.written = set() if written is None else written
        self.undecided, self.given = undecided, (undecided, steps)
        self.computing: Any = SimpleNamespace(ahead=Ahead(), choices=Choices(), engine=self.engine)
        self.said, self.taken_in, self.batches = list[str](), list[Any](), list[tuple[str, int | None, Any]]()

    def is_there(self, state: ImageState) -> bool:
        return name_of(state) in self.written and not state.task.anew

    def prepare(self) -> StagedWork:
        self.said.append("the model")
        return super().prepare()

    def ask(self, states: list[ImageState]) -> None:
        super().ask(states)
        choices = self.computing.choices
        names, chosen = " ".join(map(name_of, states)), dict(choices.settled)
        self.batches.append((names, self.computing.ahead.images, chosen))
        self.undecided -= 1
        choices.note("forward", by_openvino=True, certain=self.undecided <= 0)

    def write(self, state: ImageState) -> None:
        self.written.add(name_of(state))
        super().write(state)

    def for_worker(self) -> SpreadStagedWork:
        undecided, steps = self.given
        return SpreadStagedWork(self.written, undecided, **steps)

    def notices(self) -> list[str]:
        said = [*self.said]
        self.said.clear()
        return said

    def hand_over(self) -> Any:
        found = [names for names, _, _ in self.batches]
        self.batches, self.all_batches = [], [*vars(self).get("all_batches", []), *self.batches]
        return found

    def take_in(self, found: Any) -> None:
        self.taken_in += found


NAMES = [f"{number:02}" for number in range(40)]
"""Of the images of most runs here."""

Dies = Callable[[str, list[str]], bool]
"""Whether a worker dies: of what it is asked, and of the names of the images."""


class LocalCrew:
    """Workers that answer in a drawn order, so that blocks come back in another one than they were sent.

    `never` is one that cannot be started. `all_come`: all are through with what
    they were asked as a run ends.
    """

    never: int | None = None
    all_come = False

    def __init__(self, size: int, job: Job, dies: Dies = lambda what, names: False) -> None:
        self.size, self.job, self.dies = size, job, dies
        self.workers: dict[int, Worker] = {}
        self.works: list[SpreadStagedWork] = []
        self.asked: list[tuple[int, str, Sequence[Any]]] = []
        self.log: list[tuple[int, str, str]] = []
        self.starts, self.draw = 0, random.Random(3)

    def start(self, worker: int) -> None:
        self.starts += 1
        self.asked.append((worker, "start", ()))

    def ask(self, worker: int, what: str, *given: Any) -> None:
        assert worker in self.workers and worker not in [one for one, *_ in self.asked]
        self.asked.append((worker, what, pickle.loads(pickle.dumps(given))))

    def answer(self) -> tuple[int, Any]:
        worker, what, given = self.asked.pop(self.draw.randrange(len(self.asked)))
        names = [task.stem for task in given[0]] if given else []
        self.log.append((worker, what, " ".join(names)))
        if self.dies(what, names) or worker == self.never:
            self.workers.pop(worker, None)
            return worker, Lost("killed")
        if what == "start":
            work = self.job.work.for_worker()
            self.works.append(work)  # type: ignore[arg-type]
            self.workers[worker] = Worker(Job(work, self.job.batch_size))
            return worker, True
        return worker, getattr(self.workers[worker], what)(*given)

    def come(self) -> Iterator[tuple[int, Any]]:
        """Answers of those that are through by now, where a test says that they are."""
        while self.all_come and self.asked:
            yield self.answer()


class Once:
    """Dies the first time that this is asked with this image among others."""

    def __init__(self, what: str, name: str, times: int = 1) -> None:
        self.what, self.name, self.times = what, name, times

    def __call__(self, what: str, names: list[str]) -> bool:
        dies = what == self.what and self.name in names and self.times > 0
        self.times -= dies
        return dies


TICK = 0.001
"""Seconds that pass between two looks at the clock of such a run, whatever the machine has to do."""


class SpreadRun:
    """A run of images over such a crew; what it raised is kept."""

    def __init__(
        self,
        images: int,
        work: SpreadStagedWork,
        workers: int = 2,
        dies: Dies = lambda what, names: False,
        **options: Any,
    ) -> None:
        self.work, self.watching = work, Recorder()
        self.runner = Runner(tasks(images), work, self.watching, **{"batch_size": 3, **options})
        self.crew, self.raised = LocalCrew(workers, Job(work, self.runner.batch_size), dies), None
        reports = self.runner.begin()
        try:
            Spreading(self.runner, self.crew, reports, clock=count(0.0, TICK).__next__).run()
            self.runner.end(reports)
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            self.raised: BaseException | None = error
        self.summary = self.runner.summary

    @property
    def outcomes(self) -> list[tuple[str, str]]:
        return outcomes(self.watching)

    @property
    def batches(self) -> list[tuple[str, int | None, Any]]:
        """All batches that were asked about: names, how many images were left, what was chosen."""
        return [one for work in self.crew.works for one in vars(work).get("all_batches", [])]


def all_are(outcome: str, names: list[str] = NAMES) -> list[tuple[str, str]]:
    """What becomes of images, where it is the same of all."""
    return [(name, outcome) for name in names]
