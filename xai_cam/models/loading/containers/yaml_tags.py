"""What Keras' YAML calls by tags: tuples, TensorFlow's lists, NumPy's numbers; no tag imports anything."""

from __future__ import annotations

import base64
import math
import re
from dataclasses import dataclass
from typing import Any

from xai_cam.models.loading.tree import MAX_NODES

PLAIN = frozenset({"python/tuple", "python/list", "python/dict", "python/str", "python/unicode"})
"""Python's own values; the last two are texts of Python 2."""

WRAPPER = re.compile(
    r"python/object/(apply|new):tensorflow\.python\.(training\.tracking|trackable)\.data_structures"
    r"\._?(List|Dict|Tuple)Wrapper"
)
"""What tf.keras had around the lists of a layer."""

SCALAR = re.compile(r"python/object/apply:numpy\._?core\.multiarray\.scalar")
ARRAY = re.compile(r"python/object/apply:numpy\._?core\.multiarray\._reconstruct")
DTYPE = "python/object/apply:numpy.dtype"
"""How NumPy writes a number, an array, and the type of either."""

NUMBERS = re.compile(r"f[248]|[iu][1248]|b1")
"""Types that are numbers, as NumPy abbreviates them."""

BINARY = "binary"

SPARE = 64
"""Characters around a short number in Base64; a long array has a line break in every 76."""


class ForeignTagError(Exception):
    """There is a tag, which is the argument, that stands for what only code can make."""


@dataclass(frozen=True)
class Tagged:
    """A value that stands below a tag, of which the part that all of YAML's own tags share is left out."""

    tag: str
    value: Any


def untagged(tagged: Tagged) -> Any:
    """What Keras means by a tagged value: lists, dicts, texts and numbers, perhaps with others inside.

    Raises
    ------
    ForeignTagError
        Keras never writes such a tag.
    ValueError
        A number or an array of NumPy is damaged.
    """
    tag, value = tagged.tag, tagged.value
    if tag in PLAIN:
        return value
    try:
        if tag == "python/long":
            return int(value)
        if WRAPPER.fullmatch(tag):
            return _arguments(value)[0]
        if SCALAR.fullmatch(tag):
            dtype, data = _arguments(value)
            return _decoded(dtype, data)
        if ARRAY.fullmatch(tag):
            _, shape, dtype, by_columns, data = _plain(value["state"])
            return _decoded(dtype, data, _plain(shape), by_columns)
    except (LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"!!{tag} without what belongs to it") from error
    raise ForeignTagError(tag)


def _arguments(value: Any) -> Any:
    """What an object is made of, in either of the two ways that YAML has to say it."""
    return value["args"] if isinstance(value, dict) else value


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Tagged) and value.tag in PLAIN else value


def _decoded(dtype: Any, data: Any, shape: Any = (), by_columns: Any = False) -> Any:
    """The number of a scalar, or the lists of an array, from the bytes that the file holds."""
    import numpy as np

    if dtype.tag != DTYPE:
        raise ForeignTagError(dtype.tag)
    code, order = _arguments(dtype.value)[0], _plain(dtype.value["state"])[1]
    if not NUMBERS.fullmatch(code) or order not in ("<", ">", "=", "|"):
        raise ValueError(f"an array of {code!r}, which is no type of numbers")
    if math.prod(max(1, side) for side in shape) > MAX_NODES:
        raise ValueError(f"an array with the shape {list(shape)}")
    kind = np.dtype(order + code)
    numbers = np.frombuffer(_bytes(data, kind.itemsize * math.prod(shape)), kind)
    return numbers.reshape(shape, order="F" if by_columns else "C").tolist()


def _bytes(data: Any, size: int) -> bytes:
    """So many bytes as YAML has them; Python 2 wrote those that make a text as one."""
    value = data.value if isinstance(data, Tagged) else data
    if len(value) > SPARE + 2 * size:  # looked at once for every alias
        raise ValueError("an array in it is written with more than it holds")
    if isinstance(data, Tagged) and data.tag == BINARY:
        return base64.b64decode("".join(data.value.split()), validate=True)
    return bytes(_plain(data).encode())
