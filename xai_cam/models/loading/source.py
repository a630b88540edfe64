"""Model files -> their contents, with nothing built: configuration, origin, place of the weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from xai_cam.errors import ModelError
from xai_cam.models.loading.archive import read_archive, reading
from xai_cam.models.loading.containers.yaml_config import is_yaml, parse_yaml
from xai_cam.models.loading.hdf5 import CheckedH5, Guard, open_h5, text_of
from xai_cam.models.loading.limits import Limits
from xai_cam.models.loading.sniff import Kind, first_look, known, no_architecture, weights_kind
from xai_cam.models.loading.training import Training, loss_in, training_of
from xai_cam.models.loading.tree import MAX_JSON, parse, too_large
from xai_cam.models.loading.upgrade import Origin

OpenH5 = Callable[[Path | BinaryIO, Path], CheckedH5]
"""What opens and checks HDF5: a file, or what was unpacked of the file named second."""


@dataclass(frozen=True)
class Source:
    """The contents of the files; `weights`, checked and open, is None if only the architecture is read.

    `loss` is the name of the loss that the model was trained with, if they tell.
    """

    config: dict[str, Any]
    weights: CheckedH5 | None = None
    origin: Origin = field(default_factory=Origin)
    loss: str | None = None


@contextmanager
def open_source(
    model: Path, weights: Path | None = None, guard: Guard = nullcontext, limits: Limits | None = None
) -> Iterator[Source]:
    """Read the configuration and open the weights, building nothing; each file is opened and checked once.

    Parameters
    ----------
    model, weights : Path
        Architecture in JSON or YAML, whole H5 or `.keras`; H5 file with the weights of a JSON.
    guard, limits
        As for `open_h5`.

    Raises
    ------
    ModelError
        A file is missing, damaged, of the wrong kind, or larger than any model.
    """
    limits = limits or Limits()
    with ExitStack() as stack:

        def opened(source: Path | BinaryIO, file: Path) -> CheckedH5:
            return stack.enter_context(open_h5(source, guard, limits, file))

        yield _read(model, weights, opened, limits)


def _read(model: Path, weights: Path | None, opened: OpenH5, limits: Limits) -> Source:
    kind = first_look(model)
    if kind is Kind.ARCHITECTURE:
        config, version, own = _read_architecture(model), None, None
    elif kind is Kind.KERAS_ARCHIVE:
        config, version, inner = _read_archive(model, weights is None, limits)
        own = opened(inner, model) if inner else None
    else:
        own = opened(model, model)
        config, version = _read_whole_h5(own, model)
    if not isinstance(config, dict):
        raise ModelError(f"{model} does not describe a Keras model. Write it with `model.to_json()`.")
    held = own if weights is None else opened(_h5_of(weights, limits), weights)
    told = [_told(h5) for h5 in ((held,) if held is own else (held, own)) if h5]
    backend = next((one.backend for one in told if one.backend), None)
    losses = [loss_in(config.get("compile_config")), *(one.loss for one in told)]
    return Source(config, held, Origin(version, backend), next(filter(None, losses), None))


def _told(h5: CheckedH5) -> Training:
    with h5.reading() as file:
        return training_of(file)


def _read_architecture(path: Path) -> Any:
    with reading(path):
        if path.stat().st_size > MAX_JSON:
            raise too_large(path)
        data = path.read_bytes()
        text = data.decode("utf-8-sig")
    return parse_yaml(text, path) if is_yaml(data) else parse(text, path)


def _read_whole_h5(h5: CheckedH5, path: Path) -> tuple[Any, str | None]:
    """Configuration, and version of Keras."""
    with h5.reading() as file:
        if "model_config" not in file.attrs:
            known(weights_kind(file), path)
            raise no_architecture(path)
        text, version = text_of(file.attrs["model_config"]), text_of(file.attrs.get("keras_version"))
    return parse(text or "", path), version


def _h5_of(weights: Path, limits: Limits) -> Path | BinaryIO:
    """The file itself, or the weights inside an archive."""
    if first_look(weights) is not Kind.KERAS_ARCHIVE:
        return weights
    inner = read_archive(weights, True, limits).weights
    assert inner is not None
    return inner


def _read_archive(path: Path, with_weights: bool, limits: Limits) -> tuple[Any, str | None, BinaryIO | None]:
    """Configuration, version of Keras, and the weights if they are requested."""
    archive = read_archive(path, with_weights, limits)
    config = parse(archive.config, path)
    metadata = parse(archive.metadata, path) if archive.metadata is not None else None
    version = metadata.get("keras_version") if isinstance(metadata, dict) else None
    return config, text_of(version), archive.weights
