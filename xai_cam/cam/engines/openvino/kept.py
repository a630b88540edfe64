"""Converted graphs of a model that is known from its files, and the proof of each: TensorFlow says the same.

A graph is found again by what it is of: the model's files and how they were opened, the layer, what is
explained, and the question. No model has to be built for that, and no TensorFlow be there. The proof holds
for the versions and the processor that it was made with; with others there is none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from xai_cam import installation
from xai_cam._version import __version__
from xai_cam.cam.engines.openvino.conversion import get_core
from xai_cam.cam.engines.openvino.converted import GRAPH, WEIGHTS
from xai_cam.cam.targets import Targets
from xai_cam.errors import XaiCamError
from xai_cam.files.cache import Cache
from xai_cam.files.fingerprint import fingerprint
from xai_cam.files.memory import ran_out_of_memory
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.known.network import KnownNetwork
from xai_cam.models.layers import LayerInfo

PROOF = "proof.json"
BOUND = 1 << 16
"""Bytes of a proof: what is longer is none."""

LIBRARIES = ("tensorflow", "keras", "openvino")


@dataclass(frozen=True)
class Proof:
    """What was found when a graph was compared with TensorFlow.

    Attributes
    ----------
    graph : str
        Its key in the cache; empty: it cannot be converted, or disagrees.
    checked : int
        Inputs that were compared.
    off : float
        The largest difference, over the largest answer.
    reason : str
        Why there is no graph.
    sha256 : str
        Of the graph's files: other bytes are not what was compared.
    usual, other : float
        Seconds an image that TensorFlow took, and OpenVINO; 0: nobody knows.
    by_batches : bool
        Whether a long run has found that in batches: later ones go by it, and do not measure again.
    """

    graph: str
    checked: int = 0
    off: float = 0.0
    reason: str = ""
    sha256: str = ""
    usual: float = 0.0
    other: float = 0.0
    by_batches: bool = False


def surroundings() -> dict[str, str] | None:
    """Versions and processor that a proof holds for; None where OpenVINO cannot be imported or started."""
    try:
        processor = str(get_core().get_property("CPU", "FULL_DEVICE_NAME"))
    except (XaiCamError, RuntimeError):  # whoever converts says what is wrong
        return None
    others = dict.fromkeys(LIBRARIES, "")  # another build, under another name, says nothing
    return {"xai-cam": __version__, "processor": processor, **others, **installation.versions_of(LIBRARIES)}


class KeptGraphs:
    """The proofs of one layer of a network, or of several at once, in the cache beside the graphs.

    Parameters
    ----------
    cache : Cache, optional
        None: nothing is kept.
    network : NetworkFacts
        Without an `identity`, as one that was made in a program, it keeps nothing.
    layers : sequence of LayerInfo
    targets : Targets
        Functions of a caller's own keep nothing.
    """

    def __init__(
        self, cache: Cache | None, network: NetworkFacts, layers: Sequence[LayerInfo], targets: Targets
    ) -> None:
        self.cache, self.network = cache, network
        self._facts = _facts_of(network, layers, targets) if cache else None

    @property
    def possible(self) -> bool:
        """Whether proofs are kept at all."""
        return self._facts is not None

    @property
    def lasting(self) -> bool:
        """Whether what is found now serves later runs: the weights are those of the files."""
        return self.possible and self.network.is_as_opened

    @property
    def alone(self) -> bool:
        """Whether proofs of earlier runs answer: the model is not open, so that nobody can change it."""
        return self.lasting and isinstance(self.network, KnownNetwork)

    def find(self, question: str, precision: str = "f32") -> tuple[Proof, Any] | None:
        """The proof of a question, and its graph or None where there is none; None if nothing is kept."""
        proof = self.proof(question, precision)
        if self.cache is None or proof is None or not proof.graph:
            return None if proof is None else (proof, None)
        entry = self.cache.find(proof.graph)
        if entry is None:
            return None
        try:
            if _hash_of(entry, self.cache) == proof.sha256:
                return proof, get_core().read_model(entry / GRAPH)
        except (RuntimeError, OSError) as error:
            if ran_out_of_memory(error):
                raise
        self.cache.drop(proof.graph)  # half an entry, of a disk that was full or torn away, or a changed one
        return None

    def proof(self, question: str, precision: str = "f32") -> Proof | None:
        """The proof of a question; None if nothing is kept."""
        key = self._key(question, precision)
        folder = self.cache.find(key) if self.cache is not None and key is not None else None
        return _read(folder / PROOF) if folder else None

    def keep(self, question: str, proof: Proof, precision: str = "f32") -> None:
        """Keep the proof of a question, unless the weights are no longer those of the files."""
        key = self._key(question, precision)
        if self.cache is None or key is None or not self.lasting:
            return
        entry = self.cache.find(proof.graph) if proof.graph and not proof.sha256 else None
        if entry is not None:
            proof = replace(proof, sha256=_hash_of(entry, self.cache))
        facts = {**asdict(proof), "question": question, **(surroundings() or {})}

        def write(folder: Path) -> None:
            (folder / PROOF).write_text(json.dumps(facts, indent=1), encoding="utf-8")

        self.cache.drop(key)
        self.cache.keep(key, write)

    def forget(self, question: str, precision: str = "f32") -> None:
        """Drop a proof, and the graph that it is of: it does not run."""
        key, proof = self._key(question, precision), self.proof(question, precision)
        if self.cache is not None and key is not None and proof is not None:
            self.cache.drop(proof.graph)
            self.cache.drop(key)

    def _key(self, question: str, precision: str) -> str | None:
        """What a proof is kept by; None where none is."""
        here = surroundings() if self._facts is not None else None
        if here is None:
            return None
        text = json.dumps([self._facts, question, precision, here], sort_keys=True)
        return f"{hashlib.sha256(text.encode()).hexdigest()[:40]}-proof"


def _facts_of(
    network: NetworkFacts, layers: Sequence[LayerInfo], targets: Targets
) -> Mapping[str, Any] | None:
    """All that decides what the graphs of layers compute; None where that is not plain data."""
    aim = targets.aim.plain()
    if network.identity is None or aim is None:
        return None
    return {"network": network.identity, "layers": [info.where for info in layers], "aim": aim}


def _hash_of(entry: Path, cache: Cache) -> str:
    """The hash of a graph's files; a large one is read once."""
    parts = [fingerprint(entry / name, cache).sha256 for name in (GRAPH, WEIGHTS)]
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def _read(path: Path) -> Proof | None:
    """A proof; None where there is none, or what stands there is something else."""
    try:
        if path.stat().st_size > BOUND:
            return None
        facts = json.loads(path.read_text(encoding="utf-8"))
        proof = Proof(*(facts[field.name] for field in fields(Proof)))
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None
    kinds = [isinstance(text, str) for text in (proof.graph, proof.reason, proof.sha256)]
    seconds = proof.off, proof.usual, proof.other
    numbers = isinstance(proof.checked, int), *(isinstance(one, int | float) for one in seconds)
    return proof if all((*kinds, *numbers, isinstance(proof.by_batches, bool))) else None
