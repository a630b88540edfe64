"""Functions of TensorFlow -> layers and operations of Keras 3 that compute the same, one table."""

from __future__ import annotations

from dataclasses import replace

from xai_cam.models.loading.functions.activations import ACTIVATIONS
from xai_cam.models.loading.functions.arithmetic import ARITHMETIC
from xai_cam.models.loading.functions.axes import AXES
from xai_cam.models.loading.functions.calls import Call, Counterpart, Translate
from xai_cam.models.loading.functions.parts import PARTS
from xai_cam.models.loading.functions.pictures import PICTURES
from xai_cam.models.loading.functions.products import PRODUCTS
from xai_cam.models.loading.functions.windows import WINDOWS

TABLE: dict[str, Translate] = {
    **ARITHMETIC,
    **ACTIVATIONS,
    **AXES,
    **PARTS,
    **PRODUCTS,
    **WINDOWS,
    **{f"image.{name}": translate for name, translate in PICTURES.items()},
}
"""Name of a function in TensorFlow -> what does the same in Keras."""

FORMER_ARGUMENTS = {
    **{"keep_dims": "keepdims", "reduction_indices": "axis", "dim": "axis", "concat_dim": "axis"},
    **{"filter": "filters", "squeeze_dims": "axis"},
}
"""Argument in TensorFlow 1 -> argument in TensorFlow 2."""


def plain_name(function: str) -> str:
    """The name of a function of whatever version of TensorFlow."""
    return function.removeprefix("compat.v1.").removeprefix("compat.v2.")


def counterpart(function: str, call: Call) -> Counterpart | None:
    """What does the same in Keras 3 as a call of `tf.<function>`, None where nothing is known to."""
    translate = TABLE.get(plain_name(function))
    return translate(_with_new_names(call)) if translate else None


def _with_new_names(call: Call) -> Call:
    given = {name: value for name, value in call.arguments.items() if value is not None}
    former = {name: new for name, new in FORMER_ARGUMENTS.items() if name in given and new not in given}
    return replace(call, arguments={former.get(name, name): value for name, value in given.items()})
