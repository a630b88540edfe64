"""Every kind of target and input on the command line: which maps are written, against those made by hand."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from oracle.targets import Contrast, Group, OneClass, Region, Similarity, Target, Value
from support import cuts
from support.by_tape import ByHand
from support.commands import run
from support.cut_models import Cut
from support.small_models import shared
from support.target_kind import at
from support.target_kinds import MASKS

LABELS = ["ant", "bee", "cat", "dog", "emu", "fox"]
TABLE = np.array([[0.5, -1, 2, 0], [1, 0, -0.5, 1.5]], np.float32)
WARDS = np.array([[3], [1]], np.int32)


@dataclass(frozen=True)
class Case:
    """Options of `explain` for a model, and what the maps of each of the two pictures are of."""

    cut: Callable[[], Cut]
    options: str
    targets: list[Target]
    method: str = "grad-cam"


SOFT, HELD = "softmax", "--extra table=table.npy --extra ward=patients.csv:ward"
CASES = {
    "class by name": Case(cuts.classes, "-c cat", [OneClass(2, SOFT)], "score-cam"),
    "classes as one, by name": Case(cuts.classes, "-c ant+dog", [Group((0, 3), SOFT)], "score-cam"),
    "named rivals": Case(cuts.classes, "-c cat --against ant,emu", [Contrast(2, SOFT, (0, 4))]),
    "similar rivals": Case(cuts.classes, "-c cat --against similar", [Contrast(2, SOFT)], "score-cam"),
    "labels as one": Case(cuts.labels, "-c bee+emu", [Group((1, 4), "sigmoid")]),
    "value down": Case(cuts.values, "-c 2:down -c 1:up", [Value(2, -1), Value(1, 1)]),
    "one value": Case(cuts.one_value, "-c up -c down", [Value(0, 1), Value(0, -1)]),
    "an output and held inputs": Case(
        cuts.case, f"--output-name kind -c 3 {HELD}", [OneClass(3, SOFT, "kind")], "score-cam"
    ),
    "an output of values": Case(
        cuts.case, f"--output-name amount -c 1:down {HELD}", [Value(1, -1, "amount")], "ablation-cam"
    ),
    "several outputs": Case(
        cuts.case,
        f"--output-name kind --output-name tags -c 2 -c 0+1 {HELD}",
        [
            *(OneClass(2, SOFT, "kind"), Group((0, 1), SOFT, "kind")),
            *(OneClass(2, "sigmoid", "tags"), Group((0, 1), "sigmoid", "tags")),
        ],
    ),
    "one of two images": Case(
        cuts.left, "--image-input left --extra right=right -c 1", [OneClass(1, SOFT)], "score-cam"
    ),
    "predicted pixels": Case(cuts.pixels, "-c 0 -c 2", [at(0, SOFT), at(2, SOFT)], "score-cam"),
    "all pixels": Case(cuts.one_channel, "-c 0 --region all", [at(0, "one unit", "all")]),
    "rivals of pixels": Case(cuts.pixels, "-c 1 --against 0,2", [Region(Contrast(1, SOFT, (0, 2)))]),
    "pixels of masks": Case(cuts.pixels, "-c 2 --masks masks", [at(2, SOFT, MASKS[0])]),
    "similarity": Case(cuts.embedding, "--like reference.png", [Similarity(np.ones(7))], "score-cam"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables and names of classes; the models and pictures come as they are needed."""
    folder = tmp_path_factory.mktemp("targets")
    (folder / "names.txt").write_text("\n".join(LABELS), encoding="utf-8")
    np.save(folder / "table.npy", TABLE)
    rows = "image,age,ward\nb.png,50,1\na.png,63,3\n"
    (folder / "patients.csv").write_text(rows, encoding="utf-8")
    return folder


def paint(folder: Path, shape: tuple[int, ...], seed: int) -> np.ndarray:
    """`a.png` and `b.png` of the size of an input; (2, H, W, c) in [0, 1]."""
    folder.mkdir(exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (2, *shape), np.uint8)
    for name, one in zip("ab", pixels, strict=True):
        Image.fromarray(one if shape[2] > 1 else one[..., 0]).save(folder / f"{name}.png")
    return pixels.astype(np.float32) / 255


def prepared(folder: Path, cut: Cut) -> tuple[Path, ByHand]:
    """The model's file and its pictures, with all that rides along; and what it says of them."""
    images = {
        name: paint(folder / ("pictures" if number == 0 else name), shape, number)
        for number, (name, shape) in enumerate(cut.shapes.items())
        if len(shape) == 3
    }
    inputs = {**images, "table": TABLE, "ward": WARDS}
    model = folder / f"{cut.layer}-{cut.model.count_params()}-{'-'.join(cut.heads.values())}.keras"
    if not model.exists():
        cut.model.save(model)
    return model, ByHand(cut, {name: inputs[name] for name in cut.shapes})


@pytest.mark.parametrize("name", CASES)
def test_maps(name: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    case = CASES[name]
    model, hand = prepared(folder, case.cut())
    targets = case.targets
    if "--like" in case.options:
        first, *_ = paint(folder / "references", hand.inputs["image"].shape[1:], 9)
        (folder / "references" / "a.png").replace(folder / "reference.png")
        targets = [Similarity(ByHand(hand.cut, {"image": first[None]}).whole[0]["y"])]
    if "--masks" in case.options:
        (folder / "masks").mkdir()
        for picture in "ab":
            Image.fromarray(MASKS[0].astype(np.uint8) * 255).save(folder / "masks" / f"{picture}.png")
    done = run(
        *("explain", "-m", model, "--preprocess", "unit", "-l", hand.cut.layer, "--method", case.method),
        *("--save", "raw", "-o", tmp_path, "--results", "-", "--engine", "tensorflow"),
        *(["--labels", "names.txt"] * (len(hand.whole[0].get("y", [])) == len(LABELS))),
        *case.options.split(),
        "pictures",
    )
    assert done.exit_code == 0, done.stderr
    found = list(csv.DictReader(io.StringIO(done.stdout)))
    for i, picture in enumerate(["a.png", "b.png"]):
        rows = [row for row in found if Path(row["image"]).name == picture]
        for row, target in zip(rows, targets, strict=True):
            right = hand.cam(case.method, i, target)
            np.testing.assert_allclose(np.load(row["raw"]), right, rtol=0, atol=1e-4 * right.max())
            turned = isinstance(target, Value) and target.sign < 0  # the row tells the value all the same
            score = -hand.score(i, target) if turned else hand.score(i, target)
            assert float(row["score"]) == pytest.approx(score, rel=1e-4, abs=1e-5)


def test_targets_of_one_picture_have_files_of_their_own(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    model, _ = prepared(folder, cuts.classes())
    options: tuple[Any, ...] = ("--preprocess", "unit", "--labels", "names.txt", "-o", tmp_path)
    asked = ("explain", "-m", model, *options, "pictures/a.png")
    assert run(*asked, "-c", "cat", "-c", "ant+dog", "-c", "0").exit_code == 0
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(first) == 3
    # a contrast is another map than the class alone, and is known as another
    again = run(*asked, "-c", "cat", "--against", "similar")
    assert again.exit_code == 0 and "1 written, 0 up to date" in again.stderr
    again = run(*asked, "-c", "cat", "--against", "similar")
    assert "0 written, 1 up to date" in again.stderr


@pytest.mark.zoo
@pytest.mark.parametrize(
    ("name", "options", "keys"),
    [
        ("segmentation-u-net", "-c 0", ["grad-cam"]),
        (
            "image-and-vector-two-outputs",
            "--output-name kind --output-name amount --extra table_in=extra.npy",
            ["grad-cam", "grad-cam@1"],
        ),
    ],
)
def test_cases_with_known_maps(
    name: str, options: str, keys: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = shared(f"cases/{name}")
    monkeypatch.chdir(case)
    done = run(
        *("explain", "-m", "model.keras", "--save", "raw", "-o", tmp_path, "--results", "-"),
        *options.split(),
        "a.png",
    )
    assert done.exit_code == 0, done.stderr
    for row, key in zip(csv.DictReader(io.StringIO(done.stdout)), keys, strict=True):
        right = np.load(case / "expected.npz")[key]
        np.testing.assert_allclose(np.load(row["raw"]), right, rtol=0, atol=1e-4 * right.max())
