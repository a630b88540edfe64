"""Protocol buffers told by their structure: ONNX, TensorFlow's graphs, Core ML, Caffe.

The bytes do not say what a message is; numbers and kinds of its fields do, and what lies in the first ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO, NamedTuple

from xai_cam.files.regular import open_regular
from xai_cam.models.loading.containers.foreign.looks import IF_ANY, ORIGINAL, REBUILD, Foreign, Look, quote
from xai_cam.models.loading.containers.protobuf import BYTES, FIXED32, FIXED64, VARINT, varint

MOST = 512
"""Fields of a message that are looked at."""

WORD = re.compile(rb"[A-Za-z_][\w.>/-]*")
NAME = re.compile(rb"[\x20-\x7e\x80-\xff]+")

SHORT = 4096
"""Bytes of a name."""

ONNX = Foreign("is an ONNX model (.onnx)", IF_ANY)
FROZEN = Foreign(
    "is a frozen graph of TensorFlow (GraphDef, .pb), which has operations and constants but no layers",
    ORIGINAL,
)
META_GRAPH = Foreign(
    "is the graph of a TensorFlow 1 checkpoint (MetaGraphDef, .meta), which has operations but no layers",
    ORIGINAL,
)
SAVED_MODEL = Foreign(
    "is the graph of a SavedModel without its folder: its weights lie in the folder 'variables' beside it",
    "Give the whole folder, or the file where it lies in it.",
)
KERAS_METADATA = Foreign(
    "is the metadata of a SavedModel, not the model", "Give the folder that it belongs to, as a whole."
)
COREML = Foreign("is a Core ML model (.mlmodel)", IF_ANY)
CAFFE = Foreign("is a Caffe model (.caffemodel)", REBUILD)


class Field(NamedTuple):
    """One field of a message: its value where it is a number, else its length and where it begins."""

    number: int
    kind: int
    value: int
    at: int


def fields(file: BinaryIO, at: int, end: int) -> Iterator[Field]:
    """The fields of a message between two places of a file; the last one may break off.

    Raises
    ------
    ValueError
        It is no message.
    """
    start = at
    while at < end:
        file.seek(at)
        data = file.read(min(20, end - at))
        try:
            tag, used = varint(data, 0)
            value, used = varint(data, used) if tag & 7 in (VARINT, BYTES) else (0, used)
        except ValueError:
            if at > start and at + len(data) == end and len(data) < 20:
                return
            raise
        number, kind = tag >> 3, tag & 7
        if not 0 < number < 2**29 or kind not in (VARINT, BYTES, FIXED64, FIXED32):
            raise ValueError("no field")
        yield Field(number, kind, value, at + used)
        at += used + {VARINT: 0, BYTES: value, FIXED64: 8, FIXED32: 4}[kind]


class Message:
    """The first fields of a message in a file."""

    def __init__(self, file: BinaryIO, at: int, end: int) -> None:
        self.file = file
        self.end = end
        self.fields = list(islice(fields(file, at, end), MOST))

    def kinds(self) -> dict[int, int]:
        """Number of each field -> its kind; a number of several kinds has none."""
        found: dict[int, int] = {}
        for field in self.fields:
            if found.setdefault(field.number, field.kind) != field.kind:
                found[field.number] = -1
        return found

    def has(self, numbers: range | tuple[int, ...], known: dict[int, int]) -> bool:
        """Whether all fields have these numbers, and those of `known` their kinds, where they are there."""
        kinds = self.kinds()
        return set(kinds) <= set(numbers) and all(
            kinds.get(number, kind) == kind for number, kind in known.items()
        )

    def all(self, number: int) -> list[Field]:
        """The fields of a number."""
        return [field for field in self.fields if field.number == number]

    def inside(self, field: Field) -> Message:
        """The message in a field.

        Raises
        ------
        ValueError
            There is none.
        """
        if field.kind != BYTES:
            raise ValueError("a number")
        return Message(self.file, field.at, min(field.at + field.value, self.end))

    def matches(self, number: int, form: re.Pattern[bytes]) -> bool:
        """Whether the first field of a number is text of this form."""
        found = self.text(number)
        return found is not None and form.fullmatch(found) is not None

    def text(self, number: int) -> bytes | None:
        """The first field of a number as it is, if it is short."""
        first = next(iter(self.all(number)), None)
        if first is None or first.kind != BYTES or first.value > SHORT:
            return None
        self.file.seek(first.at)
        return self.file.read(first.value)


def by_message(look: Look) -> Foreign | None:
    """What a protocol buffer is, by its structure."""
    with open_regular(look.path) as file:
        end = file.seek(0, 2)
        try:
            whole = Message(file, 0, end)  # type: ignore[arg-type]
        except ValueError:
            return None
        for is_one, found in KINDS:
            try:
                if whole.fields and is_one(whole):
                    return _named(whole, found)
            except ValueError:
                continue
    return None


def _named(whole: Message, found: Foreign) -> Foreign:
    """For ONNX, with the name of the program that wrote it."""
    producer = whole.text(2) if found is ONNX else None
    if not producer:
        return found
    return Foreign(f"{found.what}, written by {quote(producer.decode('utf-8', 'replace'))}", found.way)


def _is_onnx(whole: Message) -> bool:
    known = {1: VARINT, 2: BYTES, 3: BYTES, 4: BYTES, 5: VARINT, 6: BYTES, 7: BYTES, 8: BYTES, 14: BYTES}
    version, graph = whole.all(1), whole.all(7)
    if not whole.has(range(1, 31), known) or len(version) != 1 or len(graph) != 1:
        return False
    if not 0 < version[0].value < 100:
        return False
    parts = whole.inside(graph[0])
    return parts.has(range(1, 17), {1: BYTES, 2: BYTES, 5: BYTES, 10: BYTES, 11: BYTES, 12: BYTES})


def _is_graph(whole: Message) -> bool:
    """Nodes of a name and an operation; `versions` and `library` may follow, or come before."""
    nodes = whole.all(1)
    if not nodes or not whole.has(range(1, 6), {1: BYTES, 2: BYTES, 3: VARINT, 4: BYTES}):
        return False
    return all(_is_node(whole.inside(node)) for node in nodes[:8])


def _is_node(node: Message) -> bool:
    if not node.has(range(1, 8), dict.fromkeys(range(1, 8), BYTES)):
        return False
    return node.matches(1, NAME) and node.matches(2, WORD)


def _is_meta_graph(whole: Message) -> bool:
    if not whole.has(range(1, 8), dict.fromkeys(range(1, 8), BYTES)):
        return False
    graphs, about = whole.all(2), whole.all(1)
    if len(graphs) != 1 or len(about) != 1 or not _is_graph(whole.inside(graphs[0])):
        return False
    return whole.inside(about[0]).has(range(1, 9), {})


def _is_saved_model(whole: Message) -> bool:
    version, graphs = whole.all(1), whole.all(2)
    if [field.value for field in version if field.kind == VARINT] != [1] or not graphs:
        return False
    return whole.has((1, 2), {}) and whole.inside(graphs[0]).has(
        range(1, 8), dict.fromkeys(range(1, 8), BYTES)
    )


def _is_keras_metadata(whole: Message) -> bool:
    nodes = whole.all(1)
    if not nodes or not whole.has((1,), {1: BYTES}):
        return False
    node = whole.inside(nodes[0])
    return (node.text(4) or b"").startswith(b"_tf_keras_")


def _is_coreml(whole: Message) -> bool:
    """A version, a description of what goes in and out, and a model of one of the kinds above 200."""
    kinds = whole.kinds()
    version = whole.all(1)
    models = [number for number in kinds if 200 <= number <= 3000]
    if len(version) != 1 or not 0 < version[0].value < 100 or len(models) != 1:
        return False
    return kinds[1] == VARINT and kinds.get(2) == BYTES and kinds[models[0]] == BYTES


def _is_caffe(whole: Message) -> bool:
    layers, old = whole.all(100), whole.all(2)
    numbers = (*range(1, 9), 100)
    if not whole.has(numbers, {1: BYTES, 2: BYTES, 3: BYTES, 4: VARINT, 8: BYTES, 100: BYTES}):
        return False
    if layers:
        first = whole.inside(layers[0])
        return first.matches(1, NAME) and first.matches(2, WORD)
    if not old or not whole.matches(1, NAME):
        return False
    first = whole.inside(old[0])
    return first.matches(4, NAME) and first.kinds().get(5) == VARINT


KINDS = (
    (_is_saved_model, SAVED_MODEL),
    (_is_keras_metadata, KERAS_METADATA),
    (_is_onnx, ONNX),
    (_is_graph, FROZEN),
    (_is_meta_graph, META_GRAPH),
    (_is_coreml, COREML),
    (_is_caffe, CAFFE),
)
"""From the narrowest to the widest."""
