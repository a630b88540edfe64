"""What is said of a model that was written or converted."""

from __future__ import annotations

from pathlib import Path

import pytest

from xai_cam.cli.text.saved_model import describe_conversion, describe_saved
from xai_cam.models.convert import Conversion
from xai_cam.models.loading.load import Loaded
from xai_cam.models.loading.upgrade import Origin
from xai_cam.models.saving import Saved


def of_size(path: Path, size: int) -> Path:
    path.write_bytes(b"\0" * size)
    return path


def test_a_saved_model(tmp_path: Path) -> None:
    small, large = of_size(tmp_path / "model.json", 2400), of_size(tmp_path / "model.weights.h5", 1_260_000)
    assert list(describe_saved([small, large], Saved(12345, 2.5e-7, []))) == [
        f"Wrote {small} (2 kB)",
        f"Wrote {large} (1.3 MB)",
        "Read back by Keras: all 12,345 weights are equal, the outputs agree to 2.5e-07.",
    ]
    *_, last = describe_saved([small], Saved(1, 0.0, ["Own", "relu7"]))
    assert last == "Other programs need custom_objects for: Own, relu7."


@pytest.mark.parametrize(
    ("origin", "first"),
    [
        (Origin("1.2.2", "theano"), "Read from a .keras archive, written by Keras 1.2.2 on Theano. Changed:"),
        (Origin("2.3.1", None), "Read from a .keras archive, written by Keras 2.3.1. Changed:"),
        (Origin("tfjs-layers 4.2", None), "Read from a .keras archive, written by tfjs-layers 4.2. Changed:"),
        (Origin("2.3.1", "plaidml"), "Read from a .keras archive, written by Keras 2.3.1. Changed:"),
    ],
)
def test_a_conversion(origin: Origin, first: str, tmp_path: Path) -> None:
    changes = {"renamed": ["a", "b", "c", "d", "e"], "turned": ["a"]}
    loaded = Loaded(None, origin, changes, ["Know this."], container="a .keras archive")
    path = of_size(tmp_path / "new.keras", 100_000)
    assert list(describe_conversion(Conversion(3, 0.0, [], [path], loaded))) == [
        first,
        "  renamed: a, b, c, and 2 more",
        "  turned: a",
        "Know this.",
        f"Wrote {path} (0.1 MB)",
        "Read back by Keras: all 3 weights are equal, the outputs agree to 0.0e+00.",
    ]
    nothing = Conversion(3, 0.0, [], [path], Loaded(None, origin, {}, [], container="a .keras archive"))
    assert list(describe_conversion(nothing))[1] == "  nothing"
