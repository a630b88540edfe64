"""OpenVINO's converter, kept from what it does to a program beside converting."""

from __future__ import annotations

import logging
import re
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from xai_cam.extras import require

OPERATIONS = re.compile(r"-- ((?:No conversion rule found for operations|Conversion is failed for): .*)")
"""What a long report of the converter has to say to a user."""

PLACES = re.compile(r"(?:Exception from|Check '.*?' failed at) \S+:\d+:\s")
"""Where in its source OpenVINO met an error."""


def import_openvino() -> Any:
    """OpenVINO, kept from telling its makers what is done with it here.

    Raises
    ------
    XaiCamError
        It is not installed, or cannot be imported.
    """
    modules: dict[str, Any] = sys.modules
    modules.setdefault("openvino_telemetry", None)  # as if it were not installed, which it need not be
    return require("openvino")


@cache
def get_core() -> Any:
    """The one core of OpenVINO in this process.

    A core gives signals a stack of their own. Of several, the last to go puts back that of one before it,
    which may be no more: the next Ctrl-C would end in a segmentation fault.
    """
    return import_openvino().Core()


def translate(concrete: Any) -> Any:
    """A traced TensorFlow function as a graph of OpenVINO; weights are shared with TensorFlow.

    Raises
    ------
    RuntimeError
        OpenVINO has no such operation, or another reason of its own.
    """
    openvino = import_openvino()
    try:
        with _log_as_it_is(), _not_verbose(), _interrupted_afterwards():
            outputs = [tensor.name for tensor in concrete.outputs]  # else also what nothing is made of
            return openvino.convert_model(concrete, output=outputs, share_weights=True)
    except Exception as error:  # its errors have no common base, and those of Python in it are as many
        raise RuntimeError(str(error)) from error


def reason_of(error: Exception) -> str:
    """What an error of OpenVINO tells a user, in a line: which operations it lacks, where it says so."""
    text = "; ".join(OPERATIONS.findall(str(error))) or PLACES.sub("", str(error) or "out of memory")
    return " ".join(text.split()).rstrip(".")[:200]


@contextmanager
def _log_as_it_is() -> Iterator[None]:
    """Undo what the converter does to the program's log: where it fails, it leaves all warnings off."""
    root = logging.getLogger()
    level, filters, handlers = root.level, root.filters[:], root.handlers[:]
    try:
        yield
    finally:
        root.setLevel(level)
        root.filters[:], root.handlers[:] = filters, handlers


@contextmanager
def _not_verbose() -> Iterator[None]:
    """Hide `--verbose`, which the converter takes for its own: it would print to standard output."""
    given = sys.argv
    sys.argv = [argument for argument in given if argument != "--verbose"]
    try:
        yield
    finally:
        sys.argv = given


@contextmanager
def _interrupted_afterwards() -> Iterator[None]:
    """Put Ctrl-C off: inside the converter it would be taken for an operation that cannot be converted."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    asked: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: asked.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if asked:
            signal.raise_signal(signal.SIGINT)
