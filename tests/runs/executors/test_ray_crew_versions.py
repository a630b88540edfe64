"""Workers of other versions are named, and where they do not understand what they are asked it is said so."""

from __future__ import annotations

import pytest

from support.made_up_ray import MadeUpRay, RayError, RaySystemError, RayTaskError
from xai_cam._version import __version__
from xai_cam.errors import InputError, XaiCamError
from xai_cam.runs.executors.crew import Lost
from xai_cam.runs.executors.ray_crew import RayCrew
from xai_cam.runs.executors.surroundings import surroundings

UNREADABLE = RaySystemError("cannot be unpickled")


def crew_of(ray: MadeUpRay, said: list[str]) -> RayCrew:
    return RayCrew(ray, 1, 0.0, 1, b"job", [], said.append)


def started(ray: MadeUpRay, asks: bool = False) -> tuple[RayCrew, list[str]]:
    """A crew whose worker comes; with `asks` it has its job, and is asked for something."""
    said: list[str] = []
    crew = crew_of(ray, said)
    crew.start(0)
    if asks:
        crew.answer()
        crew.ask(0, "run")
    return crew, said


@pytest.mark.parametrize(
    "error",
    [
        RayTaskError(TypeError("introduce() missing 1 argument")),
        RayError("died (pid=7, ip=10.0.0.2): Can't get attribute 'RayWorker.lacking' on xai_cam.runs"),
    ],
)
def test_one_that_cannot_say_who_it_is_is_known_by_its_address(error: Exception) -> None:
    """As those before 0.7.0, of which a class is sent that they do not have like that."""
    crew, _ = started(MadeUpRay(introduce=error))
    with pytest.raises(XaiCamError, match=f"on 10.0.0.2 have another .* Install xai-cam {__version__} there"):
        crew.answer()


@pytest.mark.parametrize("when", ["lacking", "receive", "do"])
@pytest.mark.parametrize("error", [RayTaskError(AttributeError("no attribute")), UNREADABLE])
def test_what_another_version_does_not_understand_is_told(when: str, error: Exception) -> None:
    ray = MadeUpRay(**{when: error})
    ray.versions = {**surroundings(), "xai-cam": "0.6.9"}
    crew, said = started(ray, when == "do")
    with pytest.raises(XaiCamError, match=r"^Workers on one have another version of xai-cam"):
        crew.answer()
    assert [line.partition(" (here")[0] for line in said] == [
        "Workers on one have other versions: xai-cam 0.6.9"
    ]


def test_what_another_version_says_is_wrong_is_told() -> None:
    ray = MadeUpRay(do=RayTaskError(InputError("no such layer")))
    ray.versions = {**surroundings(), "xai-cam": "0.6.9"}
    crew, _ = started(ray, asks=True)
    with pytest.raises(InputError, match="no such layer"):
        crew.answer()


@pytest.mark.parametrize("when", ["lacking", "receive", "do"])
def test_of_the_same_version_a_fault_is_one_as_here_and_what_cannot_be_read_a_loss(when: str) -> None:
    crew, _ = started(MadeUpRay(**{when: RayTaskError(AttributeError("no attribute"))}), when == "do")
    with pytest.raises(RayTaskError, match="no attribute"):
        crew.answer()
    crew, _ = started(MadeUpRay(**{when: UNREADABLE}), when == "do")
    assert crew.answer() == (0, Lost("cannot be unpickled"))
