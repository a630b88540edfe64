"""Which processor computes: finding GPUs, and keeping TensorFlow modest on them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from xai_cam.errors import InputError, ModelError, OutOfMemoryError

DEVICE_PATTERN = re.compile(r"auto|cpu|gpu(:\d+)?")


@contextmanager
def running_on(device: str, instead: str) -> Iterator[None]:
    """Compute on a device; TensorFlow's errors become ours.

    Parameters
    ----------
    device : str
        A device of TensorFlow, such as `/CPU:0`.
    instead : str
        What would take less memory, for the message.

    Raises
    ------
    OutOfMemoryError, ModelError
    """
    import tensorflow as tf

    try:
        with tf.device(device):
            yield
    except tf.errors.ResourceExhaustedError as error:
        raise OutOfMemoryError(f"Out of memory. {instead}.") from error
    except tf.errors.OpError as error:
        reason = " ".join(error.message.split())[:300]
        raise ModelError(
            f"The model failed on these images: {reason}. Check `size` and the model."
        ) from error


def list_gpus() -> list[Any]:
    """The GPUs that TensorFlow sees, told to take memory as they need it."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        with suppress(RuntimeError):  # already in use by the caller's program, on the caller's terms
            tf.config.experimental.set_memory_growth(gpu, True)
    return list(gpus)


def check_device(name: str) -> None:
    """Refuse a name that can mean no device; asks TensorFlow nothing.

    Raises
    ------
    InputError
    """
    if not isinstance(name, str) or not DEVICE_PATTERN.fullmatch(name):
        raise InputError(f"Unknown device {name!r}. Use auto, cpu, gpu or gpu:N.")


def claim_device(name: str) -> None:
    """Keep this whole process to one device; for programs of their own, before the first operation.

    Afterwards the device chosen is `gpu` for every `gpu:N`.

    Raises
    ------
    InputError
        No such GPU.
    """
    import tensorflow as tf

    chosen = pick_device(name)
    if chosen == "/CPU:0":
        tf.config.set_visible_devices([], "GPU")
    else:
        tf.config.set_visible_devices([list_gpus()[int(chosen.rpartition(":")[2])]], "GPU")


def pick_device(name: str) -> str:
    """TensorFlow's name of the device that `auto`, `cpu`, `gpu` or `gpu:N` means here.

    Raises
    ------
    InputError
        No such GPU.
    """
    check_device(name)
    if name == "cpu":
        return "/CPU:0"
    gpus = list_gpus()
    if name == "auto":
        return "/GPU:0" if gpus else "/CPU:0"
    number = int(name.partition(":")[2] or 0)
    if number >= len(gpus):
        seen = f"TensorFlow sees {len(gpus)}" if gpus else "TensorFlow sees none"
        raise InputError(f'There is no GPU {number} ({seen}). Use `device="cpu"`, or see `xai-cam doctor`.')
    return f"/GPU:{number}"
