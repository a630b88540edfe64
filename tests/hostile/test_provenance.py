"""Files that say they are this tool's and are not what it wrote: nothing of it is believed, or ends a run."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from support.commands import apply, counted, explain, named, provenance, run, tree
from support.small_models import shared
from xai_cam.files.provenance import encode_array, encode_picture

DEEP = "[" * 100_000
ATTACKS = [DEEP, '{"a":' * 50_000, '{"a": "\\ud800"}', '{"a": 1' + "0" * 5000 + "}"]
KEYS = ("request", "class", "rank", "classes", "status", "predicted_name", "score", "head", "preprocessing")


def with_text(path: Path, text: str) -> None:
    """A picture, or an array, of somebody else with this text where this tool writes its own."""
    pixels = np.full((8, 8, 3), 90, np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".npy":
        np.save(path, pixels)
        path.write_bytes(path.read_bytes() + b"\nxai-cam " + text.encode())
    elif path.suffix == ".png":
        chunks = PngImagePlugin.PngInfo()
        chunks.add_itxt("xai-cam", text)
        Image.fromarray(pixels).save(path, pnginfo=chunks)
    else:
        Image.fromarray(pixels).save(path, comment=b"xai-cam " + text.encode()[:65_000])


def forge(path: Path, **changes: Any) -> None:
    """Another record in a file of ours, sealed as ours are; None takes a key out, `...` the value None."""
    said = {name: value for name, value in provenance(path).items() if name != "file_sha256"} | changes
    said = {name: None if value is ... else value for name, value in said.items() if value is not None}
    if path.suffix == ".npy":
        path.write_bytes(encode_array(np.load(path), said))
    else:
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB"))
        path.write_bytes(encode_picture(pixels, said, path.suffix[1:]))


def edit(path: Path) -> None:
    """Another pixel, or value, by a program that keeps what the file says of itself."""
    if path.suffix == ".npy":
        said = path.read_bytes().rpartition(b"\nxai-cam ")
        values = np.load(path)
        values.flat[0] += 1
        np.save(path, values)
        path.write_bytes(path.read_bytes() + b"".join(said[1:]))
        return
    with Image.open(path) as image:
        info, picture = dict(image.info), image.convert("RGB")
    picture.putpixel((0, 0), (1, 2, 3))
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt("xai-cam", info.get("xai-cam", ""))
    picture.save(path, **({"pnginfo": chunks} if path.suffix == ".png" else {"comment": info["comment"]}))


@pytest.fixture
def photos(tmp_path: Path, make_photo: Callable[..., Path]) -> Path:
    for number, name in enumerate("ab"):
        make_photo(tmp_path / "photos" / f"{name}.png", seed=number)
    return tmp_path / "photos"


@pytest.fixture
def explained(
    photos: Path, model_files: Callable[..., tuple[Path, Path]], tmp_path: Path
) -> Callable[..., Any]:
    """Explains the photos into `o`."""
    return lambda *more: explain(model_files(), photos, "-o", tmp_path / "o", *more)


@pytest.mark.parametrize("suffix", ["png", "jpg", "npy"])
@pytest.mark.parametrize("text", ATTACKS)
def test_text_that_breaks_readers(
    explained: Callable[..., Any], photos: Path, tmp_path: Path, suffix: str, text: str
) -> None:
    """In the folder it is a picture like any other; where an output goes it is somebody else's file."""
    with_text(photos / f"c_grad-cam.{suffix}", text)
    with_text(tmp_path / "o" / f"a_grad-cam.{suffix}", text)
    before = (tmp_path / "o" / f"a_grad-cam.{suffix}").read_bytes()
    kind = ["--save", "raw"] if suffix == "npy" else ["--format", suffix]
    found = explained(*kind)
    assert found.exit_code == 1 and counted(found, 1 + (suffix != "npy"), 0, 1), found.stderr
    assert f"a_grad-cam.{suffix} exists and was not written by xai-cam" in found.stderr
    assert (tmp_path / "o" / f"a_grad-cam.{suffix}").read_bytes() == before


def test_the_nested_text_of_the_review(explained: Callable[..., Any], tmp_path: Path) -> None:
    nested = shared("hostile/provenance_nested_100k_grad-cam.png")
    (tmp_path / "o").mkdir()
    (tmp_path / "o" / "a_grad-cam.png").write_bytes(nested.read_bytes())
    found = explained()
    assert found.exit_code == 1 and counted(found, 1, 0, 1), found.stderr


BROKEN: list[Any] = [None, ..., [1], {"a": 1}, -1, "x" * 10, True, 1e300]


def untimed(table: Path) -> list[dict[str, str]]:
    """The rows of a table but for how long they took."""
    with table.open(newline="", encoding="utf-8") as file:
        return [{**row, "seconds": ""} for row in csv.DictReader(file)]


def test_a_record_with_the_right_digest_that_lacks_something_is_made_anew(
    explained: Callable[..., Any], tmp_path: Path
) -> None:
    """Whatever it lacks, or has in its place: the file ends as it was, and so does its row."""
    table = tmp_path / "rows.csv"
    assert counted(explained("--results", table), 2)
    path, good = tmp_path / "o" / "a_grad-cam.png", tree(tmp_path / "o")
    told = untimed(table)
    for number, key in enumerate(KEYS):
        forge(path, **{key: BROKEN[number % len(BROKEN)] if key not in ("score", "head") else [1]})
        found = explained("--results", table)
        assert counted(found, 1, 1), (key, found.stderr)
        assert tree(tmp_path / "o") == good, key
        assert [{**row, "outcome": "written"} for row in untimed(table)] == told, key


@pytest.mark.parametrize(
    ("save", "name"),
    [
        (["overlay"], "a_grad-cam.png"),
        (["overlay", "--format", "jpg"], "a_grad-cam.jpg"),
        (["raw"], "a_grad-cam.npy"),
        (["heatmap"], "a_grad-cam_heatmap.png"),
    ],
)
def test_an_edited_output_is_made_anew(
    explained: Callable[..., Any], tmp_path: Path, save: list[str], name: str
) -> None:
    assert counted(explained("--save", *save), 2)
    good = tree(tmp_path / "o")
    edit(tmp_path / "o" / name)
    dry = explained("--save", *save, "--dry-run")
    assert [line.rpartition("(")[2] for line in dry.stdout.splitlines()] == ["to do)", "up to date)"]
    assert counted(explained("--save", *save), 1, 1)
    assert tree(tmp_path / "o") == good
    assert counted(explained("--save", *save), 0, 2)


def test_an_edited_or_forged_panel_is_made_anew(
    photos: Path, model_files: Callable[..., tuple[Path, Path]], tmp_path: Path
) -> None:
    command = ["compare", *named(model_files()), photos, "-o", tmp_path / "o", "--steps", 2]
    assert counted(run(*command), 2)
    path, good = tmp_path / "o" / "a_compare.png", (tmp_path / "o" / "a_compare.png").read_bytes()
    compared = provenance(path)["compared"]
    first = compared["maps"][0]
    forgeries: list[dict[str, Any]] = [
        {"compared": {**compared, "maps": [{**first, "curves": {"deletion": [1]}}, *compared["maps"][1:]]}},
        {"preprocessing": None},
    ]
    for forgery in forgeries:
        forge(path, **forgery)
        assert counted(run(*command), 1, 1), forgery
        assert path.read_bytes() == good
    edit(path)
    assert counted(run(*command), 1, 1)
    assert path.read_bytes() == good


def test_edited_or_forged_pictures_of_kernels_are_made_anew(photos: Path, tmp_path: Path) -> None:
    command = ["--fir", "sobel-x", photos, "-o", tmp_path / "o"]
    assert counted(apply(*command), 2)
    path, good = next((tmp_path / "o").glob("a_sobel-x*.png")), tree(tmp_path / "o")
    for spoil in (
        lambda: forge(path, values={"kernel": [1]}),
        lambda: forge(path, values=provenance(path)["values"] | {"low": "low"}),
        lambda: edit(path),
    ):
        spoil()
        assert counted(apply(*command), 1, 1)
        assert tree(tmp_path / "o") == good


def test_a_report_does_not_show_an_edited_picture(explained: Callable[..., Any], tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert explained("--report", page).exit_code == 0
    good = tree(tmp_path / "page_files")
    for name in good:
        edit(tmp_path / "page_files" / name)
    assert tree(tmp_path / "page_files") != good
    assert explained("--report", page).exit_code == 0
    assert tree(tmp_path / "page_files") == good


def test_what_is_read_is_written_without_its_hash(explained: Callable[..., Any], tmp_path: Path) -> None:
    """It stands in front, in every file."""
    explained("--save", "overlay", "--save", "raw")
    for path in (tmp_path / "o").iterdir():
        assert next(iter(provenance(path))) == "file_sha256"
    assert "file_sha256" not in json.dumps(explained("--results", "-").stdout)
