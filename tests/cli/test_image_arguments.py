"""Which pictures a command is about."""

from __future__ import annotations

import io
import sys
from dataclasses import replace
from pathlib import Path

import click
import pytest

from support.commands import named, run
from support.s3_server import S3Server
from xai_cam.cli.groups import ImageOptions
from xai_cam.cli.image_arguments import check_named, find_pictures, read_list
from xai_cam.errors import InputError, NoImagesError

PLAIN = ImageOptions((), (), None, recursive=False)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for name in ("a.png", "b.jpg", "deeper/c.png"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"no matter")
    return tmp_path / "photos"


def names(folder: Path, source: ImageOptions, *more: str) -> list[str]:
    return [image.path.name for image in find_pictures([str(folder), *more], source).images]


def test_folders_and_filters(photos: Path) -> None:
    assert names(photos, PLAIN) == ["a.png", "b.jpg"]
    assert names(photos, replace(PLAIN, recursive=True)) == ["a.png", "b.jpg", "c.png"]
    assert names(photos, replace(PLAIN, include=("*.png",))) == ["a.png"]
    assert names(photos, replace(PLAIN, exclude=("a*",))) == ["b.jpg"]


def test_a_list_adds_to_what_is_named(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "more.txt").write_text(f"{photos / 'deeper' / 'c.png'}\n", encoding="utf-8")
    assert names(photos, replace(PLAIN, from_file=str(tmp_path / "more.txt"))) == ["a.png", "b.jpg", "c.png"]


def test_nothing_found_says_what_was_looked_for(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoImagesError) as caught:
        names(tmp_path / "empty", PLAIN)
    assert caught.value.message == "No image found. Name files, folders (-r for sub-folders) or globs."
    with pytest.raises(NoImagesError) as caught:
        names(tmp_path / "empty", replace(PLAIN, recursive=True), "gone.png")
    assert caught.value.message == "No image found (gone.png does not exist). Name files, folders or globs."


def test_images_further_down_are_told_of(photos: Path) -> None:
    for path in (photos / "a.png", photos / "b.jpg"):
        path.unlink()
    with pytest.raises(NoImagesError) as caught:
        names(photos, PLAIN)
    assert caught.value.message == f"No image found, but {photos} has images in sub-folders: add -r."
    assert names(photos, replace(PLAIN, recursive=True)) == ["c.png"]
    (photos / "deeper").rename(photos / ".hidden")
    with pytest.raises(NoImagesError, match="Name files, folders"):
        names(photos, PLAIN)


def why(*named: str, **more: object) -> str:
    with pytest.raises(NoImagesError) as caught:
        find_pictures(named, replace(PLAIN, **more))  # type: ignore[arg-type]
    return caught.value.message


def test_folders_further_down_in_a_store_are_told_of(s3: S3Server) -> None:
    """That there are pictures in them is not asked."""
    s3.put("bucket/photos/deeper/c.png", b"no matter")
    told = "No image found, but s3://bucket/photos has sub-folders: add -r."
    assert why("s3://bucket/photos/") == told and s3.asked == ["LIST /bucket photos/"]
    usual = "No image found. Name files, folders or globs."
    assert why("s3://bucket/photos/", recursive=True, include=("*.jpg",)) == usual


@pytest.mark.parametrize(
    ("kind", "reason", "helps"),
    [
        (
            "403",
            "the store refuses it: there are no rights to it",
            "Name the files, for which the right to read them is enough; --from-file takes a long list.",
        ),
        (
            "503",
            "the store failed 4 times, at last by its answer 503",
            "Check the address of the store and the way to it, and run the same command again.",
        ),
        *(
            (
                kind,
                "the store does not take the credentials, or there are none; s3fs takes them from variables "
                "such as AWS_PROFILE, from ~/.aws/credentials, or from the role of the machine",
                "Check them there, and run the same command again.",
            )
            for kind in ("403 for its key", "403 for its signature", "400 for its token")
        ),
    ],
)
@pytest.mark.parametrize("end", ["", "/"])
def test_what_helps_where_a_store_refuses_a_listing(
    s3: S3Server, kind: str, reason: str, helps: str, end: str
) -> None:
    for method in ("HEAD", "GET", "LIST"):
        s3.fail(kind, method, times=9)
    said = f"No image found (s3://bucket/photos: it cannot be listed ({reason})). {helps}"
    assert why(f"s3://bucket/photos{end}") == said
    usual = "Name files, folders (-r for sub-folders) or globs."
    assert why("gone.png", f"s3://bucket/photos{end}").endswith(usual), "the first of several is told of"


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"a.png\nb.png\n", ["a.png", "b.png"]),
        (b"\xef\xbb\xbfa.png\r\n\r\nb c.png", ["a.png", "b c.png"]),
        ("ключ.png\n".encode(), ["ключ.png"]),
        (b"", []),
    ],
)
def test_a_list(data: bytes, found: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "list.txt").write_bytes(data)
    assert read_list(str(tmp_path / "list.txt")) == found
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data), "utf-8"))
    assert read_list("-") == found


def test_names_that_are_no_text_come_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff.png\n"), "utf-8"))
    assert [name.encode("utf-8", "surrogateescape") for name in read_list("-")] == [b"\xff.png"]


def test_a_list_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_bytes(b"caf\xe9.png")
    for name in ("list.txt", "nowhere.txt"):
        with pytest.raises(InputError, match="Cannot read the list"):
            read_list(str(tmp_path / name))


def test_a_command_has_to_name_images() -> None:
    check_named(("a.png",), PLAIN)
    check_named((), replace(PLAIN, from_file="-"))
    with pytest.raises(click.UsageError, match="Missing argument 'IMAGES"):
        check_named((), PLAIN)


# --- An empty list ------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "\n", "  \n\n"])
def test_an_empty_list_is_no_failure(
    text: str, tiny_files: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `evaluate --only wrong | explain --from-file -` has it where nothing is wrong."""
    monkeypatch.chdir(tmp_path)
    Path("list").write_text(text, encoding="utf-8")
    Path("rows.csv").write_text("of yesterday\n", encoding="utf-8")
    told = "0 images are named by list: there is nothing to do."
    commands = {
        "explain": ["--results", "rows.csv", "--report", "page.html"],
        "compare": ["--results", "rows.csv", "--overwrite", "--report", "page.html"],
        "evaluate": [],
        "sanity": [],
        "features": ["--results", "rows.csv"],
    }
    for command, options in commands.items():
        result = run(command, *named(tiny_files), "--from-file", "list", *options)
        assert result.exit_code == 0 and told in result.stderr, (command, result.stderr)
        assert "Layer" not in result.stderr and not result.stdout, "the model was not loaded"
        if options:
            assert "0 written, 0 up to date, 0 failed" in result.stderr
            assert Path("rows.csv").read_text(encoding="utf-8").startswith("image,outcome,")
            assert len(Path("rows.csv").read_text(encoding="utf-8").splitlines()) == 1, (
                "no rows of an earlier run"
            )
    assert Path("page.html").exists()
    quiet = run("evaluate", *named(tiny_files), "--from-file", "list", "-q")
    assert quiet.exit_code == 0 and not quiet.stderr


def test_an_empty_list_beside_a_folder_without_images_is_one(
    tiny_files: tuple[Path, Path], tmp_path: Path
) -> None:
    (tmp_path / "list").write_text("", encoding="utf-8")
    (tmp_path / "photos").mkdir()
    result = run("explain", *named(tiny_files), tmp_path / "photos", "--from-file", tmp_path / "list")
    assert result.exit_code == 4 and "No image found" in result.stderr
    (tmp_path / "list").write_text("gone.png\n", encoding="utf-8")
    result = run("explain", *named(tiny_files), "--from-file", tmp_path / "list")
    assert result.exit_code == 4 and "gone.png does not exist" in result.stderr
