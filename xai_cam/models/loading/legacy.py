"""Weights as Keras 0, 1 and 2 saved them: found by the names of layers, by their order or by number.

Keras' own reader matches by position alone, and so accepts files whose layers were named or ordered
otherwise.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from xai_cam.models.loading import theano
from xai_cam.models.loading.channels_last import CONVOLUTIONS
from xai_cam.models.loading.hdf5 import CheckedH5
from xai_cam.models.loading.model_weights import ModelWeight, model_layers, without_sequentials
from xai_cam.models.loading.stored import KERAS1_NAMES, FileWeight, LayerWeights, NamedLayers
from xai_cam.models.loading.weights import mismatch

GATES = {"LSTMCell": "ifco", "GRUCell": "zrh"}
"""Class of a recurrent cell -> its gates, in the order of their columns."""

SAVED_GATES = {"LSTMCell": "icfo", "GRUCell": "zrh"}
"""The same in the order in which Keras 0 and 1 saved them."""


@dataclass(frozen=True)
class Style:
    """How the file's writer laid out its weights.

    `channels_first` and `deviations` name layers, see `Upgraded`.
    """

    theano: bool = False
    channels_first: frozenset[str] = frozenset()
    deviations: frozenset[str] = frozenset()


Pairs = list[tuple[ModelWeight, FileWeight]]

Partners = list[tuple[str, str]]
"""Layer of the model, layer of the file."""


@dataclass
class Matched:
    """Which weight of the file goes into which variable; `notice` tells of a match by position."""

    pairs: Pairs = field(default_factory=list)
    notice: str | None = None


def match_weights(
    model: Any, layers: NamedLayers, style: Style, numbered: bool = False, by_name: bool = False
) -> Matched:
    """Find a weight of fitting shape for every variable of `model`, reading none.

    Layers that are `numbered` have no names of their own, as those of Keras 0; with `by_name`, names alone
    count.

    Raises
    ------
    ModelError
        The file is not of this model; the layers that differ are named.
    """
    listed = [(name, weights) for name, weights in layers if weights]
    in_file = dict(listed)
    if len(in_file) < len(listed):
        raise mismatch(["the weights file has two layers of the same name"])
    in_model = model_layers(model.layers)
    if set(in_file) != set(in_model):
        # Keras 1 listed the layers of nested Sequentials in place of these.
        flat = model_layers(without_sequentials(model))
        in_model = flat if len(flat) == len(in_file) else in_model
    partners, notice = match_by_name(in_model, in_file), None
    if partners is None and by_name:
        raise mismatch(_only_in_one(in_model, in_file))
    if partners is None:
        partners = match_by_position(in_model, in_file)
        notice = None if numbered else _by_position(partners)
    pairs, problems = [], []
    for ours, theirs in partners:
        found, problem = _pair(in_model[ours], in_file[theirs], style)
        pairs += found
        label = ours if ours == theirs else f"{ours} (in the file: {theirs})"
        problems += [f"{label}: {problem}"] if problem else []
    used = [place for _, weight in pairs for place in weight.places]
    if len(set(used)) < len(used):
        problems.append("one dataset of the file stands for several weights")
    if problems:
        raise mismatch(problems)
    return Matched(pairs, notice)


def match_by_name(in_model: Iterable[str], in_file: Collection[str]) -> Partners | None:
    """Layers of one name; None unless model and file name all of them alike."""
    return [(name, name) for name in in_model] if set(in_model) == set(in_file) else None


def match_by_position(in_model: Collection[str], in_file: Collection[str]) -> Partners:
    """The first layer with the first, and so on.

    Raises
    ------
    ModelError
        Their numbers differ; layers that one side alone has are named.
    """
    if len(in_model) != len(in_file):
        raise mismatch(_only_in_one(in_model, in_file) or ["the numbers of layers with weights differ"])
    return list(zip(in_model, in_file, strict=True))


def _only_in_one(in_model: Collection[str], in_file: Collection[str]) -> list[str]:
    only_model = [f"{name}: only in the architecture" for name in in_model if name not in in_file]
    return only_model + [f"{name}: only in the weights file" for name in in_file if name not in in_model]


def _by_position(partners: Partners) -> str:
    ours, theirs = next((ours, theirs) for ours, theirs in partners if ours != theirs)
    return (
        "Weights were matched by position, since architecture and file name their layers "
        f"differently ({ours!r} against {theirs!r})."
    )


def assign_pairs(model: Any, pairs: Pairs, style: Style, weights: CheckedH5 | LayerWeights) -> list[str]:
    """Read and assign the weights, and return the names of the layers whose kernels were rotated."""
    rotated = []
    for ours, theirs in pairs:
        with weights.reading():
            value = theirs.read()
        if style.theano and type(ours.layer).__name__ in theano.ROTATED and "kernel" in ours.name:
            value = theano.rotate(value)
            rotated.append(ours.owner)
        if ours.name == "moving_variance" and ours.owner in style.deviations:
            # (x - mean) / (deviation + epsilon) was meant, where now it is sqrt(variance + epsilon).
            value = (value + ours.layer.epsilon) ** 2 - ours.layer.epsilon
        ours.variable.assign(value)
    for layer in model._flatten_layers(include_self=False):
        if hasattr(layer, "finalize_state"):  # Normalization keeps constants computed from its weights
            layer.finalize_state()
    return rotated


# --- One layer of both -------------------------------------------------------------------------------


def _pair(ours: list[ModelWeight], theirs: list[FileWeight], style: Style) -> tuple[Pairs, str | None]:
    """Match one layer's weights, by the first of `KEYS` that tells all of them apart; else by order.

    Among weights that only their place tells apart, those of one name are matched in their order.
    """
    theirs = join_gates(ours, theirs)
    if len(ours) != len(theirs):
        return [], f"{len(theirs)} weights in the file, {len(ours)} in the architecture"
    pairs = next((found for key in KEYS if (found := _matched(ours, theirs, key))), None)
    pairs = pairs or list(zip(ours, theirs, strict=True))
    pairs = [(mine, _ordered(mine, other, style)) for mine, other in pairs]
    for mine, other in pairs:
        if mine.shape != other.shape:
            return [], f"{other.name} is {other.shape} in the file, {mine.shape} in the architecture"
    return pairs, None


class Key(NamedTuple):
    """What a weight of the model and one of the file are known by besides their names."""

    ours: Callable[[ModelWeight], Any]
    theirs: Callable[[FileWeight], Any]
    unique: bool
    """Whether it tells all weights apart; else those that are alike are taken in their order."""


KEYS = (
    Key(ours=lambda w: "/".join(w.attributes), theirs=lambda w: "/".join(w.path), unique=True),
    # The whole way down, with the name of the model's own layer or, as in nested models, without.
    Key(ours=lambda w: "_".join(w.chain), theirs=lambda w: "_".join(w.path), unique=True),
    Key(ours=lambda w: "_".join(w.chain[1:]), theirs=lambda w: "_".join(w.path), unique=True),
    Key(ours=lambda w: w.owner, theirs=lambda w: w.owner, unique=True),
    # Cells are numbered anew with every model; the layers around them are not.
    Key(ours=lambda w: w.chain[1:2], theirs=lambda w: w.path[:1], unique=False),
    Key(ours=lambda _: None, theirs=lambda _: None, unique=False),
)
"""The surest first."""


def _matched(ours: list[ModelWeight], theirs: list[FileWeight], key: Key) -> Pairs | None:
    """Pairs of equal keys and names, None unless both sides have the same ones."""
    queues: dict[Any, list[FileWeight]] = defaultdict(list)
    for weight in reversed(theirs):
        queues[key.theirs(weight), weight.name].append(weight)
    if key.unique and len(queues) < len(theirs):
        return None
    wanted = [(key.ours(weight), weight.name) for weight in ours]
    if Counter(wanted) != Counter({known: len(queue) for known, queue in queues.items()}):
        return None
    return [(weight, queues[known].pop()) for weight, known in zip(ours, wanted, strict=True)]


def join_gates(ours: list[ModelWeight], theirs: list[FileWeight]) -> list[FileWeight]:
    """Keras 1 kept the gates of a recurrent layer apart (`lstm_1_W_i`); later their columns lie in one.

    A bidirectional layer has two cells, whose weights follow each other.
    """
    cells = list(dict.fromkeys(weight.layer for weight in ours))
    gates = GATES.get(type(cells[0]).__name__, "")
    each = 3 * len(gates)
    if not gates or len(theirs) != each * len(cells):
        return theirs
    joined = []
    for i, cell in enumerate(cells):
        part = theirs[i * each : (i + 1) * each]
        if all(weight.name == f"param_{n}" for n, weight in enumerate(part, i * each)):
            keys = [f"{kind}_{gate}" for gate in SAVED_GATES[type(cell).__name__] for kind in "WUb"]
            by_name = dict(zip(keys, part, strict=True))
        else:
            by_name = {"_".join(weight.name.split("_")[-2:]): weight for weight in part}
        if set(by_name) != {f"{kind}_{gate}" for kind in "WUb" for gate in gates}:
            return theirs
        for kind in "WUb":
            first, *rest = (by_name[f"{kind}_{gate}"].data for gate in gates)
            joined.append(FileWeight(cell.name, KERAS1_NAMES[kind], first, more=tuple(rest)))
    return joined


def _ordered(ours: ModelWeight, theirs: FileWeight, style: Style) -> FileWeight:
    """A kernel of Keras 1 with its axes in the order of Keras 2."""
    class_name = type(ours.layer).__name__
    if not theirs.keras1 or class_name not in CONVOLUTIONS or not ours.name.endswith("kernel"):
        return theirs
    first, last = _orders(class_name, len(theirs.data.shape))
    candidates = (first, last) if ours.owner in style.channels_first else (last, first)
    for order in candidates:
        turned = replace(theirs, order=order)
        if turned.shape == ours.shape:
            return turned
    return theirs


def _orders(class_name: str, rank: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Orders that turn Keras 1's kernels of channels first, (out, in, rows, ...), and last into Keras 2's."""
    spatial = tuple(range(2, rank))
    if class_name == "Conv1D" and rank == 4:  # made of a 2-D convolution, with columns of length 1
        return (2, 1, 0), (0, 2, 3)
    if class_name.endswith("Transpose"):
        return (*spatial, 0, 1), (*range(rank - 2), rank - 1, rank - 2)
    return (*spatial, 1, 0), tuple(range(rank))
