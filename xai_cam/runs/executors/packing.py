"""Objects on their way to workers: pickled, with the files of models left to be put in where they arrive."""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from typing import Any

from xai_cam.models.loading.model_files import ModelFiles


class _Packer(pickle.Pickler):
    def __init__(self, to: io.BytesIO) -> None:
        super().__init__(to, pickle.HIGHEST_PROTOCOL)
        self.files: list[ModelFiles] = []

    def persistent_id(self, obj: Any) -> int | None:
        """The number of the files of a model, which lie elsewhere on another machine."""
        if not isinstance(obj, ModelFiles):
            return None
        if obj not in self.files:
            self.files.append(obj)
        return self.files.index(obj)


class _Unpacker(pickle.Unpickler):
    def __init__(self, data: bytes, files: Sequence[ModelFiles]) -> None:
        super().__init__(io.BytesIO(data))
        self.files = files

    def persistent_load(self, pid: Any) -> ModelFiles:
        """The files of a model, as they lie here."""
        return self.files[pid]


def pack(one: Any) -> tuple[bytes, list[ModelFiles]]:
    """An object as bytes, and the files of models that it is about."""
    to = io.BytesIO()
    packer = _Packer(to)
    packer.dump(one)
    return to.getvalue(), packer.files


def unpack(data: bytes, files: Sequence[ModelFiles]) -> Any:
    """The object of `pack`, with these files in the place of those."""
    return _Unpacker(data, files).load()
