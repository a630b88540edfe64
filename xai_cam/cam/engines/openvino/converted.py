"""A TensorFlow graph run by OpenVINO on the CPU: converted, cached, called in chunks."""

from __future__ import annotations

import hashlib
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from xai_cam._version import __version__
from xai_cam.cam.engines.openvino.conversion import (
    UnconvertibleError,
    get_core,
    import_openvino,
    of_the_graph,
    translate,
)
from xai_cam.errors import InputError, XaiCamError
from xai_cam.files.cache import Cache

ABILITIES = {"f32": "FP32", "bf16": "BF16", "f16": "FP16"}
"""Precision -> what OpenVINO calls a processor that computes in it."""

IN_FLIGHT = 2
"""Chunks computed at a time, each by its share of the cores: none waits for what the other does alone."""

GRAPH, WEIGHTS = "graph.xml", "graph.bin"
"""The files of a graph, as OpenVINO names them."""

TEXT = 2000
"""Bytes that the description of an operation takes, more or less."""

Arrays = Mapping[str, np.ndarray]

Prepare = Callable[[Any], Any]
"""Traced function -> one that computes the same."""


def check_precision(precision: str) -> None:
    """Refuse a precision that this processor does not compute in.

    Raises
    ------
    InputError
    """
    able = get_core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    if ABILITIES[precision] not in able:
        names = ", ".join(name for name, ability in ABILITIES.items() if ability in able)
        raise InputError(f"This processor does not compute in {precision}. Use `precision` with: {names}.")


def convert(
    concrete: Any, weights: str, cache: Cache | None, prepare: Prepare = lambda concrete: concrete
) -> tuple[Any, str]:
    """The graph of a traced function with weights of that hash, from the cache if it is there; and its key.

    What is not in the cache is prepared for OpenVINO before it is converted.

    Raises
    ------
    UnconvertibleError
        OpenVINO has no such operation.
    RuntimeError
        It cannot be imported, or has another reason of its own.
    """
    try:
        openvino = import_openvino()
    except XaiCamError as error:
        raise RuntimeError(error.message) from error
    key = key_of(concrete, weights)
    entry = cache.find(key) if cache else None
    if entry:
        try:
            return get_core().read_model(entry / GRAPH), key
        except RuntimeError:  # half an entry, of a disk that was full or torn away
            assert cache is not None
            cache.drop(key)
    graph = translate(_prepared(concrete, prepare))
    if cache:

        def write(folder: Path) -> None:
            openvino.save_model(graph, folder / GRAPH, compress_to_fp16=False)

        entry = cache.keep(key, write, _bytes_of(graph))
        with suppress(RuntimeError):  # another process has just made room
            if entry:  # the kept one is mapped from the disk, the new one has the weights in memory again
                graph = get_core().read_model(entry / GRAPH)
    return graph, key


def _prepared(concrete: Any, prepare: Prepare) -> Any:
    """The function made ready for OpenVINO."""
    try:
        return prepare(concrete)
    except RuntimeError as error:
        if of_the_graph(error):
            raise UnconvertibleError(str(error)) from error
        raise


def key_of(concrete: Any, weights: str) -> str:
    """The key in the cache of what this version of OpenVINO makes of a function with weights of that hash."""
    version = import_openvino().__version__.partition("-")[0]
    return f"{fingerprint(concrete, weights)}-openvino-{version}"


def _bytes_of(graph: Any) -> int:
    """About how many bytes a graph takes on the disk: those of its constants, and some for its text."""
    constants = [op.output(0) for op in graph.get_ops() if op.get_type_name() == "Constant"]
    sizes = [math.prod(one.get_shape()) * one.get_element_type().bitwidth // 8 for one in constants]
    return sum(sizes) + TEXT * len(graph.get_ops())


def fingerprint(concrete: Any, weights: str) -> str:
    """Hash of all that a traced function computes: its operations, their order and wiring, and its weights.

    Names do not count, which TensorFlow makes up anew in each program.
    """
    graph = concrete.graph
    operations = graph.get_operations()
    places = {
        tensor.name: f"{i}:{j} " for i, op in enumerate(operations) for j, tensor in enumerate(op.outputs)
    }
    found = hashlib.sha256(f"{__version__} {weights}".encode())
    for operation in operations:
        wiring = "".join(places[tensor.name] for tensor in operation.inputs)
        found.update(f"{operation.type} {wiring}\n".encode())
        attributes = operation.node_def.attr
        for name in sorted(attributes):
            if not name.startswith("_"):  # those are notes: of names, of shapes that follow from the rest
                found.update(name.encode() + attributes[name].SerializeToString(deterministic=True))
    found.update("".join(places[tensor.name] for tensor in concrete.outputs).encode())
    for function in graph.as_graph_def().library.function:
        found.update(function.SerializeToString(deterministic=True))
    found.update("".join(places[inside.name] for _, inside in graph.captures).encode())
    return found.hexdigest()[:40]


class ConvertedGraph:
    """A graph compiled for chunks of one size.

    Parameters
    ----------
    graph : openvino.Model
    fixed : dict of str to shape
        The inputs whose shape is the chunk's; the others may differ from call to call.
    precision : str
        One of `ABILITIES`: what products are computed in. Inputs and outputs stay float32.
    """

    def __init__(self, graph: Any, fixed: Mapping[str, tuple[int, ...]], precision: str = "f32") -> None:
        self._inputs = [part.get_any_name() for part in graph.inputs]  # its names: a part keeps the whole
        graph.reshape({name: list(shape) for name, shape in fixed.items() if name in self._inputs})
        options = {
            "NUM_STREAMS": IN_FLIGHT,
            "INFERENCE_PRECISION_HINT": precision,  # else the processor's choice, perhaps less than f32
        }
        compiled = get_core().compile_model(graph, "CPU", options)
        self._idle = [compiled.create_infer_request() for _ in range(IN_FLIGHT)]

    def answers(self, chunks: Iterable[Arrays]) -> Iterator[np.ndarray]:
        """The output of each chunk in turn, some being computed while the next are made.

        Raises
        ------
        RuntimeError
            OpenVINO's own.
        """
        running: deque[tuple[Any, Arrays]] = deque()  # a request reads its inputs where they lie
        try:
            for chunk in chunks:
                given = {name: chunk[name] for name in self._inputs}
                request = self._idle.pop()
                running.append((request, given))
                request.start_async(given, share_inputs=True)
                if not self._idle:
                    yield self._take(running)
            while running:
                yield self._take(running)
        finally:
            for request, _ in running:  # broken off: nothing may go on reading
                request.wait()
                self._idle.append(request)

    def _take(self, running: deque[tuple[Any, Arrays]]) -> np.ndarray:
        request, _inputs = running[0]
        request.wait()
        running.popleft()
        answer = np.array(request.get_output_tensor(0).data)
        self._idle.append(request)
        return answer
