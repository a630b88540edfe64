"""Libraries that only some commands need: imported when they are, and missed politely."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from xai_cam.errors import XaiCamError
from xai_cam.installation import install_command, requirements

EXTRAS = {
    "sklearn": ("scikit-learn", "evaluate"),
    "matplotlib": ("matplotlib", "evaluate"),
    "jinja2": ("Jinja2", "report"),
    "openvino": ("OpenVINO", "fast"),
    "isal": ("isal", "fast"),
    "scipy": ("SciPy", "road"),
    "pandas": ("pandas", "notebook"),
    "tensorboard": ("TensorBoard", "notebook"),
    "pyarrow": ("PyArrow", "parquet"),
    "yaml": ("PyYAML", "yaml"),
    "nibabel": ("NiBabel", "nifti"),
    "pydicom": ("pydicom", "dicom"),
    "tifffile": ("tifffile", "tiff"),
    "fsspec": ("fsspec", "urls"),
    "imagecodecs": ("imagecodecs", "tiff"),
    "ray": ("Ray", "ray"),
}
"""Top-level module -> the name to install it by, and the extra of xai-cam that brings it."""


def command_for(extra: str, *, upgrade: bool = False) -> str:
    """The command that installs what an extra brings, or newer versions of it."""
    named = [package for package, its in EXTRAS.values() if its == extra]
    return install_command(requirements(extra) or named, upgrade=upgrade)


def is_there(module: str) -> bool:
    """Whether a module can be imported; nothing is imported to find out."""
    return find_spec(module.partition(".")[0]) is not None


def require(module: str) -> Any:
    """Import a module of an extra.

    Raises
    ------
    XaiCamError
        It is not installed, or cannot be imported.
    """
    check_extra(module)
    try:
        return import_module(module)
    except (ImportError, AttributeError, ValueError, OSError) as error:  # parts that do not fit together
        name, extra = EXTRAS[module.partition(".")[0]]
        reason = " ".join(str(error).split())[:200]
        raise XaiCamError(
            f"{name} cannot be imported ({reason}). Run `{command_for(extra, upgrade=True)}`."
        ) from error


def check_extra(module: str) -> None:
    """Find out before any work is done that a module of an extra is there.

    Raises
    ------
    XaiCamError
        It is not installed.
    """
    if not is_there(module):
        name, extra = EXTRAS[module.partition(".")[0]]
        raise XaiCamError(f"This needs {name}, which is not installed. Run `{command_for(extra)}`.")
