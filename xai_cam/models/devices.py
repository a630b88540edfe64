"""Devices: finding GPUs, computing on one, and keeping a whole process to it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from xai_cam.errors import InputError, ModelError
from xai_cam.models.failures import as_ours

DEVICE_PATTERN = re.compile(r"auto|cpu|gpu(:\d+)?")

OUT_OF_RANGE = re.compile(r"indices\[[\d, ]*\] = (?P<what>-?\d+ is not in \[-?\d+, -?\d+\))")
"""What TensorFlow says where a number stands for one of so many, as a category does, and there are fewer."""

DRIVERS = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/kfd", "/dev/dxg")
"""Files of the drivers of GPUs under Linux: NVIDIA's, AMD's, and that of Windows' own Linux."""

FAILED = "The model failed on these images"


@contextmanager
def running_on(device: str, instead: str, extras: Sequence[Any] = ()) -> Iterator[None]:
    """Compute on a device; whatever the model raises becomes an error of this package.

    Parameters
    ----------
    device : str
        A device of TensorFlow, such as `/CPU:0`.
    instead : str
        What would take less memory, for the message.
    extras : sequence
        The model's other inputs, if it is run with them: they may be what it cannot take.

    Raises
    ------
    OutOfMemoryError, ModelError
    """
    import tensorflow as tf

    try:
        with as_ours(FAILED, "Check `size` and the model", instead), tf.device(device):
            yield
    except ModelError as error:
        out = OUT_OF_RANGE.search(error.message)
        if out is None or not extras:
            raise
        names = ", ".join(one.name for one in extras)
        raise ModelError(
            f"One of the other inputs ({names}) is out of the range that the model takes: {out['what']}. "
            "Check `extra`."
        ) from error


def list_gpus() -> list[Any]:
    """The GPUs that TensorFlow sees; how it uses them is the program's to say."""
    import tensorflow as tf

    return list(tf.config.list_physical_devices("GPU"))


def may_be_gpu(name: str) -> bool:
    """Whether the device of that name may be a GPU, as far as can be told without TensorFlow.

    TensorFlow's own packages compute on GPUs of NVIDIA and AMD under Linux, whose drivers have files; others
    come as plug-ins beside it.
    """
    if name == "cpu":
        return False
    plugins = any((Path(folder) / "tensorflow-plugins").is_dir() for folder in sys.path if folder)
    return name != "auto" or plugins or any(Path(file).exists() for file in DRIVERS)


def check_device(name: str) -> None:
    """Refuse an unknown device name, without asking TensorFlow.

    Raises
    ------
    InputError
    """
    if not isinstance(name, str) or not DEVICE_PATTERN.fullmatch(name):
        raise InputError(f"Unknown device {name!r}. Use auto, cpu, gpu or gpu:N.")


def claim_device(name: str) -> None:
    """Keep this whole process to one device; for programs of their own, before the first operation.

    A GPU's memory is taken as it is needed, so that others can use the GPU too, and its products are of
    float32: TensorFloat-32, which TensorFlow takes where a GPU has it, keeps 10 bits of 23, and maps would
    depend on the machine. Afterwards the device chosen is `gpu` for every `gpu:N`.

    Raises
    ------
    InputError
        No such GPU.
    """
    import tensorflow as tf

    chosen = pick_device(name)
    if chosen == "/CPU:0":
        tf.config.set_visible_devices([], "GPU")
        return
    gpu = list_gpus()[int(chosen.rpartition(":")[2])]
    tf.config.set_visible_devices([gpu], "GPU")
    tf.config.experimental.set_memory_growth(gpu, True)
    tf.config.experimental.enable_tensor_float_32_execution(False)


def pick_device(name: str) -> str:
    """TensorFlow's name of the device that `auto`, `cpu`, `gpu` or `gpu:N` means here.

    Raises
    ------
    InputError
        No such GPU.
    """
    check_device(name)
    if name == "cpu" or (name == "auto" and "tensorflow" not in sys.modules and not may_be_gpu(name)):
        return "/CPU:0"
    gpus = list_gpus()
    if name == "auto":
        return "/GPU:0" if gpus else "/CPU:0"
    number = int(name.partition(":")[2] or 0)
    if number >= len(gpus):
        seen = f"TensorFlow sees {len(gpus)}" if gpus else "TensorFlow sees none"
        raise InputError(f'There is no GPU {number} ({seen}). Use `device="cpu"`, or see `xai-cam doctor`.')
    return f"/GPU:{number}"
