"""Versions of what computes are told where they differ."""

from __future__ import annotations

import platform
from importlib.metadata import version

from xai_cam import __version__
from xai_cam.runs.executors.surroundings import differences, surroundings


def test_versions_are_those_of_what_is_installed() -> None:
    found = surroundings()
    assert found["xai-cam"] == __version__ and found["Python"] == platform.python_version()
    assert {name: found[name] for name in ("keras", "numpy")} == {n: version(n) for n in ("keras", "numpy")}


def test_what_differs_is_named_and_nothing_else() -> None:
    here = {"xai-cam": "1", "keras": "3.15.1", "openvino": "2026.1"}
    assert differences(here, dict(here), "node") is None
    said = differences(here, {"xai-cam": "1", "keras": "3.14.1"}, "node")
    assert said == (
        "Workers on node have other versions: keras 3.14.1 (here 3.15.1), openvino missing (here 2026.1). "
        "Maps that they make may differ."
    )
