"""`xai-cam compare --measures road,adcc,max-sensitivity` as a whole, on a sample model and on odd ones."""

from __future__ import annotations

import csv
import logging
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from oracle import explained_again, faithfulness
from support import ROOT, target_networks
from support.commands import named, run
from support.small_models import build_held
from support.volume_models import volumes_model
from xai_cam import compare, explain
from xai_cam.cli.console import Console
from xai_cam.errors import InputError
from xai_cam.metrics.sensitivity import DRAWS, shaken

DIGITS = ROOT / "sample_models" / "digits"
MODEL = DIGITS / "model.json", DIGITS / "model.weights.h5"
ASKED = "--measures", "road,adcc,max-sensitivity", "--method", "grad-cam", "--baselines"
COSTS = (
    "ROAD: 4 images x 4 maps = up to 288 forward passes.",
    "Drop: 4 images x 4 maps = up to 16 forward passes.",
    "Coherency: 4 images x 4 maps x 1 = 16 changed images, explained anew.",
    "Max-sensitivity: 4 images x 4 maps x 10 = 160 changed images, explained anew.",
)
COLUMNS = "road", "adcc", "max_sensitivity"
X = np.random.default_rng(8).random((3, 16, 16, 3)).astype(np.float32)
FURTHER = ["drop", "road", "road_morf", "road_lerf", "coherency", "complexity", "adcc", "max_sensitivity"]


@pytest.fixture
def digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three pictures of one or two strokes each, and one of nothing."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "digits"
    folder.mkdir()
    for number in range(4):
        pixels = np.zeros((28, 28), np.uint8)
        if number < 3:
            pixels[4:24, 12 + number : 15 + number] = pixels[20 - 6 * number : 23 - 6 * number, 6:22] = 250
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def rows(path: Path) -> dict[tuple[str, str], dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {(Path(row["image"]).stem, row["method"]): row for row in csv.DictReader(file)}


def test_a_whole_comparison(digits: Path, tmp_path: Path) -> None:
    """The same with batches of 1 and 4 and without the others; what it costs is said beforehand."""
    tables = []
    for name, size, pictures in (("one", 1, digits), ("four", 4, digits), ("again", 4, digits / "0.png")):
        result = run("compare", *named(MODEL), *ASKED, "--batch-size", size, "-o", tmp_path / name, pictures)
        assert result.exit_code == 0, result.output
        for cost in COSTS if pictures == digits else ():
            assert cost in result.output
        tables.append(rows(tmp_path / name / "compare.csv"))
    one, four, again = tables
    assert len(one) == 16 and len(again) == 4
    for key in again:
        for name in COLUMNS:
            assert float(again[key][name]) == pytest.approx(float(four[key][name]), abs=2e-4), (key, name)
    for key, row in one.items():
        for name in COLUMNS:
            assert bool(row[name]) == bool(four[key][name])
            if row[name]:
                assert float(row[name]) == pytest.approx(float(four[key][name]), abs=2e-4), (key, name)
        assert not row["coherency"] and not row["complexity"], "what ADCC is made of was not asked for"
    assert 0 < float(one["0", "grad-cam"]["adcc"]) < 1
    assert float(one["0", "gaussian"]["max_sensitivity"]) == 0 < float(one["0", "random"]["max_sensitivity"])
    done = run("compare", *named(MODEL), *ASKED, "-o", tmp_path / "four", digits)
    assert "4 up to date" in done.output
    more = run("compare", *named(MODEL), *ASKED, "--measures", "coherency", "-o", tmp_path / "four", digits)
    assert (
        "4 written" in more.output
        and rows(tmp_path / "four" / "compare.csv")["0", "gaussian"]["coherency"] == "1.0"
    )


def test_what_is_explained_anew_is_in_the_progress(
    digits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every pass of a batch of three is counted: it ends where its images do, and never goes back."""
    told: list[tuple[str, float]] = []
    monkeypatch.setattr(Console, "watch", lambda self, what, done, total, images: told.append((what, images)))
    asked = "--measures", "coherency,max-sensitivity,cost,drop", "--batch-size", 4, "--smooth"
    methods = "--method", "grad-cam,score-cam,saliency", "--max-channels", 4
    pictures = [digits / f"{number}.png" for number in (0, 1, 2)]
    result = run("compare", *named(MODEL), *asked, *methods, "-o", tmp_path, *pictures)
    assert result.exit_code == 0, result.output
    through = [images for _, images in told]
    assert through == sorted(through) and through[-1] == pytest.approx(3)
    assert {"changed images", "score-cam, changed images", "saliency, changed images"} <= dict(told).keys()


def test_the_oracle_agrees_through_the_whole_library(tiny_model: Any) -> None:
    """Of two methods and classes: the changed images are explained by `explain` itself."""
    methods, classes, options = ["grad-cam", "score-cam"], [0, 2], {"engine": "tensorflow", "cache": False}
    found = compare(tiny_model, X[:2], "conv_1", methods, classes, measures=FURTHER, **options)

    def saliencies(images: np.ndarray) -> list[dict[tuple[str, int], np.ndarray]]:
        made: list[dict[tuple[str, int], np.ndarray]] = [{} for _ in images]
        for e in explain(tiny_model, images, "conv_1", methods, classes, **options):
            made[e.image][e.method, e.target_class] = faithfulness.saliency(e.cam, (16, 16))
        return made

    before, *shaken_maps = saliencies(np.stack([X[0], *(shaken(X[0], draw) for draw in range(DRAWS))]))
    masked = np.stack([X[0] * before[key][..., None].astype(np.float32) for key in before])
    again = {key: maps[key] for key, maps in zip(before, saliencies(masked), strict=True)}
    known = 0
    for one in found.images[0].maps:
        key, values = (one.method, one.target_class), one.values
        if before[key].std() == 0:
            continue
        known += 1
        coherent = explained_again.coherency(before[key], again[key]) if again[key].std() else 0.0
        assert values["coherency"] == pytest.approx(coherent, abs=1e-4)
        parts = coherent, before[key].mean(), values["drop"] / 100
        assert values["adcc"] == pytest.approx(explained_again.adcc(*parts) if coherent else 0, abs=1e-4)
        worst = max(explained_again.change(before[key], maps[key]) for maps in shaken_maps)
        assert values["max_sensitivity"] == pytest.approx(worst, rel=1e-3, abs=1e-5)
        assert values["road"] == pytest.approx((values["road_lerf"] - values["road_morf"]) / 2)
    assert known >= 3


def test_layers_fused_and_signs(tiny_model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xai_cam.metrics.again.DRAWS", 2)
    layers = ["conv_1", "conv_2"]
    for options in ({}, {"fuse": "mean"}, {"sign": "both"}, {"sign": "negative"}):
        found = compare(tiny_model, X[:2], layers, ["grad-cam"], "predicted", measures=FURTHER, **options)
        values = [one.values for image in found.images for one in image.maps]
        assert len(values) == 2 * (1 if "fuse" in options else 2)
        known = [v for v in values if not math.isnan(v["coherency"])]
        assert known and all(math.isfinite(v[name]) for v in known for name in FURTHER)


def test_a_segmentation_and_what_an_image_is_given_with() -> None:
    places, pictures = target_networks.model("places"), target_networks.X
    found = compare(places, pictures, None, "grad-cam", [0, 1], measures=FURTHER)
    values = [one.values for image in found.images for one in image.maps]
    assert len(values) == 6 and any(math.isfinite(v["adcc"]) and math.isfinite(v["road"]) for v in values)
    ages = np.array([-2.0, 0.1, 3.0], np.float32)
    together = compare(build_held(), {"image": X, "age": ages}, None, "grad-cam", 0, measures=FURTHER)
    alone = compare(build_held(), {"image": X[2:], "age": ages[2:]}, None, "grad-cam", 0, measures=FURTHER)
    for name in FURTHER:
        both = together.images[2].maps[0].values[name], alone.images[0].maps[0].values[name]
        assert both[0] == pytest.approx(both[1], abs=1e-4, nan_ok=True), name


def test_values_have_coherency_and_adcc() -> None:
    model, options = target_networks.model("values"), {"head": "regression", "measures": FURTHER}
    found = compare(model, target_networks.X, None, "grad-cam", ["0:up", "1:down"], **options)
    values = [one.values for image in found.images for one in image.maps]
    assert len(values) == 6 and all(math.isnan(v["road"]) for v in values)
    assert any(math.isfinite(v["adcc"]) for v in values)
    for v in values:
        assert math.isnan(v["coherency"]) or 0 <= v["adcc"] <= 1


def test_volumes_and_the_same_figures_twice() -> None:
    inputs = np.random.default_rng(2).random((2, 5, 7, 8, 2)).astype(np.float32)
    asked = volumes_model().model, inputs, "target", "grad-cam", [0, 1]
    found, again = (compare(*asked, measures=FURTHER, engine="tensorflow") for _ in range(2))
    for one, other in zip(found.images, again.images, strict=True):
        for first, second in zip(one.maps, other.maps, strict=True):
            np.testing.assert_array_equal(list(first.values.values()), list(second.values.values()))
    values = [one.values for image in found.images for one in image.maps]
    known = [v for v in values if not math.isnan(v["coherency"])]
    assert known and all(math.isfinite(v[name]) for v in known for name in FURTHER)
    with pytest.raises(InputError, match="The images are volumes, and `boxes` say where objects are"):
        compare(*asked, boxes=[[(0, 0, 4, 4)], None], engine="tensorflow")


def test_what_needs_a_probability_is_left_out_of_what_has_none(
    tiny_model: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Of a likeness coherency and max-sensitivity remain, and it is said."""
    with caplog.at_level(logging.WARNING):
        found = compare(tiny_model, X, "conv_1", "grad-cam", like=X[0], measures=FURTHER)
    assert "A likeness is no probability" in caplog.text
    for image in found.images:
        values = image.maps[0].values
        assert all(math.isnan(values[name]) for name in ("drop", "road", "adcc"))
    assert any(math.isfinite(image.maps[0].values["max_sensitivity"]) for image in found.images)
