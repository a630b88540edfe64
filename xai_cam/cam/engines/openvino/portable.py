"""Whole computations on images, gradients too, in operations that OpenVINO has."""

from __future__ import annotations

from typing import Any

from xai_cam.cam.engines.openvino.rewriting import rewritten
from xai_cam.cam.engines.openvino.rules.table import RULES


def portable(concrete: Any) -> Any:
    """A traced function such as `Graphs.forward` or `Graphs.gradients` in operations that OpenVINO has.

    Inputs, which are for any number of images, their names and the results stay the same. What OpenVINO has
    not and the table of rules neither shows when it is converted.

    Raises
    ------
    RuntimeError
        A rule does not hold for it.
    """
    return rewritten(concrete, RULES)
