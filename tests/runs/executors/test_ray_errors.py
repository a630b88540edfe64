"""Why a worker is lost, in a few words, and what is told of a fault."""

from __future__ import annotations

import pytest

from support.made_up_ray import ObjectStoreFullError, RayTaskError
from xai_cam.errors import InputError
from xai_cam.runs.executors.ray_errors import is_of_client, reason_of, stranger_in, without_frames


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("Task was killed due to the node running low on memory.", "it ran out of memory"),
        (
            "The actor is dead because its worker process has died. Some common causes include: (1) the "
            "process was killed by the OOM killer due to high memory usage, (2) `ray stop` on the node",
            "its process ended",
        ),
        ("The actor died because its node has died.", "its machine is gone"),
        ("ModuleNotFoundError: No module named 'xai_cam'", "a module is missing there"),
        ("something\n  else", "something else"),
        ("", "ValueError"),
    ],
)
def test_why_a_worker_is_lost(words: str, reason: str) -> None:
    assert reason_of(ValueError(words)) == reason


def test_what_was_said_on_purpose_is_told_and_a_fault_is_shown_whole() -> None:
    said, full, fault = (
        InputError("no such layer"),
        ObjectStoreFullError("full"),
        ZeroDivisionError("a fault"),
    )
    for cause in (said, full):
        assert without_frames(RayTaskError(cause), None) is cause
        assert without_frames(RayTaskError(cause), "two") is cause
    assert without_frames(error := RayTaskError(fault), None) is error
    assert str(without_frames(error, "two")).startswith("Workers on two have another version of xai-cam, ")


def test_a_machine_that_lacks_what_a_worker_needs_is_known_by_its_address() -> None:
    died = "The actor died in its creation task, ray::RayWorker.__init__() (pid=7, ip=10.0.0.2, actor_id=1)\n"
    lacks = "AttributeError: Can't get attribute 'RayWorker.lacking' on <module 'xai_cam.runs.executors'>"
    assert stranger_in(ValueError(died + lacks)) == "10.0.0.2"
    for other in (
        died,
        lacks,
        died + lacks.replace("xai_cam", "keras"),
        died + "ModuleNotFoundError: xai_cam",
    ):
        assert stranger_in(ValueError(other)) is None


def test_errors_of_rays_client_have_no_kind_of_their_own() -> None:
    class RpcError(Exception):
        """As of gRPC."""

    class CalledError(RpcError):
        """What it raises."""

    assert is_of_client(Exception("gone")) and is_of_client(CalledError())
    assert not is_of_client(ValueError("gone"))
