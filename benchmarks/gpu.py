"""What a GPU makes of it, in ten minutes: one file to run, and a table to paste into docs/benchmarks.md.

    python benchmarks/gpu.py [--device auto|cpu|gpu[:N]] [--networks mobilenet_v2,resnet50] [--rounds 5]
    python benchmarks/gpu.py --device cpu --quick        # whether it runs to its end, anywhere

For each network, in float32, by XLA, with TensorFloat-32, in mixed precision (float16 activations, float32
weights), and that by XLA:

- the raw forward pass in chunks of the size that `auto` takes, compiled as the mode is; what a masked input
  of Score-CAM costs beside it; what Grad-CAM of 16 images costs beside TensorFlow's forward pass over them;
- how far Grad-CAM's and Score-CAM's maps are from those that the processor computes in float32, at most, over
  the map's maximum (Score-CAM of 64 channels);
- the peak of the device's memory.

And masked inputs a second by the size of a chunk. Ratios are medians of pairs taken in turn. Where TensorFlow
sees no GPU the figures are the processor's, and the table says so.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from measuring import Cell, in_turn, machine, peak_memory, show_rows

IMAGES, CHECKED, CHANNELS, CHUNKS = 16, 2, 64, 4
SIZES = (8, 16, 32, 64, 128, 256, 512)
QUICK_SIZES = (8, 16)
SMALL = "three convolutions"


@dataclass(frozen=True)
class Mode:
    """How a network is computed."""

    name: str
    xla: bool = False
    tf32: bool = False
    mixed: bool = False


MODES = (
    Mode("float32"),
    Mode("XLA", xla=True),
    Mode("TF32", tf32=True),
    Mode("mixed", mixed=True),
    Mode("mixed, XLA", xla=True, mixed=True),
)


def build(name: str, mixed: bool = False) -> Any:
    """A network with seeded random weights: of keras.applications, or one that is small."""
    import keras

    former = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16" if mixed else "float32")
    try:
        keras.utils.set_random_seed(0)
        kinds = {"mobilenet_v2": keras.applications.MobileNetV2, "resnet50": keras.applications.ResNet50}
        return small() if name == SMALL else kinds[name](weights=None)
    finally:
        keras.config.set_dtype_policy(former)


def small() -> Any:
    """Three convolutions and a head."""
    import keras

    layers = [keras.layers.Conv2D(32, 3, 2, "same", activation="relu") for _ in range(3)]
    head = [keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(10, "softmax", dtype="float32")]
    return keras.Sequential([keras.Input((64, 64, 3)), *layers, *head])


def raw_forward(model: Any, device: str, xla: bool) -> Callable[[np.ndarray], Any]:
    """The model's own forward pass, its images and answers copied as users do."""
    import tensorflow as tf

    signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)]
    raw = tf.function(lambda x: model(x, training=False), signature, autograph=False, jit_compile=xla or None)

    def run(images: np.ndarray) -> Any:
        with tf.device(device):
            return raw(tf.constant(images)).numpy()

    return run


class Bench:
    """One network on one device."""

    def __init__(self, name: str, device: str, options: argparse.Namespace) -> None:
        from throughput import make_images
        from xai_cam.models.devices import pick_device

        self.name, self.device, self.options = name, device, options
        self.place = pick_device(device)
        self.on_gpu = "GPU" in self.place
        self.images = make_images(build(name), IMAGES)
        self.exact = self.maps("cpu", Mode("float32"))

    def explainer(self, device: str, mode: Mode, **more: Any) -> Any:
        """The network in a mode, its weights where it is computed."""
        import tensorflow as tf

        from xai_cam import Explainer
        from xai_cam.models.devices import pick_device

        tf.config.experimental.enable_tensor_float_32_execution(mode.tf32)
        with tf.device(pick_device(device)):
            model = build(self.name, mode.mixed)
            return Explainer(model, engine="tensorflow", device=device, xla=mode.xla, **more)

    def maps(self, device: str, mode: Mode) -> dict[str, np.ndarray]:
        """Maps of some images by method."""
        explainer = self.explainer(device, mode, max_channels=CHANNELS)
        images, methods = self.images[:CHECKED], ["grad-cam", "score-cam"]
        found = explainer.explain(images, methods, [0])
        return {name: np.stack([row[i].cam for row in found]) for i, name in enumerate(methods)}

    def error(self, mode: Mode, method: str, found: dict[str, np.ndarray]) -> float:
        """How far maps are from the processor's, over each one's maximum, at most."""
        exact = self.exact[method]
        largest = np.maximum(exact.max(axis=(1, 2)), 1e-12)
        return float((np.abs(found[method] - exact).max(axis=(1, 2)) / largest).max())

    def row(self, mode: Mode) -> dict[str, Cell]:
        """Times, errors and memory of a mode."""
        self._forget_peak()
        explainer = self.explainer(self.device, mode)
        engine, model = explainer.engine, explainer.network.model
        size, masked = self.masked(engine)
        raw, of_images = (raw_forward(model, self.place, xla) for xla in (mode.xla, False))
        chunk = np.resize(self.images, (size, *self.images.shape[1:]))
        found = in_turn(
            {
                "forwards": lambda: [raw(chunk) for _ in range(CHUNKS)],
                "masked": masked,
                "forward": lambda: of_images(self.images),
                "grad-cam": lambda: explainer.explain(self.images, ["grad-cam"], [0]),
            },
            self.options.rounds,
        )
        peak, maps = self._peak(), self.maps(self.device, mode)
        return {
            "network": self.name,
            "mode": mode.name,
            "chunk": str(size),
            "forward, ms an image": float(np.median(found["forwards"])) / (CHUNKS * size) * 1000,
            "masked / forward": float(np.median(found["masked"] / found["forwards"])),
            "Grad-CAM / forward": float(np.median(found["grad-cam"] / found["forward"])),
            "Grad-CAM off by": f"{self.error(mode, 'grad-cam', maps):.1e}",
            "Score-CAM off by": f"{self.error(mode, 'score-cam', maps):.1e}",
            "peak MiB": peak,
        }

    def masked(self, engine: Any) -> tuple[int, Callable[[], Any]]:
        """The size of a chunk, and the scoring of a few of them."""
        from throughput import alive

        before = engine.forward(self.images)
        every = alive(before.activations)
        size = min(engine.chunk_size, int(every.sum()) // CHUNKS)
        asked = np.zeros_like(every)
        asked[np.unravel_index(np.flatnonzero(every)[: CHUNKS * size], every.shape)] = True
        classes = np.zeros((IMAGES, 1), np.int32)
        return size, lambda: engine.masked_scores(self.images, before, classes, asked)

    def chunk_row(self, mode: Mode, size: int | None) -> dict[str, Cell]:
        """Masked inputs a second in chunks of a size; None: that of `auto`."""
        size, masked = self.masked(self.explainer(self.device, mode, chunk_size=size).engine)
        seconds = float(np.median(in_turn({"masked": masked}, self.options.rounds)["masked"]))
        return {"chunk": str(size), "inputs a second": CHUNKS * size / seconds}

    def _forget_peak(self) -> None:
        import tensorflow as tf

        if self.on_gpu:
            tf.config.experimental.reset_memory_stats(self.place.strip("/"))

    def _peak(self) -> float:
        """Of the GPU since it was forgotten; of this process in all, where there is no GPU."""
        import tensorflow as tf

        if self.on_gpu:
            return tf.config.experimental.get_memory_info(self.place.strip("/"))["peak"] / 2**20
        return peak_memory()


def described(place: str) -> str:
    """The device, the libraries, the day."""
    import tensorflow as tf

    where = "no GPU: these are figures of the processor"
    if "GPU" in place:
        from xai_cam.models.device_memory import free_memory

        gpu = tf.config.get_visible_devices("GPU")[int(place.rpartition(":")[2])]
        details = tf.config.experimental.get_device_details(gpu)
        capability = ".".join(map(str, details.get("compute_capability", ())))
        free = (free_memory(place) or 0) / 2**30
        where = f"{details.get('device_name', gpu.name)} ({capability}), {free:.1f} GiB for TensorFlow"
        build = tf.sysconfig.get_build_info()
        where += "".join(f", {name} {build[key]}" for name, key in CUDA.items() if key in build)
    return f"{where}; {machine()}; {date.today().isoformat()}."


CUDA = {"CUDA": "cuda_version", "cuDNN": "cudnn_version"}


def rows_of(bench: Bench) -> Iterator[dict[str, Cell]]:
    """A row a mode; one that fails says so in its place, and the others go on."""
    from xai_cam.errors import XaiCamError

    for mode in MODES:
        if mode.tf32 and not bench.on_gpu:
            continue  # there is none
        try:
            row = bench.row(mode)
        except XaiCamError as error:
            print(f"- {bench.name}, {mode.name}: {error.message}", flush=True)
        else:
            print(f"{bench.name}, {mode.name}: done", file=sys.stderr)
            yield row


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--device", default="auto", metavar="auto|cpu|gpu[:N]")
    parser.add_argument("--networks", default="mobilenet_v2,resnet50")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="A small network, two rounds, few chunks.")
    options = parser.parse_args()
    if options.quick:
        options.networks, options.rounds = SMALL, 2
    from xai_cam.errors import XaiCamError
    from xai_cam.models.devices import claim_device, pick_device

    try:
        claim_device(options.device)
    except XaiCamError as error:
        parser.error(error.message)
    device = options.device.partition(":")[0]  # of several GPUs this process has but one
    print(f"{described(pick_device(device))}\n", flush=True)
    benches = [Bench(name, device, options) for name in options.networks.split(",")]
    show_rows([row for bench in benches for row in rows_of(bench)])
    sizes = QUICK_SIZES if options.quick else SIZES
    for mode in MODES[:2]:
        print(f"\n{benches[0].name}, {mode.name}, by the size of a chunk; the last is that of `auto`:\n")
        show_rows([benches[0].chunk_row(mode, size) for size in (*sizes, None)])


if __name__ == "__main__":
    main()
