"""What carries out a run: the same runner with the same work, wherever that is."""

from __future__ import annotations

from typing import Protocol

from xai_cam.files.rows import Summary
from xai_cam.runs.runner import Runner


class Executor(Protocol):
    """Carries out runs inside a `with` block, at whose end what it has started for them is gone."""

    def __enter__(self) -> Executor:
        """Begin; nothing is started before the first run."""

    def __exit__(self, *error: object) -> None:
        """End what was started."""

    def run(self, runner: Runner) -> Summary:
        """Take every image of a run through it; what is written and reported is the same everywhere.

        Raises
        ------
        XaiCamError
            What stops the whole run: the model or an option.
        """


class LocalExecutor:
    """Carries out a run in this process."""

    def __enter__(self) -> LocalExecutor:
        """There is nothing to start."""
        return self

    def __exit__(self, *error: object) -> None:
        """Nor to end."""

    def run(self, runner: Runner) -> Summary:
        """Take every image through the run."""
        return runner.run()
