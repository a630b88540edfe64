"""Zip archives around models, without some of a model, of others, and without their end."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from support.foreign_files import TORCH_ZIP, zipped
from xai_cam import load_model
from xai_cam.errors import ModelError
from xai_cam.models.loading.sniff import sniff

CASES = {
    "one model": (
        ("m/keras_model.h5", "m/labels.txt"),
        r"holds one, 'm/keras_model\.h5'\. Unpack it, and give 'm/",
    ),
    "two models": (("a.h5", "b.keras", "__MACOSX/._a.h5"), r"holds 2 of them \(a\.h5, b\.keras\)\. Unpack"),
    "a folder of .keras": (("m/config.json", "m/metadata.json", "m/model.weights.h5"), r"holds one, 'm'\."),
    "a SavedModel": (("m/saved_model.pb", "m/variables/variables.index"), r"holds one, 'm'\."),
    "TensorFlow.js": (("metadata.json", "model.json", "weights.bin"), r"holds one, 'model\.json'\."),
    "no configuration": (("metadata.json", "model.weights.h5"), r"has no config\.json"),
    "an office": (("[Content_Types].xml", "word/document.xml"), "document of an office program"),
    "Java": (("META-INF/MANIFEST.MF", "A.class"), "Java archive"),
    "Core ML": (("m.mlpackage/Manifest.json", "m.mlpackage/Data/com.apple.CoreML/model.mlmodel"), "Core ML"),
    "anything": (("a", "b", "c", "d", "e`f"), r"not a \.keras model: it holds a, b, c, d and 1 more\."),
    "nothing": ((), r"not a \.keras model: it is empty"),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_in_it(name: str, tmp_path: Path):
    names, words = CASES[name]
    path = tmp_path / "model.keras"
    path.write_bytes(zipped(dict.fromkeys(names, b"")))
    with pytest.raises(ModelError, match=words):
        sniff(path)


def test_weights_that_are_missing_from_it(tmp_path: Path, files: tuple[Path, Path]):
    path = tmp_path / "model.keras"
    path.write_bytes(zipped({"config.json": files[0].read_bytes(), "metadata.json": b"{}"}))
    with pytest.raises(ModelError, match=r"not a \.keras model: it has no model\.weights\.h5"):
        load_model(path)


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        ({"metadata.json": b"{}", "config.json": b"{}", "model.weights.h5": b"x" * 99}, "a .keras archive"),
        (TORCH_ZIP, "a PyTorch file"),
        ({"a.txt": b"x" * 99}, "a zip archive"),
    ],
)
def test_one_whose_end_is_missing(members: dict[str, bytes], kind: str, tmp_path: Path):
    path = tmp_path / "model.keras.crdownload"
    path.write_bytes(zipped(members)[:100])
    with pytest.raises(
        ModelError, match=f"begins as {kind} does .* missing after 100 bytes, .* ends in .crdownload"
    ):
        sniff(path)


@pytest.mark.parametrize("start", [b"", b"PK\7\x08"])
def test_one_part_of_several(start: bytes, tmp_path: Path):
    path = tmp_path / "model.zip.001"
    path.write_bytes(start + zipped({"config.json": b"x" * 99})[:100])
    with pytest.raises(ModelError, match=r"a \.keras archive .* ends in \.001, as of one part of several"):
        sniff(path)


def test_names_that_lead_out_are_names_alone(tmp_path: Path):
    path = tmp_path / "m.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("../../evil.h5", "/etc/model.h5", "a\x1b[31m.h5"):
            archive.writestr(name, b"")
    with pytest.raises(ModelError, match="holds 3 of them"):
        sniff(path)
    assert [one.name for one in tmp_path.iterdir()] == ["m.zip"]
