"""Names of devices, and TensorFlow's errors as ours."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import tensorflow as tf

from xai_cam.errors import InputError, ModelError, OutOfMemoryError
from xai_cam.models import devices
from xai_cam.models.input.model_inputs import ModelInput


@pytest.mark.parametrize("name", ["auto", "cpu", "gpu", "gpu:0", "gpu:12"])
def test_names_that_can_mean_a_device(name: str) -> None:
    devices.check_device(name)


@pytest.mark.parametrize("name", ["", "GPU", "gpu:", "gpu:x", "cpu:0", "tpu", "gpu:-1"])
def test_names_that_cannot(name: str) -> None:
    with pytest.raises(InputError, match="Unknown device"):
        devices.check_device(name)


@pytest.mark.parametrize(
    ("name", "gpus", "device"),
    [
        ("cpu", 2, "/CPU:0"),
        ("auto", 0, "/CPU:0"),
        ("auto", 2, "/GPU:0"),
        ("gpu", 1, "/GPU:0"),
        ("gpu:1", 2, "/GPU:1"),
    ],
)
def test_what_a_name_means(name: str, gpus: int, device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "list_gpus", lambda: list(range(gpus)))
    assert devices.pick_device(name) == device


@pytest.mark.parametrize(("name", "gpus"), [("gpu", 0), ("gpu:2", 2)])
def test_a_gpu_that_is_not_there(name: str, gpus: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "list_gpus", lambda: list(range(gpus)))
    with pytest.raises(InputError, match="There is no GPU"):
        devices.pick_device(name)


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """A machine with two GPUs, and what its settings are asked for."""
    asked: list[tuple[object, ...]] = []

    def noting(name: str) -> Callable[..., None]:
        return lambda *given: asked.append((name, *given))

    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["first", "second"])
    monkeypatch.setattr(tf.config, "set_visible_devices", noting("visible"))
    monkeypatch.setattr(tf.config.experimental, "set_memory_growth", noting("growth"))
    monkeypatch.setattr(tf.config.experimental, "enable_tensor_float_32_execution", noting("tf32"))
    return asked


def test_a_program_of_its_own_keeps_to_one_gpu(two_gpus: list[tuple[object, ...]]) -> None:
    devices.claim_device("gpu:1")
    assert two_gpus == [("visible", ["second"], "GPU"), ("growth", "second", True), ("tf32", False)]
    two_gpus.clear()
    devices.claim_device("cpu")
    assert two_gpus == [("visible", [], "GPU")]


def test_a_library_leaves_gpus_as_the_program_set_them(two_gpus: list[tuple[object, ...]]) -> None:
    assert devices.pick_device("auto") == "/GPU:0" and devices.pick_device("gpu:1") == "/GPU:1"
    assert devices.list_gpus() == ["first", "second"] and two_gpus == []


def test_errors_of_tensorflow_become_ours() -> None:
    full = tf.errors.ResourceExhaustedError(None, None, "no room")
    with pytest.raises(OutOfMemoryError, match=r"Take fewer\."), devices.running_on("/CPU:0", "Take fewer"):
        raise full
    wrong = tf.errors.InvalidArgumentError(None, None, "no\n such   shape")
    with pytest.raises(ModelError, match="these images: no such shape"), devices.running_on("/CPU:0", ""):
        raise wrong
    with devices.running_on("/CPU:0", ""):
        assert "CPU:0" in (tf.constant(1) + 1).device


@pytest.mark.parametrize("site", [9, -1])
def test_a_category_that_there_is_not_is_one_of_the_other_inputs(site: int) -> None:
    import tensorflow as tf

    def look_up() -> None:
        tf.gather(tf.zeros((5, 2)), tf.constant([[site]]))

    said = rf"other inputs \(site\) is out of the range .*: {site} is not in \[0, 5\)\. Check `extra`"
    with pytest.raises(ModelError, match=said), devices.running_on("/CPU:0", "", [ModelInput("site", (1,))]):
        look_up()
    with pytest.raises(ModelError, match="these images"), devices.running_on("/CPU:0", ""):
        look_up()
