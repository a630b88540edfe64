"""Masks and boxes of kept maps; the model is asked where the map is not what it was, or more is wanted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from support.commands import counted, explain
from xai_cam.runs import parts_anew
from xai_cam.runs.image_state import ImageState

Files = Callable[..., tuple[Path, Path]]
ASKED = ("--save", "raw,mask")


@pytest.fixture
def photo(tmp_path: Path, make_photo: Callable[..., Path], model_files: Files) -> Path:
    photo = make_photo(tmp_path / "a.png")
    assert counted(explain(model_files(), photo, *ASKED), 1)
    return photo


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows as the model is asked."""
    from xai_cam.runs.explain_run import ExplainWork

    found: list[str] = []
    ask = ExplainWork.ask

    def noted(work: ExplainWork, states: list[object]) -> None:
        found.append("asked")
        ask(work, states)  # type: ignore[arg-type] # as the runner has them

    monkeypatch.setattr(ExplainWork, "ask", noted)
    return found


def test_maps_of_an_earlier_run_that_kept_only_them(
    photo: Path, model_files: Files, asked: list[str]
) -> None:
    mask = photo.with_name("a_grad-cam_mask.png")
    mask.unlink()
    assert counted(explain(model_files(), photo, "--save", "mask"), 1) and mask.exists() and not asked
    assert counted(explain(model_files(), photo, "--save", "mask", "--overwrite"), 1) and asked


@pytest.mark.parametrize(
    ("size", "sides"), [((10**6, 10**6), [0, 0, 9, 9]), ((9, 9), [0, 0, 1e300, 9]), ((9, 9), [0, 4, 9, 4])]
)
def test_sizes_of_no_picture(size: tuple[int, int], sides: list[float]) -> None:
    """As a file may tell them that was forged: the model is asked, and nothing is allocated."""
    assert parts_anew._is_size((9, 9), 81) and parts_anew._is_region([0, 0, 9.5, 9])
    assert not (parts_anew._is_size(size, 10**8) and parts_anew._is_region(sides))


@pytest.mark.parametrize("why", ["edited", "gone", "another", "overlay"])
def test_the_model_is_asked(why: str, photo: Path, model_files: Files, asked: list[str]) -> None:
    """Where the map is not what it was, is of other options, or more than masks and boxes is to be made."""
    raw, more = photo.with_name("a_grad-cam.npy"), ["--threshold", "0.5"]
    if why == "edited":
        data = bytearray(raw.read_bytes())
        data[200] ^= 1
        raw.write_bytes(bytes(data))
    elif why == "gone":
        raw.unlink()
    else:
        more += {"another": ["-c", "1"], "overlay": ["--save", "overlay,mask"]}[why]
    assert counted(explain(model_files(), photo, *ASKED, *more), 1) and asked == ["asked"]
    assert np.load(raw).ndim == 2


def test_a_file_of_somebody_is_not_replaced(photo: Path, model_files: Files) -> None:
    photo.with_name("a_grad-cam_mask.png").write_bytes(b"mine")
    result = explain(model_files(), photo, *ASKED)
    assert result.exit_code == 1 and "was not written by xai-cam" in result.stderr.replace("\n", " ")
    assert photo.with_name("a_grad-cam_mask.png").read_bytes() == b"mine"


def test_nothing_is_written_behind_the_first_failure(
    photo: Path, make_photo: Callable[..., Path], model_files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Images are looked up ahead, and nothing is written of them then."""
    from xai_cam.runs.explain_run import ExplainWork

    there: list[bool] = []
    look_up = ExplainWork.look_up

    def watched(work: ExplainWork, state: ImageState) -> None:
        look_up(work, state)
        there.append(gone.exists())

    make_photo(photo.with_name("b.png"), seed=1)
    assert counted(explain(model_files(), photo.parent, *ASKED), 1, up_to_date=1)
    failing, gone = (photo.with_name(f"{name}_grad-cam_mask.png") for name in "ab")
    failing.write_bytes(b"mine")
    gone.unlink()
    assert explain(model_files(), photo.parent, *ASKED, "--fail-fast").exit_code == 1
    assert not gone.exists()
    failing.unlink()
    monkeypatch.setattr(ExplainWork, "look_up", watched)
    assert counted(explain(model_files(), photo.parent, *ASKED), 2) and gone.exists()
    assert there == [False, False]
