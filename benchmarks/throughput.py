"""What the methods cost, as ratios to the raw batched forward pass of the same model, and in memory.

    python benchmarks/throughput.py [--rounds 9] [--networks shapes,mobilenet_v2,resnet50]
                                    [--engines tensorflow,openvino]

Everything is measured in one run, in turn, so that a machine whose speed drifts does the ratios little harm;
the figures are medians. Grad-CAM of a batch is compared with one forward pass over it. Score-CAM is made of
masked forwards, (image, live channel) pairs in chunks: a few chunks are compared with as many forward
passes of the same size by the same engine. Peak memory is that of a process of its own that does nothing but
load the network and explain one image by Score-CAM, all channels of it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from measuring import in_turn, machine, peak_memory, show_rows

IMAGES = 16
CHUNKS = 4
NETWORKS = ("shapes", "mobilenet_v2", "resnet50")
ENGINES = ("tensorflow", "openvino")


def make_network(name: str) -> Any:
    """The shapes classifier as shipped, or a network of keras.applications with seeded random weights."""
    import keras

    from xai_cam import load_model
    from xai_cam.runs.demo import sample_model

    keras.utils.set_random_seed(0)
    if name == "shapes":
        files = sample_model("shapes")
        return load_model(files.model, files.weights)
    build = {"mobilenet_v2": keras.applications.MobileNetV2, "resnet50": keras.applications.ResNet50}[name]
    return build(weights=None)


def make_images(model: Any, count: int) -> np.ndarray:
    """Seeded smooth random pictures, so that channels are alive and differ."""
    height, width, channels = model.input_shape[1:]
    rng = np.random.default_rng(0)
    coarse = rng.uniform(0, 1, (count, 8, 8, channels))
    return np.kron(coarse, np.ones((1, height // 8 + 1, width // 8 + 1, 1)))[:, :height, :width].astype("f4")


def raw_forward(model: Any, engine: str, size: int) -> Callable[[np.ndarray], Any]:
    """The model's own forward pass over `size` images, compiled as that engine's users do."""
    import tensorflow as tf

    signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)]
    raw = tf.function(lambda x: model(x, training=False), signature, autograph=False)
    if engine == "tensorflow":
        return lambda images: raw(tf.constant(images)).numpy()
    import openvino

    graph = openvino.convert_model(raw.get_concrete_function())
    graph.reshape([size, *model.input_shape[1:]])
    return openvino.Core().compile_model(graph, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})


def measure(name: str, engine_name: str, rounds: int) -> dict[str, float | str]:
    """Times and ratios of one network by one engine."""
    from xai_cam import Explainer

    model = make_network(name)
    explainer = Explainer(model, engine=engine_name)
    engine, images = explainer.engine, make_images(model, IMAGES)
    live = int(alive(engine.forward(images[:1]).activations).sum())
    few = images[: -(-CHUNKS * engine.chunk_size // live)]
    before = engine.forward(few)
    before = replace(before, activations=before.activations[..., : CHUNKS * engine.chunk_size])
    every = alive(before.activations)
    chunks = -(-every.sum() // engine.chunk_size)
    classes = np.zeros((len(few), 1), np.int32)
    chunk = np.resize(images, (engine.chunk_size, *images.shape[1:]))
    forward, raw = raw_forward(model, "tensorflow", IMAGES), raw_forward(model, engine_name, len(chunk))
    found = in_turn(
        {
            "forward": lambda: forward(images),
            "grad-cam": lambda: explainer.explain(images, ["grad-cam"]),
            "forwards": lambda: [raw(chunk) for _ in range(chunks)],
            "masked": lambda: engine.masked_scores(few, before, classes, every),
        },
        rounds,
    )
    return {
        "network": name,
        "engine": engine_name,
        "input": " x ".join(map(str, images.shape[1:3])),
        "live channels": str(live),
        "Grad-CAM / TensorFlow's forward": float(np.median(found["grad-cam"] / found["forward"])),
        "forward, ms an image": float(np.median(found["forwards"])) / (chunks * len(chunk)) * 1000,
        "masked forward / forward": float(np.median(found["masked"] / found["forwards"])),
        "peak MiB": peak_of(name, engine_name),
    }


def alive(activations: np.ndarray) -> np.ndarray:
    """Which channels of which images make a mask, (n, k) bool."""
    return activations.max((1, 2)) > activations.min((1, 2))


def peak_of(name: str, engine: str) -> float:
    """Peak resident memory in MiB of a process that explains one image by Score-CAM."""
    command = [sys.executable, __file__, "--only-explain", name, "--engines", engine]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def only_explain(name: str, engine: str) -> None:
    """Explain one image by Score-CAM and print this process' peak memory."""
    from xai_cam import explain

    model = make_network(name)
    explain(model, make_images(model, 1), method="score-cam", engine=engine, cache=False)
    print(json.dumps(peak_memory()))


def show(rows: list[dict[str, float | str]]) -> None:
    """Print a Markdown table, and what it was measured on."""
    show_rows(rows)
    print(f"\n{machine()}; {IMAGES} images a batch.")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--networks", default=",".join(NETWORKS))
    parser.add_argument("--engines", default=",".join(ENGINES))
    parser.add_argument("--only-explain", choices=NETWORKS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only_explain:
        only_explain(options.only_explain, options.engines)
    else:
        engines, names = options.engines.split(","), options.networks.split(",")
        show([measure(name, engine, options.rounds) for name in names for engine in engines])


if __name__ == "__main__":
    main()
