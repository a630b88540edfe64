"""The files that a model is read from, and their hashes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from xai_cam.files.cache import Cache
from xai_cam.files.fingerprint import Fingerprints, fingerprints
from xai_cam.models.loading.containers.parts import parts_of
from xai_cam.models.loading.custom_code import CustomCode
from xai_cam.models.loading.sniff import container

ORIGIN = ("model_sha256", "weights_sha256", "custom_objects_sha256")
"""Hashes of what a model is read from, as provenance names them."""


@dataclass(frozen=True)
class ModelFiles:
    """What a model is read from; `weights` is None where `model` holds them itself.

    Either may be a container of several files, which is named by its folder, by one of its files or, as a
    checkpoint, by what the names of its files begin with. `code` is the source of the user's own layers,
    where a command was given one. `inside` is the group of an HDF5 file that is meant, where one holds
    several models. `cache` remembers the hashes of large files.
    """

    model: Path
    weights: Path | None = None
    code: CustomCode | None = None
    inside: str | None = None
    cache: Cache | None = field(default=None, compare=False, repr=False)

    @property
    def parts(self) -> tuple[Path, ...]:
        """All files that are read, those of the architecture first.

        Raises
        ------
        ModelError
            One of a container is missing, or leads out of its folder.
        """
        return (*self._model_parts, *self._weights_parts)

    @property
    def _model_parts(self) -> tuple[Path, ...]:
        return parts_of(self.model, container(self.model))

    @property
    def _weights_parts(self) -> tuple[Path, ...]:
        return () if self.weights is None else parts_of(self.weights, container(self.weights))

    @cached_property
    def fingerprints(self) -> tuple[Fingerprints, Fingerprints]:
        """Those of the architecture (or whole model) and of the weights, taken once."""
        model = fingerprints(self._model_parts, self.cache)
        return model, model if self.weights is None else fingerprints(self._weights_parts, self.cache)

    @property
    def hashes(self) -> tuple[str, ...]:
        """SHA-256 of the architecture (or whole model), of the weights, and of the code."""
        found = tuple(file.sha256 for file in self.fingerprints)
        return found if self.code is None else (*found, self.code.sha256)

    @property
    def origin(self) -> dict[str, str]:
        """The hashes, as provenance names them, and the group of a file with several models."""
        found = dict(zip(ORIGIN, self.hashes, strict=False))  # of code only where there is some
        return found if self.inside is None else {**found, "inside": self.inside}

    @property
    def identity(self) -> tuple[str, ...]:
        """What tells the model apart from any other: the hashes, and the group of a file with several."""
        return self.hashes if self.inside is None else (*self.hashes, f"inside {self.inside}")

    @property
    def custom_objects(self) -> dict[str, Any]:
        """What the code defines, by name; it is executed for that.

        Raises
        ------
        InputError
            As of `CustomCode.objects`.
        """
        return {} if self.code is None else self.code.objects

    @property
    def names(self) -> str:
        """The names of the files."""
        return " and ".join(path.name for path in (self.model, self.weights) if path is not None)

    def watch(self) -> Callable[[], bool]:
        """A function that tells whether the hashes are still those of now."""
        known = self.hashes
        return lambda: self.hashes == known

    def are_unchanged(self) -> bool:
        """Whether they are what was hashed; where they are not, they will be hashed anew."""
        model, weights = self.fingerprints
        if model.hold(self._model_parts) and weights.hold(self._weights_parts or self._model_parts):
            return True
        vars(self).pop("fingerprints", None)
        return False
