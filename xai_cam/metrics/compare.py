"""How faithful several methods are on arrays of images: `compare`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from xai_cam.cam.baselines import BASELINES
from xai_cam.cam.explainer import BATCH_SIZE, Explainer
from xai_cam.errors import InputError, nearest
from xai_cam.images.class_specs import ClassSpec, classes_of
from xai_cam.metrics.comparison import Comparison
from xai_cam.metrics.faithfulness import STEPS
from xai_cam.metrics.image_metrics import ImageMetrics, measure_images
from xai_cam.models.network import Network


def compare(
    model: Any,
    images: np.ndarray,
    methods: str | Sequence[str] = ("grad-cam", "score-cam"),
    layers: str | Sequence[str | None] | None = None,
    target_class: ClassSpec | Sequence[ClassSpec] | np.ndarray = "predicted",
    *,
    baselines: str | Sequence[str] = (),
    steps: int = STEPS,
    score: str | None = None,
    batch_size: int = BATCH_SIZE,
    chunk_size: int | None = None,
    max_channels: int | None = None,
    device: str = "auto",
) -> Comparison:
    """How faithful several methods are on the same images, and how far they agree.

    Parameters
    ----------
    model : keras.Model
        An image classifier with one input and one output.
    images : (n, H, W, c) or (H, W, c) array
        Preprocessed, as the model takes them.
    methods : str or sequence of str
        Names in `METHODS`.
    layers : str or sequence of str, optional
        Names or paths of target layers; default: the last with maps larger than 1 x 1.
    target_class : spec, sequence of specs, or (n,) / (n, m) int array
        `predicted`, `topN` or an index, for all images; or indices image by image.
    baselines : str or sequence of str
        Names in `BASELINES`: maps that know nothing of the class.
    steps : int
        Steps of deletion and insertion; 0 leaves them out.

    Returns
    -------
    comparison : Comparison
        With `estimates`, `differences`, `agreement(…)` and `curves(…)`.

    Raises
    ------
    ModelError, InputError
        As `explain` does.
    """
    methods, baselines = _names(methods), _names(baselines)
    wrong = [name for name in baselines if name not in BASELINES]
    if wrong:
        raise InputError(
            f"No baseline {wrong[0]!r}. Nearest: {', '.join(nearest(wrong[0], list(BASELINES)))}."
        )
    images = np.asarray(images, np.float32)
    images = images[None] if images.ndim == 3 else images
    network = Network(model, (images.shape[1], images.shape[2]))
    paths = [layers] if layers is None or isinstance(layers, str) else list(layers) or [None]
    targets = dict.fromkeys(network.find(path).path for path in paths)  # each once, whatever it was called
    explainers = [
        Explainer(network, path, score=score, chunk_size=chunk_size, max_channels=max_channels, device=device)
        for path in targets
    ]
    specs = [target_class] if isinstance(target_class, str | int | np.integer) else target_class
    if isinstance(specs, np.ndarray):
        specs = specs.reshape(len(images), -1)
    engine = explainers[0].engine
    found: list[ImageMetrics] = []
    for start in range(0, len(images), batch_size):
        batch = slice(start, start + batch_size)
        part, classes = images[batch], classes_of(specs, batch)
        of_layers = [explainer.explain(part, methods, classes, baselines) for explainer in explainers]
        maps = [[e for of_layer in of_image for e in of_layer] for of_image in zip(*of_layers, strict=True)]
        scored = engine.probabilities if network.head.has_probabilities else None
        found += measure_images(scored, part, maps, steps)
    return Comparison(found)


def _names(names: str | Sequence[str]) -> list[str]:
    """One name or several, each once."""
    return [names] if isinstance(names, str) else list(dict.fromkeys(names))
