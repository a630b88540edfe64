"""Zip archives that are no .keras model, told by the names in them; and those that break off."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePosixPath

from xai_cam.models.loading.containers.foreign.looks import (
    AGAIN,
    IF_ANY,
    IN_PYTORCH,
    Foreign,
    Look,
    listed,
    quote,
)
from xai_cam.models.loading.containers.foreign.magics import NUMPY

START, END, SPLIT = b"PK\3\4", b"PK\5\6", b"PK\7\x08"

WHOLE = (".keras", ".h5", ".hdf5", ".hdf")
CONFIG, WEIGHTS, GRAPH = "config.json", "model.weights.h5", "saved_model.pb"

PROGRAMS = {
    "[Content_Types].xml": "is a document of an office program",
    "AndroidManifest.xml": "is an app for Android (.apk)",
    "META-INF/MANIFEST.MF": "is a Java archive (.jar)",
    "Payload/": "is an app for iOS (.ipa)",
}
"""What is a zip archive without being called so."""


def by_names(names: Collection[str]) -> Foreign:
    """What a zip archive without a model in the form of `.keras` is, by the names in it."""
    inside = [name for name in names if not _is_of_macos(name)]
    last = [name.rpartition("/")[2] for name in inside]
    if "data.pkl" in last:
        script = any("/code/" in f"/{name}" for name in inside)
        return Foreign(f"is a PyTorch file ({'TorchScript' if script else '.pt, .pth'})", IN_PYTORCH)
    if inside and all(name.endswith(".npy") for name in inside):
        return Foreign(
            f"holds arrays of NumPy (.npz: {listed(inside)}), not a model",
            NUMPY.way,
        )
    for name, what in PROGRAMS.items():
        if any(one == name or (name.endswith("/") and one.startswith(name)) for one in inside):
            return Foreign(f"{what}, not a model", "Give the file of a model in its place.")
    if any("com.apple.CoreML/" in name for name in inside):
        return Foreign("is a Core ML model (.mlpackage) in a zip file", IF_ANY)
    return _half(inside) or _with_models(inside) or _of_anything(inside)


def _with_models(inside: list[str]) -> Foreign | None:
    """What is said of an archive around models."""
    models = models_among(inside)
    if not models:
        return None
    if len(models) == 1:
        what = f"is a zip file, but not a .keras model: it holds one, {quote(models[0])}"
        return Foreign(what, f"Unpack it, and give {quote(models[0])}.")
    what = f"is a zip file, but not a .keras model: it holds {len(models)} of them ({listed(models)})"
    return Foreign(what, "Unpack it, and give one of them.")


def models_among(names: Collection[str]) -> list[str]:
    """Files and folders that are Keras models by their names: a folder counts once, for all that is in it."""
    paths = [PurePosixPath(name.replace("\\", "/")) for name in names]
    folders = {path.parent for path in paths if path.name == WEIGHTS} & {
        path.parent for path in paths if path.name == CONFIG
    }
    folders |= {path.parent for path in paths if path.name == GRAPH}
    whole = [path for path in paths if path.suffix.lower() in WHOLE and path.parent not in folders]
    topologies = [path for path in paths if path.name == "model.json" and path.parent not in folders]
    return sorted({str(path) for path in (*folders, *(whole or topologies)) if path.parts})


def _half(names: Collection[str]) -> Foreign | None:
    """A `.keras` archive of which a part is missing."""
    missing = {CONFIG, WEIGHTS} - set(names)
    if len(missing) != 1 or "metadata.json" not in names:
        return None
    return Foreign(
        f"is a zip file, but not a .keras model: it has no {missing.pop()}", "Save it with `model.save`."
    )


def _of_anything(inside: list[str]) -> Foreign:
    what = f"it holds {listed(inside)}" if inside else "it is empty"
    return Foreign(f"is a zip file, but not a .keras model: {what}", "Save it with `model.save`.")


def _is_of_macos(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith("._") or name.endswith("/")


def cut_off(look: Look) -> Foreign | None:
    """A zip archive without its end, where it says what is in it."""
    if look.head.startswith(END):
        return Foreign("is an empty zip file", AGAIN)
    head = look.head.removeprefix(SPLIT)
    if not head.startswith(START):
        return None
    length = int.from_bytes(head[26:28], "little")
    first = head[30 : 30 + length].decode("utf-8", "replace")
    kind = "a zip archive"
    if first in (CONFIG, WEIGHTS, "metadata.json"):
        kind = "a .keras archive"
    elif first.endswith("/data.pkl"):
        kind = "a PyTorch file"
    return Foreign(
        f"is damaged: it begins as {kind} does (with {quote(first)}), but its end is missing after "
        f"{look.size:,} bytes, as that of an unfinished download{look.unfinished}",
        AGAIN if kind != "a zip archive" else f"{AGAIN[:-1]}, and unpack it if a model is in it.",
    )
