"""What a device's memory is enough for, by hand; and what TensorFlow tells of its devices."""

from __future__ import annotations

from typing import Any

import pytest
import tensorflow as tf

from support.small_models import build_tiny
from xai_cam.cam.classifier import Classifier
from xai_cam.cam.engines.questions import Computing
from xai_cam.cam.engines.tensorflow import TensorFlowEngine
from xai_cam.models import device_memory
from xai_cam.models.device_memory import MOST, even_size, free_memory, inputs_that_fit
from xai_cam.models.network import Network

GB, MB = 10**9, 10**6


@pytest.mark.parametrize(
    ("free", "each", "fit"),
    [
        (8 * GB, 20 * MB, 200),  # half of it is for inputs: 4000 / 20
        (8 * GB, 21 * MB, 184),  # 190.5, a multiple of 8
        (2 * GB, 100 * MB, 8),  # 10
        (2 * GB, 150 * MB, 6),  # fewer than 8 are what they are
        (2 * GB, 5 * GB, 1),  # it is tried
        (0, 1, 1),
        (80 * GB, 1000, MOST),
        (80 * GB, 0, MOST),
    ],
)
def test_inputs_by_bytes(free: int, each: float, fit: int) -> None:
    assert inputs_that_fit(free, each) == fit


@pytest.mark.parametrize(
    ("count", "most", "size"),
    [
        (64, 512, 64),
        (60, 512, 64),
        (1280, 512, 432),  # three chunks of 427
        (1024, 512, 512),
        (1025, 512, 344),  # three of 342
        (20480, 512, 512),
        (1, 512, 8),
        (3, 2, 2),
        (0, 512, 8),
        (9, 5, 5),
    ],
)
def test_chunks_of_one_size_with_little_filling(count: int, most: int, size: int) -> None:
    assert even_size(count, most) == size


@pytest.mark.parametrize("most", [1, 5, 8, 100, 512])
def test_no_chunk_more_than_there_have_to_be(most: int) -> None:
    for count in range(1, 1300, 7):
        size = even_size(count, most)
        assert 1 <= size <= most and -(-count // size) == -(-count // most)


def test_free_is_the_limit_without_what_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_memory, "_limit_of", {"/GPU:1": 5000}.get)
    info = {"GPU:1": {"current": 1500, "peak": 4000}}
    monkeypatch.setattr(tf.config.experimental, "get_memory_info", lambda name: info[name])
    assert free_memory("/GPU:1") == 3500
    info["GPU:1"]["current"] = 6000
    assert free_memory("/GPU:1") == 0
    assert free_memory("/GPU:0") is None, "nobody told"

    def refuse(name: str) -> Any:
        raise ValueError("no such device")

    monkeypatch.setattr(tf.config.experimental, "get_memory_info", refuse)
    assert free_memory("/GPU:1") == 5000


def test_a_gpu_takes_what_it_has_memory_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A convolution of 16 x 16 x 6 float32 and its image take 6144 + 3072 bytes, its ReLU as much again.

    So some 15 kB are there at once, and 12 kB more for a mask; 40 of these are less than half of 3 MB.
    """
    network = Network(build_tiny())
    assert 6144 + 3072 <= network.bytes_each <= 3 * 6144 + 3072
    monkeypatch.setattr("xai_cam.models.devices.list_gpus", lambda: ["one"])
    free = [3_000_000]
    monkeypatch.setattr(device_memory, "free_memory", lambda device: free[0] if "GPU" in device else None)
    engine = TensorFlowEngine(network, network.find())
    assert engine.device == "/GPU:0"
    room = inputs_that_fit(3_000_000, network.bytes_each + 4 * 3072)
    assert 40 <= room < 80
    assert (engine.chunk_size, engine.auto_chunk, engine.at_most(1000), engine.at_most(16)) == (
        room,
        room,
        room,
        16,
    )
    assert engine.chunk_for(9, "masked") == 16, "not filled up to all that there is room for"
    assert engine.chunk_for(1000, "masked") == even_size(1000, room)
    assert TensorFlowEngine(network, network.find(), chunk_size=9).chunk_size == 9
    assert Classifier(network).batch_size == 32
    assert Classifier(network, Computing(batch_size=500)).batch_size == room
    free[0] = 200_000
    assert TensorFlowEngine(network, network.find(), chunk_size=9).chunk_size < 9
    assert TensorFlowEngine(network, network.find(), device="cpu").chunk_size == 64


def test_the_limits_are_where_they_are_looked_for() -> None:
    """TensorFlow's own list of devices, by its public session, has the same limit of the CPU's."""
    with tf.compat.v1.Session() as session:
        (listed,) = [one for one in session.list_devices() if one.device_type == "CPU"]
    assert device_memory._limit_of("/CPU:0") == listed.memory_limit_bytes > 0
    assert device_memory._limit_of("/GPU:7") is None
    assert free_memory("/CPU:0") is None, "the machine's memory is another matter"


def test_a_tensorflow_that_hides_them(monkeypatch: pytest.MonkeyPatch) -> None:
    from tensorflow.python.client import pywrap_tf_session

    monkeypatch.delattr(pywrap_tf_session, "TF_DeviceListMemoryBytes")
    assert device_memory._limit_of("/CPU:0") is None
