"""Where operations run, on a machine of several devices; and how often XLA compiles, as it writes itself.

The devices are parts of the processor: TensorFlow tells them apart as it does GPUs.
"""

from __future__ import annotations

import re
from pathlib import Path

from support import ROOT
from support.commands import clean_environment, fresh

SCRIPT = """
import sys
import numpy as np
import tensorflow as tf

(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 3)
tf.config.set_soft_device_placement(False)
tf.debugging.set_log_device_placement(True)

from support.perturbed import mixed
from support.small_models import build_tiny
from xai_cam import Explainer, prepare, sample
from xai_cam.cam.classifier import Classifier
from xai_cam.cam.engines import tensorflow, xla
from xai_cam.cam.engines.questions import Computing
from xai_cam.cam.methods import METHODS
from xai_cam.errors import ModelError
from xai_cam.models import devices
from xai_cam.models.network import Network

network = Network(build_tiny())
images = np.random.default_rng(0).normal(0, 1, (3, 16, 16, 3)).astype(np.float32)

# What `gpu:2` means where there are three, on a device of that number.
devices.list_gpus = lambda: ["a", "b", "c"]
chosen = devices.pick_device("gpu:2").replace("GPU", "CPU")
engine = tensorflow.TensorFlowEngine(network, network.find(), 4)
scores = Classifier(network, Computing("tensorflow"))
engine.device = scores.engine.device = chosen
print("BEGIN", file=sys.stderr, flush=True)
print("BEGIN", flush=True)
before, gradients = engine.gradients(images, np.zeros((3, 1), np.int32), "logit")
engine.forward(images)
channels = np.ones((3, 8), bool)
engine.masked_scores(images, before, np.zeros((3, 1), np.int32), channels)
engine.ablated_scores(images, before, np.zeros((3, 1), np.int32), channels)
engine.perturbed_scores(mixed(images, [0]))
scores.score(list(images))
print("END", file=sys.stderr, flush=True)
print("END", flush=True)

# A model's weights have to lie where XLA's code runs.
elsewhere = xla.XLAEngine(network, network.find(), 4)
elsewhere.device = chosen
try:
    elsewhere.forward(images)
except ModelError as error:
    print("refused:", error)

devices.list_gpus = lambda: []
model, pictures, *_ = sample()
given = prepare(model, pictures)
compiled, plain = Explainer(model, xla=True), Explainer(model, engine="tensorflow")
worst, cams = 0.0, [name for name, method in METHODS.items() if method.needs_layer]
for some in (given, given[:2], given[2:3]):
    for mine, right in zip(*(one.explain(some, cams) for one in (compiled, plain))):
        for a, b in zip(mine, right):
            worst = max(worst, float(np.abs(a.cam - b.cam).max() / b.cam.max()))
print("worst:", worst)
"""

ELSEWHERE = {"_Arg", "ReadVariableOp", "_DeviceArg", "_DeviceRetval"}
"""What runs where the model's weights lie: nothing but that they are read."""


def test_where_operations_run_and_how_often_xla_compiles(tmp_path: Path) -> None:
    dump = tmp_path / "xla"
    environment = clean_environment(
        PYTHONPATH=f"{ROOT}:{ROOT / 'tests'}",
        TF_CPP_MIN_LOG_LEVEL="0",
        XLA_FLAGS=f"--xla_dump_to={dump} --xla_dump_hlo_as_proto",
    )
    done = fresh("-c", SCRIPT, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    logged = done.stderr.partition("BEGIN")[2].partition("END")[0]
    placed = re.findall(r"\((\w+)\): .*/device:(CPU:\d)", logged)
    ran = {kind for kind, device in placed if device == "CPU:2"}
    assert {"Conv2D", "MatMul", "MaxPool", "OneHot", "Softmax", "BatchMatMulV2"} <= ran
    assert re.search(r"gradient_tape/.*/device:CPU:2", logged)
    assert {kind for kind, device in placed if device != "CPU:2"} <= ELSEWHERE
    assert "refused: The model failed on these images" in done.stdout
    (worst,) = re.findall(r"worst: (\S+)", done.stdout)
    assert 0 < float(worst) < 1e-4
    modules = {one.name.partition(".")[0] for one in dump.glob("*inference*before_optimizations*")}
    once = "gradients with the pass, masked, ablated, positions, spread: once each for three sizes of batch"
    assert len(modules) == 5, once
