"""What is asked of a model's outputs besides the class: against what, over which region, which function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from xai_cam.errors import InputError, words_of
from xai_cam.models.output.groups import Group
from xai_cam.models.output.table import REGIONS

SIMILAR = "similar"
"""In place of named classes: those whose logits are closest in the image."""


@dataclass(frozen=True)
class Aim:
    """What is asked of a model's outputs besides the class.

    Attributes
    ----------
    groups : tuple of tuple of int
        Classes that are taken as one.
    against : `similar`, or tuple of int
        The classes that a class is compared with; empty: none.
    region : str
        Of a segmentation, `predicted`, `all`, or `masks`: those that ride along with the images.
    reference : array, optional
        The embedding that embeddings are compared with.
    functions : tuple of callable
        Functions of the outputs, (n, …) -> (n,).
    """

    groups: tuple[Group, ...] = ()
    against: str | tuple[int, ...] = ()
    region: str = "predicted"
    reference: np.ndarray | None = None
    functions: tuple[Callable[[Any], Any], ...] = ()

    def __post_init__(self) -> None:
        if self.region not in (*REGIONS, "masks"):
            raise InputError(f"`region` is {self.region!r}. Use {' or '.join(REGIONS)}, or give `masks`.")

    def plain(self) -> list[Any] | None:
        """The same as lists, numbers and text; None with functions, which cannot be told apart."""
        if self.functions:
            return None
        reference = None if self.reference is None else np.asarray(self.reference, np.float64).tolist()
        return [self.groups, self.against, self.region, reference]


def value_of(function: Callable[[Any], Any], outputs: Any) -> Any:
    """(n,) float32 values of a caller's function of the outputs.

    Raises
    ------
    InputError
        It fails, or does not give one number for each image.
    """
    import tensorflow as tf

    try:
        found = tf.cast(tf.convert_to_tensor(function(outputs)), tf.float32)
    except Exception as error:  # whatever the caller's own code raises
        raise InputError(
            f"`target` fails on the model's outputs ({type(error).__name__}: {words_of(error)}). Give a "
            "function of tensors."
        ) from error
    if found.shape.rank == 2 and found.shape[1] == 1:
        found = found[:, 0]
    if found.shape.rank != 1:
        raise InputError(
            f"`target` gives numbers of shape {tuple(found.shape)}. Let it give one for each image, (n,)."
        )
    return found
