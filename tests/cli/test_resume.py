"""A later run does what is not done: what it skips, what it redoes, and what it must not touch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support.commands import counted, explain, provenance, tree
from support.small_models import build_tiny, save_model

Files = Callable[..., tuple[Path, Path]]


@pytest.fixture
def photos(tmp_path: Path, make_photo: Callable[..., Path]) -> Path:
    for seed, name in enumerate(("a.png", "b.jpg", "c.png")):
        make_photo(tmp_path / "photos" / name, seed=seed)
    return tmp_path / "photos"


def times(folder: Path) -> dict[str, int]:
    """When each file below a folder was written."""
    return {path.name: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--method", "grad-cam", "--method", "hires-cam", "-c", "top2", "--save", "overlay,raw"],
        ["-l", "conv_1", "-l", "conv_2", "--format", "jpg", "--save", "heatmap", "-c", "0"],
        ["-o", "OUT"],
    ],
)
def test_a_second_run_does_nothing(
    options: list[str], photos: Path, model_files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = [str(tmp_path / "maps") if option == "OUT" else option for option in options]
    assert counted(explain(model_files(), photos, *options), 3)
    before = times(tmp_path)
    monkeypatch.setattr("xai_cam.cli.startup.open_model", lambda *_: pytest.fail("the model was loaded"))
    result = explain(model_files(), photos, *options)
    assert result.exit_code == 0 and counted(result, 0, up_to_date=3)
    assert times(tmp_path) == before


@pytest.mark.parametrize(
    "options",
    [
        ["--opacity", "0.4"],
        ["--blend", "constant"],
        ["--blend", "spotlight"],
        ["--colormap", "jet"],
        ["--enlarge", "2"],
        ["--preprocess", "signed"],
        ["--channel-order", "bgr"],
        ["--fit", "crop"],
        ["--score", "probability"],
        ["-l", "conv_1"],
        ["-c", "1"],
        ["--labels", "LABELS"],
        ["--overwrite"],
    ],
    ids=lambda options: options[0],
)
def test_another_option_redoes(options: list[str], photos: Path, model_files: Files, tmp_path: Path) -> None:
    explain(model_files(), photos)
    before, pixels = times(photos), np.asarray(Image.open(photos / "a_grad-cam.png"))
    (tmp_path / "labels.txt").write_text("x\ny\nz\n", encoding="utf-8")
    options = [str(tmp_path / "labels.txt") if option == "LABELS" else option for option in options]
    assert counted(explain(model_files(), photos, *options), 3)
    changed = {name for name, time in times(photos).items() if time != before.get(name)}
    assert changed == {"a_grad-cam.png", "b_grad-cam.png", "c_grad-cam.png"}
    same = np.array_equal(np.asarray(Image.open(photos / "a_grad-cam.png")), pixels)
    assert same == (options[0] in ("--labels", "--overwrite")), "an option that is accepted and ignored"
    if options != ["--overwrite"]:
        assert counted(explain(model_files(), photos, *options), 0, up_to_date=3)


@pytest.mark.parametrize(
    ("save", "options"),
    [
        ("raw", ["--opacity", "0.1", "--enlarge", "2"]),
        ("heatmap", ["--opacity", "0.1"]),
        ("overlay", ["--enlarge", "auto"]),
    ],
)
def test_what_an_output_does_not_depend_on_does_not_redo_it(
    save: str, options: list[str], photos: Path, model_files: Files
) -> None:
    explain(model_files(), photos, "--save", save)
    again = explain(model_files(), photos, "--save", save, *options, "-b", "2")
    assert counted(again, 0, up_to_date=3)


def test_only_the_changed_image_is_redone(
    photos: Path, model_files: Files, make_photo: Callable[..., Path]
) -> None:
    explain(model_files(), photos)
    make_photo(photos / "b.jpg", seed=9)
    (photos / "c_grad-cam.png").unlink()
    before = times(photos)
    assert counted(explain(model_files(), photos), 2, up_to_date=1)
    assert {n for n, t in times(photos).items() if t != before.get(n)} == {"b_grad-cam.png", "c_grad-cam.png"}


@pytest.mark.parametrize("changed", ["model.json", "model.weights.h5"])
def test_another_model_redoes(changed: str, photos: Path, tiny_files: tuple[Path, Path]) -> None:
    explain(tiny_files, photos)
    if changed == "model.json":
        tiny_files[0].write_text(tiny_files[0].read_text(encoding="utf-8") + "\n", encoding="utf-8")
    else:
        save_model(build_tiny(seed=1), tiny_files[0].parent)
    assert counted(explain(tiny_files, photos), 3)


def test_a_moved_folder_is_still_up_to_date(photos: Path, model_files: Files, tmp_path: Path) -> None:
    explain(model_files(), photos)
    photos.rename(tmp_path / "moved")
    assert counted(explain(model_files(), tmp_path / "moved"), 0, up_to_date=3)


def test_only_the_method_that_is_missing_is_computed(photos: Path, model_files: Files) -> None:
    explain(model_files(), photos)
    before = times(photos)
    assert counted(explain(model_files(), photos, "--method", "grad-cam", "--method", "layer-cam"), 3)
    assert {name: time for name, time in times(photos).items() if name in before} == before


def test_outputs_are_never_taken_for_inputs(photos: Path, model_files: Files) -> None:
    explain(model_files(), photos, "--save", "overlay,heatmap", "-c", "top2", "--format", "jpg")
    result = explain(model_files(), photos, "--method", "score-cam")
    assert counted(result, 3)
    assert "Skipped 12 pictures written by xai-cam." in result.stderr
    assert counted(explain(model_files(), photos / "*", "--method", "layer-cam"), 3)
    assert not [name for name in tree(photos) if name.count("cam") > 1]


def test_a_picture_named_like_an_output_is_explained(
    photos: Path, model_files: Files, make_photo: Callable[..., Path]
) -> None:
    path = make_photo(photos / "a_grad-cam_by_me.png", seed=5)
    assert counted(explain(model_files(), path), 1)


@pytest.mark.parametrize("options", [[], ["-c", "0", "-c", "1"]])
def test_files_of_others_stay_unless_told_otherwise(
    options: list[str], photos: Path, model_files: Files
) -> None:
    theirs = photos / ("a_grad-cam_1.png" if options else "a_grad-cam.png")
    theirs.write_bytes(b"mine")
    arguments = [*(photos / name for name in ("a.png", "b.jpg", "c.png")), *options]
    result = explain(model_files(), *arguments)
    assert result.exit_code == 1 and counted(result, 2, failed=1)
    failure = next(line for line in result.stderr.splitlines() if line.startswith("Failed: "))
    assert failure.endswith(
        f"a.png: {theirs.name} exists and was not written by xai-cam. Use --overwrite or --output."
    )
    assert theirs.read_bytes() == b"mine"
    assert explain(model_files(), *arguments, "--overwrite").exit_code == 0
    assert provenance(theirs)["tool"].startswith("xai-cam ")


def test_an_input_is_never_written_to(
    photos: Path, model_files: Files, make_photo: Callable[..., Path]
) -> None:
    victim = make_photo(photos / "a_grad-cam.png", seed=7)
    before = victim.read_bytes()
    result = explain(model_files(), photos, "--overwrite")
    assert result.exit_code == 1 and counted(result, 3, failed=1)
    assert "a_grad-cam.png is one of the inputs." in result.stderr
    assert victim.read_bytes() == before


@pytest.mark.parametrize("options", [[], ["-c", "top2", "--save", "overlay,raw", "-o", "maps"]])
def test_a_dry_run_says_what_would_be_done_and_writes_nothing(
    options: list[str], photos: Path, model_files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    explain(model_files(), "photos/a.png", *options)
    before = tree(tmp_path)
    monkeypatch.setattr("xai_cam.cli.startup.open_model", lambda *_: pytest.fail("the model was loaded"))
    result = explain(model_files(), "photos", *options, "--dry-run", "--results", "rows.csv")
    assert (result.exit_code, result.stderr, tree(tmp_path)) == (0, "", before)
    lines = result.stdout.replace("\\", "/").splitlines()
    folder, end = ("maps", "_{class}") if options else ("photos", "")
    states = zip(("a.png", "b.jpg", "c.png"), ("up to date", "to do", "to do"), strict=True)
    kinds = ("png", "npy") if options else ("png",)
    assert lines == [
        f"photos/{name} -> {folder}/{name[0]}_grad-cam{end}.{kind} ({state})"
        for name, state in states
        for kind in kinds
    ]


def test_a_dry_run_tells_what_it_cannot_read(
    photos: Path, model_files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(path: Path) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    explain(model_files(), photos)
    monkeypatch.setattr("xai_cam.runs.task.fingerprint", locked)
    result = explain(model_files(), photos, "--dry-run")
    assert result.exit_code == 0
    assert result.stdout.count("Permission denied") == 3


def test_fail_fast_stops_at_the_first_failure(
    photos: Path, model_files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    (photos / "b.jpg").write_text("no picture", encoding="utf-8")
    result = explain(model_files(), photos, "--fail-fast")
    assert result.exit_code == 1
    assert "b.jpg: not an image file" in result.stderr and "Stopped at the first failure." in result.stderr
    assert counted(result, 1, failed=1)
    assert {"a_grad-cam.png"} == {name for name in tree(photos) if "grad-cam" in name}
    assert counted(explain(model_files(), photos), 1, up_to_date=1, failed=1)


@pytest.mark.parametrize("method", ["grad-cam", "score-cam"])
def test_two_runs_write_the_same_bytes(method: str, photos: Path, model_files: Files, tmp_path: Path) -> None:
    options = ["--method", method, "--save", "overlay,heatmap,raw", "-c", "top2"]
    for name in ("one", "two"):
        assert explain(model_files(), photos, *options, "-o", tmp_path / name).exit_code == 0
    assert tree(tmp_path / "one") == tree(tmp_path / "two")
    assert len(tree(tmp_path / "one")) == 18


@pytest.mark.parametrize("method", ["grad-cam", "score-cam"])
def test_batch_and_chunk_sizes_change_no_map(
    method: str, photos: Path, model_files: Files, tmp_path: Path, make_photo: Callable[..., Path]
) -> None:
    make_photo(photos / "d.png", seed=4)
    sizes: list[tuple[Any, Any]] = [("auto", "auto"), (1, "auto"), (3, 7), (3, 1)]
    for batch, chunk in sizes if method == "score-cam" else sizes[:3]:
        folder = tmp_path / f"{batch}-{chunk}"
        options = ["--method", method, "--save", "raw", "-b", batch, "--chunk-size", chunk, "-o", folder]
        assert counted(explain(model_files(), photos, *options), 4)
        for path in folder.iterdir():
            expected = np.load(tmp_path / "auto-auto" / path.name)
            np.testing.assert_allclose(np.load(path), expected, rtol=1e-5, atol=1e-5 * expected.max())
