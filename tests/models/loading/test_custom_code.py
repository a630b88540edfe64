"""The source of one's own layers: what of it counts, and that what is executed is what was hashed."""

from __future__ import annotations

import hashlib
import json
import os
import py_compile
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import pytest

from support.commands import provenance, run
from support.systems import pipe
from xai_cam.errors import InputError
from xai_cam.models.loading.custom_code import read_code

CODE = """
import keras

FACTOR = 1.0

class Scale(keras.layers.Layer):
    def call(self, x):
        return x * FACTOR

def bent(x):
    return keras.ops.maximum(x, 0.1 * x) - 0.5

class _Hidden(Scale):
    pass
"""


@pytest.fixture(autouse=True)
def _modules_are_forgotten() -> Iterator[None]:
    known = set(sys.modules)
    yield
    for name in set(sys.modules) - known:
        if name.startswith("own_"):
            del sys.modules[name]


@pytest.fixture
def code(tmp_path: Path) -> Path:
    return write(tmp_path / "own_layers.py", CODE)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def listed(**files: Path) -> str:
    """What `sha256sum` prints of files, hashed."""
    lines = "".join(f"{sha256(files[name].read_bytes())}  {name}\n" for name in sorted(files))
    return sha256(lines.encode())


# --- What a model may use ----------------------------------------------------------------------------


def test_what_is_taken_from_a_module(code: Path, monkeypatch: pytest.MonkeyPatch):
    assert sorted(read_code(str(code)).objects) == ["Scale", "bent"]
    monkeypatch.chdir(code.parent)
    path, finders = list(sys.path), list(sys.meta_path)
    assert sorted(read_code("own_layers").objects) == ["Scale", "bent"]
    assert sys.path == path and sys.meta_path == finders
    code.write_text("CUSTOM_OBJECTS = {'Other': dict}\n", encoding="utf-8")
    assert read_code(str(code)).objects == {"Other": dict}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1", "contains no Keras layers"),
        ("1 / 0", "ZeroDivisionError"),
        ("raise ImportError('no qkeras')", "no qkeras"),
    ],
)
def test_modules_that_will_not_do(code: Path, text: str, message: str):
    code.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        assert read_code(str(code)).objects
    for missing in ("no.such.module", str(code.with_name("none.py"))):
        with pytest.raises(InputError, match=r"cannot be imported|no file"):
            read_code(missing)


def test_a_module_without_a_file_is_imported() -> None:
    assert "sys" in sys.builtin_module_names
    assert read_code("sys").files == {} and "intern" in read_code("sys").objects


def test_a_path_that_the_code_changes_is_left_to_it(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = list(sys.path)
    monkeypatch.setattr(sys, "path", list(before))
    write(code, CODE + "import sys; sys.path.insert(0, 'mine')")
    assert read_code(str(code)).objects and sys.path == ["mine", *before]


# --- What counts -------------------------------------------------------------------------------------


def test_a_file_is_hashed_and_not_executed(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(code, "1 / 0")
    assert read_code(str(code)).sha256 == sha256(b"1 / 0")
    monkeypatch.chdir(code.parent)
    assert read_code("own_layers").sha256 == read_code("own_layers.py").sha256 == sha256(b"1 / 0")


def test_what_lies_beside_a_file_and_is_imported_counts(code: Path) -> None:
    folder = code.parent
    one = write(folder / "own_first.py", "def deep():\n    import own_second.inner\n")
    two = write(folder / "own_second" / "inner.py", "from . import other\nimport own_layers\n")
    three = write(folder / "own_second" / "other.py", "")
    write(folder / "own_second" / "no-module" / "far.py", "")
    write(folder / "own_stranger.py", "")
    write(code, "from own_first import deep\nimport keras, sys, os.path, own_nothing, __main__\n")
    names = {"own_layers.py": code, "own_first.py": one}
    names |= {"own_second/inner.py": two, "own_second/other.py": three}
    assert read_code(str(code)).sha256 == listed(**names)
    write(three, "x = 1")
    assert read_code(str(code)).sha256 == listed(**names)


def test_all_files_of_a_package_count(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = code.parent / "own_package"
    monkeypatch.chdir(code.parent)
    names = {
        "own_package/__init__.py": write(folder / "__init__.py", "1 / 0"),
        "own_package/deep/blocks.py": write(folder / "deep" / "blocks.py", CODE),
        "own_layers.py": code,
        "own_package/layers.py": write(folder / "layers.py", "import own_layers"),
    }
    assert read_code("own_package.layers").sha256 == read_code("own_package").sha256 == listed(**names)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_pipes_are_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "own_package" / "__init__.py", CODE)
    pipe(tmp_path / "own_package" / "pipe.py")
    monkeypatch.chdir(tmp_path)
    assert read_code("own_package").sha256 == sha256(CODE.encode())
    pipe(tmp_path / "pipe.py")
    with pytest.raises(InputError, match="no file"):
        read_code("pipe.py")


# --- What is executed --------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["own_layers.py", "own_layers", "own_importing.py", "own_package.inner"])
def test_what_was_read_is_executed_whatever_becomes_of_the_file(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python's cache goes by a file's time and size: here it holds another program than the file."""
    monkeypatch.chdir(tmp_path)
    text = "def factor():\n    return {}\n"
    write(tmp_path / "own_importing.py", "from own_layers import factor\n")
    write(tmp_path / "own_package" / "__init__.py", "")
    for path in (tmp_path / "own_layers.py", tmp_path / "own_package" / "inner.py"):
        write(path, text.format(1))
        py_compile.compile(str(path))
        times = path.stat().st_atime_ns, path.stat().st_mtime_ns
        os.utime(write(path, text.format(2)), ns=times)
    found = read_code(source)
    for path in (tmp_path / "own_layers.py", tmp_path / "own_package" / "inner.py"):
        write(path, text.format(3))
    assert found.objects["factor"]() == 2


# --- What is recognised by it ------------------------------------------------------------------------


COMMANDS = {
    "explain": ("explain", "-m", "m.keras", "--report", "r.html", "--sheet", "s.png", "-o", "out", "a.png"),
    "compare": ("compare", "-m", "m.keras", "--method", "grad-cam", "--steps", "0", "-o", "out", "a.png"),
    "features": ("features", "-m", "m.keras", "-l", "conv", "-o", "out", "a.png"),
    "apply": ("kernels", "apply", "-m", "m.keras", "-l", "conv", "--filters", "0", "-o", "out", "a.png"),
    "show": ("kernels", "show", "-m", "m.keras", "-l", "conv", "--picture", "-o", "out"),
}


@pytest.fixture
def folder(tmp_path: Path, code: Path, make_photo: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model whose first layer is the user's own, and a photo."""
    monkeypatch.chdir(tmp_path)
    make_photo(tmp_path / "a.png")
    own = read_code(str(code)).objects["Scale"]
    keras.utils.set_random_seed(0)
    inputs = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(3, 3, name="conv")(own(name="own")(inputs))
    x = keras.layers.Dense(3, activation="softmax")(keras.layers.GlobalAveragePooling2D()(x))
    keras.Model(inputs, x).save(tmp_path / "m.keras")
    return tmp_path


def made(folder: Path) -> dict[str, Any]:
    return {path.name: provenance(path) for path in sorted((folder / "out").glob("*.png"))}


@pytest.mark.parametrize("command", COMMANDS)
def test_outputs_of_other_code_are_made_anew(command: str, folder: Path, code: Path) -> None:
    arguments = (*COMMANDS[command], "--custom-objects", "own_layers.py")
    done = run(*arguments)
    assert done.exit_code == 0, done.output
    first = made(folder)
    assert first and {p["custom_objects_sha256"] for p in first.values()} == {sha256(code.read_bytes())}
    done = run(*arguments)
    assert "up to date" in done.output and made(folder) == first
    write(code, CODE.replace("FACTOR = 1.0", "FACTOR = -3.0"))
    done = run(*arguments)
    assert done.exit_code == 0, done.output
    second = made(folder)
    assert {p["custom_objects_sha256"] for p in second.values()} == {sha256(code.read_bytes())}
    assert all(second[name]["request"] != first[name]["request"] for name in first)
    if command == "explain":
        assert first["a_grad-cam.png"]["score"] != second["a_grad-cam.png"]["score"]
        assert sha256(code.read_bytes()) in (folder / "r.html").read_text(encoding="utf-8")


def test_a_source_that_is_missing_is_said_before_anything_is_started(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xai_cam.cli.startup.start_tensorflow", lambda *_: pytest.fail("it was started"))
    for source in ("none.py", "own_nothing.layers"):
        done = run("explain", "-m", "m.keras", "--dry-run", "--custom-objects", source, "a.png")
        assert done.exit_code == 2 and source in done.stderr and "Name a .py file" in done.stderr


def test_a_model_that_was_made_says_the_code(folder: Path, code: Path) -> None:
    done = run(
        *("kernels", "edit", "-m", "m.keras", "--custom-objects", "own_layers.py"),
        *("--zero", "conv:0", "-o", "new"),
    )
    assert done.exit_code == 0, done.output
    said = json.loads((folder / "new" / "model.json").read_text(encoding="utf-8"))["xai-cam"]
    assert said["custom_objects_sha256"] == sha256(code.read_bytes())
