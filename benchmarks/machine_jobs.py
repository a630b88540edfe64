"""The job of docs/jobs/ray-job.yaml on simulated machines, submitted as the KubeRay operator does it."""

from __future__ import annotations

import shlex
import sys

from cluster_faults import MODEL
from machine_runs import RAY, ROOT, During, World
from machines import ended, wait_for

JOBS = ("--address", "http://10.77.0.1:8265")
PLACES = ("/mnt/photos", "-o", "/mnt/maps", "--results", "/mnt/rows.csv")


def command_of_job(more: str = "") -> str:
    """That of docs/jobs/ray-job.yaml, for these machines."""
    import yaml

    text = (ROOT / "docs" / "jobs" / "ray-job.yaml").read_text(encoding="utf-8")
    photos, _, maps, _, rows = PLACES
    here = {"/data/MODEL.keras": MODEL, "/data/PHOTOS": photos, "/data/MAPS": maps}
    here |= {"/data/rows.parquet": f"{rows} --save overlay,raw --engine tensorflow {more}"}
    found = yaml.safe_load(text)["spec"]["entrypoint"].replace("xai-cam", f"{sys.executable} -m xai_cam")
    for name, place in here.items():
        if name not in found:
            raise RuntimeError(f"{name} is not in {found}")
        found = found.replace(name, str(place))
    return found


def job(world: World, name: str, entry: str, during: During = lambda process: None) -> str:
    """The state in which a job ends."""
    words = (*RAY, "job", "submit", *JOBS, "--submission-id", name, "--", *shlex.split(entry))
    process = world.three.begin(*words)
    during(process)
    ended(process)

    def state() -> str:
        said = world.three.python(*RAY, "job", "status", *JOBS, name)
        return next((one for one in ("succeeded", "failed", "was stopped") if f"'{name}' {one}" in said), "")

    return wait_for(state)


def stop(world: World, name: str) -> None:
    world.three.python(*RAY, "job", "stop", *JOBS, name)
