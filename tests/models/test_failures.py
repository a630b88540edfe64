"""Whatever a model raises becomes one sentence, and a lack of memory is known as one."""

from __future__ import annotations

import errno

import pytest

from xai_cam.errors import InputError, ModelError, OutOfMemoryError
from xai_cam.files.memory import ran_out_of_memory
from xai_cam.models.failures import as_ours, reason_of

GRAPH = """Graph execution error:

Detected at node s_1/x_1/resize/ResizeBilinear defined at (most recent call last):
  File "/somewhere/xai_cam/__main__.py", line 5, in <module>

  File "/somewhere/keras/src/layers/layer.py", line 1002, in __call__

output dimensions must be positive
\t [[{{node s_1/x_1/resize/ResizeBilinear}}]] [Op:__inference_call_10]"""

LAYER = """Exception encountered when calling Dense.call().

\x1b[1mMatrix size-incompatible: In[0]: [1,2], In[1]: [3,4].\x1b[0m

Arguments received by Dense.call():
  • inputs=tf.Tensor(shape=(1, 2), dtype=float32)"""


def raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.ENOMEM, "Cannot allocate memory", "/somewhere/tensorflow"),
        RuntimeError("Exception from src/core.cpp:12: std::bad_alloc"),
        RuntimeError("Status: 1, message: could not create a primitive, in file mkl_conv_ops.cc:1112"),
        ImportError("cv2.abi3.so: failed to map segment from shared object"),
        ValueError("Unable to allocate 1.61 GiB for an array with shape (12, 13)"),
        raised(RuntimeError("it failed"), MemoryError()),
    ],
)
def test_memory_that_ended(error: BaseException) -> None:
    assert ran_out_of_memory(error)
    with (
        pytest.raises(OutOfMemoryError, match=r"Out of memory\. Take fewer\."),
        as_ours("", "", "Take fewer"),
    ):
        raise error


def test_tensorflows_own_error() -> None:
    import tensorflow as tf

    assert ran_out_of_memory(tf.errors.ResourceExhaustedError(None, None, "no room"))
    assert not ran_out_of_memory(tf.errors.InvalidArgumentError(None, None, "the room is green"))


@pytest.mark.parametrize(
    "error", [ValueError("bloom allocated"), RuntimeError("Status: 3, message: could not"), KeyError("room")]
)
def test_what_is_no_lack_of_memory(error: Exception) -> None:
    assert not ran_out_of_memory(error)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (GRAPH, "output dimensions must be positive"),
        (LAYER, "Matrix size-incompatible: In[0]: [1,2], In[1]: [3,4]"),
        ("shapes\n do not  match.", "shapes do not match"),
        (
            "Negative size for '{{node a/pool}} = AvgPool[T=DT_FLOAT](a/b)' with input shapes: [2,1].",
            "Negative size with input shapes: [2,1]",
        ),
        ("`units` is odd", "'units' is odd"),
        ("Graph execution error:", "Graph execution error:"),
        ("a" * 400, "a" * 297 + "..."),
        ("", "ValueError"),
    ],
)
def test_what_an_error_has_to_say(text: str, reason: str) -> None:
    assert reason_of(ValueError(text)) == reason


def test_any_error_of_a_model_is_ours() -> None:
    class OddError(Exception):
        pass

    told = pytest.raises(ModelError, match=r"^It failed: no such thing\. Mend it\.$")
    with told, as_ours("It failed", "Mend it", ""):
        raise OddError("no such thing")


def test_what_is_none_of_the_models_passes() -> None:
    for error in (InputError("asked for"), BrokenPipeError("gone"), KeyboardInterrupt()):
        with pytest.raises(type(error)), as_ours("", "", ""):
            raise error
