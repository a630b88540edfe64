"""The job for Kubernetes: its version, its volume, and its command as the simulated machines are given it."""

from __future__ import annotations

import shlex
import sys
from typing import Any

import machine_jobs
import pytest
import yaml
from cluster_faults import MODEL

from support.systems import posix
from xai_cam import __version__
from xai_cam.cli import main

SPEC = yaml.safe_load((machine_jobs.ROOT / "docs" / "jobs" / "ray-job.yaml").read_text(encoding="utf-8"))[
    "spec"
]


def containers() -> list[dict[str, Any]]:
    cluster = SPEC["rayClusterSpec"]
    groups = [cluster["headGroupSpec"], *cluster["workerGroupSpecs"]]
    return [one for group in groups for one in group["template"]["spec"]["containers"]]


def test_every_machine_has_this_version_and_the_folder_of_all_paths() -> None:
    found = containers()
    assert len(found) == 2
    assert {one["image"] for one in found} == {f"REGISTRY/xai-cam:{__version__}"}
    assert [[mount["mountPath"] for mount in one["volumeMounts"]] for one in found] == [["/data"]] * 2
    paths = [word for word in shlex.split(shlex.split(SPEC["entrypoint"])[2]) if word.startswith("/")]
    assert len(paths) == 4 and all(path.startswith("/data/") for path in paths)


def test_its_options_are_those_of_explain_and_images_that_fail_are_a_success() -> None:
    bash, option, line = shlex.split(SPEC["entrypoint"])
    assert (bash, option) == ("bash", "-c") and line.endswith(" || [ $? = 1 ]")
    program, verb, *words = shlex.split(line.removesuffix(" || [ $? = 1 ]"))
    assert (program, verb) == ("xai-cam", "explain")
    known = {name for param in main.commands["explain"].params for name in param.opts}
    options = {word for word in words if word.startswith("-")}
    assert len(options) == 7 and options <= known


@posix
def test_its_command_for_simulated_machines_has_their_places_and_more_options() -> None:
    line = shlex.split(machine_jobs.command_of_job("--layer nothing"))[2]
    assert line.startswith(f"{sys.executable} -m xai_cam explain --executor ray --ray-address auto ")
    assert f"-m {MODEL} -r /mnt/photos -o /mnt/maps --results /mnt/rows.csv " in line
    assert line.endswith(" --layer nothing || [ $? = 1 ]") and "/data" not in line


def test_a_command_that_does_not_name_its_places_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml, "safe_load", lambda text: {"spec": {"entrypoint": "xai-cam explain -m /model"}})
    with pytest.raises(RuntimeError, match=r"/data/MODEL\.keras is not in"):
        machine_jobs.command_of_job()
