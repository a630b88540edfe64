"""Versions of what computes, here and on workers: where they differ, maps may."""

from __future__ import annotations

import platform
from collections.abc import Mapping

from xai_cam import installation
from xai_cam._version import __version__

LIBRARIES = ("keras", "tensorflow", "numpy", "openvino", "pillow")


def surroundings() -> dict[str, str]:
    """Versions by name; of what is not installed an empty one."""
    own = {"xai-cam": __version__, "Python": platform.python_version()}
    return {**own, **dict.fromkeys(LIBRARIES, ""), **installation.versions_of(LIBRARIES)}


def differences(here: Mapping[str, str], there: Mapping[str, str], where: str) -> str | None:
    """A line on versions that differ; None where none does."""
    named = [
        f"{name} {there.get(name) or 'missing'} (here {version or 'missing'})"
        for name, version in here.items()
        if there.get(name, "") != version
    ]
    if not named:
        return None
    return f"Workers on {where} have other versions: {', '.join(named)}. Maps that they make may differ."
