"""The run of this process is the runner's own."""

from __future__ import annotations

from support.runs import Recorder
from support.works import StagedRun, StagedWork, tasks
from xai_cam.runs.executors.executor import LocalExecutor
from xai_cam.runs.runner import Runner


def test_a_local_run_is_the_runners() -> None:
    watching, alone = Recorder(), StagedRun(7, StagedWork())
    summary = LocalExecutor().run(Runner(tasks(7), StagedWork(), watching, batch_size=3))
    assert watching.calls == alone.watching.calls and str(summary) == str(alone.summary)
