"""What `kernels edit` and `prepend` share: where a new model goes, and which images are looked at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from support.systems import link
from xai_cam.cli.groups import (
    ComputeOptions,
    ImageOptions,
    ModelOptions,
    PreprocessingOptions,
    TrustOptions,
    VerbosityOptions,
)
from xai_cam.cli.kernels.effects import EffectOptions, check_new_model, find_effect_images
from xai_cam.errors import InputError, NoImagesError
from xai_cam.models.loading.model_files import ModelFiles


@pytest.fixture
def files(tmp_path: Path) -> ModelFiles:
    for name in ("old/model.json", "old/model.h5", "photos/a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("no matter", encoding="utf-8")
    return ModelFiles(tmp_path / "old" / "model.json", tmp_path / "old" / "model.h5")


@pytest.fixture
def options(files: ModelFiles) -> EffectOptions:
    return EffectOptions(
        ModelOptions(files.model, files.weights),
        TrustOptions(None, False),
        None,
        False,
        ImageOptions((), (), None, recursive=False),
        PreprocessingOptions("auto", None, "stretch"),
        None,
        None,
        False,
        ComputeOptions("cpu"),
        VerbosityOptions(False, False),
    )


def test_where_a_new_model_goes(files: ModelFiles, tmp_path: Path) -> None:
    new = tmp_path / "new"
    expected = [new / "model.json", new / "model.weights.h5"]
    assert check_new_model(files, new, overwrite=False) == expected
    (new / "model.json").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="exists"):
        check_new_model(files, new, overwrite=False)
    assert check_new_model(files, new, overwrite=True) == expected


@pytest.mark.parametrize("name", ["old", "old/../old", "link"])
def test_never_into_the_folder_of_the_old_one(files: ModelFiles, name: str, tmp_path: Path) -> None:
    link(tmp_path / "link", tmp_path / "old")
    with pytest.raises(InputError, match="is the folder of the old model"):
        check_new_model(files, tmp_path / name, overwrite=True)


def test_images_are_optional(files: ModelFiles, options: EffectOptions, tmp_path: Path) -> None:
    assert find_effect_images((), options, files) is None
    found = find_effect_images((str(tmp_path / "photos"),), options, files)
    assert found is not None and [image.path.name for image in found.images] == ["a.png"]
    with pytest.raises(NoImagesError):
        find_effect_images((str(tmp_path / "old"),), options, files)


@pytest.mark.parametrize(
    ("results", "images", "message"),
    [
        ("rows.csv", (), "--results writes a row per image, but no image is named"),
        ("rows.txt", ("photos",), "must end in .csv, .tsv, .jsonl or .parquet"),
    ],
)
def test_rows_of_nothing(
    results: str, images: tuple[str, ...], message: str, files: ModelFiles, options: EffectOptions
) -> None:
    with pytest.raises(InputError, match=message):
        find_effect_images(images, replace(options, results=results), files)
