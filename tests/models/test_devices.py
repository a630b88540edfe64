"""Devices by name."""

from __future__ import annotations

import pytest

from xai_cam.errors import InputError
from xai_cam.models.devices import check_device, pick_device


@pytest.mark.parametrize("name", ["cuda", "gpu0", "cpu:0", ""])
def test_unknown_devices(name: str):
    with pytest.raises(InputError, match="Unknown device"):
        check_device(name)


def test_devices(monkeypatch: pytest.MonkeyPatch):
    assert pick_device("cpu") == "/CPU:0"
    monkeypatch.setattr("xai_cam.models.devices.list_gpus", lambda: [])
    assert pick_device("auto") == "/CPU:0"
    with pytest.raises(InputError, match=r"no GPU 0 \(TensorFlow sees none\)"):
        pick_device("gpu")
    monkeypatch.setattr("xai_cam.models.devices.list_gpus", lambda: ["one", "two"])
    assert (pick_device("auto"), pick_device("gpu:1")) == ("/GPU:0", "/GPU:1")
    with pytest.raises(InputError, match=r"no GPU 2 \(TensorFlow sees 2\)"):
        pick_device("gpu:2")
