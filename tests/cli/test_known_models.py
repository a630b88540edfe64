"""The second run on a known model, as a whole: it says and writes the same, without TensorFlow and Keras."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from support.commands import fresh, named
from xai_cam.files.provenance import read_provenance

WITHOUT = """
import sys

class Refusing:
    def find_spec(self, name, path=None, target=None):
        assert name.partition(".")[0] not in ("tensorflow", "keras"), f"{name} is imported"

sys.meta_path.insert(0, Refusing())
from xai_cam.cli import main
main(sys.argv[1:])
"""

Photo = Callable[..., Path]


@pytest.fixture
def known(
    model_files: Callable[..., tuple[Path, Path]], make_photo: Photo, tmp_path: Path
) -> tuple[list[object], str]:
    """A command that was run once, and what it said besides its time; `first` has what it wrote."""
    command = ["explain", *named(model_files()), "--save", "raw", make_photo(tmp_path / "a.png")]
    done = fresh("-m", "xai_cam", *command, "-o", tmp_path / "first")
    assert done.returncode == 0, done.stderr
    return command, said(done.stderr)


def said(text: str) -> str:
    return text.partition(" in ")[0] if "\n" not in text else "\n".join(map(said, text.splitlines()))


def test_it_writes_the_same_without_them(known: tuple[list[object], str], tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    command, before = known
    done = fresh("-c", WITHOUT, *command, "-o", tmp_path / "second")
    assert done.returncode == 0, done.stderr
    assert said(done.stderr) == before
    first, second = (tmp_path / name / "a_grad-cam.npy" for name in ("first", "second"))
    np.testing.assert_allclose(np.load(second), np.load(first), atol=1e-4)
    told = [read_provenance(path) or {} for path in (first, second)]
    assert told[0] and told[0]["request"] == told[1]["request"]


def test_layers_are_listed_without_them(known: tuple[list[object], str]) -> None:
    model = known[0][1:5]
    found = fresh("-c", WITHOUT, "layers", *model, "--json")
    assert found.returncode == 0, found.stderr
    rows = json.loads(found.stdout)
    assert [(row["path"], row["maps"], row["default"]) for row in rows][-1] == ("conv_2", [8, 8, 8], True)


@pytest.mark.parametrize("option", [["--no-cache"], ["--engine", "tensorflow"]])
def test_what_is_asked_of_tensorflow_opens_the_model(
    known: tuple[list[object], str], option: list[str], tmp_path: Path
) -> None:
    done = fresh("-c", WITHOUT, *known[0], *option, "-o", tmp_path / "other")
    assert done.returncode == 1 and "is imported" in done.stderr
