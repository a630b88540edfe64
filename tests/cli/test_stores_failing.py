"""Runs whose store fails or refuses, and what is said of it: never a credential."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from support.commands import counted, explain, named, run, tree
from support.full_disk import fill
from support.s3_server import KEY, SECRET, S3Server
from support.stored_runs import rows_in, stored

Files = Callable[..., tuple[Path, Path]]

OTHERS = ("--report", "--sheet", "--labels", "--masks", "--like", "--config", "--custom-objects", "--extra")
"""Options of `explain` that name files besides."""


@pytest.mark.parametrize(
    ("kind", "method"), [("503", "GET"), ("cut", "GET"), ("503", "PUT"), ("slow", "LIST")]
)
def test_failures_that_pass_are_not_noticed(
    stored_photos: Path, s3: S3Server, model_files: Files, kind: str, method: str
) -> None:
    s3.fail(kind, method, times=1 if kind == "slow" else 2)
    result = explain(model_files(), "s3://bucket/photos/", "-r", "-o", "s3://bucket/maps")
    assert result.exit_code == 0 and counted(result, 4)


@pytest.mark.parametrize(
    ("kind", "method", "key", "said"),
    [
        ("403", "GET", "c.png", "the object cannot be read (the store refuses it: there are no rights"),
        (
            "503",
            "GET",
            "c.png",
            "the object cannot be read (the store failed 4 times, at last by its answer 503)",
        ),
        ("403", "PUT", "c_grad", "Cannot write s3://bucket/maps/cats/c_grad-cam.png: the store refuses it"),
        (
            "503",
            "PUT",
            "c_grad",
            "c_grad-cam.png: the store failed 4 times, at last by its answer 503. Use another",
        ),
    ],
)
def test_failures_that_stay_cost_one_image(
    stored_photos: Path, s3: S3Server, model_files: Files, kind: str, method: str, key: str, said: str
) -> None:
    s3.fail(kind, method, key, times=99)
    command = ["s3://bucket/photos/", "-r", "-o", "s3://bucket/maps", "--results", "s3://bucket/rows.csv"]
    result = explain(model_files(), *command)
    assert result.exit_code == 1 and counted(result, 3, failed=1)
    assert said in result.stderr and "Traceback" not in result.stderr
    failed = [row for row in rows_in(s3.get("bucket/rows.csv")) if row["outcome"] == "failed"]
    assert [row["image"] for row in failed] == ["s3://bucket/photos/cats/c.png"]
    assert len(stored(s3, "maps")) == 3
    s3.faults.clear()
    assert counted(explain(model_files(), *command), 1, up_to_date=3)


def test_a_page_goes_on_without_pictures_that_cannot_be_read(
    stored_photos: Path, s3: S3Server, model_files: Files, tmp_path: Path
) -> None:
    s3.fail("503", "GET", "c_grad", times=99)
    command = ["s3://bucket/photos/", "-r", "-o", "s3://bucket/maps"]
    result = explain(model_files(), *command, "--report", tmp_path / "p.html")
    assert result.exit_code == 0 and counted(result, 4) and (tmp_path / "p.html").is_file()


def test_a_full_folder_for_temporary_files_is_named_and_not_the_store(
    stored_photos: Path, s3: S3Server, model_files: Files, tmp_path: Path
) -> None:
    (full := tmp_path / "full").mkdir()
    command = ["s3://bucket/photos/", "-r", "-o", "s3://bucket/maps"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(full))
        patch.setattr("xai_cam.runs.full_disk.is_full", lambda folder: folder == full)
        fill(full, patch)
        result = explain(model_files(), *command)
    reason = f"Cannot write to {full}, for what is fetched from a store: No space left on device"
    assert f"{reason}. Free space there." in result.stderr, result.stderr
    assert f"Stopped after 1 of 4 images: the disk of {full} is full. Free space" in result.stderr
    assert "cannot be read" not in result.stderr and "does not answer" not in result.stderr
    assert result.exit_code == 1 and not list(full.iterdir())
    assert counted(explain(model_files(), *command), 4)


def test_a_page_goes_on_where_the_folder_for_temporary_files_is_full(
    stored_photos: Path, s3: S3Server, model_files: Files, tmp_path: Path
) -> None:
    """What is up to date is known by its listing; only its pictures cannot be had."""
    command = ["s3://bucket/photos/", "-r", "-o", "s3://bucket/maps"]
    explain(model_files(), *command)
    (tmp_path / "full").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tempfile.tempdir", str(tmp_path / "full"))
        fill(tmp_path / "full", patch)
        beside = ["--report", tmp_path / "page.html", "--sheet", tmp_path / "sheet.pdf"]
        result = explain(model_files(), *command, *beside)
    assert result.exit_code == 0 and counted(result, 0, up_to_date=4), result.stderr
    assert "grad-cam" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_bucket_that_is_not_there(stored_photos: Path, s3: S3Server, model_files: Files) -> None:
    result = explain(model_files(), "s3://bucket/photos/", "-o", "s3://none/maps")
    assert result.exit_code == 1
    assert "Cannot write to the folder s3://none: there is no such bucket. Name another with" in result.stderr
    result = explain(model_files(), "s3://none/photos/")
    assert (
        result.exit_code == 4
        and "No image found (s3://none/photos: there is no such object)" in result.stderr
    )


@pytest.mark.parametrize(
    "places",
    [["-o", "s3://none/maps"], ["--results", "s3://none/rows.csv"], ["--results", "none/rows.csv"]],
)
@pytest.mark.parametrize("dry", [[], ["--dry-run"]])
def test_a_dry_run_ends_as_the_run_does_where_nothing_can_be_written(
    stored_photos: Path, s3: S3Server, model_files: Files, places: list[str], dry: list[str]
) -> None:
    """It is no wrong usage, in a store as on a disk: where the place is made the same command works."""
    result = explain(model_files(), stored_photos / "a.png", *places, *dry)
    assert result.exit_code == 1 and result.stderr.count("Cannot write ") == 1, result.stderr
    assert result.stderr.startswith("Error: ") or not dry


@pytest.mark.parametrize(
    "url",
    [
        "sftp://ann:hunter2@host/photos",
        "https://host/a.png?token=hunter2",
        "simplecache::s3://ann:hunter2@bucket/a.csv",
    ],
)
@pytest.mark.parametrize("place", ["images", "output", "results", "list", "model", *OTHERS])
def test_urls_with_credentials_are_refused_and_not_repeated(
    stored_photos: Path, model_files: Files, url: str, place: str, tmp_path: Path
) -> None:
    (tmp_path / "list.txt").write_text(url, encoding="utf-8")
    arguments: list[object] = {
        "images": [url],
        "output": [stored_photos, "-o", url],
        "results": [stored_photos, "--results", url],
        "list": ["--from-file", tmp_path / "list.txt"],
        "model": [stored_photos, "-m", url],
        **{option: [stored_photos, option, f"a={url}" if option == "--extra" else url] for option in OTHERS},
    }[place]
    result = explain(model_files(), *arguments)
    assert result.exit_code == 2 and "hunter2" not in result.output + result.stderr
    assert ("chain" if "::" in url else "credentials") in result.stderr


def test_credentials_are_nowhere_in_pages_and_what_is_read(
    stored_photos: Path,
    s3: S3Server,
    model_files: Files,
    tmp_path: Path,
    own_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """As below, where the store refuses masks, pictures of a page, the page, a sheet and charts."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    s3.put("bucket/read/labels.txt", b"cat\ndog\nbird\n")
    s3.put("bucket/read/masks/a.png", s3.get("bucket/photos/a.png"))
    s3.put("bucket/read/truth.csv", b"image,class\ns3://bucket/photos/a.png,cat\n")
    s3.put("bucket/read/boxes.csv", b"image,x0,y0,x1,y1\na.png,1,1,9,9\n")
    command = [*named(model_files()), "--labels", "s3://bucket/read/labels.txt", "s3://bucket/photos/a.png"]
    page = ["-o", "s3://bucket/maps", "--report", "s3://bucket/new/p.html", "--results"]
    boxes = ["--boxes", "s3://bucket/read/boxes.csv", "--masks", "s3://bucket/read/masks"]
    runs = [
        ["explain", *command, *page, "s3://bucket/r.jsonl", "--sheet", "s3://bucket/new/s.pdf", "-v"],
        ["compare", *command, *page, "s3://bucket/c.jsonl", *boxes, "--steps", "0", "-v"],
        ["evaluate", *command, "--truth", "s3://bucket/read/truth.csv", "--charts", "s3://bucket/new"],
        ["sanity", *command, "--draws", "1", "-o", "s3://bucket/new"],
        ["kernels", "show", *named(model_files()), "--picture", "-o", "s3://bucket/new"],
        ["convert", *named(model_files()), "-o", "s3://bucket/new/m.keras", "--overwrite"],
    ]
    faults = [
        ("", "", "", "000000"),
        ("403", "GET", "/read/masks", "010000"),
        ("403", "GET", "/read/labels", "222200"),
        ("403", "PUT", "p_files", "110000"),
        ("503", "PUT", "/new/", "111111"),
        ("403", "HEAD", "/new/", "111111"),
    ]
    told, codes = [], []
    for fault, method, key, _ in faults:
        s3.faults.clear()
        if fault:
            s3.fail(fault, method, key, times=999)
            s3.put("bucket/read/masks/a.png", s3.get("bucket/photos/cats/c.png"))  # what is known is not read
        found = [run(*one) for one in runs]
        told += found
        codes.append("".join(str(one.exit_code) for one in found))
    assert [found for *_, found in faults] == codes
    written = {**tree(tmp_path), **{key: s3.get(f"bucket/{key}") for key in s3.names()}}
    written |= {f"output {n}": (one.output + one.stderr).encode() for n, one in enumerate(told)}
    written["log"] = caplog.text.encode()
    assert len(written) > 40
    for name, data in written.items():
        assert SECRET.encode() not in data and KEY.encode() not in data, name
        assert b"Traceback" not in data, name


def test_credentials_are_nowhere(
    stored_photos: Path, s3: S3Server, model_files: Files, tmp_path: Path, own_cache: Path
) -> None:
    """The store's own error messages, which have them here, are not repeated either."""
    s3.fail("403", "GET", "d.png", times=99)
    s3.fail("403", "PUT", "c_grad", times=99)
    command = [
        "s3://bucket/photos/",
        "-r",
        "-o",
        "s3://bucket/maps",
        "--save",
        "overlay,raw,boxes,mask",
        "-v",
    ]
    result = explain(
        model_files(), *command, "--results", "s3://bucket/rows.jsonl", "--report", tmp_path / "p.html"
    )
    assert result.exit_code == 1
    written = {**tree(tmp_path), **{key: s3.get(f"bucket/{key}") for key in s3.names()}}
    written |= {"output": result.output.encode(), "errors": result.stderr.encode()}
    written |= {str(path): path.read_bytes() for path in (own_cache / "xai-cam").rglob("*") if path.is_file()}
    assert len(written) > 20 and "d.png" in result.stderr
    for name, data in written.items():
        assert SECRET.encode() not in data and KEY.encode() not in data, name
