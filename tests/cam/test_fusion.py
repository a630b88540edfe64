"""Maps of several layers as one, and options that only some methods heed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from oracle.resize import resize
from support.commands import counted, provenance
from support.maps import made
from support.small_models import build_tiny, save_model
from xai_cam import Explainer
from xai_cam.cam.fusion import Fusion, fuse
from xai_cam.cam.layers_explainer import LayersExplainer
from xai_cam.cli import main
from xai_cam.images.finding import ImageFile
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.models.network import Network
from xai_cam.runs.plan import Plan, Request, make_plan

X = np.random.default_rng(2).normal(0, 1, (3, 16, 16, 3)).astype(np.float32)
LAYERS = ("conv_1", "conv_2")


def explanations(tiny_model: Any, method: str = "grad-cam") -> list[Any]:
    return [Explainer(tiny_model, layer).explain(X, [method], [1]) for layer in LAYERS]


@pytest.mark.parametrize("how", ["mean", "max", "product"])
@pytest.mark.parametrize("method", ["grad-cam", "score-cam"])
def test_each_layer_counts_alike(tiny_model: Any, how: str, method: str):
    network = Network(tiny_model)
    explainer = LayersExplainer([Explainer(network, layer) for layer in LAYERS], how)
    fused = explainer.explain(X, [method], [1], ["random"])
    alone = explanations(tiny_model, method)
    for i, (of_method, of_baseline) in enumerate(fused):
        maps = [resize(found[i][0].cam / found[i][0].cam.max(), (16, 16)) for found in alone]
        expected = {"mean": np.mean, "max": np.max, "product": np.prod}[how](maps, axis=0)
        np.testing.assert_allclose(of_method.cam, expected, atol=1e-5)
        assert of_method.layer == f"{how} of conv_1, conv_2" and of_baseline.method == "random"
    assert [layer.path for layer in explainer.target_layers] == list(LAYERS)


def test_statuses(tiny_model: Any):
    one, other = (found[0][0] for found in explanations(tiny_model))
    blank = dataclasses.replace(one, cam=0 * one.cam, status="blank", cause="dead")
    broken = dataclasses.replace(one, cam=np.nan * one.cam, status="non-finite", cause="NaN")
    flat = dataclasses.replace(one, cam=0 * one.cam + 3, status="flat", cause="same")
    assert (fuse([blank, other], "mean").status, fuse([blank, other], "mean").cause) == ("ok", "")
    half = resize(other.cam / other.cam.max(), (16, 16)) / 2
    np.testing.assert_allclose(fuse([blank, other], "mean").cam, half, atol=1e-5)
    assert (fuse([blank, blank], "max").status, fuse([blank, blank], "max").cause) == (
        "blank",
        "conv_1: dead",
    )
    assert fuse([other, broken], "max").status == "non-finite"
    assert fuse([flat, blank], "mean").status == "flat"


def test_a_product_of_both_signs_and_of_maps_that_share_no_place() -> None:
    """Red where both are, blue where both are; where they differ, nothing. Errors of factors add up."""
    one, other = (
        made(cam, sign="both", layer=layer, expected_error=0.1)
        for cam, layer in (([[2, -4], [1, 0]], "a"), ([[5, -10], [-10, 1]], "b"))
    )
    found = fuse([one, other], "product")
    np.testing.assert_allclose(found.cam, [[0.25, -1], [0, 0]])
    assert found.layer == "product of a, b" and found.expected_error == pytest.approx(0.4)
    apart = [made(cam, layer=layer) for cam, layer in (([[1, 0]], "a"), ([[0, 1]], "b"))]
    nothing = fuse(apart, "product")
    assert (nothing.status, nothing.cause) == (
        "blank",
        "no place is named by the maps of all of these layers",
    )
    dead = made([[0, 0]], layer="b", status="blank", cause="dead")
    assert fuse([apart[0], dead], "product").cause == "b: dead"


# --- Plans -------------------------------------------------------------------------------------------


@pytest.fixture
def planned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Plan]:
    monkeypatch.chdir(tmp_path)
    for name in ("m.json", "m.h5", "a.jpg"):
        Path(name).write_text(name, encoding="utf-8")
    images = [ImageFile(Path("a.jpg"), Path())]
    files = ModelFiles(Path("m.json"), Path("m.h5"))
    return lambda **request: make_plan(Request(**request), files, images)


def test_the_digest_follows_the_channels_that_are_scored(planned: Callable[..., Plan]):
    asked: list[dict[str, Any]] = [{}, {"max_channels": 5}, {"max_channels": 6}, {"tolerance": 0.02}]
    plans = [planned(**one) for one in [*asked, {"max_channels": 5, "channels_by": "spread"}]]
    for method, different in (("score-cam", 5), ("ablation-cam", 5), ("grad-cam", 1), ("eigen-cam", 1)):
        assert len({plan.digest(plan.tasks[0], None, method, "raw") for plan in plans}) == different


def test_fused_layers_are_one_place(planned: Callable[..., Plan]):
    layers = ("a/b", "c")
    digests = set()
    for order, how in ((layers, "mean"), (layers, "max"), (layers[::-1], "max")):
        plan = planned(layers=order, fuse=how)
        (place,) = plan.request.places
        assert place == Fusion(how, order)
        output = plan.output(plan.tasks[0], place, "grad-cam", None, "overlay")
        assert output.name == f"a_fused-{how}_grad-cam.png"
        digests.add(plan.digest(plan.tasks[0], place, "grad-cam", "raw"))
    assert len(digests) == 3
    assert planned(layers=layers).request.places == layers


# --- On the command line -----------------------------------------------------------------------------


def run(files: tuple[Path, Path], *arguments: str) -> Result:
    command = ["explain", "-m", str(files[0]), "-w", str(files[1]), *arguments]
    return CliRunner().invoke(main, command, catch_exceptions=False)


def test_fused_maps_are_written(tiny_files: tuple[Path, Path], make_photo: Any, tmp_path: Path):
    photo = make_photo(tmp_path / "p" / "a.png")
    asked = ["-l", "conv_1", "-l", "conv_2", "--save", "overlay,raw", str(photo)]
    assert run(tiny_files, *asked).exit_code == 0
    fused = run(tiny_files, *asked, "--fuse", "max")
    assert counted(fused, written=1)
    assert counted(run(tiny_files, *asked, "--fuse", "max"), written=0, up_to_date=1)
    one, other, both = (
        np.load(photo.with_name(f"a_{part}_grad-cam.npy")) for part in ("conv_1", "conv_2", "fused-max")
    )
    larger = resize(other / other.max(), one.shape)
    np.testing.assert_allclose(both, np.maximum(one / one.max(), larger), atol=1e-5)
    said = provenance(photo.with_name("a_fused-max_grad-cam.png"))
    assert said["layer"] == "max of conv_1, conv_2"


def test_few_channels_are_said(tiny_files: tuple[Path, Path], make_photo: Any, tmp_path: Path):
    photo = make_photo(tmp_path / "p" / "a.png")
    asked = ["--method", "score-cam", "--method", "grad-cam", str(photo)]
    result = run(tiny_files, *asked, "--max-channels", "3")
    assert "1 image x up to 3 channels = up to 3 forward passes" in result.stderr
    assert provenance(photo.with_name("a_score-cam.png"))["max_channels"] == 3
    assert "max_channels" not in provenance(photo.with_name("a_grad-cam.png"))
    first = photo.with_name("a_score-cam.png").read_bytes()
    assert counted(run(tiny_files, *asked), written=1)  # all channels: another map
    assert photo.with_name("a_score-cam.png").read_bytes() != first


def test_one_layer_under_two_names_is_not_fused(tmp_path: Path, make_photo: Any):
    import keras

    inner = build_tiny()
    model = keras.Sequential([keras.Input((16, 16, 3)), inner])
    files = save_model(model, tmp_path / "nested")
    photo = make_photo(tmp_path / "p" / "a.png")
    result = run(files, "--fuse", "mean", "-l", "conv_1", "-l", "tiny/conv_1", str(photo))
    assert result.exit_code == 2 and "under two names" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fuse", "mean"], "at least two with --layer"),
        (["--fuse", "mean", "-l", "conv_1", "-l", "conv_1"], "at least two"),
        (["--max-channels", "4"], "score-cam, score-cam-official, ablation-cam"),
        (["--max-channels", "0", "--method", "score-cam"], "0 is not in the range"),
        (["--fuse", "sum", "-l", "conv_1", "-l", "conv_2"], "'sum' is not one of"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    tiny_files: tuple[Path, Path], tmp_path: Path, arguments: list[str], message: str
):
    result = run(tiny_files, *arguments, str(tmp_path))
    assert result.exit_code == 2 and message in result.stderr


@pytest.mark.parametrize(("how", "expected"), [("mean", [[-0.25, 0.25]]), ("max", [[-1, 1]])])
def test_maps_of_both_signs_count_alike(how: str, expected: list[list[float]]) -> None:
    """-4 and 2 over 4; 1 and 2 over 2. The one that is furthest from 0 is taken for the maximum."""
    maps = [made(cam, sign="both") for cam in ([[-4, -2]], [[1, 2]])]
    fused = fuse(maps, how)
    np.testing.assert_allclose(fused.cam, expected)
    assert (fused.sign, fused.status) == ("both", "ok")
