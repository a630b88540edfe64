"""The demo's pictures, whose right answer is known, and whether a map's peak lies on it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support.commands import tree
from xai_cam import Explainer, load_model
from xai_cam.errors import OutputError
from xai_cam.files.provenance import encode_picture
from xai_cam.images.fitting import fit_picture
from xai_cam.images.readers import read_image
from xai_cam.models.input.preprocessing import choose_preprocessing
from xai_cam.runs.demo import (
    PICTURE_SIZE,
    copy_cat,
    labels_file,
    make_cat_plan,
    make_pictures,
    make_shapes_plan,
    peak_inside,
    pointing_game,
    sample_model,
    write_figure,
)
from xai_cam.sample_models.make_shapes import CLASSES, draw_scene

METHODS = ("grad-cam", "score-cam")


@pytest.mark.parametrize(
    "name", ["shapes", "shapes_binary", "digits", "dogcat_small", "dogcat", "dogcat/keras2"]
)
def test_sample_models_are_there_with_their_labels(name: str) -> None:
    files = sample_model(name)
    assert files.model.is_file() and files.weights is not None and files.weights.is_file()
    assert labels_file(files).is_file()


# --- Pictures ----------------------------------------------------------------------------------------


def test_each_picture_shows_the_shape_that_it_is_called_after(tmp_path: Path) -> None:
    scenes = make_pictures(tmp_path, 2, 0)
    assert [path.name for path in scenes] == [f"01_{CLASSES[0]}.png", f"02_{CLASSES[1]}.png"]
    for path, scene in scenes.items():
        np.testing.assert_array_equal(np.asarray(Image.open(path)), scene.picture)
        assert scene.objects[0].mask.shape == (PICTURE_SIZE, PICTURE_SIZE) and scene.objects[0].mask.any()


def test_a_seed_makes_the_pictures(tmp_path: Path) -> None:
    for name, seed in (("one", 1), ("same", 1), ("other", 2)):
        make_pictures(tmp_path / name, 2, seed)
    one, same, other = (list(tree(tmp_path / name).values()) for name in ("one", "same", "other"))
    assert one == same and not set(one) & set(other)


def test_what_is_there_is_kept(tmp_path: Path) -> None:
    make_pictures(tmp_path, 1, 0)
    (path,) = tmp_path.iterdir()
    written = path.stat().st_mtime_ns
    make_pictures(tmp_path, 1, 0)
    assert path.stat().st_mtime_ns == written
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="already exists with other contents"):
        make_pictures(tmp_path, 1, 0)
    assert path.read_text(encoding="utf-8") == "mine"


def test_the_cat_is_that_of_scikit_image(tmp_path: Path) -> None:
    data = pytest.importorskip("skimage.data")
    path = copy_cat(tmp_path)
    assert path == tmp_path / "cat" / "chelsea.png"
    np.testing.assert_array_equal(read_image(path).pixels, data.chelsea())


# --- Plans and the figure ----------------------------------------------------------------------------


def test_plans(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"a")
    shapes = make_shapes_plan([tmp_path / "a.png"], METHODS)
    assert shapes.request.saves == ("overlay", "raw", "figure") and shapes.request.methods == METHODS
    assert shapes.request.labels == tuple(labels_file(shapes.files).read_text(encoding="utf-8").split())
    cat = make_cat_plan(tmp_path / "a.png", METHODS)
    assert cat.request.layers == (None,) and cat.request.saves == ("overlay", "figure")
    assert cat.files.model.parent.name == "dogcat_small"


def test_the_figure_has_those_of_all_plans_and_replaces_nothing_of_others(tmp_path: Path) -> None:
    plans = []
    for name, method, grey, width in (("a", "grad-cam", 40, 30), ("b", "score-cam", 200, 20)):
        path = tmp_path / f"{name}.png"
        Image.new("RGB", (288, 288), (grey,) * 3).save(path)
        plans.append(make_shapes_plan([path], METHODS))
        figure = np.full((10, width, 3), grey, np.uint8)
        (tmp_path / f"{name}_{method}_figure.png").write_bytes(encode_picture(figure, {"tool": "it"}, "png"))
    write_figure(tmp_path / "figure.png", plans)
    figure = np.asarray(Image.open(tmp_path / "figure.png"))
    assert figure.shape == (20, 30, 3)
    assert (figure[:10] == 40).all() and (figure[10:, :20] == 200).all() and (figure[10:, 20:] == 255).all()
    write_figure(tmp_path / "figure.png", plans)
    (tmp_path / "figure.png").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="already exists with other contents"):
        write_figure(tmp_path / "figure.png", plans)


# --- Pointing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cam", "corner", "inside"),
    [
        ([[0, 1], [0, 0]], (0, 3), True),  # where the second cell's plateau begins
        ([[9, 1], [0, 0]], (0, 3), False),
        ([[9, 1], [0, 0]], (0, 0), True),
        ([[0, 0], [0, 0]], (0, 0), False),  # a blank map points nowhere
    ],
)
def test_the_peak_is_looked_up_in_the_mask(
    cam: list[list[int]], corner: tuple[int, int], inside: bool
) -> None:
    mask = np.zeros((4, 4), bool)
    mask[corner] = True
    assert peak_inside(np.array(cam, np.float32), mask) is inside


def test_each_map_of_each_picture_hits_or_not(tmp_path: Path) -> None:
    """The shape is in the lower right quarter; of two methods one points there, for one picture of two."""
    mask = np.zeros((8, 8), bool)
    mask[4:, 4:] = True
    scene: Any = SimpleNamespace(objects=[SimpleNamespace(mask=mask)])
    paths = [tmp_path / "a.png", tmp_path / "b.png"]
    for path in paths:
        path.write_bytes(path.name.encode())
    corner, other = np.array([[0, 0], [0, 1]], np.float32), np.array([[1, 0], [0, 0]], np.float32)
    for name, cam in {"a_grad-cam": corner, "a_score-cam": other, "b_grad-cam": other}.items():
        np.save(tmp_path / f"{name}.npy", cam)
    np.save(tmp_path / "b_score-cam.npy", np.zeros((2, 2), np.float32))
    hits = pointing_game(make_shapes_plan(paths, METHODS), dict.fromkeys(paths, scene))
    assert hits == {"grad-cam": [True, False], "score-cam": [False, False]}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["shapes", "shapes_binary"])
def test_sample_models_point_at_the_shapes(name: str, tmp_path: Path) -> None:
    """Of 200 pictures that no model was trained on, at least 90 % of the peaks lie on the shape."""
    files = sample_model(name)
    labels = files.model.with_name("labels.txt").read_text(encoding="utf-8").split()
    explainer = Explainer(load_model(files.model, files.weights))
    preprocessing = choose_preprocessing(explainer.network)
    height, width, channels = explainer.network.input_shape
    hits: dict[str, list[bool]] = {method: [] for method in METHODS}
    for start in range(0, 200, 40):
        scenes, batch = [], []
        for number in range(start, start + 40):
            shape = labels[number % len(labels)]
            scenes.append(draw_scene(np.random.default_rng([7, 77, number]), [shape], PICTURE_SIZE))
            path = tmp_path / f"{number}.png"
            Image.fromarray(scenes[-1].picture).save(path)
            values, _ = fit_picture(read_image(path), (height, width), channels)
            batch.append(preprocessing.apply(values))
        for scene, maps in zip(scenes, explainer.explain(np.stack(batch), METHODS), strict=True):
            for explanation in maps:
                hits[explanation.method].append(peak_inside(explanation.cam, scene.objects[0].mask))
    shares = {method: float(np.mean(found)) for method, found in hits.items()}
    assert all(len(found) == 200 for found in hits.values())
    assert min(shares.values()) >= 0.9, shares
