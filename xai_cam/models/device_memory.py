"""How much memory a GPU has for TensorFlow, and how many inputs at a time that is enough for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xai_cam.models.facts import NetworkFacts

SHARE = 2
"""Inputs at a time may take one part of so many of what is free: workspaces and copies take the rest."""

MULTIPLE = 8
"""GPUs are at their fastest where a batch is a multiple of it."""

MOST = 512
"""More inputs at a time make no GPU faster, and a last chunk that has to be filled up dearer."""

MASKED = 4
"""What a masked input takes besides the model's activations, in inputs: image, mask, product and a copy."""

FLOAT32 = 4


def room_on(device: str, network: NetworkFacts) -> int | None:
    """How many inputs at a time a network takes on one of TensorFlow's devices; None where nobody tells.

    What its activations take is known from its trace. More may be asked of it: then fewer are tried.
    """
    free = free_memory(device)
    if free is None:
        return None
    return inputs_that_fit(free, network.bytes_each + MASKED * FLOAT32 * math.prod(network.input_shape))


def free_memory(device: str) -> int | None:
    """Bytes that TensorFlow may still take on one of its devices; None where it does not tell, as of a CPU.

    That is the limit that it has set itself, or the program has, without what its tensors take.
    """
    import tensorflow as tf

    limit = _limit_of(device)
    if not limit or "GPU" not in device:
        return None
    try:
        return max(limit - int(tf.config.experimental.get_memory_info(device.strip("/"))["current"]), 0)
    except (ValueError, KeyError, tf.errors.OpError):
        return limit


def _limit_of(device: str) -> int | None:
    """The bytes that a device's allocator may take in all, as TensorFlow lists its devices.

    No public function tells without making the devices once more.
    """
    try:
        from tensorflow.python import pywrap_tfe
        from tensorflow.python.client import pywrap_tf_session as listing
        from tensorflow.python.eager import context

        running = context.context()
        running.ensure_initialized()
        devices = pywrap_tfe.TFE_ContextListDevices(running._handle)
        for i in range(listing.TF_DeviceListCount(devices)):
            if listing.TF_DeviceListName(devices, i).endswith(f"device:{device.strip('/')}"):
                return int(listing.TF_DeviceListMemoryBytes(devices, i))
    except (ImportError, AttributeError, TypeError, ValueError):  # another version of TensorFlow
        pass
    return None


def inputs_that_fit(free: int, each: float) -> int:
    """How many inputs of so many bytes a device with so many free bytes takes at a time: at least 1.

    Parameters
    ----------
    free : int
        Bytes that are free.
    each : float
        Bytes that one input takes, with all that is made of it and there at once.
    """
    most = max(min(int(free / SHARE / max(each, 1)), MOST), 1)
    return most // MULTIPLE * MULTIPLE if most >= MULTIPLE else most


def even_size(count: int, most: int) -> int:
    """The size of chunks of which as few as possible hold so many inputs, and next to no filling.

    Parameters
    ----------
    count : int
        Inputs that wait.
    most : int
        The largest chunk.
    """
    chunks = max(-(-count // most), 1)
    size = -(-max(count, 1) // chunks)
    return min(-(-size // MULTIPLE) * MULTIPLE, most)
