"""Runs whose pictures, outputs and tables are in a store: as on a disk, and what that costs in requests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from support.commands import counted, evaluate, explain, named, run, tree
from support.s3_server import S3Server
from support.stored_runs import NAMES, rows_in, stored
from xai_cam.files.cache import cache_folder
from xai_cam.files.provenance import provenance_in
from xai_cam.files.stores.paths import StorePath

Files = Callable[..., tuple[Path, Path]]


FINISHED = {"outcome": "up to date", "seconds": ""}


def loads_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xai_cam.cli.startup.open_model", lambda *_: pytest.fail("the model was loaded"))


def test_a_run_writes_what_it_writes_on_a_disk_and_a_second_has_nothing_to_do(
    stored_photos: Path, s3: S3Server, model_files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ["-r", "--save", "overlay,raw"]
    assert counted(explain(model_files(), stored_photos, "-o", tmp_path / "maps", *options), 4)
    there = ["s3://bucket/photos/", "-o", "s3://bucket/maps/", "--results", "s3://bucket/rows.csv"]
    assert counted(explain(model_files(), *there, *options), 4)
    assert stored(s3, "maps") == tree(tmp_path / "maps")
    rows = rows_in(s3.get("bucket/rows.csv"))
    assert [row["image"] for row in rows] == [f"s3://bucket/photos/{name}" for name in NAMES]
    assert [row["outcome"] for row in rows] == ["written"] * 4
    assert rows[1]["overlay"] == "s3://bucket/maps/cats/b_grad-cam.png"
    before = stored(s3, "maps")
    loads_no_model(monkeypatch)
    again = explain(model_files(), *there, *options)
    assert again.exit_code == 0 and counted(again, 0, up_to_date=4)
    assert stored(s3, "maps") == before
    assert [row["outcome"] for row in rows_in(s3.get("bucket/rows.csv"))] == ["up to date"] * 4


def test_what_a_run_costs_in_requests(stored_photos: Path, s3: S3Server, model_files: Files) -> None:
    command = ["s3://bucket/photos/", "-r", "-o", "s3://bucket/maps/"]
    explain(model_files(), *command)
    assert s3.count("GET") == 4 and s3.count("PUT", "_grad-cam") == 4
    assert s3.count("PUT") == 6 and s3.count("DELETE") == 1  # whether one may write there, and replaces none
    assert s3.count("LIST", " photos/") == 1
    assert (
        s3.count("LIST") + s3.count("HEAD") <= 8
    )  # three folders of outputs, and whether there is the bucket
    s3.forget()
    explain(model_files(), *command)
    assert s3.count("PUT") == 0 and s3.count("GET", "/photos/") == 0  # what they hold is known
    assert s3.count("LIST") == 4 and len(s3.asked) == 4  # nor is any output fetched
    forget_what_is_known()
    for gets in (8, 0):  # as on another machine: each picture and each output, once
        s3.forget()
        assert counted(explain(model_files(), *command), 0, up_to_date=4)
        assert s3.count("GET") == gets and len(s3.asked) == 4 + gets


def forget_what_is_known() -> None:
    (cache_folder() / "objects.sqlite").unlink()


def test_thousands_of_outputs_are_a_listing_and_no_requests_one_by_one(
    stored_photos: Path, s3: S3Server, model_files: Files
) -> None:
    for number in range(3_500):
        s3.put(f"bucket/maps/other {number}_grad-cam.png", b"1")
    result = explain(model_files(), "s3://bucket/photos/", "-o", "s3://bucket/maps/", "-c", "top2")
    assert counted(result, 1)
    assert s3.count("LIST", " maps/") == 4 and s3.count("LIST") == 5  # of a thousand each
    assert s3.count("GET") == 1 and s3.count("PUT", "_grad-cam") == 2 and s3.count("HEAD") <= 1


def test_outputs_beside_their_pictures_are_no_pictures(
    stored_photos: Path, s3: S3Server, model_files: Files
) -> None:
    assert counted(explain(model_files(), "s3://bucket/photos/", "-r"), 4)
    s3.forget()
    result = explain(model_files(), "s3://bucket/photos/", "-r")
    assert counted(result, 0, up_to_date=4) and "Skipped 4 pictures written by xai-cam." in result.stderr
    assert s3.count("GET") == 0  # since this machine wrote them


def test_nothing_that_was_fetched_is_kept(
    stored_photos: Path, s3: S3Server, model_files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither of pictures that were explained, nor of those that are up to date."""
    held: list[StorePath] = []
    plain = StorePath.hold
    monkeypatch.setattr(StorePath, "hold", lambda path: (held.append(path), plain(path))[1])
    monkeypatch.setattr("xai_cam.files.stores.known.KnownObjects.sha256", lambda *_: None)
    for counts in ((4, 0), (0, 4)):
        held.clear()
        command = ["s3://bucket/photos/", "-r", "-o", "s3://bucket/maps"]
        assert counted(explain(model_files(), *command), *counts)
        assert {path.name for path in held} >= {"a.png", "b.jpg", "c.png", "d.png"}
        assert not any(path.is_held for path in held)


def test_what_was_changed_is_made_again(
    stored_photos: Path, s3: S3Server, model_files: Files, make_photo: Callable[..., Path]
) -> None:
    """A picture, and an output that was edited: both are told by what the store says of them."""
    command = ["s3://bucket/photos/", "-r", "-o", "s3://bucket/maps"]
    explain(model_files(), *command)
    s3.put("bucket/photos/a.png", make_photo(stored_photos / "other.png", seed=9).read_bytes())
    good = s3.get("bucket/maps/cats/c_grad-cam.png")
    s3.put("bucket/maps/cats/c_grad-cam.png", good[:-20] + b"x" * 20)
    assert counted(explain(model_files(), *command), 2, up_to_date=2)
    assert s3.get("bucket/maps/cats/c_grad-cam.png") == good


def test_a_picture_that_is_replaced_behind_its_listing_is_taken_as_it_is_read(
    stored_photos: Path,
    s3: S3Server,
    model_files: Files,
    make_photo: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from xai_cam.runs import tasks

    explain(model_files(), "s3://bucket/photos/a.png")
    explain(model_files(), "s3://bucket/photos/", "-o", "s3://bucket/maps")  # its hash is known now
    other, plain = make_photo(stored_photos / "other.png", seed=9).read_bytes(), tasks.Task.fetch

    def fetch(task: tasks.Task) -> None:
        s3.put("bucket/photos/a.png", other)
        plain(task)

    monkeypatch.setattr(tasks.Task, "fetch", fetch)
    result = explain(model_files(), "s3://bucket/photos/", "-o", "s3://bucket/more")
    assert counted(result, 1) and "a.png was replaced while it was read" in result.stderr
    alone = stored_photos / "alone"
    alone.mkdir()
    (alone / "a.png").write_bytes(other)
    explain(model_files(), alone / "a.png")
    assert s3.get("bucket/more/a_grad-cam.png") == (alone / "a_grad-cam.png").read_bytes()


def test_a_list_of_urls_and_a_model_in_the_store(
    stored_photos: Path, s3: S3Server, model_files: Files
) -> None:
    architecture, weights = model_files()
    s3.put("bucket/model.json", architecture.read_bytes())
    s3.put("bucket/model.weights.h5", weights.read_bytes())
    s3.put("bucket/list.txt", b"s3://bucket/photos/cats/b.jpg\ns3://bucket/photos/dogs/d.png\n")
    files = ["-m", "s3://bucket/model.json", "-w", "s3://bucket/model.weights.h5"]
    command = ["explain", *files, "--from-file", "s3://bucket/list.txt", "-o", "s3://bucket/maps"]
    assert counted(run(*command), 2) and sorted(stored(s3, "maps")) == ["b_grad-cam.png", "d_grad-cam.png"]
    assert counted(run(*command), 0, up_to_date=2)


def test_rows_are_added_to_a_table(stored_photos: Path, s3: S3Server, model_files: Files) -> None:
    for name in ("a.png", "dogs/d.png"):
        there = "-o", "s3://bucket/maps", "--append", "--results", "s3://bucket/rows.csv"
        assert explain(model_files(), f"s3://bucket/photos/{name}", *there).exit_code == 0
    rows = rows_in(s3.get("bucket/rows.csv"))
    assert [row["image"] for row in rows] == ["s3://bucket/photos/a.png", "s3://bucket/photos/dogs/d.png"]


def test_a_dry_run_writes_nothing(stored_photos: Path, s3: S3Server, model_files: Files) -> None:
    result = explain(model_files(), "s3://bucket/photos/", "-o", "s3://bucket/maps", "--dry-run")
    assert result.stdout == "s3://bucket/photos/a.png -> s3://bucket/maps/a_grad-cam.png (to do)\n"
    assert not stored(s3, "maps") and s3.count("PUT") == 0


def test_a_dry_run_into_a_bucket_that_is_not_there_says_so_once(
    stored_photos: Path, s3: S3Server, model_files: Files
) -> None:
    result = explain(model_files(), "s3://bucket/photos/", "-r", "-o", "s3://wrong/maps", "--dry-run")
    assert result.exit_code != 0 and not result.stdout and result.stderr.count("s3://wrong") == 1, (
        result.output
    )


def test_compare_evaluate_and_features(
    stored_photos: Path, s3: S3Server, model_files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compare = ["compare", *named(model_files()), "--method", "grad-cam", "-r"]
    run(*compare, stored_photos, "-o", tmp_path / "panels", "--results", tmp_path / "rows.csv")
    features = ["features", *named(model_files()), "-r", "-o"]
    run(*features, tmp_path / "features", stored_photos)
    for counts in ((4, 0), (0, 4)):
        of_panels = run(*compare, "s3://bucket/photos/", "-o", "s3://bucket/panels")
        of_features = run(*features, "s3://bucket/features", "s3://bucket/photos/")
        assert counted(of_panels, *counts) and counted(of_features, *counts)
        if counts[1]:
            continue
        panels, of_disk = stored(s3, "panels"), tree(tmp_path / "panels")
        assert len(rows_in(panels.pop("compare.csv"))) == 4
        assert panels == of_disk and stored(s3, "features") == tree(tmp_path / "features")
        loads_no_model(monkeypatch)


def test_panels_that_are_up_to_date_are_not_fetched_for_their_maps(
    stored_photos: Path, s3: S3Server, model_files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But where a page is to show these."""
    monkeypatch.setattr("xai_cam.files.stores.known.MAX_SAID", 3000)
    methods = [part for name in ("saliency", "gradient-input", "smooth-grad") for part in ("--method", name)]
    command = ["compare", *named(model_files()), *methods, "--steps", "4", "-r", "s3://bucket/photos/"]
    command += ["-o", "s3://bucket/panels", "--results", tmp_path / "rows.csv"]
    assert counted(run(*command), 4)
    good = s3.get("bucket/panels/cats/c_compare.png")
    s3.put("bucket/panels/cats/c_compare.png", good[:-20] + b"x" * 20)
    assert counted(run(*command), 1, up_to_date=3) and s3.get("bucket/panels/cats/c_compare.png") == good
    loads_no_model(monkeypatch)
    rows = [row | FINISHED for row in rows_in((tmp_path / "rows.csv").read_bytes())]
    for gets in (0, 8, 0):
        s3.forget()
        assert counted(run(*command), 0, up_to_date=4)
        assert s3.count("GET") == gets and s3.count("LIST") == 4
        assert len(s3.asked) == 4 + gets
        if not gets:
            forget_what_is_known()
    assert rows_in((tmp_path / "rows.csv").read_bytes()) == rows
    panels = stored(s3, "panels")
    for fetched in (4, 0):  # of the second, the page has its pictures
        s3.forget()
        assert counted(run(*command, "--report", tmp_path / "page.html"), 0, up_to_date=4)
        assert s3.count("GET", "/panels/") == fetched
    assert len(tree(tmp_path / "page_files")) == 16 and stored(s3, "panels") == panels
    maps = {name: provenance_in(data, ".png") for name, data in panels.items()}
    assert all(said is not None and said["maps"]["maps"] for said in maps.values())


def test_evaluate_takes_the_folders_of_a_bucket_for_classes(
    stored_photos: Path, s3: S3Server, model_files: Files
) -> None:
    (stored_photos / "labels.txt").write_text("cats\ndogs\nbirds\n", encoding="utf-8")
    labels = ["--labels", stored_photos / "labels.txt"]
    folders = ["s3://bucket/photos/cats/", "s3://bucket/photos/dogs/"]
    result = evaluate(model_files(), *folders, *labels, "--results", "s3://bucket/rows.csv")
    assert result.exit_code == 0, result.stderr
    rows = rows_in(s3.get("bucket/rows.csv"))
    assert [row["truth_name"] for row in rows] == ["cats", "cats", "dogs"]


def test_a_report_on_the_disk_shows_pictures_of_the_store(
    stored_photos: Path, s3: S3Server, model_files: Files, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    command = ["s3://bucket/photos/", "-o", "s3://bucket/maps", "--report", page]
    for counts in ((1, 0), (0, 1)):
        assert counted(explain(model_files(), *command), *counts)
        assert (
            "s3://bucket/photos/a.png" in page.read_text("utf-8") and len(tree(tmp_path / "page_files")) == 2
        )
