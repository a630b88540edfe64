"""Folders that are no model say what they are, or what is in them; nothing that may wait is opened."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from support.foreign_files import GRAPH, TORCH_ZIP, encode, hdf5, picture, zipped
from support.systems import link, pipe
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.finding import find_model_files
from xai_cam.models.loading.sniff import sniff

KERAS = zipped({"metadata.json": b"{}", "config.json": b"{}", "model.weights.h5": b""})
CASES: Mapping[str, tuple[Mapping[str, bytes], str]] = {
    "empty": ({}, "is an empty folder"),
    "pictures": (
        {f"{i}.png": picture("PNG") for i in range(5)},
        r"folder of pictures \(0\.png, 1\.png and 3 more\)",
    ),
    "one model": (
        {"m.keras": KERAS, "labels.txt": b"a"},
        r"holds a Keras model, 'm\.keras'\. Give 'm\.keras' in it",
    ),
    "no suffix": ({"model": hdf5(), "readme.md": b"a"}, "holds a Keras model, 'model'"),
    "several": (
        {
            "a.keras": KERAS,
            "b.h5": hdf5(),
            "sub/c.keras": KERAS,
            "d/saved_model.pb": b"",
            "d/variables/v": b"",
        },
        r"holds 4 files or folders of Keras models \(a\.keras, b\.h5, d, sub/c\.keras\)",
    ),
    "Core ML": ({"Manifest.json": b"{}", "Data/com.apple.CoreML/model.mlmodel": b""}, "Core ML"),
    "Core ML, compiled": ({"coremldata.bin": b"", "model.mil": b""}, "Core ML"),
    "PyTorch": (
        {name.removeprefix("archive/"): data for name, data in TORCH_ZIP.items()},
        "unpacked PyTorch",
    ),
    "Hugging Face": ({"config.json": b"{}", "model.safetensors": b""}, "folder of Hugging Face"),
    "no graph": (
        {"variables/variables.index": b"", "assets/a": b""},
        r"SavedModel without its saved_model\.pb",
    ),
    "checkpoint": ({"model.ckpt.index": b"", "model.ckpt.meta": encode(GRAPH)}, "TensorFlow checkpoint"),
    "of another": ({"a.txt": b"a", "graph.pb": encode(GRAPH)}, r"'graph\.pb' is a frozen graph"),
    "a pointer": ({"model.h5": b"version https://git-lfs.github.com/spec/v1"}, r"'model\.h5' is a Git LFS"),
    "anything": ({"a.txt": b"a", "b.csv": b"1,2"}, r"without a Keras model: it holds a\.txt, b\.csv\."),
}


def write(folder: Path, content: Mapping[str, bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, data in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@pytest.mark.parametrize("name", CASES)
def test_it_says_what_it_is(name: str, tmp_path: Path):
    content, words = CASES[name]
    with pytest.raises(ModelError, match=words):
        sniff(write(tmp_path / "folder", content))


def test_it_is_no_weights_either(tmp_path: Path, files: tuple[Path, Path]):
    for find in (find_model_files, load_model):
        with pytest.raises(ModelError, match="is an empty folder"):
            find(files[0], write(tmp_path / "folder", {}))


def test_nothing_waits_at_a_pipe_and_links_are_not_followed(tmp_path: Path):
    folder = write(tmp_path / "folder", {"a.txt": b"a"})
    write(tmp_path / "other", {"m.h5": hdf5()})
    pipe(folder / "model.h5")
    link(folder / "linked.h5", tmp_path / "other" / "m.h5")
    link(folder / "linked", tmp_path / "other")
    with pytest.raises(ModelError, match=r"it holds a\.txt, linked, linked\.h5, model\.h5\."):
        sniff(folder)
