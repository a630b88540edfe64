"""The files of the documentation's examples: what they are, and that nothing of others is replaced."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import xai_cam
from support.commands import run, tree
from xai_cam.cli.demo import SAMPLES
from xai_cam.errors import OutputError
from xai_cam.runs.demo import sample_model
from xai_cam.runs.example_files import write_example_files


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `xai-cam demo --files` writes; no test may change it."""
    path = tmp_path_factory.mktemp("files")
    result = run("demo", "--files", path)
    assert result.exit_code == 0 and f"12 photos and masks, boxes.csv, cat.png: {path}" in result.output
    return path


def test_both_forms_of_the_model_are_the_sample_model(folder: Path) -> None:
    files = sample_model("shapes")
    image = np.asarray(Image.open(folder / "photos/heart/06.png").resize((96, 96)), np.float32)[None] / 255
    expected = xai_cam.load_model(files.model, files.weights)(image)
    for name in ("model.keras", "model.json"):
        np.testing.assert_allclose(xai_cam.load_model(folder / name)(image), expected, atol=1e-6)
    assert len((folder / "labels.txt").read_text(encoding="utf-8").split()) == expected.shape[-1]


def test_photos_lie_by_class_with_a_mask_each_and_one_is_misfiled(folder: Path) -> None:
    photos = sorted(p.relative_to(folder / "photos") for p in (folder / "photos").rglob("*.png"))
    assert photos == sorted(p.relative_to(folder / "masks") for p in (folder / "masks").rglob("*.png"))
    counts = {name: sum(p.parent.name == name for p in photos) for name in ("circle", "star", "heart")}
    assert counts == {"circle": 3, "star": 1, "heart": 2}
    for photo in photos:
        mask = np.asarray(Image.open(folder / "masks" / photo))
        assert mask.shape == Image.open(folder / "photos" / photo).size[::-1]
        assert set(np.unique(mask)) == {0, 255} and mask.mean() < 128


def test_boxes_are_around_the_masks_and_say_what_is_there(folder: Path) -> None:
    """Also of the photo in the wrong folder."""
    rows = [line.split(",") for line in (folder / "boxes.csv").read_text(encoding="utf-8").split()]
    assert rows[0] == ["image", "x0", "y0", "x1", "y1", "class"] and len(rows) == 13
    for place, *sides, name in rows[1:]:
        mask = np.asarray(Image.open(folder / "masks" / place)) > 0
        left, top, right, bottom = map(int, sides)
        assert mask[top:bottom, left:right].sum() == mask.sum()
        assert mask[[top, bottom - 1]].any(axis=1).all() and mask[:, [left, right - 1]].any(axis=0).all()
        assert name == place.split("/")[0] or (place, name) == ("circle/10.png", "star")


def test_the_same_again_changes_nothing(folder: Path) -> None:
    before = tree(folder)
    write_example_files(folder)
    assert tree(folder) == before


@pytest.mark.parametrize("name", ["labels.txt", "model.keras"])
def test_nothing_of_others_is_replaced(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="already exists with other contents"):
        write_example_files(tmp_path)
    assert tree(tmp_path) == {name: b"mine"}


def test_another_model_is_not_taken_for_it(tmp_path: Path, tiny_model: Any) -> None:
    tiny_model.save(tmp_path / "model.keras")
    with pytest.raises(OutputError, match=r"model\.keras already exists"):
        write_example_files(tmp_path)


@pytest.mark.parametrize("name", SAMPLES)
def test_another_sample_is_written_with_its_pictures(tmp_path: Path, name: str) -> None:
    result = run("demo", "--files", tmp_path, "--sample", name)
    assert result.exit_code == 0, result.output
    assert result.output.startswith("labels.txt, model.json, model.weights.h5")
    assert f"4 pictures and their masks: {tmp_path}" in result.output
    source = tree(sample_model(name).model.parent)
    assert tree(tmp_path) == {k: source[k] for k in source if not k.startswith(("CARD.md", "report/"))}
    before = tree(tmp_path)
    assert run("demo", "--files", tmp_path, "--sample", name).exit_code == 0
    (tmp_path / "labels.txt").write_text("mine", encoding="utf-8")
    refused = run("demo", "--files", tmp_path, "--sample", name)
    assert refused.exit_code != 0 and "labels.txt already exists with other contents" in refused.stderr
    assert tree(tmp_path) == {**before, "labels.txt": b"mine"}


def test_a_sample_is_written_where_files_says(tmp_path: Path) -> None:
    result = run("demo", "--sample", SAMPLES[0])
    assert result.exit_code == 2 and "Add --files FOLDER" in result.stderr
