"""What should be known of a model before its first image: weights that are no numbers, runs that differ."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from xai_cam.models.running import differing
from xai_cam.models.traced.trace import Trace

log = logging.getLogger(__name__)

MOST_NAMES = 5


def tell(model: Any, nodes: Mapping[str, Any], traced: Trace, batch_size: int | None) -> None:
    """Log what should be known of a model before its first image."""
    broken, unsteady = broken_weights(model, nodes), differing(traced)
    if broken:
        log.warning(describe_broken(broken))
    if unsteady is not None:
        log.warning(describe_differing(unsteady))
    if batch_size is not None:
        log.warning(describe_batch(batch_size))


def broken_weights(model: Any, nodes: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """The layers with weights that are NaN or infinite: how many of how many numbers, by path.

    `nodes` are the layers of the model by path.
    """
    broken = {id(variable): variable for variable in model.weights if _is_broken(variable)}
    if not broken:
        return {}
    found: dict[str, tuple[int, int]] = {}
    for path in sorted(nodes, key=lambda path: -path.count("/")):  # the innermost layer names a weight
        own = [broken.pop(id(v)) for v in getattr(nodes[path], "weights", ()) if id(v) in broken]
        if own:
            found[path] = _counted(own)
    if broken:
        found[model.name] = _counted(list(broken.values()))
    return {path: found[path] for path in (*nodes, model.name) if path in found}


def _is_broken(variable: Any) -> bool:
    """Whether a weight holds NaN or infinity: then their sum does too, which is quick to find."""
    import tensorflow as tf

    if "float" not in str(variable.dtype):
        return False
    value = tf.convert_to_tensor(variable)
    if bool(tf.math.is_finite(tf.reduce_sum(value))):
        return False
    return not bool(tf.reduce_all(tf.math.is_finite(value)))  # a sum may also be too large


def _counted(variables: list[Any]) -> tuple[int, int]:
    import tensorflow as tf

    finite = [tf.math.is_finite(tf.convert_to_tensor(variable)) for variable in variables]
    good = sum(int(tf.math.count_nonzero(one)) for one in finite)
    total = sum(int(tf.size(one)) for one in finite)
    return total - good, total


def describe_broken(broken: Mapping[str, tuple[int, int]]) -> str:
    """A line on weights that are no numbers."""
    parts = [f"{path} ({count:,} of {total:,})" for path, (count, total) in broken.items()]
    return (
        f"Weights that are NaN or infinite: {_listed(parts)}. Scores and maps of this model mean nothing, "
        "even where they look sound: a ReLU may turn NaN into 0. Use weights from before training broke."
    )


def describe_differing(paths: list[str]) -> str:
    """A line on a model whose runs differ."""
    where = f" ({_listed(paths)})" if paths else ""
    return (
        "Two runs of one image differ: something random, as dropout or noise, or remembered stays on in the "
        f"model{where}. Its scores and maps change from run to run. Build it without for maps that stay."
    )


def describe_batch(size: int) -> str:
    """A line on a model that takes batches of one size only."""
    images = "1 image" if size == 1 else f"{size} images"
    filled = "" if size == 1 else " (fewer are filled up)"
    return (
        f"A batch of {size} is fixed in the model: it is given {images} at a time{filled}, whatever "
        "`batch_size` and `chunk_size` say."
    )


def _listed(names: list[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
