"""Names of weights -> the layers of a configuration that own them.

Where weights lie in no groups, their names tell all: `sequential_1/conv1/kernel` is the kernel of the layer
`conv1`, at whatever depth of models inside of models it may be. Names of models may stand in front, cells of
recurrent layers between; of several layers of one name, the weights follow each other as the layers do.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from xai_cam.models.loading.graph import plain_name
from xai_cam.models.loading.shape import OF_LAYERS, Config, children

MAX_PARTS, MAX_LETTERS = 20, 500
"""Of a name; its parts stand between slashes."""

MAX_SLASHES = 6
"""In the name of a layer, as in `conv2/block1/0/bn` of old DenseNets."""

NUMBERED = re.compile(
    r"((?:(?:depthwise|pointwise|recurrent)_)?kernel|bias|gamma|beta|moving_mean|moving_variance|alpha|embeddings)"
    r"_(\d{1,9})"
)
"""A variable whose name was taken already when it was made."""

OF_NORMALIZATION = ("mean", "variance", "count")
"""Variables whose names tf.keras gave no layer."""

NAMELESS = ""

UNTRAINED = ("moving_mean", "moving_variance")
"""Variables that TensorFlow.js lists behind all others."""


@dataclass(frozen=True)
class Leaf:
    """A layer with weights: the names of the layers around it, from the model's own down to itself."""

    chain: tuple[str, ...]
    place: int


class Owned(NamedTuple):
    """A weight, by the layers around it: those of the configuration, and those that only its name tells."""

    chain: tuple[str, ...]
    inner: tuple[str, ...]
    variable: str


class UnknownOwnerError(ValueError):
    """No layer, or not one for each, has weights of such names; `names` are some of them."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = list(names)
        super().__init__(", ".join(self.names))


def owners_of(names: list[str], config: Config) -> list[Owned]:
    """The owner of each weight.

    Raises
    ------
    UnknownOwnerError
        Some have none, or more than one.
    """
    leaves = _leaves_by_name(config)
    found = {name: _parted(name, leaves) for name in names}
    parted = [one for name in names if (one := found[name]) is not None]
    if len(parted) < len(names):
        raise UnknownOwnerError(name for name in names if found[name] is None)
    alike: dict[_Parted, list[int]] = defaultdict(list)
    for i, one in enumerate(parted):
        alike[one._replace(number=0)].append(i)
    owned: dict[int, Owned] = {}
    places: dict[int, int] = {}
    for one, where in alike.items():
        candidates = _around(leaves[one.label], one.around)
        if len(candidates) != len(where):
            raise UnknownOwnerError([names[where[0]]])
        if any(parted[i].number > parted[j].number for i, j in pairwise(where)):
            raise UnknownOwnerError([names[where[0]]])  # in the order of making, or of the file: who knows
        for i, leaf in zip(where, candidates, strict=True):
            owned[i], places[i] = Owned(leaf.chain, one.inner, one.variable), leaf.place
    if len(set(parted)) < len(parted):
        _check_order(parted, places, names)
    return [owned[i] for i in range(len(names))]


class _Parted(NamedTuple):
    label: str
    inner: tuple[str, ...]
    variable: str
    around: tuple[str, ...]
    number: int


def _leaves_by_name(config: Config) -> dict[str, list[Leaf]]:
    """Layers that are no models, and those inside of them, by their names and in their order."""
    found: dict[str, list[Leaf]] = defaultdict(list)
    for place, (chain, layer) in enumerate(_layers(config, ())):
        if layer["class_name"] not in OF_LAYERS:
            found[chain[-1]].append(Leaf(chain, place))
        if layer["class_name"] == "Normalization":
            found[NAMELESS].append(Leaf(chain, place))
    return found


def _layers(layer: Config, around: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Config]]:
    """Every layer inside of one, with the names down to it."""
    pending = [(around, inner) for inner in reversed(list(children(layer)))]
    while pending:
        around, inner = pending.pop()
        config = inner["config"]
        name = config.get("name") if isinstance(config, dict) else None
        name = name if isinstance(name, str) else inner.get("name")
        chain = (*around, name) if isinstance(name, str) else around
        if isinstance(inner.get("class_name"), str) and isinstance(name, str) and name:
            yield chain, inner
        pending += [(chain, one) for one in reversed(list(children(inner)))]


def _parted(name: str, leaves: dict[str, list[Leaf]]) -> _Parted | None:
    """A weight's name by its parts; None where no layer is in it."""
    if len(name) > MAX_LETTERS:
        return None
    *parts, variable = name.removesuffix(":0").split("/")
    if len(parts) > MAX_PARTS:
        return None
    if not parts and variable in OF_NORMALIZATION and NAMELESS in leaves:
        return _Parted(NAMELESS, (), variable, (), 0)
    numbered = NUMBERED.fullmatch(variable)
    variable, number = (numbered[1], int(numbered[2])) if numbered else (variable, 0)
    for start in range(len(parts)):
        for end in range(min(len(parts), start + MAX_SLASHES + 1), start, -1):
            label = "/".join(parts[start:end])
            if label and label in leaves:
                return _Parted(label, tuple(parts[end:]), variable, tuple(parts[:start]), number)
    return None


def _around(leaves: list[Leaf], around: tuple[str, ...]) -> list[Leaf]:
    """Those of the layers that have all these models around them, if there are any such."""
    if len(leaves) == 1 or not around:
        return leaves
    best = max(len(set(leaf.chain).intersection(around)) for leaf in leaves)
    return [leaf for leaf in leaves if len(set(leaf.chain).intersection(around)) == best]


def _check_order(parted: list[_Parted], places: dict[int, int], names: list[str]) -> None:
    """See that weights of one name lie in the order of their layers, as nothing else tells them apart.

    Raises
    ------
    UnknownOwnerError
        They do not: some layers may have been held fixed, whose weights then come last.
    """
    for untrained in (False, True):
        those = [i for i, one in enumerate(parted) if (one.variable in UNTRAINED) is untrained]
        for before, here in pairwise(those):
            if places[here] < places[before]:
                raise UnknownOwnerError([names[here]])


def plain_chain(chain: Iterable[str]) -> tuple[str, ...]:
    """Names of layers as Keras 3 allows them."""
    return tuple(map(plain_name, chain))
