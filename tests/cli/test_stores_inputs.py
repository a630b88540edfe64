"""What other inputs of a model are held at, and kernels for edits, in a store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from support.commands import counted, named, run, tree
from support.s3_server import S3Server
from xai_cam.files.stores.paths import StorePath

NAMES = "a", "b", "c"


@pytest.fixture
def made(tmp_path: Path, s3: S3Server) -> Path:
    """A model of a picture, another view of it and a number; the files of three pictures, here and there."""
    photo, left = keras.Input((16, 16, 3), name="photo"), keras.Input((12, 12, 1), name="left")
    age = keras.Input((1,), name="age")
    pooled = keras.layers.GlobalAveragePooling2D
    conv, branch = keras.layers.Conv2D(4, 3, name="conv")(photo), keras.layers.Conv2D(3, 3, name="two")(left)
    joined = keras.layers.Concatenate()([pooled()(conv), pooled()(branch), age])
    model = keras.Model([photo, left, age], keras.layers.Dense(2, activation="softmax")(joined))
    model.save(tmp_path / "model.keras")
    files = tmp_path / "files"
    rng = np.random.default_rng(1)
    for view, shape in (("photos", (16, 16, 3)), ("left", (12, 12))):
        (files / view).mkdir(parents=True)
        for name in NAMES:
            pixels = rng.integers(0, 255, shape).astype(np.uint8)
            Image.fromarray(pixels).save(files / view / f"{name}.png")
    (files / "t.csv").write_text("file,age\na.png,1\nb.png,-2\nc.png,0.5\n", encoding="utf-8")
    np.save(files / "age.npy", np.array([1, -2, 0.5]))
    for name, data in tree(files).items():
        s3.put(f"bucket/files/{name}", data)
    return tmp_path


@pytest.mark.parametrize("ages", ["t.csv:age", "age.npy"])
def test_a_table_an_array_and_another_view(
    made: Path, s3: S3Server, ages: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(made / "cache"))  # where no hash is known
    held: list[StorePath] = []
    plain = StorePath.hold
    monkeypatch.setattr(StorePath, "hold", lambda path: (held.append(path), plain(path))[1])
    for place, folder in (("disk", str(made / "files")), ("store", "s3://bucket/files")):
        given = ("--extra", f"age={folder}/{ages}", "--extra", f"left={folder}/left")
        command = ("explain", "-m", made / "model.keras", "--preprocess", "unit", "--image-input", "photo")
        for counts in ((3, 0), (0, 3)):
            result = run(*command, *given, f"{folder}/photos/", "-o", made / place)
            assert counted(result, *counts), result.stderr
            if counts[0] and place == "store":
                assert len(held) >= 9 and not any(path.is_held for path in held)
                assert s3.count("LIST", "files/left/") == 3  # twice whether it is a folder
                assert s3.count("GET", "files/left/") == 6  # for the hash, and to be read
                assert s3.count("GET", f"/files/{ages.partition(':')[0]}") == 1
    assert tree(made / "disk") == tree(made / "store")


def test_a_kernel_for_an_edit(
    made: Path, s3: S3Server, model_files: Callable[..., tuple[Path, Path]]
) -> None:
    np.save(made / "k.npy", np.arange(9.0).reshape(3, 3))
    s3.put("bucket/k.npy", (made / "k.npy").read_bytes())
    for place, kernel in (("disk", made / "k.npy"), ("store", "s3://bucket/k.npy")):
        options = ("--set", f"conv_1:0={kernel}", "-o", made / place)
        assert run("kernels", "edit", *named(model_files()), *options).exit_code == 0
        shown = run("kernels", "show", "-m", made / place / "model.json", "--filters", "0", "--format", "csv")
        assert shown.exit_code == 0, shown.stderr
        (made / f"{place}.csv").write_text(shown.stdout, encoding="utf-8")
    assert (made / "disk.csv").read_bytes() == (made / "store.csv").read_bytes()
    missing = run(
        "kernels", "edit", *named(model_files()), "--set", "conv_1:0=s3://bucket/no.npy", "-o", made / "x"
    )
    assert missing.exit_code == 2 and "There is no file s3://bucket/no.npy" in missing.stderr
