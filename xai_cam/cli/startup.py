"""Loading a model for a command, in a process that is prepared for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from xai_cam.cli.process import bounded_memory, prepare_process, start_tensorflow
from xai_cam.cli.status_line import waiting

if TYPE_CHECKING:
    from xai_cam.models.known.stored import StoredModel
    from xai_cam.models.loading import ModelFiles


class Once:
    """Calls a function once, and returns again what it has returned; sent to a worker it begins anew."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    def __call__(self) -> Any:
        """What it has returned."""
        return self._made

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._make,)

    @cached_property
    def _made(self) -> Any:
        return self._make()


def open_model(
    files: ModelFiles,
    verbose: bool = False,
    device: str = "auto",
    allow_unsafe: bool = False,
    limit: str | None = None,
) -> Any:
    """Start TensorFlow, import the user's own layers, and load the model."""
    start_tensorflow(verbose, device)
    from xai_cam.models.loading import load_model
    from xai_cam.models.loading.steady import open_steadily

    def load() -> Any:
        return load_model(
            files.model,
            files.weights,
            custom_objects=files.custom_objects,
            allow_unsafe=allow_unsafe,
            guard=bounded_memory,
            limit=limit,
            inside=files.inside,
        )

    with waiting(f"Loading {files.model.name}"):
        return open_steadily(files, load)


def stored_model(
    files: ModelFiles,
    verbose: bool = False,
    device: str = "auto",
    allow_unsafe: bool = False,
    limit: str | None = None,
    known: bool = True,
) -> StoredModel:
    """The model, not opened yet: known by what was kept of it, until something has to be computed by it.

    Unless `known`, and on a GPU, it is opened; where there may be a GPU, TensorFlow knows.
    """
    from xai_cam.files.cache import Cache
    from xai_cam.models.devices import may_be_gpu
    from xai_cam.models.known.stored import StoredModel

    prepare_process(verbose)
    load = partial(open_model, files, verbose, device, allow_unsafe, limit)
    trust = {"allow_unsafe": allow_unsafe, "limit": limit}
    return StoredModel(files, load, trust, Cache() if known and not may_be_gpu(device) else None)


def stored_architecture(
    files: ModelFiles, verbose: bool = False, allow_unsafe: bool = False, limit: str | None = None
) -> StoredModel:
    """The same of its architecture alone, whose weights stay at zero."""
    from xai_cam.files.cache import Cache
    from xai_cam.models.known.stored import StoredModel

    def load() -> Any:
        start_tensorflow(verbose)
        from xai_cam.models.loading.load import load_architecture

        custom, bounds = files.custom_objects, (allow_unsafe, bounded_memory, limit)
        with waiting(f"Loading {files.model.name}"):
            return load_architecture(files.model, custom, *bounds, files.inside)

    allowed = {"allow_unsafe": allow_unsafe, "limit": limit, "weights": False}
    return StoredModel(files, load, allowed, Cache())
