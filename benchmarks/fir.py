"""Filters of a picture: by OpenCV, by a full convolution, by a depthwise one; and one inside a model.

    python benchmarks/fir.py [--rounds 15] [--networks shapes,mobilenet_v2]

A filter that treats the three planes of a picture alike can be computed by `cv2.filter2D`, plane by plane; as
a `Conv2D` with nine kernels of which the six between different planes are zero; or as a `DepthwiseConv2D`,
which has only the other three. All get float32 and pad with zeros; their results are compared before anything
is timed. OpenCV gets one picture after the other, the layers a batch in one compiled call.

The second table asks where a filter in front of a model should be: inside, as `xai-cam kernels prepend` puts
it, or outside, each picture by OpenCV before the model is called.

All figures are medians over rounds in which everything is measured once, in turn.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2
import numpy as np

from measuring import Cell, in_turn, machine, show_rows
from throughput import make_images, make_network

SIZES = (3, 5, 15)
PICTURES = {(32, 1): 40, (32, 64): 8, (512, 1): 4, (512, 8): 1}
"""(Side, images a batch) -> calls in one measurement, so that short ones can be told apart."""

IMAGES = 16
TOLERANCE = 1e-5


def kernel_of(size: int) -> np.ndarray:
    """A Gaussian, (size, size) float32."""
    from xai_cam import make_kernel

    return make_kernel("gaussian", size)[0].astype(np.float32)


def by_opencv(images: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Each picture by `cv2.filter2D`, (n, H, W, 3)."""
    return np.stack([cv2.filter2D(x, -1, kernel, borderType=cv2.BORDER_CONSTANT) for x in images])


def full_layer(kernel: np.ndarray) -> Any:
    """A `Conv2D` of 3 x 3 kernels, those between different planes zero."""
    import keras

    layer = keras.layers.Conv2D(3, kernel.shape, padding="same", use_bias=False)
    layer.build((None, None, None, 3))
    layer.set_weights([kernel[:, :, None, None] * np.eye(3, dtype=np.float32)])
    return layer


def depthwise_layer(kernel: np.ndarray) -> Any:
    """A `DepthwiseConv2D`: one kernel a plane."""
    import keras

    layer = keras.layers.DepthwiseConv2D(kernel.shape, padding="same", use_bias=False)
    layer.build((None, None, None, 3))
    layer.set_weights([np.repeat(kernel[:, :, None, None], 3, axis=2)])
    return layer


def compiled(call: Callable[[Any], Any], images: np.ndarray, device: str) -> Callable[[], np.ndarray]:
    """The call on these images as a task: one compiled function, its answer brought back."""
    import tensorflow as tf

    signature = [tf.TensorSpec((None, *images.shape[1:]), tf.float32)]
    with tf.device(device):
        function, batch = tf.function(call, signature, autograph=False), tf.constant(images)

    def task() -> np.ndarray:
        with tf.device(device):
            return function(batch).numpy()

    return task


def devices() -> list[str]:
    import tensorflow as tf

    return ["CPU", "GPU"] if tf.config.list_physical_devices("GPU") else ["CPU"]


def measure_filters(size: int, side: int, count: int, rounds: int) -> dict[str, Cell]:
    """One row: a filter over pictures of one size."""
    kernel, calls = kernel_of(size), PICTURES[side, count]
    images = np.random.default_rng(0).uniform(0, 1, (count, side, side, 3)).astype(np.float32)
    full, depthwise = full_layer(kernel), depthwise_layer(kernel)
    tasks: dict[str, Callable[[], np.ndarray]] = {"filter2D": lambda: by_opencv(images, kernel)}
    for device in devices():
        tasks[f"Conv2D {device}"] = compiled(full, images, device)
        tasks[f"depthwise {device}"] = compiled(depthwise, images, device)
    wanted = tasks["filter2D"]()
    for name, task in tasks.items():
        difference = float(np.abs(task() - wanted).max())
        if difference > TOLERANCE:
            raise SystemExit(f"{name} differs from filter2D by {difference:.1e} at {size} x {size}")
    repeated = {name: lambda task=task: [task() for _ in range(calls)] for name, task in tasks.items()}
    found = in_turn(repeated, rounds)
    row: dict[str, Cell] = {"filter": f"{size} x {size}", "pictures": f"{count} of {side} x {side} x 3"}
    for name in list(tasks)[1:]:
        row[f"{name} / filter2D"] = float(np.median(found[name] / found["filter2D"]))
    for device in devices():
        ratio = found[f"Conv2D {device}"] / found[f"depthwise {device}"]
        row[f"Conv2D / depthwise {device}"] = float(np.median(ratio))
    row["filter2D, ms a picture"] = float(np.median(found["filter2D"])) / calls / count * 1000
    return row


def measure_models(name: str, size: int, rounds: int) -> dict[str, Cell]:
    """One row: a filter inside a model, and in front of it."""
    from xai_cam import prepend_filter

    model, kernel, device = make_network(name), kernel_of(size), devices()[-1]
    images = make_images(model, IMAGES)
    inside = prepend_filter(model, kernel[None])
    tasks = {
        "without": compiled(lambda x: model(x, training=False), images, device),
        "inside": compiled(lambda x: inside(x, training=False), images, device),
        "outside": filtered_first(model, images, kernel, device),
    }
    if not np.allclose(tasks["inside"](), tasks["outside"](), atol=1e-4):
        raise SystemExit(f"{name}: the filter inside the model is not the one outside")
    found = in_turn(tasks, rounds)
    return {
        "network": name,
        "input": " x ".join(map(str, images.shape[1:])),
        "filter": f"{size} x {size}",
        "inside / without": float(np.median(found["inside"] / found["without"])),
        "outside / without": float(np.median(found["outside"] / found["without"])),
        "inside / outside": float(np.median(found["inside"] / found["outside"])),
        "without, ms a picture": float(np.median(found["without"])) / IMAGES * 1000,
    }


def filtered_first(
    model: Any, images: np.ndarray, kernel: np.ndarray, device: str
) -> Callable[[], np.ndarray]:
    """A prediction of pictures that OpenCV filters first."""
    import tensorflow as tf

    signature = [tf.TensorSpec((None, *images.shape[1:]), tf.float32)]
    function = tf.function(lambda x: model(x, training=False), signature, autograph=False)

    def task() -> np.ndarray:
        with tf.device(device):
            return function(tf.constant(by_opencv(images, kernel))).numpy()

    return task


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--networks", default="shapes,mobilenet_v2")
    options = parser.parse_args()
    show_rows([measure_filters(size, *pictures, options.rounds) for pictures in PICTURES for size in SIZES])
    print()
    networks = options.networks.split(",")
    show_rows([measure_models(name, size, options.rounds) for name in networks for size in SIZES])
    print(f"\n{machine()}, OpenCV {cv2.__version__} on {cv2.getNumThreads()} threads.")


if __name__ == "__main__":
    main()
