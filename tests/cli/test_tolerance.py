"""Score-CAM with a tolerance by a model of many channels: maps, rows, provenance, and what is said of it."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

import xai_cam
from support.commands import counted, provenance
from xai_cam.cli import main
from xai_cam.errors import InputError

METHODS = ["score-cam", "score-cam-official", "ablation-cam"]
X = np.random.default_rng(0).normal(0, 1, (3, 16, 16, 3)).astype(np.float32)


def build(height: float) -> Any:
    """64 channels that smooth what they see; `height` is how far apart their masked scores lie."""
    import keras

    inputs = keras.Input((16, 16, 3))
    maps = keras.layers.Conv2D(64, 5, padding="same", activation="relu", name="wide")(inputs)
    outputs = keras.layers.Dense(3, activation="softmax")(keras.layers.GlobalAveragePooling2D()(maps))
    model = keras.Model(inputs, outputs)
    rng = np.random.default_rng(1)
    shapes = [weight.shape for weight in model.weights]
    model.set_weights([rng.normal(0, scale, s) for s, scale in zip(shapes, (0.2, 0, height, 0), strict=True)])
    return model


@pytest.fixture(scope="module")
def models() -> dict[str, Any]:
    return {"flat": build(0.02), "peaked": build(4)}


@pytest.fixture
def model_file(models: dict[str, Any], tmp_path: Path) -> Path:
    models["peaked"].save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


@pytest.mark.parametrize("kind", ["flat", "peaked"])
def test_maps_are_within_the_tolerance_of_exact_ones(models: dict[str, Any], kind: str) -> None:
    exact = xai_cam.explain(models[kind], X, method=METHODS, target_class="top2")
    found = xai_cam.explain(models[kind], X, method=METHODS, target_class="top2", tolerance=0.05)
    for one, right in zip(found, exact, strict=True):
        assert np.abs(one.saliency_map - right.saliency_map).max() <= 0.05
        assert (right.passes, right.expected_error) == (right.channels, 0)
        assert one.channels == right.channels and (one.expected_error or 0) <= 0.05
    if kind == "flat":
        assert all((one.passes or 0) < (one.channels or 0) for one in found if one.method == "score-cam")


def test_maps_do_not_depend_on_batches_chunks_or_other_methods(models: dict[str, Any]) -> None:
    asked = {"method": "score-cam", "tolerance": 0.05}
    whole = xai_cam.explain(models["flat"], X, **asked)
    alone = xai_cam.explain(models["flat"], X, batch_size=1, chunk_size=7, engine="tensorflow", **asked)
    with_others = xai_cam.explain(models["flat"], X, method=METHODS, tolerance=0.05)
    for found in (alone, [one for one in with_others if one.method == "score-cam"]):
        for one, other in zip(found, whole, strict=True):
            assert one.passes == other.passes
            np.testing.assert_allclose(one.cam, other.cam, rtol=1e-4, atol=1e-6)


def test_fewer_channels_are_those_that_matter_or_those_that_vary(models: dict[str, Any]) -> None:
    exact, by_scores, by_spread = (
        xai_cam.explain(models["peaked"], X, method="score-cam", **asked)
        for asked in ({}, {"max_channels": 32}, {"max_channels": 32, "channels_by": "spread"})
    )
    errors = [
        np.mean([np.abs(a.saliency_map - b.saliency_map).max() for a, b in zip(found, exact, strict=True)])
        for found in (by_scores, by_spread)
    ]
    assert [one.passes for one in (*by_scores, *by_spread)] == [32] * 6
    assert errors[0] < errors[1]
    assert all(one.expected_error is None for one in by_spread)


KINDS = {"volume": 3, "regression": 2, "segmentation": 2}


def of_kind(kind: str) -> Any:
    """64 channels of a volume's, a regression's or a segmentation's network."""
    import keras

    dims, wanted = KINDS[kind], 1 if kind == "regression" else 3
    conv, pool = (getattr(keras.layers, f"{name}{dims}D") for name in ("Conv", "GlobalAveragePooling"))
    inputs = keras.Input((8,) * dims + (2,))
    maps = conv(64, 3, padding="same", activation="relu")(inputs)
    if kind == "segmentation":
        outputs = conv(3, 1, activation="softmax")(maps)
    else:
        outputs = keras.layers.Dense(wanted, activation=None if wanted == 1 else "softmax")(pool()(maps))
    model = keras.Model(inputs, outputs)
    rng = np.random.default_rng(1)
    shapes = [weight.shape for weight in model.weights]
    model.set_weights([rng.normal(0, scale, s) for s, scale in zip(shapes, (0.2, 0, 0.02, 0), strict=True)])
    return model


@pytest.mark.parametrize("kind", KINDS)
def test_other_networks_keep_to_it_too(kind: str) -> None:
    images = np.random.default_rng(3).normal(0, 1, (2, *(8,) * KINDS[kind], 2)).astype(np.float32)
    model = of_kind(kind)
    asked = {"method": ["score-cam", "ablation-cam"], "engine": "tensorflow"}
    asked |= {"head": "regression"} if kind == "regression" else {}
    exact = xai_cam.explain(model, images, **asked)
    found = xai_cam.explain(model, images, **asked, tolerance=0.1)
    for one, right in zip(found, exact, strict=True):
        assert np.abs(one.saliency_map - right.saliency_map).max() <= 0.1 and (right.passes or 0) > 40
    assert min(one.passes or 99 for one in found) < min(one.passes or 0 for one in exact)


def test_a_tolerance_that_no_method_uses_is_refused(models: dict[str, Any]) -> None:
    told = "`tolerance` is for methods that score each channel. Use one of these: score-cam"
    asked: Any = {"method": iter(["grad-cam"]), "tolerance": 0.02}
    for function in (xai_cam.explain, xai_cam.compare, xai_cam.sanity_check):
        with pytest.raises(InputError, match=told):
            function(models["flat"], X, **asked | {"method": iter(["grad-cam"])})
    explainer = xai_cam.Explainer(models["flat"], tolerance=0.02)
    with pytest.raises(InputError, match=told):
        explainer.explain(X, "grad-cam")
    assert len(explainer.explain(X[:1], iter(["score-cam", "grad-cam"]))[0]) == 2


def run(command: str, *arguments: str) -> Result:
    return CliRunner().invoke(main, [command, *arguments], catch_exceptions=False)


def test_rows_and_files_say_what_was_scored(model_file: Path, make_photo: Any, tmp_path: Path) -> None:
    photo = make_photo(tmp_path / "p" / "a.png")
    asked = ["-m", str(model_file), "--preprocess", "unit", "--method", "score-cam,grad-cam"]
    asked += [str(photo), "--results", str(tmp_path / "rows.csv")]
    result = run("explain", *asked, "--tolerance", "0.1")
    assert "up to 64 forward passes, fewer where the tolerance allows it" in result.stderr
    assert "score-cam within 0.1: " in result.stderr
    with (tmp_path / "rows.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["method"]: row for row in csv.DictReader(file)}
    score, grad = rows["score-cam"], rows["grad-cam"]
    told = ["tolerance", "channels_by", "passes", "expected_error"]
    assert [name for name in score if name in told] == told
    assert float(score["tolerance"]) == 0.1 and 16 <= int(score["passes"]) <= 64
    assert float(score["expected_error"]) <= 0.1 and not any(grad[name] for name in told)
    said = provenance(photo.with_name("a_score-cam.png"))
    assert (said["tolerance"], said["passes"]) == (0.1, int(score["passes"]))
    assert "tolerance" not in provenance(photo.with_name("a_grad-cam.png"))
    assert counted(run("explain", *asked, "--tolerance", "0.1"), written=0, up_to_date=1)
    assert counted(run("explain", *asked, "--tolerance", "0.2"), written=1)


def test_comparisons_say_it_too(model_file: Path, make_photo: Any, tmp_path: Path) -> None:
    photo = make_photo(tmp_path / "p" / "a.png")
    asked = ["-m", str(model_file), "--preprocess", "unit", "--steps", "0", "-o", str(tmp_path / "out")]
    table = tmp_path / "rows.csv"
    assert run("compare", *asked, "--tolerance", "0.1", "--results", str(table), str(photo)).exit_code == 0
    again = run("compare", *asked, "--tolerance", "0.1", "--results", str(tmp_path / "b.csv"), str(photo))
    assert counted(again, written=0, up_to_date=1)
    shown = run("compare", *asked, "--tolerance", "10%", "--results", str(table), "--json", str(photo))
    (name, scored), *others = json.loads(shown.stdout)["scored"].items()
    assert (name, scored["tolerance"], others) == ("score-cam", 0.1, [])
    assert 16 <= scored["passes"] <= 64 and 0 <= scored["expected_error"] <= 0.1
    for file in (table, tmp_path / "b.csv"):  # what the panel says of itself, the second time
        with file.open(encoding="utf-8", newline="") as lines:
            rows = {row["method"]: row for row in csv.DictReader(lines)}
        assert float(rows["score-cam"]["expected_error"]) <= 0.1 and rows["score-cam"]["passes"]
        assert not rows["grad-cam"]["passes"]
