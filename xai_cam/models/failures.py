"""Whatever TensorFlow, Keras and a model's own code raise while the model is traced or run, as ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from xai_cam.errors import ModelError, OutOfMemoryError, XaiCamError
from xai_cam.files.memory import ran_out_of_memory

COLOURS = re.compile(r"\x1b\[[\d;]*m")

NOISE = re.compile(
    r"Graph execution error:|Detected at node .*|File \".*|\[Previous line repeated.*|<stack traces .*"
    r"|\[\[\{\{node .*|Exception encountered when calling .*|Arguments received by .*|.*RET_CHECK failure.*"
    r"|\s*[•*] .*|Original stack trace.*|defined at \(most recent call last\):.*"
)
"""Lines around what TensorFlow and Keras have to say: where in their code it happened."""

NODE = re.compile(r" for '\{\{node .*?\}\} = .*?'(?= with )")
"""An operation of the graph, with all its attributes."""


def reason_of(error: BaseException, limit: int = 300) -> str:
    """What an error has to say, in a line of at most so many characters, without where it was raised.

    Backticks become quotes: in a message of ours they name arguments.
    """
    text = NODE.sub("", COLOURS.sub("", str(getattr(error, "message", "") or error)))
    lines = [line.strip() for line in text.splitlines()]
    said = [line for line in lines if line and not NOISE.fullmatch(line)] or lines
    words = " ".join(" ".join(said).split()).replace("`", "'").rstrip(". ")
    return (words if len(words) <= limit else words[: limit - 3] + "...") or type(error).__name__


@contextmanager
def as_ours(what: str, advice: str, smaller: str) -> Iterator[None]:
    """Whatever a model raises in the block becomes an error of this package.

    Parameters
    ----------
    what : str
        What failed, for the message: `The model failed on these images`.
    advice : str
        What to do about it.
    smaller : str
        What would take less memory.

    Raises
    ------
    OutOfMemoryError, ModelError
    """
    try:
        yield
    except XaiCamError:
        raise
    except Exception as error:  # those of TensorFlow, Keras and a model's layers have no common base
        if ran_out_of_memory(error):
            raise OutOfMemoryError(f"Out of memory. {smaller}.") from error
        if isinstance(error, OSError):  # of a file or a terminal: none of a model
            raise
        raise ModelError(f"{what}: {reason_of(error)}. {advice}.") from error
