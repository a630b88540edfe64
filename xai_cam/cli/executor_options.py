"""Options that say where a run is carried out: in this process, or by workers of a Ray cluster."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import click

from xai_cam.cli.groups import ComputeOptions, group
from xai_cam.cli.values import AutoNumber

if TYPE_CHECKING:
    from xai_cam.runs.executors.executor import Executor

EXECUTORS = ("local", "ray")

ADDRESS = "RAY_ADDRESS"
"""The variable by which Ray itself is told where its cluster is."""


@dataclass(frozen=True)
class ExecutorOptions:
    """Where a run is carried out: `--executor`, `--workers`, `--gpus-per-worker`, `--ray-address`."""

    executor: str = "local"
    workers: int | None = None
    gpus_per_worker: float | None = None
    ray_address: str | None = None

    def check(self, computing: ComputeOptions, fail_fast: bool = False) -> None:
        """Refuse what cannot be combined, and a missing Ray, before anything is looked for.

        Raises
        ------
        XaiCamError
        """
        from click.core import ParameterSource

        from xai_cam.errors import InputError
        from xai_cam.extras import check_extra

        if self.executor == "local":
            context = click.get_current_context()
            for name in ("workers", "gpus_per_worker", "ray_address"):
                if context.get_parameter_source(name) == ParameterSource.COMMANDLINE:
                    raise InputError(f"`{name}` is for workers of Ray. Add --executor ray.")
            return
        if fail_fast:
            raise InputError(
                "--fail-fast stops at the first image that fails, but workers of Ray are at many images at "
                "a time. Leave one of them out."
            )
        if computing.device.startswith("gpu:"):
            raise InputError(
                f"--device {computing.device} names one GPU of this machine, but Ray gives each worker its "
                "own. Use --device gpu."
            )
        if self.gpus_per_worker and computing.device == "cpu":
            raise InputError("--gpus-per-worker is for GPUs, but --device is cpu. Leave one of them out.")
        check_extra("ray")

    def here(self, computing: ComputeOptions) -> ComputeOptions:
        """Settings of this process, which opens the model only to look at it where workers compute."""
        return computing if self.executor == "local" else replace(computing, device="cpu")

    def make(self, computing: ComputeOptions) -> Executor:
        """What carries out the run; nothing of Ray is imported for a local one."""
        from xai_cam.runs.executors.executor import LocalExecutor

        if self.executor == "local":
            return LocalExecutor()
        from xai_cam.cli.process import hide_ray, lock_ray, quiet_start
        from xai_cam.runs.executors.ray_executor import RayExecutor

        hide_ray()
        address = self.ray_address or os.environ.get(ADDRESS) or None
        if address is None:
            lock_ray()
        asked = self.workers, self.gpus_per_worker, address, computing.device != "cpu"
        return RayExecutor(*asked, quiet=quiet_start)


executor_options = group(
    "executing",
    ExecutorOptions,
    click.option(
        "--executor",
        type=click.Choice(EXECUTORS),
        default=EXECUTORS[0],
        show_default=True,
        help=(
            "Where the run is carried out: in this process, or by workers of Ray, on the machines of a "
            "cluster or on this one. What is written is the same."
        ),
    ),
    click.option(
        "--workers",
        type=AutoNumber(),
        metavar="auto|N",
        default="auto",
        show_default=True,
        help="Workers of Ray. auto: as many as there are GPUs for, or else cores.",
    ),
    click.option(
        "--gpus-per-worker",
        type=click.FloatRange(0),
        metavar="N",
        help="GPUs of each worker, such as 0.5. Default: 1 where there are any.",
    ),
    click.option(
        "--ray-address",
        metavar="HOST:PORT|auto",
        help=(
            f"Ray cluster to run on. Default: that of the variable {ADDRESS}, or else one that is started on "
            "this machine for the run."
        ),
    ),
)
