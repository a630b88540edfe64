"""A model in files, each time as a new process has it, with a cache of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xai_cam import load_model
from xai_cam.cam.engines.openvino.engine import OpenVINOEngine
from xai_cam.files.cache import Cache
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.known.options import NetworkOptions
from xai_cam.models.known.stored import StoredModel
from xai_cam.models.loading.model_files import ModelFiles


@dataclass
class Store:
    """A model's files and a cache; `opened` counts how often the model was needed."""

    files: tuple[Path, Path]
    cache: Cache
    opened: int = 0

    def network(self, load: Callable[[], Any] | None = None) -> NetworkFacts:
        """The network: the first time open, later known by its facts."""

        def opening() -> Any:
            self.opened += 1
            return load() if load else load_model(*self.files)

        return StoredModel(ModelFiles(*self.files), opening, {}, self.cache).network(NetworkOptions())

    def engine(self, layer: str | None = None, **options: Any) -> OpenVINOEngine:
        """The engine for a layer of the network, as a new process makes it."""
        network = self.network()
        return OpenVINOEngine(network, network.find(layer), cache=self.cache, **{"chunk_size": 4, **options})
