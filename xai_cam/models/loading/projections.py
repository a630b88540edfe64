"""Projections inside of attention layers, quantised where the file has them so: no configuration tells it."""

from __future__ import annotations

import re
from typing import Any

import h5py

from xai_cam.models.loading.hdf5 import CheckedH5

IN_KERAS_3 = re.compile(r"(?:.*/)?_?(?:query|key|value|output|gate)_dense/vars/(\d+)")
IN_LEGACY = re.compile(r"(?:.*/)?(?:query|key|value|attention_output|gate)/kernel_scale(?::0)?")
"""Paths of weights; a projection that is not quantised has a kernel and a bias, numbers 0 and 1."""


def quantise_projections(model: Any, weights: CheckedH5) -> None:
    """Let the projections be quantised as the rest of the model is, where the file has them so.

    Keras saves an attention as it was made, and knows no more of what `model.quantize` did inside of it.
    """
    attentions = [layer for layer in model._flatten_layers() if _is_attention(layer)]
    if not attentions:
        return
    with weights.reading() as file:
        if not _are_quantised(file):
            return
    quantised = [layer for layer in model._flatten_layers() if layer.quantization_mode]
    if len({layer.dtype_policy.name for layer in quantised}) == 1:  # others are refused for their weights
        for attention in attentions:
            _quantise(attention, quantised[0])


def _is_attention(layer: Any) -> bool:
    import keras

    return type(layer) in (keras.layers.MultiHeadAttention, keras.layers.GroupQueryAttention)


def _are_quantised(file: h5py.File) -> bool:
    def tells(name: str, item: Any) -> bool | None:
        match = IN_KERAS_3.fullmatch(name)
        scaled = match and isinstance(item, h5py.Dataset) and (int(match[1]) > 1 or item.dtype.kind == "i")
        return True if scaled or IN_LEGACY.fullmatch(name) else None

    return bool(file.visititems(tells))


def _quantise(attention: Any, like: Any) -> None:
    """Replace each projection by one that is quantised like another layer; none has weights yet."""
    import keras

    told = like.get_config()
    config = {key: told[key] for key in ("dtype", "quantization_config") if key in told}
    attention._tracker.unlock()
    with keras.StatelessScope(initialize_variables=False):
        for name, old in list(vars(attention).items()):
            if isinstance(old, keras.layers.EinsumDense):
                new = keras.layers.EinsumDense.from_config(old.get_config() | config)
                new.build_from_config(old.get_build_config())
                attention._tracker.untrack(old)
                setattr(attention, name, new)
    attention._tracker.lock()
