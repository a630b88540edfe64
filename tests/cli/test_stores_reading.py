"""Options that name files to read take URLs: what is made is what files of a disk make."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support.commands import counted, evaluate, explain, named, run, tree
from support.s3_server import S3Server
from support.stored_runs import stored

Files = Callable[..., tuple[Path, Path]]

OF_THE_RUN = ("image", "seconds", "overlay", "panel", "outcome")
"""Columns that differ where a run is repeated elsewhere."""


@pytest.fixture
def sides(stored_photos: Path, s3: S3Server) -> Callable[[dict[str, bytes]], tuple[str, str]]:
    """Writes files to a folder of the disk and of the store; both folders."""

    def write(files: dict[str, bytes]) -> tuple[str, str]:
        folder = stored_photos.parent / "read"
        for name, data in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
            s3.put(f"bucket/read/{name}", data)
        return str(folder), "s3://bucket/read"

    return write


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def cells(path: Path) -> list[dict[str, str]]:
    """The rows of a table without what every run has of its own."""
    with path.open(encoding="utf-8", newline="") as file:
        return [{k: v for k, v in row.items() if k not in OF_THE_RUN} for row in csv.DictReader(file)]


BOXES = "image,x0,y0,x1,y1\n" + "".join(f"{name},6,4,14,12\n" for name in ("a.png", "b.jpg", "c.png"))
COCO = {
    "images": [{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "cats/b.jpg"}],
    "annotations": [{"id": n, "image_id": n, "bbox": [6, 4, 8, 8]} for n in (1, 2)],
}
VOC = (
    "<annotation><object><name>2</name><bndbox><xmin>7</xmin><ymin>5</ymin><xmax>14</xmax><ymax>12</ymax>"
    "</bndbox></object></annotation>"
)
MASK = np.zeros((24, 30), np.uint8)
MASK[4:12, 6:14] = 255


@pytest.mark.parametrize(
    ("files", "option", "name"),
    [
        ({"boxes.csv": BOXES.encode()}, "--boxes", "boxes.csv"),
        ({"boxes.json": json.dumps(COCO).encode()}, "--boxes", "boxes.json"),
        ({"voc/a.xml": VOC.encode(), "voc/cats/b.xml": VOC.encode()}, "--boxes", "voc"),
        ({"masks/a.png": png(MASK), "masks/cats/b.png": png(MASK)}, "--masks", "masks"),
    ],
    ids=["csv", "coco", "voc", "masks"],
)
def test_where_the_object_is(
    stored_photos: Path,
    s3: S3Server,
    sides: Callable[[dict[str, bytes]], tuple[str, str]],
    model_files: Files,
    tmp_path: Path,
    files: dict[str, bytes],
    option: str,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))  # where no hash is known
    found = []
    for number, (folder, photos) in enumerate(
        zip(sides(files), (stored_photos, "s3://bucket/photos/"), strict=True)
    ):
        rows = tmp_path / f"{number}.csv"
        command = ["--method", "grad-cam", "--steps", "0", "-r", "-o", tmp_path / f"panels-{number}"]
        result = run(
            "compare", *named(model_files()), *command, option, f"{folder}/{name}", photos, "--results", rows
        )
        assert result.exit_code == 0, result.stderr
        found.append((cells(rows), tree(tmp_path / f"panels-{number}")))
    assert found[0] == found[1]
    assert [row["energy_pointing"] != "" for row in found[0][0]].count(True) >= 2
    below = f" read/{name}/"
    assert s3.count("LIST", below) == (0 if "." in name else 2)  # whether it is a folder, and what is in it
    fetched = s3.count("GET", "/read/")
    assert fetched == (1 if "." in name else 2 * len(files) if option == "--masks" else len(files))


def test_masks_that_cannot_be_listed(
    stored_photos: Path, s3: S3Server, model_files: Files, tmp_path: Path
) -> None:
    s3.put("bucket/masks/a.png", png(MASK))
    s3.fail("403", "LIST", "/bucket masks/", times=99)
    s3.fail("403", "HEAD", "/bucket/masks", times=99)
    result = run(
        "compare", *named(model_files()), stored_photos, "--masks", "s3://bucket/masks", "-o", tmp_path / "o"
    )
    assert result.exit_code in (1, 2) and "s3://bucket/masks" in result.stderr
    assert "Traceback" not in result.stderr


def test_labels_and_settings(stored_photos: Path, s3: S3Server, model_files: Files, tmp_path: Path) -> None:
    s3.put("bucket/read/labels.txt", b"cat\ndog\nbird\n")
    s3.put("bucket/read/own.toml", b'class = "dog"\nlabels = "labels.txt"\noutput = "../maps"\n')
    result = explain(model_files(), "--config", "s3://bucket/read/own.toml", stored_photos / "a.png")
    assert counted(result, 1), result.stderr
    labels = stored_photos.parent / "labels.txt"
    labels.write_bytes(s3.get("bucket/read/labels.txt"))
    explain(model_files(), "-c", "dog", "--labels", labels, stored_photos / "a.png", "-o", tmp_path / "maps")
    assert stored(s3, "maps") == tree(tmp_path / "maps")


def test_a_picture_to_compare_with(
    stored_photos: Path, s3: S3Server, model_files: Files, tmp_path: Path
) -> None:
    for place, like in (("disk", stored_photos / "cats/c.png"), ("store", "s3://bucket/photos/cats/c.png")):
        result = explain(model_files(), "--like", like, stored_photos / "a.png", "-o", tmp_path / place)
        assert counted(result, 1), result.stderr
    assert tree(tmp_path / "disk") == tree(tmp_path / "store")
    again = explain(
        model_files(),
        "--like",
        "s3://bucket/photos/cats/c.png",
        stored_photos / "a.png",
        "-o",
        tmp_path / "store",
    )
    assert counted(again, 0, up_to_date=1)


def test_truth_names_pictures_beside_it(
    stored_photos: Path, s3: S3Server, model_files: Files, tmp_path: Path
) -> None:
    table = "image,class\na.png,0\ncats/b.jpg,1\ncats/c.png,1\ndogs/d.png,2\n"
    (stored_photos / "truth.csv").write_text(table, encoding="utf-8")
    s3.put("bucket/photos/truth.csv", table.encode())
    for number, folder in enumerate((str(stored_photos), "s3://bucket/photos")):
        rows = tmp_path / f"{number}.csv"
        result = evaluate(model_files(), "--truth", f"{folder}/truth.csv", "--results", rows)
        assert result.exit_code == 0, result.stderr
    assert cells(tmp_path / "0.csv") == cells(tmp_path / "1.csv") and len(cells(tmp_path / "0.csv")) == 4


def test_a_kernel_and_the_code_of_a_model(
    stored_photos: Path, s3: S3Server, model_files: Files, tmp_path: Path
) -> None:
    np.save(tmp_path / "k.npy", np.full((3, 3), 1 / 9))
    s3.put("bucket/read/k.npy", (tmp_path / "k.npy").read_bytes())
    for place, kernel in (("disk", tmp_path / "k.npy"), ("store", "s3://bucket/read/k.npy")):
        result = run("kernels", "apply", "--fir", kernel, stored_photos / "a.png", "-o", tmp_path / place)
        assert result.exit_code == 0, result.stderr
    assert tree(tmp_path / "disk") == tree(tmp_path / "store")
    s3.put("bucket/read/own.py", b"def half(x):\n    return x / 2\n")
    code = explain(
        model_files(), "--custom-objects", "s3://bucket/read/own.py", stored_photos / "a.png", "-o", tmp_path
    )
    assert counted(code, 1), code.stderr


@pytest.mark.parametrize(
    "options",
    [
        ["--labels", "s3://bucket/no.txt"],
        ["--masks", "s3://bucket/no/"],
        ["--like", "s3://bucket/no.png"],
        ["--config", "s3://bucket/no.toml"],
        ["--from-file", "s3://bucket/no.txt"],
        ["--custom-objects", "s3://bucket/no.py"],
        ["-m", "s3://bucket/no.keras"],
        ["--extra", "a=s3://bucket/no.npy"],
        ["--extra", "a=s3://bucket/no.csv:x"],
        ["--extra", "a=s3://bucket/no/"],
    ],
    ids=" ".join,
)
def test_what_is_not_there_is_said_in_words(
    stored_photos: Path, s3: S3Server, model_files: Files, options: list[str]
) -> None:
    for fault in (None, "403"):
        if fault:
            for method in ("GET", "HEAD", "LIST"):
                s3.fail(fault, method, "no", times=99)
        result = explain(model_files(), stored_photos / "a.png", *options)
        assert result.exit_code in (1, 2, 3) and "s3://bucket/no" in result.stderr
        assert "Traceback" not in result.stderr and not list(stored_photos.glob("*grad-cam*"))


def test_labels_and_weights_beside_a_model(
    stored_photos: Path, s3: S3Server, model_files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    architecture, weights = model_files()
    s3.put("bucket/m/model.json", architecture.read_bytes())
    command = ["explain", "-m", "s3://bucket/m/model.json", stored_photos / "a.png", "-o", tmp_path / "maps"]
    alone = run(*command)
    assert alone.exit_code == 3 and "no weights (.h5, .weights.json, checkpoint) beside s3://" in alone.stderr
    s3.put("bucket/m/model.weights.h5", weights.read_bytes())
    s3.put("bucket/m/labels.txt", b"cat\ndog\nbird\n")
    result = run(*command, "-c", "dog")
    assert counted(result, 1), result.stderr
    s3.put("bucket/m/other.h5", weights.read_bytes())
    several = run(*command)
    assert several.exit_code == 3 and "several weights beside s3://bucket/m/model.json" in several.stderr
    own = ["-w", "s3://bucket/m/model.weights.h5"]
    made = run("init", *command[1:3], *own, "-o", tmp_path / "xai-cam.toml")
    assert made.exit_code == 0, made.stderr
    told = (tmp_path / "xai-cam.toml").read_text("utf-8")
    for name in ("model.json", "model.weights.h5", "labels.txt"):
        assert f'"s3://bucket/m/{name}"' in told
    settings = ["--config", tmp_path / "xai-cam.toml", "-c", "dog", "-o", tmp_path / "again"]
    assert counted(explain((), *settings, stored_photos / "a.png"), 1)


def test_a_model_in_a_store_is_an_input_as_any_other(
    s3: S3Server, model_files: Files, tmp_path: Path
) -> None:
    architecture, weights = model_files()
    for name, path in (("model.json", architecture), ("model.weights.h5", weights)):
        s3.put(f"bucket/m/{name}", path.read_bytes())
    files = ["-m", "s3://bucket/m/model.json", "-w", "s3://bucket/m/model.weights.h5"]
    same = run("convert", *files, "-o", "s3://bucket/m/model.json", "--json", "--overwrite")
    assert same.exit_code == 2 and "s3://bucket/m/model.json is one of the inputs" in same.stderr
    edited = run("kernels", "edit", *files, "--zero", "conv_1:0", "-o", "s3://bucket/m", "--overwrite")
    assert edited.exit_code == 2 and "s3://bucket/m is the folder of the old model" in edited.stderr
    assert s3.get("bucket/m/model.json") == architecture.read_bytes()


def test_a_saved_model(stored_photos: Path, s3: S3Server, tiny_model: Any, tmp_path: Path) -> None:
    tiny_model.export(tmp_path / "saved", verbose=False)
    for name, data in tree(tmp_path / "saved").items():
        s3.put(f"bucket/saved/{name}", data)
    here, there = (run("layers", "-m", place) for place in (tmp_path / "saved", "s3://bucket/saved"))
    assert here.exit_code == there.exit_code and here.stdout == there.stdout
    s3.put("bucket/saved/saved_model.pb", b"no model")
    damaged = run("layers", "-m", "s3://bucket/saved/")
    assert (
        damaged.exit_code == 3 and "s3://bucket/saved" in damaged.stderr and "/xai-cam-" not in damaged.stderr
    )
    refused = run("layers", "-m", "s3://bucket/photos")
    assert refused.exit_code == 2 and "it is a folder, and no model's" in refused.stderr


def test_names_on_standard_output_are_taken_by_the_next_command(
    stored_photos: Path, s3: S3Server, model_files: Files, tmp_path: Path
) -> None:
    s3.put("bucket/truth.csv", b"image,class\ns3://bucket/photos/a.png,0\ns3://bucket/photos/dogs/d.png,1\n")
    named_there = evaluate(model_files(), "--truth", "s3://bucket/truth.csv", "--only", "wrong")
    assert named_there.exit_code == 0, named_there.stderr
    names = named_there.stdout.splitlines()
    assert names and set(names) <= {"s3://bucket/photos/a.png", "s3://bucket/photos/dogs/d.png"}
    result = explain(model_files(), "--from-file", "-", "-o", tmp_path, stdin=named_there.stdout)
    assert counted(result, len(names))


def test_a_shard_with_labels_and_masks_in_the_store(
    stored_photos: Path, s3: S3Server, model_files: Files, tmp_path: Path
) -> None:
    """What they are called is part of what tells the runs of one division."""
    s3.put("bucket/read/labels.txt", b"cat\ndog\nbird\n")
    s3.put("bucket/read/masks/a.png", png(MASK))
    files = ["--labels", "s3://bucket/read/labels.txt", "--masks", "s3://bucket/read/masks/"]
    command = ["compare", *named(model_files()), *files, "--steps", "0", "-r", "s3://bucket/photos/"]
    for number in (1, 2):
        shard = ["--shard", f"{number}/2", "--results", f"s3://bucket/rows-{number}.csv"]
        assert run(*command, *shard, "-o", "s3://bucket/panels").exit_code == 0
    merged = run("merge", "s3://bucket/rows-?.csv", "-o", tmp_path / "rows.csv")
    assert merged.exit_code == 0 and len(cells(tmp_path / "rows.csv")) == 8, merged.stderr
