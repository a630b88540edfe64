"""Models that ask for more memory than there is, or fail as they run: one sentence, before it is taken."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import pytest
from keras import layers

from support.bounded import cost_of
from support.commands import named, run
from support.small_models import build_tiny, save_model
from xai_cam.errors import ModelError
from xai_cam.models import activations, saving

MOST_SECONDS, MOST_MEGABYTES = 15, 1000
"""Of the processor and of memory; a plain start of TensorFlow takes a third of these."""

TOO_LARGE = (
    r"Error: The model's largest activation takes [\d.,]+ [GT]B \(.+, float32\)( for each of \d+ images at a "
    r"time)?, more than a quarter of the memory here \([\d.]+ GB of [\d.]+ GB\)\. Use .*a smaller --size if "
    r"the model leaves it open, or a machine with more memory\.\n"
)
"""What is said of it; a machine of more than 64 GB could hold some of these."""

FAILED = r"Error: The model cannot be run on an input of \(16, 16, 3\): .*\n"

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux bounds address space")


def model_of(folder: Path, *inner: Any, shape: tuple[int, ...] = (16, 16, 3)) -> tuple[Path, Path]:
    """Files of a classifier with some layers in front; nothing of it is as large as it says."""
    head = [layers.GlobalAveragePooling2D(), layers.Dense(2)]
    maps = layers.Conv2D(4, 3, padding="same")
    return save_model(keras.Sequential([keras.Input(shape), maps, *inner, *head]), folder)


ACTIVATIONS: dict[str, Callable[[], dict[str, Any]]] = {
    "adaptive average": lambda: {"inner": layers.AdaptiveAveragePooling2D(20000)},
    "adaptive maximum": lambda: {"inner": layers.AdaptiveMaxPooling2D(20000)},
    "enlarged": lambda: {"inner": layers.UpSampling2D(2000)},
    "enlarged smoothly": lambda: {"inner": layers.UpSampling2D(2000, interpolation="bilinear")},
    "padded": lambda: {"inner": layers.ZeroPadding2D(40000)},
    "resized": lambda: {"inner": layers.Resizing(60000, 60000)},
    "transposed": lambda: {"inner": layers.Conv2DTranspose(2, 2, strides=3000)},
    "large images": lambda: {"shape": (99_999, 99_999, 3)},
}


@pytest.mark.parametrize("attack", ACTIVATIONS)
def test_large_activations(attack: str, tmp_path: Path) -> None:
    options = ACTIVATIONS[attack]()
    inner = [options["inner"]] if "inner" in options else []
    files = model_of(tmp_path, *inner, shape=options.get("shape", (16, 16, 3)))
    result = run("layers", *named(files))
    assert result.exit_code == 3 and re.fullmatch(TOO_LARGE, result.stderr), result.stderr


FAILURES: dict[str, dict[str, Any]] = {
    "Resizing": {"height": 2**40, "width": 2**40},
    "CenterCrop": {"height": 2**40, "width": 2**40},
    "StringLookup": {"vocabulary": ["a"]},
    "AdaptiveAveragePooling2D": {"output_size": [2**30, 1]},
}


@pytest.mark.parametrize("class_name", FAILURES)
def test_layers_that_fail_as_they_run(class_name: str, tmp_path: Path) -> None:
    """Each was a traceback of fifty lines."""
    model, _ = model_of(tmp_path, layers.UpSampling2D(2, name="odd"))
    text = model.read_text(encoding="utf-8")
    model.write_text(_replaced(text, class_name, FAILURES[class_name]), encoding="utf-8")
    result = run("layers", "-m", model)
    assert result.exit_code == 3 and re.fullmatch(FAILED, result.stderr), result.stderr
    assert 'File "' not in result.stderr and "{{node" not in result.stderr


def _replaced(text: str, class_name: str, config: dict[str, Any]) -> str:
    """An architecture whose layer `odd` is another."""
    model = json.loads(text)
    (layer,) = (one for one in model["config"]["layers"] if one["config"].get("name") == "odd")
    layer |= {"class_name": class_name, "config": {"name": "odd", **config}}
    layer.pop("build_config", None)
    return json.dumps(model)


def test_fewer_images_at_a_time_are_asked_for(
    make_photo: Callable[..., Path], tiny_files: tuple[Path, Path], monkeypatch: Any, tmp_path: Path
) -> None:
    """The tiny model's largest activation is 16 x 16 x 6 numbers of 4 bytes: 6,144 bytes an image."""
    monkeypatch.setattr(activations, "largest_tensor", lambda: 2 * 6144)
    photos = [make_photo(tmp_path / f"{name}.png") for name in "abc"]
    given = (*named(tiny_files), *photos, "-o", tmp_path / "maps")
    refused = run("explain", *given)
    assert refused.exit_code == 3 and "Use --batch-size 2, a smaller --size" in refused.stderr
    assert not list(tmp_path.glob("maps/*.png"))
    result = run("explain", *given, "-b", 2)
    assert result.exit_code == 0 and "3 written" in result.stderr, result.stderr


def test_a_model_is_saved_though_few_images_fit(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(activations, "largest_tensor", lambda: 6144)
    assert [len(images) for images in saving._images(build_tiny())] == [1]
    monkeypatch.setattr(activations, "largest_tensor", lambda: 6143)
    with pytest.raises(ModelError, match="The model's largest activation takes"):
        saving.save_checked(build_tiny(), [tmp_path / "new.keras"])
    assert not list(tmp_path.iterdir())


# --- What it costs ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("attack", "command"),
    [
        ({"inner": layers.UpSampling2D(2000)}, "explain"),
        ({"inner": layers.AdaptiveAveragePooling2D(20000)}, "evaluate"),
        ({"shape": (99_999, 99_999, 3)}, "explain"),
        ({"inner": layers.ZeroPadding2D(40000)}, "convert"),
    ],
)
def test_no_memory_is_taken_for_them(
    attack: dict[str, Any], command: str, make_photo: Callable[..., Path], tmp_path: Path
) -> None:
    inner = [attack["inner"]] if "inner" in attack else []
    files = model_of(tmp_path / "model", *inner, shape=attack.get("shape", (16, 16, 3)))
    folder = make_photo(tmp_path / "photos" / "a" / "a.png").parents[1]
    given = (
        ["-o", tmp_path / "new.keras"]
        if command == "convert"
        else [folder / "a" if command == "explain" else folder]
    )
    cost = cost_of(command, *named(files), *given, before="ulimit -v 12000000")
    assert cost.code == 3 and re.search(TOO_LARGE, cost.stderr), cost.stderr
    assert cost.cpu_seconds < MOST_SECONDS and cost.megabytes < MOST_MEGABYTES
    assert not (tmp_path / "new.keras").exists()


@linux
@pytest.mark.parametrize(("limit", "what"), [(1_200_000, "start TensorFlow"), (1_900_000, "run a model")])
def test_too_little_memory_to_begin_with(limit: int, what: str, tmp_path: Path) -> None:
    """It was a traceback of an import, or the end of the process with no word."""
    files = save_model(build_tiny(), tmp_path)
    cost = cost_of("layers", *named(files), before=f"ulimit -v {limit}")
    assert (cost.code, cost.stderr) == (
        1,
        f"Error: There is too little memory to {what}, which takes about 2.5 GB of address space. Close "
        "other programs, or raise the limit (`ulimit -v`).\n",
    )
