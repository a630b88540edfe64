"""Models of several inputs by every command: an image, another view of it, and a number from a table."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import keras
import numpy as np
import pytest
from click.testing import Result
from PIL import Image

from support.commands import provenance, run
from support.small_models import shared
from xai_cam.images.finding import ImageFile
from xai_cam.runs.plan import Request

NAMES = "a", "b", "c"
AGES = {"a": 1.0, "b": -2.0, "c": 0.5}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`model.keras`, pictures in `photos/one`, their views in `left/one`, and `t.csv`."""
    folder = tmp_path_factory.mktemp("inputs")
    photo, left = keras.Input((16, 16, 3), name="photo"), keras.Input((12, 12, 1), name="left")
    age, conv = keras.Input((1,), name="age"), keras.layers.Conv2D(4, 3, activation="relu", name="conv")
    branch = keras.layers.Conv2D(3, 3, activation="relu", name="conv_left")
    pooled = keras.layers.GlobalAveragePooling2D
    joined = keras.layers.Concatenate()([pooled()(conv(photo)), pooled()(branch(left)), age])
    mixed = keras.layers.Dense(6, activation="tanh")(joined)
    model = keras.Model([photo, left, age], keras.layers.Dense(2, activation="softmax")(mixed))
    rng = np.random.default_rng(1)
    model.set_weights([rng.normal(0, 0.7, w.shape) for w in model.get_weights()])
    model.save(folder / "model.keras")
    for view, shape in (("photos", (16, 16, 3)), ("left", (12, 12))):
        (folder / view / "one").mkdir(parents=True)
        for name in NAMES:
            pixels = rng.integers(0, 255, shape).astype(np.uint8)
            Image.fromarray(pixels).save(folder / view / "one" / f"{name}.png")
    write_table(folder, AGES)
    return folder


def write_table(folder: Path, ages: dict[str, float]) -> None:
    lines = [f"{name}.png;{age}" for name, age in ages.items()]
    (folder / "t.csv").write_text("\n".join(["file;age", *lines]), encoding="utf-8")


def arguments(folder: Path) -> list[object]:
    given = f"age={folder / 't.csv'}:age", f"left={folder / 'left'}"
    return ["-m", folder / "model.keras", "--preprocess", "unit", "--extra", given[0], "--extra", given[1]]


def own(folder: Path, name: str, age: float) -> np.ndarray:
    """What the model itself says, by plain Keras."""
    model = keras.saving.load_model(folder / "model.keras", compile=False)
    photo, left = (
        np.asarray(Image.open(folder / v / "one" / f"{name}.png")) / 255 for v in ("photos", "left")
    )
    return np.asarray(model([photo[None], left[None, ..., None], np.array([[age]])]))[0]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def explain(folder: Path, output: Path, *more: object) -> Result:
    return run(
        *("explain", *arguments(folder), "-r", folder / "photos", "-o", output, "--results", "-", *more)
    )


def test_explain_and_what_is_up_to_date(made: Path, tmp_path: Path) -> None:
    report = tmp_path / "r.html"
    done = explain(made, tmp_path, "--report", report)
    assert done.exit_code == 0, done.stderr
    assert "age = the column age of t.csv" in report.read_text(encoding="utf-8")
    assert "left = the picture of the same name in left, scaled unit, grey (requested)" in done.stderr
    assert "age = the column age of t.csv" in done.stderr and "The image is the input photo." in done.stderr
    for row, name in zip(rows(done.stdout), NAMES, strict=True):
        assert float(row["probability"]) == pytest.approx(own(made, name, AGES[name]).max(), rel=1e-5)
        assert row["extra"] == f"age={AGES[name]:g}; left={name}.png"
    assert "age=-2" in provenance(tmp_path / "one" / "b_grad-cam.png")["extra"]
    try:
        write_table(made, {"a": 1, "b": 2})
        planned = explain(made, tmp_path, "--dry-run")
        assert [line.rpartition("(")[2][:10] for line in planned.stdout.splitlines()] == [
            *("up to date", "to do)", "--extra ag"),
        ]
        again = explain(made, tmp_path)
        assert again.exit_code == 1 and "1 written, 1 up to date, 1 failed" in again.stderr
        assert "c.png: --extra age: t.csv has no row of this name" in again.stderr
        found = {row["image"][-5]: row for row in rows(again.stdout)}
        assert float(found["b"]["probability"]) == pytest.approx(own(made, "b", 2).max(), rel=1e-5)
    finally:
        write_table(made, AGES)


def test_maps_of_the_other_view(made: Path, tmp_path: Path) -> None:
    done = run(
        *(
            "explain",
            "-m",
            made / "model.keras",
            "--image-input",
            "left",
            "-r",
            made / "left",
            "-o",
            tmp_path,
        ),
        *("--extra", f"photo={made / 'photos'}", "--extra", "age=1", "--save", "raw", "--preprocess", "unit"),
        *("--results", "-"),
    )
    assert done.exit_code == 0, done.stderr
    assert [row["layer"] for row in rows(done.stdout)] == ["conv_left"] * 3
    assert np.load(tmp_path / "one" / "a_grad-cam.npy").shape == (10, 10)
    assert float(rows(done.stdout)[0]["probability"]) == pytest.approx(own(made, "a", 1).max(), rel=1e-5)


def test_a_row_of_an_array_for_each_image(made: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "age.npy", np.array(list(AGES.values())))
    done = run(
        *(
            "compare",
            "-m",
            made / "model.keras",
            "--extra",
            f"age={tmp_path / 'age.npy'}",
            "-r",
            made / "photos",
        ),
        *("--extra", f"left={made / 'left'}", "--preprocess", "unit", "--method", "grad-cam", "--steps", 2),
        *("-o", tmp_path / "out", "--results", "-"),
    )
    assert done.exit_code == 0, done.stderr
    for row, name in zip(rows(done.stdout), NAMES, strict=True):
        expected = own(made, name, AGES[name]).max()
        assert float(row["probability"]) == pytest.approx(expected, rel=1e-5)
        # The map keeps what it is of: deletion begins with the whole image, and with its own other inputs.
        assert 0 < float(row["deletion"]) < 1 and row["extra"].startswith("age=")


@pytest.mark.parametrize("command", ["evaluate", "features", "kernels edit"])
def test_other_commands(made: Path, tmp_path: Path, command: str) -> None:
    more = {
        "evaluate": (made / "photos", "--truth", tmp_path / "truth.csv"),
        "features": ("-r", made / "photos", "-o", tmp_path, "-c", "predicted"),
        "kernels edit": ("-r", made / "photos", "--zero", "conv:0"),
    }[command]
    (tmp_path / "truth.csv").write_text("a.png,0\nb.png,1\nc.png,1\n", encoding="utf-8")
    table = tmp_path / "rows.csv"
    done = run(*command.split(), *arguments(made), *more, "--results", table)
    assert done.exit_code == 0, done.stderr
    column = {"evaluate": "score", "features": "probability", "kernels edit": "score"}[command]
    for row, name in zip(rows(table.read_text(encoding="utf-8")), NAMES, strict=True):
        assert float(row[column]) == pytest.approx(own(made, name, AGES[name]).max(), rel=1e-5)
        assert f"age={AGES[name]:g}" in row["extra"]


def test_ranking_and_sanity(made: Path, tmp_path: Path) -> None:
    ranked = run("kernels", "edit", *arguments(made), "--rank", "-l", "conv", "-r", made / "photos")
    assert ranked.exit_code == 0 and "3 measured, 0 failed" in ranked.stderr
    checked = run(
        *("sanity", *arguments(made), "-r", made / "photos", "--method", "grad-cam", "--draws", 1),
        *("-o", tmp_path, "--others", 1),
    )
    assert checked.exit_code == 0 and "3 checked, 0 failed" in checked.stderr


def test_what_is_missing_is_listed(made: Path, tmp_path: Path) -> None:
    asked = "explain", "-m", made / "model.keras", "-r", made / "photos", "-o", tmp_path
    done = run(*asked, "--image-input", "photo", "--extra", "age=1")
    assert done.exit_code == 2
    assert "for which nothing is given: left (12 x 12 x 1, float32). Say with --extra, by name" in done.stderr
    done = run("layers", "-m", made / "model.keras", "--image-input", "photo")
    assert "is the image; besides it, to be held with --extra: left (12 x 12 x 1" in done.stdout
    done = run(*asked, "--extra", "age=1")
    assert done.exit_code == 3 and "Choose one with --image-input photo" in done.stderr


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("age", "'age' does not say what an input is held at. Write NAME=VALUE"),
        ("=3", "does not say"),
        ("age=", "does not say"),
        ("age=old", "--extra age is 'old', which is neither a number nor a folder"),
        ("age=no.csv:age", "Cannot read the table no.csv"),
        ("age=no.npy", "Cannot read no.npy: there is no such file"),
    ],
)
def test_refused_before_a_model_is_loaded(made: Path, extra: str, said: str) -> None:
    done = run("explain", "-m", made / "model.keras", "-r", made / "photos", "--extra", extra)
    assert done.exit_code == 2 and said in done.stderr


def test_views_are_no_images_and_are_never_written_to(made: Path, tmp_path: Path) -> None:
    asked = "explain", *arguments(made), "-r", "--dry-run"
    done = run(*asked, made, "-o", tmp_path)
    assert len(done.stdout.splitlines()) == 3 and "photos" in done.stdout
    done = run(*asked, made / "left", "-o", tmp_path)
    assert done.exit_code == 4 and "the folder of another view" in done.stderr
    for target in (made / "t.csv", made / "left" / "one" / "a.png"):
        done = run(*asked, made / "photos", "-o", tmp_path, "--report", target, "--overwrite")
        assert done.exit_code == 2 and "input" in done.stderr


def test_the_picture_of_like_has_other_inputs_of_its_own(made: Path, tmp_path: Path) -> None:
    """Changed, they make other maps; missing, they are told before a model is loaded."""
    reference, table = tmp_path / "z.png", tmp_path / "t.csv"
    Image.new("L", (4, 4)).save(reference)
    given = [("age", f"{table}:age")]
    image = ImageFile(made / "photos" / "one" / "a.png", Path())
    found = []
    for age in (1, 2):
        table.write_text(f"image,age\na,5\nz,{age}\n", encoding="utf-8")
        found.append(Request(like=reference, extra=given).with_images([image]).held(image))
    assert found[0]["extra"] == found[1]["extra"] and found[0] != found[1]
    table.write_text("image,age\na,5\n", encoding="utf-8")
    done = run(
        *("explain", "-m", made / "model.keras", image.path, "--extra", f"age={table}:age", "-o", tmp_path),
        *("--like", reference, "--dry-run"),
    )
    assert done.exit_code == 2 and "The picture of --like" in done.stderr and "no row" in done.stderr


def test_settings(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths in a settings file are seen from its folder; a variable may hold several numbers."""
    (tmp_path / "below").mkdir()
    (tmp_path / "t.csv").write_text("image,age\na,1\nb,2\n", encoding="utf-8")
    (tmp_path / "xai-cam.toml").write_text('extra = ["age = t.csv:age"]\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path / "below")
    asked = "explain", "-m", made / "model.keras", "-r", made / "photos", "-o", tmp_path, "--dry-run"
    done = run(*asked)
    assert (
        done.stdout.count("(to do)") == 2 and "c_grad-cam.png (--extra age: t.csv has no row" in done.stdout
    )
    monkeypatch.setenv("XAI_CAM_EXTRA", "age=1,2,age=3")
    assert "'age' is given twice" in run(*asked).stderr
    (tmp_path / "xai-cam.toml").write_text('extra = "left=//host/share"\n', encoding="utf-8")
    monkeypatch.delenv("XAI_CAM_EXTRA")
    assert "leads to another computer" in run(*asked).stderr


@pytest.mark.parametrize(
    "command", ["explain", "compare", "evaluate", "features", "kernels edit --zero conv:0"]
)
def test_a_table_that_is_read_is_not_written_to(made: Path, command: str) -> None:
    table = made / "t.csv"
    before = table.read_bytes()
    done = run(*command.split(), *arguments(made), made / "photos" / "one", "--results", table)
    assert done.exit_code == 2 and "t.csv" in done.stderr, done.stderr
    assert table.read_bytes() == before


def test_an_image_and_a_vector(tmp_path: Path) -> None:
    """A public case: the map of the classes, the vector held at what a file holds."""
    case = shared("cases/image-and-vector-two-outputs")
    expected = np.load(case / "expected.npz")
    done = run(
        *("explain", "-m", case / "model.keras", "--extra", f"table_in={case / 'extra.npy'}", case / "a.png"),
        *("--save", "raw", "-o", tmp_path, "--preprocess", "unit"),
    )
    assert done.exit_code == 0, done.stderr
    found = np.load(tmp_path / "a_grad-cam.npy")
    assert np.abs(found - expected["grad-cam"]).max() < 1e-4 * expected["grad-cam"].max()
