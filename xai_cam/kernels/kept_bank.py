"""The kernels of a layer, read once of a model that is known from its files."""

from __future__ import annotations

import hashlib
import json

import numpy as np

from xai_cam.files.cache import Cache
from xai_cam.files.kept_arrays import find_arrays, keep_arrays
from xai_cam.kernels.kernel_bank import KernelBank, kind_of, read_bank
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.known.network import KnownNetwork
from xai_cam.models.layers import LayerInfo


def find_bank(network: NetworkFacts, info: LayerInfo) -> KernelBank | None:
    """The kernels of a layer of a network, None of one that has none.

    Those of a network that is known from its files are kept in the cache, so that it need not be opened again
    for them.
    """
    if not kind_of(info.layer):
        return None
    if network.identity is None or not network.is_as_opened:
        return read_bank(_live(network, info))
    named = json.dumps([network.identity, info.path, info.number]).encode()
    cache, key = Cache(), f"kernels-{hashlib.sha256(named).hexdigest()[:40]}"
    found = _find(cache, key) if isinstance(network, KnownNetwork) else None
    if found is None:
        found = read_bank(_live(network, info))
        _keep(cache, key, found)
    return found


def _live(network: NetworkFacts, info: LayerInfo) -> LayerInfo:
    live = network.live()
    found: LayerInfo = info if live is network else live.own(info)
    return found


def _keep(cache: Cache, key: str, bank: KernelBank) -> None:
    arrays = [bank.values, bank.inputs.astype(np.int32)]
    arrays += [] if bank.biases is None else [bank.biases]
    keep_arrays(cache, key, [bank.layer, bank.kind, list(bank.stored), bank.order, bank.part], arrays)


def _find(cache: Cache, key: str) -> KernelBank | None:
    kept = find_arrays(cache, key)
    if kept is None:
        return None
    (layer, kind, stored, order, part), (values, inputs, *biases) = kept
    return KernelBank(layer, kind, values, inputs, biases[0] if biases else None, tuple(stored), order, part)
