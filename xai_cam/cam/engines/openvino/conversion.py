"""A traced TensorFlow function -> a graph of OpenVINO, in a program that notices nothing of it.

OpenVINO's own `convert_model` is made for a command line: it reads `sys.argv`, sets up the root logger, and
reports what it did to its makers. Underneath lies the same reader of TensorFlow's graphs, which does none of
that.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from threading import Lock
from typing import Any

from xai_cam.errors import causes_of, shortened
from xai_cam.extras import require
from xai_cam.files.memory import ran_out_of_memory

OPERATIONS = re.compile(r"-- ((?:No conversion rule found for operations|Conversion is failed for): .*)")
"""What a long report of the converter has to say to a user."""

CONVERTING = Lock()
"""Held by who converts: one at a time."""

FAILURES = ("OpConversionFailure", "OpValidationFailure", "NotImplementedFailure", "GeneralFailure")
"""What OpenVINO's reader raises of a graph that it cannot convert."""

PASSING = re.compile(
    r"MemoryError|OSError|Errno|KeyboardInterrupt|no space left|input/output error|cannot open", re.IGNORECASE
)
"""How an error that has another cause is put where Python is called back, or a library is loaded."""

PLACES = re.compile(r"(?:Exception from|Check '.*?' failed at) \S+:\d+:\s")
"""Where in its source OpenVINO met an error."""


class UnconvertibleError(RuntimeError):
    """A graph that a later run cannot convert either: it has an operation that OpenVINO lacks, say."""


def of_the_graph(error: BaseException) -> bool:
    """Whether an error comes again with the same graph: it is not of memory, a disk, or an interruption."""
    passing = any(isinstance(one, OSError | KeyboardInterrupt) for one in causes_of(error))
    return not (passing or ran_out_of_memory(error) or PASSING.search(str(error)))


def import_openvino() -> Any:
    """OpenVINO, which reports to its makers that it was imported unless the user has told it not to.

    Raises
    ------
    XaiCamError
        It is not installed, or cannot be imported.
    """
    return require("openvino")


@cache
def get_core() -> Any:
    """The one core of OpenVINO in this process.

    A core gives signals a stack of their own. Of several, the last to go puts back that of one before it,
    which may be no more: the next Ctrl-C would end in a segmentation fault.
    """
    core = import_openvino().Core()
    threads = os.environ.get("OMP_NUM_THREADS", "")
    if threads.isdigit():  # a process that shares its machine with others
        core.set_property("CPU", {"INFERENCE_NUM_THREADS": int(threads)})
    return core


def translate(concrete: Any) -> Any:
    """A traced TensorFlow function as a graph of OpenVINO; weights are shared with TensorFlow.

    It is made in a thread of its own, where no Ctrl-C arrives: the reader calls back into Python, and would
    take a `KeyboardInterrupt` there for an operation that cannot be converted. It is raised here, when the
    thread has ended.

    Raises
    ------
    UnconvertibleError
        OpenVINO has no such operation.
    RuntimeError
        Something else is in the way, which may have passed the next time.
    """
    import_openvino()
    try:
        with ThreadPoolExecutor(1, "openvino-conversion") as pool:
            return pool.submit(_translate, concrete).result()
    except Exception as error:  # its errors have no common base, and those of Python in it are as many
        kind = (
            UnconvertibleError if type(error).__name__ in FAILURES and of_the_graph(error) else RuntimeError
        )
        raise kind(str(error)) from error


def _translate(concrete: Any) -> Any:
    """What `convert_model(concrete, output=..., share_weights=True)` does for a function of TensorFlow."""
    from openvino._offline_transformations import apply_fused_names_cleanup, apply_moc_transformations
    from openvino.frontend import FrontEndManager
    from openvino.frontend.tensorflow.utils import create_tf_graph_iterator

    frontend = FrontEndManager().load_by_framework("tf")
    with _looked_up(concrete.graph):
        source = create_tf_graph_iterator(concrete, None, None, None, True)  # lives until all is converted
        read = frontend.load(source, True)
        # Else also what nothing is made of would be an output.
        read.override_all_outputs([read.get_place_by_tensor_name(tensor.name) for tensor in concrete.outputs])
        graph = frontend.convert(read)
    apply_moc_transformations(graph, cf=False, smart_reshape=True)
    apply_fused_names_cleanup(graph)
    return graph


@contextmanager
def _looked_up(graph: Any) -> Iterator[None]:
    """For this time OpenVINO's reader finds a graph's weights by their names.

    Else it goes through all of them for each, several times: of some hundred weights most of the conversion.
    """
    from openvino.frontend.tensorflow.node_decoder import TFGraphNodeDecoder

    variables = {id(variable.handle): variable for variable in graph.variables}
    found: dict[str, Any] = {}
    for outside, inside in graph.captures:
        if outside.dtype.name != "resource":
            found[inside.name] = outside
        elif id(outside) in variables:
            found[inside.name] = variables[id(outside)].read_value_no_copy()
    with CONVERTING:
        former = TFGraphNodeDecoder.get_variable

        def get_variable(operation: Any) -> Any:
            return found.get(operation.outputs[0].name) if operation.graph is graph else former(operation)

        TFGraphNodeDecoder.get_variable = staticmethod(get_variable)
        try:
            yield
        finally:
            TFGraphNodeDecoder.get_variable = staticmethod(former)


def reason_of(error: Exception) -> str:
    """The reason for an error of OpenVINO in one line: the operations it lacks, if it names them."""
    text = "; ".join(OPERATIONS.findall(str(error))) or PLACES.sub("", str(error) or "out of memory")
    return shortened(" ".join(text.split()).rstrip("."), 200)
