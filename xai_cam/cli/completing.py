"""What a shell may complete a word to. No answer needs TensorFlow: a key was pressed, and somebody waits."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from xai_cam.cli.sections import key_of
from xai_cam.cli.values import ChoiceList, Choices

SUFFIXES = {
    "boxes": (".csv", ".json"),
    "config": (".toml",),
    "custom-objects": (".py",),
    "labels": (".txt", ".json"),
    "model": (".keras", ".h5", ".hdf5", ".json", ".yaml", ".yml"),
    "report": (".html",),
    "truth": (".csv",),
    "weights": (".h5", ".hdf5"),
}
"""Key of an option -> suffixes of the files that it takes."""

FOLDERS = ("charts", "masks", "output")

IMAGES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff", ".gif")

WORDS = {
    "batch-size": ("auto",),
    "chunk-size": ("auto",),
    "device": ("auto", "cpu", "gpu"),
    "enlarge": ("auto",),
}
"""Key of an option -> words that it takes besides numbers."""

WITHOUT_MAPS = ("Activation", "Dense", "Dropout", "Flatten", "Global", "InputLayer", "Lambda", "Softmax")
"""Beginnings of classes of layers that are not proposed, as they seldom give maps."""

MAX_CONFIG = 32 * 2**20
"""Bytes of a model's configuration that is looked through."""

Found = list[CompletionItem]
Completer = Callable[[click.Context, click.Parameter, str], Found]


def completer_of(param: click.Parameter) -> Completer | None:
    """What completes the values of an option or argument; None where click knows as much."""
    key = key_of(param)
    if isinstance(param, click.Argument):
        return _commands if key == "command" else _images if param.nargs == -1 else None
    if isinstance(param.type, Choices | ChoiceList):
        return _several
    if key in SUFFIXES:
        return _files
    special = {"class": _classes, "fir": _kernels, "inside": _groups, "layer": _layers, "profile": _profiles}
    if key in special:
        return special[key]
    if key in WORDS:
        return _words
    named = (param.metavar or "").startswith(("FILE", "DIR")) or isinstance(param.type, click.Path)
    return _any_file if named else None


def paths(incomplete: str, suffixes: tuple[str, ...]) -> Iterator[str]:
    """Folders, and files with these suffixes, whose names begin so."""
    head, tail = os.path.split(incomplete)
    try:
        entries = sorted(os.scandir(os.path.expanduser(head) or "."), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if not entry.name.startswith(tail) or (entry.name.startswith(".") and not tail):
            continue
        if entry.is_dir():
            yield os.path.join(head, entry.name) + "/"
        elif entry.name.lower().endswith(suffixes):
            yield os.path.join(head, entry.name)


def _items(words: Iterator[str] | tuple[str, ...] | list[str], incomplete: str) -> Found:
    """The words that begin so; none with a newline or an escape sequence, which a shell would take apart."""
    return [CompletionItem(word) for word in words if word.startswith(incomplete) and word.isprintable()]


def _files(_: click.Context, param: click.Parameter, incomplete: str) -> Found:
    key = key_of(param)
    words = ["none"] if key in ("config", "labels") else []
    found = _items([*words, *paths(incomplete, SUFFIXES[key])], incomplete)
    return found or [CompletionItem(incomplete, type="file")]  # with another suffix


def _images(_: click.Context, __: click.Parameter, incomplete: str) -> Found:
    return _items(paths(incomplete, IMAGES), incomplete)


def _any_file(_: click.Context, param: click.Parameter, incomplete: str) -> Found:
    return [CompletionItem(incomplete, type="dir" if key_of(param) in FOLDERS else "file")]


def _words(_: click.Context, param: click.Parameter, incomplete: str) -> Found:
    return _items(WORDS[key_of(param)], incomplete)


def _several(_: click.Context, param: click.Parameter, incomplete: str) -> Found:
    """Choices, the last of several that stand between commas."""
    kind = param.type
    choices = kind.choices  # type: ignore[attr-defined]
    before, comma, _last = incomplete.rpartition(",")
    named = before.split(",")
    return _items([f"{before}{comma}{choice}" for choice in choices if choice not in named], incomplete)


def _kernels(_: click.Context, __: click.Parameter, incomplete: str) -> Found:
    from xai_cam.kernels.named_kernels import NAMED_KERNELS

    return _items([*NAMED_KERNELS, *paths(incomplete, (".npy",))], incomplete)


def _commands(ctx: click.Context, _: click.Parameter, incomplete: str) -> Found:
    from xai_cam.cli.settings.layout import commands_of

    names = dict.fromkeys(path.partition(" ")[0] for path in commands_of(ctx.find_root().command))
    return [] if ctx.params.get("command") else _items(list(names), incomplete)


def _profiles(ctx: click.Context, _: click.Parameter, incomplete: str) -> Found:
    from xai_cam.cli.settings.gather import open_named
    from xai_cam.errors import XaiCamError

    try:
        file = open_named({}, ctx.find_root().command)
    except XaiCamError:
        return []
    return _items([*(file.profiles if file else ()), "none"], incomplete)


def _classes(ctx: click.Context, _: click.Parameter, incomplete: str) -> Found:
    from xai_cam.cli.requests import labels_in

    words, model = ["predicted", "top3", "folder"], ctx.params.get("model")
    try:
        labels = labels_in(ctx.params.get("labels"), model or Path("-"))
    except Exception:  # noqa: BLE001 of any file at all: there is nothing to propose
        labels = None
    return _items([*words, *(labels or ())], incomplete)


def _layers(ctx: click.Context, _: click.Parameter, incomplete: str) -> Found:
    model = ctx.params.get("model")
    try:
        names = list(layer_names(read_config(model, ctx.params.get("inside")))) if model else []
    except Exception:  # noqa: BLE001 of any file at all: there is nothing to propose
        names = []
    before, comma, _last = incomplete.rpartition(",")
    return _items([f"{before}{comma}{name}" for name in names], incomplete)


def _groups(ctx: click.Context, _: click.Parameter, incomplete: str) -> Found:
    from xai_cam.models.loading.inside import groups_in

    files = [ctx.params.get(name) for name in ("model", "weights")]
    try:
        names = [group for file in files if file for group in groups_in(file)]
    except Exception:  # noqa: BLE001 of any file at all: there is nothing to propose
        names = []
    return _items(list(dict.fromkeys(names)), incomplete)


def read_config(model: Path, inside: str | None = None) -> Any:
    """The configuration in a model's file or unpacked folder, as it stands there.

    Raises
    ------
    OSError
        It is no regular file: a pipe would be waited for.
    """
    import json
    import zipfile

    model = model / "config.json" if model.is_dir() else model
    if not model.is_file():
        raise FileNotFoundError(model)
    with model.open("rb") as file:
        start = file.read(4)
        file.seek(0)
        if start.startswith(b"PK"):
            with zipfile.ZipFile(file) as archive, archive.open("config.json") as member:
                return json.loads(member.read(MAX_CONFIG))
        if not start.startswith(b"\x89HDF"):
            return _read_text(file.read(MAX_CONFIG), model)
    import h5py

    with h5py.File(model, "r") as h5:
        return json.loads(h5[inside or "/"].attrs["model_config"])


def _read_text(data: bytes, model: Path) -> Any:
    import json

    from xai_cam.models.loading.containers.yaml_config import is_yaml, parse_yaml

    return parse_yaml(data.decode("utf-8-sig"), model) if is_yaml(data) else json.loads(data)


def layer_names(config: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Paths of the layers in a configuration that may give maps."""
    inner = config.get("config", config)
    for layer in inner["layers"] if isinstance(inner, dict) else inner:
        name = layer.get("name") or layer["config"]["name"]
        if "layers" in layer["config"]:
            yield from layer_names(layer, f"{above}{name}/")
        elif not layer["class_name"].startswith(WITHOUT_MAPS):
            yield f"{above}{name}"
