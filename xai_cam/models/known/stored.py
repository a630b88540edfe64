"""A model in files, opened when something has to be computed by it, and else known by what was kept of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from xai_cam.errors import ModelError
from xai_cam.files.cache import Cache
from xai_cam.files.kept_arrays import find_arrays, keep_arrays
from xai_cam.models.activations import AT_ONCE, check_activations
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.input.input_shape import image_shape
from xai_cam.models.input.model_inputs import ModelInput, TellsInputs, inputs_of
from xai_cam.models.known.codec import from_json, to_json
from xai_cam.models.known.identity import identity_of
from xai_cam.models.known.messages import Message, collected, is_listening, say_again, unless_said
from xai_cam.models.known.network import FactsRecord, KnownNetwork, record_of
from xai_cam.models.known.options import NetworkOptions
from xai_cam.models.known.store import KeptFacts, find_facts, keep_facts
from xai_cam.models.loading import steady
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.models.output.head_conclusion import check_head

if TYPE_CHECKING:
    from xai_cam.models.network import Network


class StoredModel(TellsInputs):
    """A model that need not be opened.

    Parameters
    ----------
    files : ModelFiles
        What it is read from.
    load : callable
        Opens it.
    trust : mapping, optional
        What opening may do, as JSON: everything besides the files that decides what `load` returns.
    cache : Cache, optional
        Where facts are kept; without it they are not, and the model is opened.
    """

    def __init__(
        self,
        files: ModelFiles,
        load: Callable[[], Any],
        trust: Mapping[str, Any] | None = None,
        cache: Cache | None = None,
    ) -> None:
        self.files, self._load, self.trust, self.cache = files, load, dict(trust or {}), cache
        self._said: list[Message] = []

    @cached_property
    def model(self) -> Any:
        """The model, opened once.

        Raises
        ------
        XaiCamError
        """
        with collected() as self._said:
            return self._load()

    @cached_property
    def inputs(self) -> list[ModelInput]:
        """The inputs of the model, as they were kept, or of the model, which is opened for that.

        Raises
        ------
        XaiCamError
        """
        identity = self.identity(NetworkOptions())
        key = None if identity is None else f"inputs-{identity[:40]}"
        if self.cache is not None and key is not None and "model" not in vars(self):
            kept = find_arrays(self.cache, key)
            with suppress(ValueError, TypeError):
                return list(from_json(tuple[ModelInput, ...], None if kept is None else kept[0]))
        found = inputs_of(self.model)
        if self.cache is not None and key is not None and self.identity(NetworkOptions()) == identity:
            keep_arrays(self.cache, key, to_json(found), [])
        return found

    def network(self, options: NetworkOptions) -> NetworkFacts:
        """The model as a network: a known one where its facts were kept, else one whose facts are kept now.

        Raises
        ------
        ModelError, InputError
            As of `Network`.
        """
        found = self.known(options)
        if found is None:
            self._check(options)
        return found or self._opened(options)

    def known(
        self, options: NetworkOptions, fits: Callable[[FactsRecord], bool] | None = None
    ) -> KnownNetwork | None:
        """The network by what was kept of it, and what was said when it was opened.

        None, and nothing is said, where nothing is kept, or what is kept does not fit.

        Raises
        ------
        ModelError
            There is too little memory for so many images.
        """
        if "model" in vars(self):
            return None
        identity = self.identity(options)
        kept = self._kept(identity)
        if kept is None or identity is None or (fits is not None and not fits(kept.record)):
            return None
        say_again(kept.messages)
        network = KnownNetwork(kept.record, identity, lambda: self._live(options, identity, kept.messages))
        _check_memory(network, options.batch_size)
        return network

    def record(self, options: NetworkOptions) -> FactsRecord | None:
        """What was kept of the network, of which nothing is said; None where nothing was."""
        kept = self._kept(self.identity(options))
        return None if kept is None else kept.record

    def identity(self, options: NetworkOptions) -> str | None:
        """What tells this network from any other; None where nothing is to be kept, or nobody can say."""
        return None if self.cache is None else identity_of(self.files, self.trust, options)

    def _kept(self, identity: str | None) -> KeptFacts | None:
        if self.cache is None or identity is None:
            return None
        found = (find_facts(self.cache, key) for key in self._keys(identity))
        return next((one for one in found if one is not None), None)

    def _check(self, options: NetworkOptions) -> None:
        """Refuse a size or a head that the model, as it is known without them, cannot have."""
        plain = replace(options, size=None, head="auto")
        kept = None if plain == options or "model" in vars(self) else self._kept(self.identity(plain))
        if kept is None:
            return
        entrance, outputs = kept.record.entrance, kept.record.all_outputs
        if options.size is not None:
            image_shape((None, *entrance.inputs[entrance.image].shape), options.size)
        if len(outputs) == 1 and outputs[0].head is not None:  # of several, another may be explained then
            check_head(outputs[0].head, options.head)

    def _opened(self, options: NetworkOptions) -> Network:
        model, listening = self.model, is_listening()
        with collected() as said:
            network = options.open(model)
        identity = network.known_as(self.identity(options)).identity
        again = any(one.logger == steady.log.name for one in self._said)  # what it says is of this time alone
        if self.cache is not None and identity is not None and listening and not again:
            facts = KeptFacts(record_of(network), (*self._said, *said))
            plain, placed = self._keys(identity)
            keep_facts(self.cache, placed if self._are_named(facts.messages) else plain, facts)
        return network

    def _live(self, options: NetworkOptions, identity: str, messages: Sequence[Message]) -> Network:
        with unless_said(messages):
            network = options.open(self.model)
        if network.known_as(self.identity(options)).identity != identity:
            raise ModelError(
                f"The model changed while the run went on ({self.files.names}). Run the same command again."
            )
        return network

    def _keys(self, identity: str) -> tuple[str, str]:
        """What facts are kept by: where no message names a file, and where one does."""
        places = f"{identity} {self.files.model} {self.files.weights}"
        placed = hashlib.sha256(places.encode("utf-8", "surrogateescape")).hexdigest()
        return f"facts-{identity[:40]}", f"facts-{placed[:40]}"

    def _are_named(self, messages: Sequence[Message]) -> bool:
        names = {path.name for path in (self.files.model, self.files.weights) if path is not None}
        return any(name in one.text for name in names for one in messages)


def network_of(model: Any, options: NetworkOptions) -> NetworkFacts:
    """A loaded model, or one in files, as a network.

    Raises
    ------
    ModelError, InputError
        As of `Network`.
    """
    return model.network(options) if isinstance(model, StoredModel) else options.open(model)


def _check_memory(network: NetworkFacts, batch_size: int | None) -> None:
    """Refuse a network for whose activations there is too little memory now, as when it is opened."""
    images = network.batch_size or min(batch_size or AT_ONCE, AT_ONCE)
    for largest, count in zip(network.memory, (images, 1), strict=True):
        check_activations(largest, count, largest.operation or "", largest.at or "")
