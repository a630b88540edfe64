"""Quantised layers: what Keras 3 does not save of them, and does not tell as it reads them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from xai_cam.errors import ModelError

WITH_ZEROS = ("gptq", "awq")
"""Ways of quantising in which every group of weights has a zero of its own."""

INSIDE_ATTENTION = re.compile(r"(?:.*/)?([^/]+)/_?(?:query|key|value|output|gate)_dense/vars/[2-9]")
"""More than the kernel and the bias of a projection: its scale, and what else it was quantised with."""


def use_as_quantised(model: Any) -> None:
    """Let layers of GPTQ and AWQ compute by what was read into them.

    They wait for a calibration, which comes before they are saved; Keras tells only those of a `.keras` file.
    """
    for layer in model._flatten_layers():
        mode = getattr(layer, "quantization_mode", None)
        if mode in WITH_ZEROS:
            setattr(layer, f"is_{mode}_calibrated", True)


def check_saved_whole(absent: Sequence[Any], spare: Sequence[str]) -> None:
    """Name what Keras itself left out, where that is why architecture and weights differ.

    Parameters
    ----------
    absent : sequence of Variable
        Those that the file has nothing for.
    spare : sequence of str
        Names of weights that the architecture has nothing for.

    Raises
    ------
    ModelError
        It is.
    """
    if absent and not spare and all(variable.name == "kernel_zero" for variable in absent):
        names = ", ".join(repr(variable.path.rpartition("/")[0]) for variable in absent[:3])
        raise ModelError(
            f"The file lacks the zeros of the layers that GPTQ or AWQ quantised ({names}), which Keras 3.15 "
            "does not save. Save the model as .h5, which holds them, or as it was before that."
        )
    inside = next(filter(None, map(INSIDE_ATTENTION.fullmatch, spare)), None)
    if inside:
        raise ModelError(
            f"The projections inside of {inside[1]!r} were quantised, of which Keras saves nothing but the "
            "numbers, and no other layer tells how. Save the model as it was before that."
        )
