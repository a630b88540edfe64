"""Which engine answers: the one asked for, or the fastest that is there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from support.by_openvino import exact, lines, made, maps, same
from support.commands import explain
from xai_cam import Explainer
from xai_cam.cam.engines.making import make_engine, pick_engine
from xai_cam.cam.engines.openvino import conversion
from xai_cam.cam.engines.questions import Computing
from xai_cam.cam.engines.tensorflow import TensorFlowEngine
from xai_cam.cam.engines.xla import XLAEngine
from xai_cam.errors import InputError, XaiCamError
from xai_cam.models.network import Network

pytest.importorskip("openvino")


def test_without_openvino(
    monkeypatch: Any, tiny_model: Any, model_files: Any, make_photo: Any, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    assert pick_engine(Computing(), on_gpu=False) == "tensorflow"
    assert Explainer(tiny_model).engine.name == "tensorflow"
    for computing in (Computing("openvino"), Computing(precision="bf16")):
        with pytest.raises(XaiCamError, match=r"needs OpenVINO, which is not installed.* install 'openvino"):
            pick_engine(computing, on_gpu=False)
    asked = [make_photo(tmp_path / "a.png"), "--method", "score-cam"]
    assert explain(model_files(), *asked).exit_code == 0
    assert explain(model_files(), *asked, "--engine", "openvino").exit_code == 1


def test_with_a_broken_openvino(tiny_model: Any, monkeypatch: Any, caplog: pytest.LogCaptureFixture) -> None:
    """An error where it was asked for by name; else TensorFlow answers, and a line tells what to do."""

    def require(name: str) -> None:
        raise XaiCamError("OpenVINO cannot be imported (no libtbb). Run `pip install it`.")

    monkeypatch.setattr(conversion, "require", require)
    with pytest.raises(XaiCamError, match="no libtbb"):
        made(tiny_model)
    explainer = made(tiny_model, engine="auto", device="cpu")
    same(maps(explainer), exact(tiny_model))
    (line,) = lines(caplog)
    assert line.endswith("(no libtbb). Run `pip install it`. Continuing with TensorFlow.")


def test_with_a_gpu(monkeypatch: Any, tiny_model: Any) -> None:
    monkeypatch.setattr("xai_cam.models.devices.list_gpus", lambda: ["one"])
    network = Network(tiny_model)

    def engine(*asked: str) -> Any:
        return make_engine(Computing(*asked), network, network.find())

    assert isinstance(engine(), TensorFlowEngine) and engine().device == "/GPU:0"
    assert engine("auto", "cpu").name == engine("openvino", "cpu").name == "openvino"
    for asked in (("openvino",), ("openvino", "gpu"), ("auto", "gpu:0", "bf16")):
        with pytest.raises(InputError, match=r"OpenVINO computes on the CPU here\. Use `device=.cpu.`"):
            engine(*asked)


def test_xla_is_of_tensorflow(tiny_model: Any) -> None:
    assert pick_engine(Computing(xla=True), on_gpu=False) == "tensorflow"
    engine = Explainer(tiny_model, xla=True).engine
    assert isinstance(engine, XLAEngine) and engine.name == "tensorflow xla"
    for asked in ({"engine": "openvino"}, {"precision": "bf16"}):
        with pytest.raises(InputError, match=r"XLA compiles for TensorFlow in f32.* Leave out `xla`"):
            Computing(**asked, xla=True)  # type: ignore[arg-type]
