"""`xai-cam kernels show`: the table, rows, arrays and files that it makes, and what it refuses."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from PIL import Image

from support.commands import provenance, run, sha256, strict, tree
from support.small_models import save_model

L = keras.layers
SOBEL = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
BIAS = [0.25, -1.5, 0.0, 3.0]


def decoder() -> Any:
    """Pictures to pictures: no classifier. Known kernels first, then one layer of each other kind."""
    layers = [
        L.Conv2D(4, 3, padding="same", name="first"),
        L.Conv2D(4, 3, groups=2, padding="same", name="groups"),
        L.DepthwiseConv2D(3, padding="same", name="deep"),
        L.SeparableConv2D(2, 3, padding="same", name="apart"),
        L.Conv2DTranspose(3, 2, strides=2, use_bias=False, name="up"),
    ]
    model = keras.Sequential(
        [keras.Input((None, None, 3)), keras.Sequential(layers, name="all"), L.ReLU(name="end")]
    )
    rng = np.random.default_rng(5)
    model.set_weights([rng.normal(0, 0.3, w.shape).astype(np.float32) for w in model.get_weights()])
    kernels = np.zeros((3, 3, 3, 4), np.float32)
    kernels[..., 0] = SOBEL[..., None]
    kernels[1, 1, 1, 1] = 2.0
    kernels[..., 2] = np.array([1.0, -1.0, 0.0]) * SOBEL.T[..., None]
    model.get_layer("all").get_layer("first").set_weights([kernels, np.array(BIAS, np.float32)])
    return model


@pytest.fixture(scope="module")
def model_files_read(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, np.ndarray]]:
    """The model's JSON, and the first weights of its layers as Keras keeps them."""
    model = decoder()
    path, _ = save_model(model, tmp_path_factory.mktemp("decoder"))
    return path, {layer.name: np.asarray(layer.weights[0]) for layer in model.get_layer("all").layers}


@pytest.fixture
def model(model_files_read: tuple[Path, dict[str, np.ndarray]], tmp_path: Path, monkeypatch: Any) -> Path:
    monkeypatch.chdir(tmp_path)
    return model_files_read[0]


@pytest.fixture
def stored(model_files_read: tuple[Path, dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    return model_files_read[1]


def test_the_table_of_the_first_convolution(model: Path) -> None:
    result = run("kernels", "show", "-m", model)
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert result.stderr == "Layer all/first, the model's first convolution. Name another with --layer.\n"
    assert lines[0] == "all/first (Conv2D): 3 x 3 x 3 x 4 (height x width x input channels x filters)"
    assert lines[1] == "4 filters of 3 channels, 3 x 3, a bias for each."
    start = lines.index("filter 0: vertical edge, bias 0.25")
    assert lines[start + 1].startswith("  sobel-x +1.00, DC gain 0, largest |H| ")
    row = " | ".join(["-1.000  0.000  1.000"] * 3)
    assert lines[start + 4 : start + 8] == [
        "  channel 0            | channel 1            | channel 2",
        f"  {row}",
        "  " + " | ".join(["-2.000  0.000  2.000"] * 3),
        f"  {row}",
    ]
    assert "filter 1: identity, bias -1.5" in lines
    assert "filter 2: zero, bias 0" in lines  # its channels cancel
    assert "filter 3: zero, bias 3" in lines
    assert sum(line == "-" * 100 for line in lines) == 5
    assert lines[-1] == "Of 4: 2 zero, 1 vertical edge, 1 identity."
    assert not list(Path().iterdir())


def test_each_kernel_by_itself(model: Path) -> None:
    result = run("kernels", "show", "-m", model, "-l", "first", "--filters", "2", "--combine", "channels")
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert "channel 0: horizontal edge; sobel-y +1.00, DC gain 0, largest |H| 8" in lines
    assert "channel 1: horizontal edge; sobel-y -1.00, DC gain 0, largest |H| 8" in lines
    assert "channel 2: zero" in lines
    assert lines[1].endswith("a bias for each; 1 of them shown.")
    assert lines[-1] == "Of 3: 2 horizontal edge, 1 zero."


def test_a_line_for_each_filter(model: Path) -> None:
    result = run("kernels", "show", "-m", model, "--format", "brief", "--filters", "1,0")
    lines = result.stdout.splitlines()
    heads = ["filter", "like", "bias", "DC gain", "largest |H|", "low", "middle", "high"]
    heads += ["horizontal", "vertical", "diagonal", "nearest", "correlation"]
    split = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines[5:-1]]
    assert lines[-1] == "Of 2: 1 identity, 1 vertical edge."
    assert split[0] == heads
    assert [row[:5] for row in split[1:]] == [
        ["1", "identity", "-1.5", "2", "2"],
        ["0", "vertical edge", "0.25", "0", "24"],
    ]
    assert split[1][-2:] == ["delta", "1.00"]


@pytest.mark.parametrize(
    ("layer", "filters", "inputs"),
    [("first", 4, [0, 1, 2]), ("groups", 4, [2, 3]), ("deep", 4, [3]), ("up", 3, [0, 1])],
)
def test_rows_are_the_weights_as_keras_keeps_them(
    model: Path, stored: dict[str, np.ndarray], layer: str, filters: int, inputs: list[int]
) -> None:
    result = run("kernels", "show", "-m", model, "-l", f"all/{layer}", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    assert list(rows[0]) == ["filter", "channel", "input_channel", "row", "column", "weight", "bias"]
    kept = stored[layer]
    assert len(rows) == kept.size and {int(row["filter"]) for row in rows} == set(range(filters))
    last = [row for row in rows if int(row["filter"]) == filters - 1]
    assert sorted({int(row["input_channel"]) for row in last}) == inputs
    for row in rows:
        f, c, i, y, x = (int(row[k]) for k in ("filter", "channel", "input_channel", "row", "column"))
        place = {"first": (y, x, i, f), "groups": (y, x, c, f), "deep": (y, x, i, 0), "up": (y, x, f, i)}[
            layer
        ]
        assert np.float32(row["weight"]) == kept[place]
        assert layer != "first" or float(row["bias"]) == BIAS[f]
        assert layer != "up" or row["bias"] == ""


def test_parts_of_a_separable_convolution(model: Path) -> None:
    shapes = {}
    for part in ("product", "depthwise", "pointwise"):
        result = run(
            "kernels", "show", "-m", model, "-l", "apart", "--part", part, "--format", "npy", "--overwrite"
        )
        assert result.exit_code == 0 and not result.stdout
        shapes[part] = np.load("all.apart_kernels.npy").shape
    assert shapes == {"product": (2, 4, 3, 3), "depthwise": (4, 1, 3, 3), "pointwise": (2, 4, 1, 1)}


def test_files_carry_what_made_them_and_are_not_made_twice(
    model: Path, stored: dict[str, np.ndarray]
) -> None:
    ask = [
        "kernels",
        "show",
        "-m",
        model,
        "--filters",
        "3,0",
        "--format",
        "npy",
        "--picture",
        "--response",
        "-o",
        "o",
    ]
    result = run(*ask)
    names = ["all.first_kernels.npy", "all.first_kernels.png", "all.first_response.png"]
    assert result.exit_code == 0 and not result.stdout
    assert [line for line in result.stderr.splitlines() if "Wrote" in line] == [
        f"Wrote {Path('o') / name}." for name in names
    ]
    np.testing.assert_array_equal(np.load("o/" + names[0]), stored["first"].transpose(3, 2, 0, 1)[[3, 0]])
    for name in names:
        said = provenance(Path("o") / name)
        assert (said["layer"], said["filters"], said["model_sha256"]) == ("all/first", [3, 0], sha256(model))
    before = tree(Path("o"))
    assert sorted(before) == names
    again = run(*ask)
    assert tree(Path("o")) == before
    assert [line.endswith("is up to date.") for line in again.stderr.splitlines()] == [
        False,
        True,
        True,
        True,
    ]
    assert "up to date" not in run(*ask, "--overwrite").stderr
    other = run(*ask, "--combine", "channels")
    assert "up to date" not in other.stderr and tree(Path("o")) != before


def test_files_of_others_stay(model: Path) -> None:
    Image.new("RGB", (2, 2)).save("all.first_response.png")
    before = tree(Path())
    result = run("kernels", "show", "-m", model, "--picture", "--response")
    assert result.exit_code == 1 and "was not written by xai-cam" in result.stderr
    assert tree(Path()) == before
    assert run("kernels", "show", "-m", model, "--response", "--overwrite", "-q").stderr == ""


def test_pictures_of_all_kinds(model: Path) -> None:
    for layer, combine in (("first", "rgb"), ("groups", "channels"), ("up", "sum"), ("deep", "sum")):
        result = run(
            *(
                "kernels",
                "show",
                "-m",
                model,
                "-l",
                layer,
                "--picture",
                "--combine",
                combine,
                "--format",
                "brief",
            )
        )
        assert result.exit_code == 0, result.stderr
        with Image.open(f"all.{layer}_kernels.png") as picture:
            assert picture.mode == "RGB" and max(picture.size) < 1400


def test_figures_for_scripts(model: Path) -> None:
    result = run("kernels", "show", "-m", model, "--json", "--filters", "0,3")
    found = strict(result.stdout)
    assert (found["layer"], found["shape"], found["filters"], found["of"]) == (
        "all/first",
        [3, 3, 3, 4],
        4,
        "sum",
    )
    first, last = found["characters"]
    assert (first["filter"], first["name"], first["bias"], first["nearest"]) == (
        0,
        "vertical edge",
        0.25,
        "sobel-x",
    )
    assert first["dc_gain"] == 0 and first["peak"] == pytest.approx(
        3 * 8, rel=1e-6
    )  # 2 sin x (2 + 2 cos y), thrice
    assert (last["filter"], last["name"]) == (3, "zero")
    each = strict(
        run("kernels", "show", "-m", model, "-l", "groups", "--json", "--combine", "channels").stdout
    )
    assert [(c["filter"], c["channel"], c["input_channel"]) for c in each["characters"][-2:]] == [
        (3, 0, 2),
        (3, 1, 3),
    ]


LATE = {
    "no such filter": (["--filters", "2-4"], "2-4 is not among the layer's 4 filters", 2),
    "no such layer": (
        ["-l", "frist"],
        "The model has no layer 'frist'. Nearest names with kernels: all/first",
        3,
    ),
    "no convolution": (["-l", "end"], "Layer 'end' (ReLU) has no 2-D kernels", 3),
    "no three channels": (["-l", "up", "--picture", "--combine", "rgb"], "all/up has 2", 2),
    "part of a whole": (
        ["--part", "product"],
        "--part is for a SeparableConv2D, but all/first is a Conv2D.",
        2,
    ),
}


@pytest.mark.parametrize("name", LATE)
def test_what_the_model_cannot_meet(name: str, model: Path) -> None:
    options, told, code = LATE[name]
    result = run("kernels", "show", "-m", model, *options)
    assert (result.exit_code, result.stdout) == (code, "")
    assert told in result.stderr
    assert not list(Path().iterdir())


def test_shares_of_the_energy_are_beside_what_they_are_compared_with(model: Path) -> None:
    """A delta lets all frequencies through alike: once the share that is to be expected in each band."""
    result = run("kernels", "show", "-m", model, "--format", "brief", "--filters", "1")
    assert "9 % (1.0x)" in result.stdout and "65 % (1.0x)" in result.stdout
    table = run("kernels", "show", "-m", model, "--filters", "1").stdout
    for text in (result.stdout, table):
        assert "go by these multiples" in " ".join(text.split())
