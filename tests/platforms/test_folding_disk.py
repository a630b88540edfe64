"""On a disk that folds case and composes Unicode, as those of macOS, two names may be one file."""

from __future__ import annotations

import csv
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from support.commands import evaluate, explain, run, tree
from support.folding_disk import FoldingDisk
from xai_cam.errors import InputError
from xai_cam.files.names import folds
from xai_cam.files.writing import check_not_input
from xai_cam.images.finding import find_images
from xai_cam.images.ground_truth import read_truth, table_names
from xai_cam.runs.tasks import place_tasks

pytestmark = pytest.mark.skipif(
    sys.version_info < (3, 11) or sys.platform != "linux", reason="simulated for Linux alone"
)

COMPOSED, APART = "é", unicodedata.normalize("NFD", "é")
Files = tuple[Path, Path]


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    FoldingDisk(tmp_path, monkeypatch)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_disk_is_told(disk: Path) -> None:
    (disk / "Photos").mkdir()
    (disk / "Photos" / "a.png").touch()
    assert (disk / "PHOTOS" / "A.png").exists()
    assert folds(str(disk / "photos"))


def test_an_input_is_known_by_all_its_names(disk: Path) -> None:
    Path("truth.csv").touch()
    Path(f"{APART}.png").touch()
    for name, other in (("Truth.csv", "truth.csv"), (f"{COMPOSED}.PNG", f"{APART}.png")):
        with pytest.raises(InputError, match="is one of the inputs"):
            check_not_input(Path(name), [other])


def test_a_table_of_truth_names_files_as_the_disk_does(disk: Path) -> None:
    """In another case, or in the other spelling of an accent, from its own folder and from elsewhere."""
    for folder, name in (("cats", "1.jpg"), ("dogs", f"{APART}.jpg")):
        Path("photos", folder).mkdir(parents=True)
        Path("photos", folder, name).touch()
    images = find_images(["photos"], recursive=True).images
    Path("elsewhere").mkdir()
    for folder in ("photos", "elsewhere"):
        table = Path(folder, "truth.csv")
        table.write_text(f"image,class\nCats/1.JPG,cat\nDogs/{COMPOSED}.JPG,dog\n", encoding="utf-8")
        assert table_names(images, read_truth(table), table) == ["cat", "dog"], folder


def test_stems_that_are_one_name_on_disk_are_told_apart(disk: Path) -> None:
    for name in (f"{COMPOSED}.jpg", f"{APART}.png"):
        Path(name).touch()
    tasks = place_tasks(find_images(["."]).images, None, lambda task: [task.stem])
    assert sorted(task.stem[-4:] for task in tasks) == [".jpg", ".png"]


def test_images_that_the_disk_of_the_output_cannot_tell_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a disk that minds the case to a stick that does not."""
    for name in ("sensitive/A.png", "sensitive/a.png", "stick/Other.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    images = find_images([str(tmp_path / "sensitive")]).images
    assert len(images) == 2
    assert place_tasks(images, tmp_path / "sensitive", lambda task: [task.stem])
    FoldingDisk(tmp_path / "stick", monkeypatch)
    with pytest.raises(InputError, match="same name"):
        place_tasks(images, tmp_path / "stick" / "maps", lambda task: [task.stem])


def test_a_picture_named_twice_is_explained_once(
    disk: Path, model_files: Callable[..., Files], make_photo: Callable[..., Path]
) -> None:
    make_photo(Path("photos/a.png"))
    result = explain(model_files(), "photos/a.png", "Photos/A.PNG", "-o", "maps")
    assert result.exit_code == 0, result.stderr
    assert [name for name in tree(disk) if name.startswith("maps")] == ["maps/a_grad-cam.png"]
    assert "1 up to date" in explain(model_files(), "Photos", "-o", "MAPS").stderr


def test_no_input_is_replaced_by_an_output_of_another_spelling(
    disk: Path, model_files: Callable[..., Files], painted: Path
) -> None:
    rows = [f"{path.as_posix()},ant\n" for path in painted.rglob("*.png")]
    Path("truth.csv").write_text("image,class\n" + "".join(rows), encoding="utf-8")
    before = tree(disk)
    result = evaluate(model_files(), painted, "--truth", "truth.csv", "--results", "Truth.CSV")
    assert result.exit_code == 2
    assert "is one of the inputs" in result.stderr
    assert tree(disk) == before


def test_a_converted_model_does_not_replace_its_source(disk: Path, legacy: Path) -> None:
    before = legacy.read_bytes()
    result = run("convert", "-m", "good.h5", "-o", "GOOD.H5")
    assert result.exit_code != 0
    assert legacy.read_bytes() == before


def test_true_classes_reach_the_figures(disk: Path, judges: Callable[..., Files], painted: Path) -> None:
    """A table made on another computer, where the names were in capitals."""
    rows = [f"{str(p.relative_to(painted)).upper()},{p.parent.name}" for p in sorted(painted.rglob("*.png"))]
    (painted / "truth.csv").write_text("\n".join(["image,class", *rows]), encoding="utf-8")
    given = ("--truth", painted / "truth.csv", "--labels", "labels.txt", "--results", "rows.csv")
    result = evaluate(judges(), painted, *given)
    assert result.exit_code in (0, 1), result.stderr
    with open("rows.csv", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == len(rows)
