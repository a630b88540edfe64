"""Any score from the command line: outputs, contrasts, regions, values, likeness; files and resuming."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from support.commands import counted, provenance, run

KINDS = ("cat", "lynx", "dog")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`three.keras` of three outputs, `places.keras` of a segmentation, pictures, masks and labels."""
    folder = tmp_path_factory.mktemp("targets")
    rng = np.random.default_rng(5)
    image = keras.Input((16, 16, 3), name="image")
    conv = keras.layers.Conv2D(4, 3, strides=2, activation="relu", name="conv", padding="same")(image)
    pooled = keras.layers.GlobalAveragePooling2D()(conv)
    kind = keras.layers.Dense(3, activation="softmax", name="kind")(pooled)
    tags = keras.layers.Dense(4, activation="sigmoid", name="tags")(pooled)
    amount = keras.layers.Dense(2, name="amount")(pooled)
    up = keras.layers.UpSampling2D(2)(conv)
    places = keras.layers.Conv2D(3, 1, activation="softmax", name="places")(up)
    for name, outputs in (("three", [kind, tags, amount]), ("places", places)):
        model = keras.Model(image, outputs)
        model.set_weights([rng.normal(0, 2, w.shape) for w in model.get_weights()])
        if name == "three":
            model.compile(loss=["categorical_crossentropy", "binary_crossentropy", "mse"])
        model.save(folder / f"{name}.keras")
    for name in "ab":
        for part in ("photos", "masks"):
            (folder / part).mkdir(exist_ok=True)
        Image.fromarray(rng.integers(0, 255, (16, 16, 3), np.uint8)).save(folder / "photos" / f"{name}.png")
        mask = np.zeros((16, 16), np.uint8)
        mask[4:12, :8] = 255
        Image.fromarray(mask).save(folder / "masks" / f"{name}.png")
    (folder / "kinds.txt").write_text("\n".join(KINDS), encoding="utf-8")
    return folder


def model_of(made: Path, name: str) -> Any:
    return keras.saving.load_model(made / f"{name}.keras", compile=False)


def fed(made: Path, name: str) -> np.ndarray:
    return np.asarray(Image.open(made / "photos" / f"{name}.png"), np.float32)[None] / 255


class Asked:
    """A command on the pictures, with its rows."""

    def __init__(self, made: Path, model: str, output: Path, *more: object, command: str = "explain") -> None:
        rows = output / "rows.csv"
        output.mkdir(exist_ok=True)
        options = ["--results", rows, "--overwrite"] if command == "overwrite" else ["--results", rows]
        files = ["-m", made / f"{model}.keras", "--preprocess", "unit", "-o", output]
        self.result: Result = run(command, *files, *options, *more, made / "photos")
        self.rows: list[dict[str, str]] = []
        if self.result.exit_code == 0:
            with rows.open(encoding="utf-8", newline="") as file:
                self.rows = list(csv.DictReader(file))
        self.files = sorted(path.name for path in output.glob("*.png"))

    def column(self, *names: str) -> list[tuple[str, ...]]:
        return [tuple(row[name] for name in names) for row in self.rows]


def ends(names: Sequence[str], image: str = "a") -> list[str]:
    return [
        name.removeprefix(f"{image}_grad-cam_").removesuffix(".png") for name in names if name[0] == image
    ]


def test_several_outputs_have_their_files_rows_and_labels(made: Path, tmp_path: Path) -> None:
    more = ("--output-name", "kind,amount", "--labels", made / "kinds.txt", "-c", "lynx+cat", "-c", "1:down")
    asked = Asked(made, "three", tmp_path, *more)
    assert counted(asked.result, 2), asked.result.stderr
    assert ends(asked.files) == ["amount_1-down", "kind_cat+lynx"]
    assert asked.column("output_name", "class_index", "class_name", "direction")[:2] == [
        ("kind", "0+1", "cat+lynx", ""),
        ("amount", "1", "1", "down"),
    ]
    kind, _, amount = (np.asarray(one)[0] for one in model_of(made, "three")(fed(made, "a")))
    first, second = asked.rows[:2]
    assert float(first["probability"]) == pytest.approx(kind[:2].sum(), rel=1e-4)
    assert float(second["score"]) == pytest.approx(amount[1], rel=1e-4), "the value, and not its opposite"
    assert second["score_name"] == "value" and "regression" in second["head"]
    assert "kind: predicted" in asked.result.stderr and "; amount: values 0" in asked.result.stderr
    again = Asked(made, "three", tmp_path, *more)
    assert counted(again.result, 0, 2)
    assert [{**row, "seconds": "", "outcome": ""} for row in again.rows] == [
        {**row, "seconds": "", "outcome": ""} for row in asked.rows
    ]


def test_a_class_that_is_of_no_output_and_an_output_without_a_class(made: Path, tmp_path: Path) -> None:
    for classes, said in (("2", "is one of output 'amount'"), ("7", "no class 7")):
        asked = Asked(made, "three", tmp_path, "--output-name", "kind,amount", "-c", classes)
        assert asked.result.exit_code == 2 and said in asked.result.stderr
    asked = Asked(made, "three", tmp_path)
    assert asked.result.exit_code == 3 and "Choose one with --output-name kind." in asked.result.stderr
    assert all(name in asked.result.stderr for name in ("kind (3:", "tags (4:", "amount (2:"))


def test_labels_above_a_threshold(made: Path, tmp_path: Path) -> None:
    chances = [np.asarray(model_of(made, "three")(fed(made, name))[1])[0] for name in "ab"]
    bound = float(np.sort(np.concatenate(chances))[-1] + max(min(map(np.max, chances)), 0)) / 2
    options = ("--output-name", "tags", "-c", f"above:{bound:.4f}", "--sheet", tmp_path / "s.png")
    asked = Asked(made, "three", tmp_path, *options)
    above = [[int(k) for k in np.argsort(-c) if c[k] > bound] or [int(c.argmax())] for c in chances]
    assert [int(row["class_index"]) for row in asked.rows] == [k for own in above for k in own]
    assert ends(asked.files) == sorted(str(k) for k in above[0])
    if min(c.max() for c in chances) <= bound:
        assert "in 1 image: the highest is explained there" in asked.result.stderr
    assert counted(Asked(made, "three", tmp_path, *options[:4]).result, 0, 2)


def test_contrasts_are_told_and_tell_maps_apart(made: Path, tmp_path: Path) -> None:
    options = ("--output-name", "kind", "--labels", made / "kinds.txt", "-c", "cat")
    asked = Asked(made, "three", tmp_path, *options, "--against", "lynx,dog")
    assert asked.column("against", "score_name", "output_name") == [("lynx, dog", "contrast", "kind")] * 2
    model = model_of(made, "three")
    pooled = np.asarray(keras.Model(model.inputs, model.get_layer("kind").input)(fed(made, "a")))
    z = (pooled @ np.asarray(model.get_layer("kind").kernel) + np.asarray(model.get_layer("kind").bias))[0]
    assert float(asked.rows[0]["score"]) == pytest.approx(z[0] - 0.6 * (z[1] + z[2]) / 2, rel=1e-4)
    assert counted(Asked(made, "three", tmp_path, *options, "--against", "lynx,dog").result, 0, 2)
    assert counted(Asked(made, "three", tmp_path, *options, "--against", "similar").result, 2)
    wrong = Asked(made, "three", tmp_path, *options, "--against", "cow")
    assert wrong.result.exit_code == 2 and "'cow' is not among the labels" in wrong.result.stderr


def test_likeness_to_a_picture(made: Path, tmp_path: Path) -> None:
    options = ("--output-name", "amount", "--like", made / "photos" / "a.png")
    asked = Asked(made, "three", tmp_path, *options, "--sheet", tmp_path / "s.png")
    vectors = [np.asarray(model_of(made, "three")(fed(made, name))[2])[0] for name in "ab"]
    cosine = vectors[0] @ vectors[1] / np.linalg.norm(vectors[0]) / np.linalg.norm(vectors[1])
    assert [float(row["score"]) for row in asked.rows] == pytest.approx([1, cosine], rel=1e-4)
    assert asked.column("class_index", "class_name", "score_name") == [("", "", "similarity")] * 2
    assert len(provenance(tmp_path / "a_grad-cam.png")["like_sha256"]) == 64
    assert counted(Asked(made, "three", tmp_path, *options).result, 0, 2)
    assert counted(Asked(made, "three", tmp_path, *options[:3], made / "photos" / "b.png").result, 2)


def test_regions_of_a_segmentation(made: Path, tmp_path: Path) -> None:
    asked = Asked(made, "places", tmp_path, "-c", "1")
    chosen = np.asarray(model_of(made, "places")(fed(made, "a")))[0].argmax(-1)
    share = float(asked.rows[0]["share_of_pixels"] or 0)
    assert share == pytest.approx((chosen == 1).mean())
    assert "on " in asked.result.stderr and "% of the picture" in asked.result.stderr
    assert "bottleneck" in asked.result.stderr and "--region all takes the whole" in asked.result.stderr
    masked = Asked(made, "places", tmp_path, "-c", "1", "--masks", made / "masks")
    assert [float(row["share_of_pixels"]) for row in masked.rows] == [0.25, 0.25]
    assert counted(masked.result, 2) and counted(
        Asked(made, "places", tmp_path, "-c", "1", "--masks", made / "masks").result, 0, 2
    )
    assert Asked(made, "places", tmp_path, "--region", "all").column("share_of_pixels") == [("",)] * 2
    both = Asked(made, "places", tmp_path, "--region", "all", "--masks", made / "masks")
    assert both.result.exit_code == 2 and "--region and --masks exclude each other" in both.result.stderr
    none = Asked(made, "three", tmp_path, "--output-name", "kind", "--masks", made / "masks")
    assert none.result.exit_code == 2 and "--masks is for a segmentation" in none.result.stderr


def test_a_comparison_of_any_target(made: Path, tmp_path: Path) -> None:
    options = ("--steps", "2", "--method", "grad-cam", "--method", "layer-cam", "--masks", made / "masks")
    asked = Asked(made, "places", tmp_path, *options, "--report", tmp_path / "r.html", command="compare")
    assert asked.result.exit_code == 0, asked.result.stderr
    assert asked.column("share_of_pixels") == [("0.25",)] * 4
    assert all(row["energy_pointing"] for row in asked.rows)
    again = Asked(made, "places", tmp_path, *options, command="compare")
    assert counted(again.result, 0, 2)
    options = (
        "--steps",
        "0",
        "--method",
        "grad-cam",
        "--output-name",
        "kind,amount",
        "-c",
        "top2",
        "-c",
        "up",
    )
    several = Asked(made, "three", tmp_path, *options, "--labels", made / "kinds.txt", command="compare")
    assert [row["output_name"] for row in several.rows[:3]] == ["kind", "kind", "amount"]
    assert {row["class_name"] for row in several.rows if row["output_name"] == "kind"} <= set(KINDS)
    assert several.rows[2]["direction"] == "up" and "regression" in several.rows[2]["head"]


def test_layers_tells_inputs_and_outputs(made: Path) -> None:
    said = run("layers", "-m", made / "three.keras").stdout
    for name, what in (("kind", "3 classes, softmax"), ("tags", "multi-label"), ("amount", "regression")):
        line = next(line for line in said.splitlines() if line.startswith(f"Output {name} "))
        assert what in line and line.endswith(f"--output-name {name} explains it.")
    assert ": explained." in run("layers", "-m", made / "three.keras", "--output-name", "kind").stdout


def test_settings_name_outputs_too(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XAI_CAM_OUTPUT_NAME", "kind")
    monkeypatch.setenv("XAI_CAM_AGAINST", "1")
    asked = Asked(made, "three", tmp_path, "-c", "0")
    assert asked.column("output_name", "against") == [("kind", "1")] * 2
