"""What more layers, methods and classes cost: as a ratio to one layer, one method and one class.

    python benchmarks/sharing.py [--rounds 7] [--engines tensorflow,openvino] [--network mobilenet_v2]

One batch of 16 images is explained, all in one run and in turn, so that a machine whose speed drifts does the
ratios little harm; the figures are medians. Gradients at an early layer need the way back to it, whatever
else is asked: the layer that stands alone is that of the four which costs most, and the others beside it.
"""

from __future__ import annotations

import argparse
import os
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from measuring import in_turn, machine, show_rows
from throughput import IMAGES, make_images, make_network

METHODS = ("grad-cam", "grad-cam++", "xgrad-cam", "hires-cam", "layer-cam")
LAYERS = {
    "shapes": ("conv1", "conv2", "conv3", "smooth3"),
    "mobilenet_v2": ("block_3_expand_relu", "block_6_expand_relu", "block_13_expand_relu", "out_relu"),
    "resnet50": ("conv2_block3_out", "conv3_block4_out", "conv4_block6_out", "conv5_block3_out"),
}
"""The ends of stages, on a finer grid the earlier they are."""

CLASSES = ("predicted", "top2", "top3")


def measure(name: str, engine: str, rounds: int) -> list[dict[str, float | str]]:
    """Ratios of one network by one engine."""
    from xai_cam.cam.engines.questions import Computing
    from xai_cam.cam.explain import make_explainer
    from xai_cam.models.input.inputs import Inputs
    from xai_cam.models.network import Network

    network, computing = Network(make_network(name)), Computing(engine, cache=False)
    images, layers = Inputs(make_images(network.model, IMAGES)), LAYERS[name]
    several = make_explainer(network, list(layers), computing)
    fused = make_explainer(network, list(layers), computing, fuse="mean")
    alone = {layer: make_explainer(network, layer, computing) for layer in layers}

    def asked(explainer: Any, methods: tuple[str, ...] = METHODS[:1], target: str = CLASSES[0]) -> Any:
        return lambda: explainer.explain(images, methods, target)

    found = in_turn(
        {
            **{layer: asked(one) for layer, one in alone.items()},
            "one layer, five methods": asked(alone[layers[0]], METHODS),
            "one layer, one method, three classes": asked(alone[layers[0]], target=CLASSES[-1]),
            "four layers, one method": asked(several),
            "four layers, five methods": asked(several, METHODS),
            "four layers fused, five methods": asked(fused, METHODS),
        },
        rounds,
    )
    by_layer = sum(found[layer] for layer in layers)
    first = found[layers[0]]
    rows = [(f"one layer, one method: {layer}", found[layer]) for layer in layers]
    rows += [(question, found[question]) for question in found if question not in layers]
    rows += [("each of the four by itself, one method", by_layer)]
    return [
        {
            "network": name,
            "engine": engine,
            "asked": question,
            "ms an image": float(np.median(seconds)) / IMAGES * 1000,
            f"over {layers[0]} alone": float(np.median(seconds / first)),
        }
        for question, seconds in rows
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--network", default="mobilenet_v2", choices=LAYERS)
    parser.add_argument("--engines", default="tensorflow,openvino")
    options = parser.parse_args()
    for engine in options.engines.split(","):
        show_rows(measure(options.network, engine, options.rounds))
        print()
    print(f"{machine()}; {IMAGES} images a batch.")


if __name__ == "__main__":
    main()
