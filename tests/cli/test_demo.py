"""The demo: from nothing to heat maps that point at the right shape, without harm to what lies there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from support.commands import counted, provenance, run, tree
from xai_cam.runs.demo import PICTURE_SIZE
from xai_cam.sample_models.make_shapes import CLASSES

METHODS = ("grad-cam", "score-cam")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """The demo of three shapes and the cat: its folder, which no test may change, and what it printed."""
    pytest.importorskip("skimage", reason="the demo's cat is in scikit-image")
    folder = tmp_path_factory.mktemp("demo") / "my maps"
    return folder, run("demo", "-o", folder, "--count", 3)


@pytest.fixture
def no_cat(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo as it is without scikit-image, which has the cat: shapes alone."""
    monkeypatch.setattr("xai_cam.extras.find_spec", lambda name: None)


def test_the_demo_explains_its_pictures_and_says_how_to_go_on(demo: tuple[Path, Result]) -> None:
    folder, result = demo
    assert result.exit_code == 0 and counted(result, 4), result.stderr
    names = [f"{number:02}_{name}" for number, name in enumerate(CLASSES[:3], 1)]
    ends = ["", *(f"_{method}{end}" for method in METHODS for end in (".npy", ".png"))]
    shapes = {name + (end or ".png") for name in names for end in ends}
    cat = {f"cat/chelsea{end}.png" for end in ("", *(f"_{method}" for method in METHODS))}
    assert set(tree(folder)) == shapes | cat | {"figure.png"}
    shares = re.findall(
        r"^(\S+): the peak lay on the right shape in (\d+) of (\d+) pictures$", result.stdout, re.M
    )
    assert shares == [(method, "3", "3") for method in METHODS]
    assert str(folder.resolve() / "*_*-cam.png") in result.stdout

    before = tree(folder)
    _, *commands = result.stdout.replace("\\\n", " ").split("\n  xai-cam ")
    assert "keras2" in commands[0] and len(commands) == 2
    for command, images in zip(commands, (1, 3), strict=True):
        again = run(*shlex.split(command))
        assert again.exit_code == 0 and counted(again, 0, up_to_date=images), again.stderr
    again = run("demo", "-o", folder, "--count", 3)
    assert again.exit_code == 0 and counted(again, 0, up_to_date=4), again.stderr
    assert again.stdout == result.stdout
    assert tree(folder) == before


def test_the_figure_shows_the_cat_and_a_shape_beside_their_overlays(demo: tuple[Path, Result]) -> None:
    folder, _ = demo
    for method in METHODS:
        made_by = provenance(folder / "cat" / f"chelsea_{method}.png")
        assert (made_by["class_name"], made_by["layer"], made_by["method"]) == ("cat", "conv3_3", method)
        assert made_by["probability"] > 0.5
    figure, (height, width) = np.asarray(Image.open(folder / "figure.png")), (288, 433)  # 300 x 451 scaled
    cat = Image.open(folder / "cat" / "chelsea_grad-cam.png").resize((width, height), Image.BILINEAR)
    assert (figure[:height, width + 8 : 2 * width + 8] == np.asarray(cat)).all()
    left = (figure.shape[1] - 3 * PICTURE_SIZE - 16) // 2
    shape = np.asarray(Image.open(folder / "01_circle.png"))
    assert (figure[height + 30 : 2 * height + 30, left : left + PICTURE_SIZE] == shape).all()


@pytest.mark.usefixtures("no_cat")
def test_without_scikit_image_the_demo_shows_the_shapes(tmp_path: Path) -> None:
    result = run("demo", "-o", tmp_path, "--count", 1)
    assert result.exit_code == 0 and counted(result, 1), result.stderr
    assert "pip install 'xai-cam[demo]'" in result.stdout
    assert not (tmp_path / "cat").exists() and (tmp_path / "figure.png").exists()


def test_the_demo_replaces_no_cat_of_others(tmp_path: Path) -> None:
    pytest.importorskip("skimage", reason="the demo's cat is in scikit-image")
    (tmp_path / "cat").mkdir()
    check_kept(tmp_path, "cat/chelsea.png")


@pytest.mark.usefixtures("no_cat")
def test_the_demo_replaces_no_figure_of_others(tmp_path: Path) -> None:
    check_kept(tmp_path, "figure.png")


def check_kept(folder: Path, name: str) -> None:
    """A file of others stays, and stops the demo."""
    (folder / name).write_text("mine")
    result = run("demo", "-o", folder, "--count", 1)
    assert result.exit_code == 1 and "already exists with other contents" in result.stderr
    assert (folder / name).read_text() == "mine"


@pytest.mark.parametrize("kind", ["text", "picture"])
def test_what_lies_in_the_way_stays(kind: str, tmp_path: Path, make_photo: Callable[..., Path]) -> None:
    path = tmp_path / "01_circle.png"
    if kind == "text":
        path.write_text("mine")
    else:
        make_photo(path)
    before = tree(tmp_path)
    result = run("demo", "-o", tmp_path, "--count", 1)
    assert result.exit_code == 1
    assert result.stderr == (
        f"Error: {path} already exists with other contents. Name an empty --output folder.\n"
    )
    assert tree(tmp_path) == before


@pytest.mark.usefixtures("no_cat")
def test_an_overlay_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "01_circle_grad-cam.png").write_text("mine")
    result = run("demo", "-o", tmp_path, "--count", 1)
    assert result.exit_code == 1 and result.stderr.splitlines()[-1].partition(" in ")[0].endswith("1 failed")
    assert "was not written by xai-cam" in result.stderr
    assert (tmp_path / "01_circle_grad-cam.png").read_text() == "mine"
