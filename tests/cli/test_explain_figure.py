"""Figures of a run: where they go, what they say, when they are redone; what makes no sense without them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support.commands import counted, explain, provenance
from xai_cam.cam.box import box_of
from xai_cam.cam.explanation import Explanation
from xai_cam.drawing.figure import draw_figure
from xai_cam.drawing.overlay import OverlayStyle, place
from xai_cam.images.picture import Region

Files = Callable[..., tuple[Path, Path]]


@pytest.fixture
def photo(tmp_path: Path, make_photo: Callable[..., Path]) -> Path:
    (tmp_path / "labels.txt").write_text("鳥\n猫\n海獅\n", encoding="utf-8")
    return make_photo(tmp_path / "a.png", (200, 240), seed=1)


def opened(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path).convert("RGB"))


def test_a_figure_shows_the_map_that_the_run_made(photo: Path, model_files: Files, tmp_path: Path) -> None:
    looks = ("--blend", "spotlight", "--mark", "box,peak", "--theme", "dark", "--grid")
    asked = ("--save", "figure,raw", "-c", "1", "--labels", tmp_path / "labels.txt", *looks)
    assert counted(explain(model_files(), photo, *asked), 1)
    figure, cam = tmp_path / "a_grad-cam_figure.png", np.load(tmp_path / "a_grad-cam.npy")
    said = provenance(figure)
    shown = Explanation(
        cam,
        **{name: said[name] for name in ("method", "layer", "score", "score_name", "status", "cause")},
        **{"target_class": 1, "predicted_class": said["predicted"], "probability": said["probability"]},
        ranking=(),
        labels=("鳥", "猫", "海獅"),
    )
    box = box_of(place(shown.saliency_map, Region(0, 0, 200, 240), (200, 240))[0])
    assert box is not None and shown.caption()[0].startswith("猫, p = 0.")
    expected = draw_figure(
        opened(photo),
        shown.saliency_map,
        None,
        shown.caption(),
        OverlayStyle(blend="spotlight"),
        theme="dark",
        grid=True,
        peak=True,
        box=box[:4],
    )
    np.testing.assert_array_equal(opened(figure), expected)


def test_a_figure_is_redone_when_its_looks_change(photo: Path, model_files: Files) -> None:
    files = model_files()
    assert counted(explain(files, photo, "--save", "figure"), 1)
    before = opened(photo.with_name("a_grad-cam_figure.png"))
    for option in (
        ["--theme", "dark"],
        ["--grid"],
        ["--mark", "peak"],
        ["--blend", "constant"],
        ["--colormap", "jet"],
    ):
        assert counted(explain(files, photo, "--save", "figure", *option), 1)
        assert not np.array_equal(opened(photo.with_name("a_grad-cam_figure.png")), before)
        assert counted(explain(files, photo, "--save", "figure", *option), 0, up_to_date=1)


def test_the_grid_lies_over_overlays(photo: Path, model_files: Files) -> None:
    files, overlay = model_files(), photo.with_name("a_grad-cam.png")
    explain(files, photo)
    plain = opened(overlay)
    assert counted(explain(files, photo, "--grid"), 1)
    lines = (opened(overlay) != plain).any(axis=-1)
    assert lines[:, 30].all() and lines[25].all() and not lines[3:22, 3:27].any()  # 8 x 8 cells


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--theme", "dark"], "--theme is for figures. Add figure to --save."),
        (["--mark", "peak"], "--mark is for figures. Add figure to --save."),
        (
            ["--grid", "--save", "raw,heatmap"],
            "--grid is for overlays, animations, figures. Add figure to --save.",
        ),
        (["--animation", "gif"], "--animation is for animations. Add animation to --save."),
        (["--mark", "nose", "--save", "figure"], "'nose' is not one of peak, box"),
    ],
)
def test_looks_of_what_is_not_written_are_refused(
    options: list[str], message: str, photo: Path, model_files: Files
) -> None:
    result = explain(model_files(), photo, *options)
    assert result.exit_code == 2 and message in result.stderr.replace("\n", " ")


@pytest.mark.parametrize("kind", ["webp", "gif"])
def test_an_animation_turns_the_picture_into_its_overlay_and_back(
    kind: str, photo: Path, model_files: Files
) -> None:
    files, path = model_files(), photo.with_name(f"a_grad-cam_animation.{kind}")
    ramp = np.linspace(0, 200, 240).astype(np.uint8)[None, :, None].repeat(200, 0).repeat(3, 2)
    Image.fromarray(ramp).save(photo)
    asked = ("--save", "overlay,animation", "--animation", kind)
    assert counted(explain(files, photo, *asked), 1)
    overlay = opened(photo.with_name("a_grad-cam.png")).astype(int)
    with Image.open(path) as moving:
        frames, times = [], []
        for number in range(moving.n_frames):
            moving.seek(number)
            frames.append(np.asarray(moving.convert("RGB")).astype(int))
            times.append(moving.info["duration"])
        assert moving.info["loop"] == 0 and 1800 <= sum(times) <= 2200
    middle = len(frames) // 2
    for frame, still in ((frames[0], opened(photo).astype(int)), (frames[middle], overlay)):
        assert np.abs(frame - still).mean() < 6, "as far as the format can"
    assert np.abs(frames[0] - frames[middle]).mean() > np.abs(frames[0] - frames[1]).mean()
    again = explain(files, photo.parent, *asked)
    assert counted(again, 0, up_to_date=1), "it is known again, and no image"
    assert counted(explain(files, photo, *asked, "--opacity", "0.3"), 1)
