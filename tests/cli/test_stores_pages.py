"""Pages, sheets, charts and other files that commands write, in a store: what they are on a disk."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from support.commands import counted, evaluate, explain, named, run, tree
from support.s3_server import S3Server
from support.stored_runs import stored
from xai_cam.cli import startup
from xai_cam.runs.runner import Runner

Files = Callable[..., tuple[Path, Path]]


def loads_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xai_cam.cli.startup.open_model", lambda *_: pytest.fail("the model was loaded"))


def pictures_in(page: bytes) -> set[str]:
    """The files that a page shows, as it names them."""
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page.decode(), re.DOTALL)
    assert data is not None
    found: set[str] = set()

    def walk(value: object) -> None:
        if isinstance(value, dict):
            found.update(value[key] for key in ("thumb", "full") if isinstance(value.get(key), str))
        for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            walk(one)

    walk(json.loads(data[1]))
    return found


def without_places(page: bytes) -> str:
    """A page without where pictures and outputs are."""
    return re.sub(r"s3://bucket/|/[^\"<>&]*?/(?=photos/|maps/)", "", page.decode())


def without_outcomes(page: bytes) -> str:
    """A page without what became of each picture in this run."""
    return re.sub("up to date|written", "", page.decode())


def test_a_report_and_its_pictures_are_those_of_a_disk(
    stored_photos: Path, s3: S3Server, model_files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_disk = ["-r", stored_photos, "-o", tmp_path / "maps", "--report", tmp_path / "pages/page.html"]
    explain(model_files(), *on_disk)
    there = ["-r", "s3://bucket/photos/", "-o", "s3://bucket/maps", "--report", "s3://bucket/pages/page.html"]
    assert counted(explain(model_files(), *there), 4)
    pages, local = stored(s3, "pages"), tree(tmp_path / "pages")
    assert pages.keys() == local.keys() and len(pages) == 9
    assert without_places(pages["page.html"]) == without_places(local["page.html"])
    del pages["page.html"], local["page.html"]
    assert pages == local
    assert pictures_in(s3.get("bucket/pages/page.html")) == set(pages)  # relative, so a copy shows them
    loads_no_model(monkeypatch)
    before = s3.get("bucket/pages/page.html")
    s3.forget()
    result = explain(model_files(), *there)
    assert counted(result, 0, up_to_date=4) and "Report: s3://bucket/pages/page.html" in result.stderr
    assert without_outcomes(s3.get("bucket/pages/page.html")) == without_outcomes(before)
    assert s3.count("PUT", "page_files") == 0 and s3.count("PUT", "/pages/page.html") == 1
    assert s3.count("GET", "page_files") == 8 and s3.count("LIST", " pages/page_files/") == 2


def test_pictures_that_a_page_shows_no_more_are_deleted(
    stored_photos: Path, s3: S3Server, model_files: Files
) -> None:
    page = ["--report", "s3://bucket/page.html", "-o", "s3://bucket/maps"]
    explain(model_files(), "-r", "s3://bucket/photos/", *page)
    s3.put("bucket/page_files/other.jpg", b"of somebody else")
    s3.put(f"bucket/page_files/xai-cam-{'0' * 32}.jpg", b"of somebody else, too")
    explain(model_files(), "s3://bucket/photos/a.png", *page)
    assert len(stored(s3, "page_files")) == 4


def test_a_report_in_a_store_of_pictures_on_a_disk(
    stored_photos: Path, s3: S3Server, model_files: Files, tmp_path: Path
) -> None:
    command = [stored_photos / "a.png", "-o", tmp_path / "maps", "--report", "s3://bucket/page.html"]
    assert counted(explain(model_files(), *command), 1)
    assert pictures_in(s3.get("bucket/page.html")) == {f"page_files/{n}" for n in stored(s3, "page_files")}


def test_a_page_names_what_was_fetched_for_the_model_by_its_url(
    stored_photos: Path, s3: S3Server, model_files: Files, tmp_path: Path, own_cache: Path
) -> None:
    """And not the copies, which are this user's and have a folder for a name."""
    for path in model_files():
        s3.put(f"bucket/models/{path.name}", path.read_bytes())
    s3.put("bucket/models/own.py", b"def doubled(x):\n    return 2 * x\n")
    command = ["-m", "s3://bucket/models/model.json", "--custom-objects", "s3://bucket/models/own.py"]
    for name, steps in (("explain", []), ("compare", ["--steps", "0"])):
        page = tmp_path / f"{name}.html"
        result = run(name, *command, *steps, stored_photos / "a.png", "-o", tmp_path / name, "--report", page)
        assert result.exit_code == 0, result.stderr
        text = page.read_text(encoding="utf-8")
        for fact in ("model.json", "model.weights.h5", "own.py"):
            assert f"s3://bucket/models/{fact}" in text, (name, fact)
        assert not re.search("object-[0-9a-f]{40}", text) and str(own_cache) not in text
        assert name == "compare" or ": models/model.json</title>" in text


def test_the_page_of_a_comparison_needs_no_second_run(
    stored_photos: Path, s3: S3Server, model_files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["compare", *named(model_files()), "--steps", "4", "-r"]
    run(*command, stored_photos, "-o", tmp_path / "out", "--report", tmp_path / "pages/page.html")
    there = ["s3://bucket/photos/", "-o", "s3://bucket/out", "--report", "s3://bucket/pages/page.html"]
    for counts in ((4, 0), (0, 4)):
        result = run(*command, *there)
        assert counted(result, *counts), result.stderr
        pages, local = stored(s3, "pages"), tree(tmp_path / "pages")
        assert {**pages, "page.html": b""} == {**local, "page.html": b""} and len(pages) == 13
        loads_no_model(monkeypatch)


@pytest.mark.parametrize("name", ["sheet.png", "sheet.pdf"])
def test_a_contact_sheet(
    stored_photos: Path, s3: S3Server, model_files: Files, tmp_path: Path, name: str
) -> None:
    made = {}
    for number, (photos, place) in enumerate(
        [
            (stored_photos, tmp_path / "disk"),
            ("s3://bucket/photos/", tmp_path / "mixed"),
            (stored_photos, "s3://bucket/from-disk"),
            ("s3://bucket/photos/", "s3://bucket/sheets"),
            ("s3://bucket/photos/", "s3://bucket/sheets"),
        ]
    ):
        output = tmp_path / f"maps-{number}" if photos is stored_photos else f"s3://bucket/maps-{number}"
        result = explain(model_files(), "-r", photos, "-o", output, "--sheet", f"{place}/{name}")
        assert counted(result, 4) and f"Sheet: {place}/{name}" in result.stderr
        made[place] = tree(place) if isinstance(place, Path) else stored(s3, place[len("s3://bucket/") :])
    assert len({json.dumps(sorted(map(repr, files.items()))) for files in made.values()}) == 1


def test_charts_and_figures_of_an_evaluation(
    stored_photos: Path, s3: S3Server, model_files: Files, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    (tmp_path / "truth.csv").write_text("image,class\na.png,0\nb.jpg,1\nc.png,2\nd.png,1\n", encoding="utf-8")
    truth = ["--truth", tmp_path / "truth.csv"]
    for place, photos in (
        (tmp_path / "charts", stored_photos),
        ("s3://bucket/charts", "s3://bucket/photos/"),
    ):
        for _ in range(2):  # the second replaces what the first wrote
            result = evaluate(model_files(), photos, *truth, "--charts", place)
            assert result.exit_code == 0 and f"Charts: {place}" in result.stderr, result.stderr
    assert stored(s3, "charts") == tree(tmp_path / "charts") and len(stored(s3, "charts")) == 4
    s3.put("bucket/charts/roc.png", b"drawn by hand")
    refused = evaluate(model_files(), "s3://bucket/photos/", *truth, "--charts", "s3://bucket/charts")
    assert refused.exit_code == 2 and "s3://bucket/charts/roc.png exists" in refused.stderr


def test_a_sanity_check(stored_photos: Path, s3: S3Server, model_files: Files, tmp_path: Path) -> None:
    command = ["sanity", *named(model_files()), "--draws", "1", "--count", "2"]
    figure = ["--figure-image"]
    run(*command, stored_photos / "cats", *figure, stored_photos / "cats/c.png", "-o", tmp_path / "checked")
    there = "s3://bucket/photos/cats"
    for _ in range(2):
        result = run(*command, f"{there}/", *figure, f"{there}/c.png", "-o", "s3://bucket/checked")
        assert result.exit_code == 0 and "Report: s3://bucket/checked" in result.stderr, result.stderr
    found, local = stored(s3, "checked"), tree(tmp_path / "checked")
    assert found.keys() == local.keys() and found["sanity.csv"] == local["sanity.csv"]
    told = json.loads(found["sanity.json"])
    assert [one["image"] for one in told["images"]] == ["b.jpg", "c.png"]


def test_kernels_and_new_models(s3: S3Server, model_files: Files, tmp_path: Path) -> None:
    files = named(model_files())
    for place in (str(tmp_path / "disk"), "s3://bucket/new"):
        shown = run("kernels", "show", *files, "--picture", "--format", "npy", "-o", f"{place}/kernels")
        edited = run("kernels", "edit", *files, "--zero", "conv_1:0", "-o", f"{place}/edited")
        filtered = run("kernels", "prepend", *files, "--fir", "box", "-o", f"{place}/filtered")
        converted = run("convert", *files, "-o", f"{place}/new.keras")
        for result in (shown, edited, filtered, converted):
            assert result.exit_code == 0 and place in result.output + result.stderr, result.stderr
    found, local = stored(s3, "new"), tree(tmp_path / "disk")
    assert found.keys() == local.keys() and len(found) == 7
    same = [name for name in found if not name.endswith((".h5", ".keras"))]  # which hold times
    assert {name: found[name] for name in same} == {name: local[name] for name in same}
    again = run("layers", "-m", "s3://bucket/new/new.keras")
    assert again.exit_code == 0 and "conv_1" in again.stdout
    assert "exists" in run("convert", *files, "-o", "s3://bucket/new/new.keras").stderr


def test_all_boxes_as_coco(stored_photos: Path, s3: S3Server, model_files: Files, tmp_path: Path) -> None:
    boxes = ["-r", "--save", "overlay,boxes"]
    explain(model_files(), *boxes, stored_photos, "-o", tmp_path / "maps", "--results", tmp_path / "all.json")
    for counts in ((4, 0), (0, 4)):
        there = ["s3://bucket/photos/", "-o", "s3://bucket/maps", "--results", "s3://bucket/all.json"]
        assert counted(explain(model_files(), *boxes, *there), *counts)
        assert s3.get("bucket/all.json") == (tmp_path / "all.json").read_bytes()
    s3.put("bucket/all.json", b'{"of": "somebody else"}')
    refused = explain(model_files(), *boxes, *there)
    assert refused.exit_code == 2 and "s3://bucket/all.json exists and was not written by" in refused.stderr


OUTPUTS = {
    "--report": ["explain", "--report", "s3://bucket/new/page.html"],
    "--sheet": ["explain", "--sheet", "s3://bucket/new/sheet.pdf"],
    "compare": ["compare", "--steps", "0", "--report", "s3://bucket/new/page.html"],
    "sanity": ["sanity", "--draws", "1", "--count", "1", "-o", "s3://bucket/new"],
}


@pytest.fixture(params=OUTPUTS)
def write_new(
    request: pytest.FixtureRequest,
    stored_photos: Path,
    model_files: Files,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[], Result]:
    """Runs a command that writes one file or folder for all images, at s3://bucket/new."""
    monkeypatch.chdir(tmp_path)
    command, *options = OUTPUTS[request.param]
    return lambda: run(command, *named(model_files()), stored_photos / "a.png", *options)


def test_a_place_that_may_not_be_written_to_is_found_out_before_any_work(
    write_new: Callable[[], Result], s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads_no_model(monkeypatch)
    s3.fail("403", "PUT", "/new/", times=99)
    result = write_new()
    assert result.exit_code == 1 and result.stderr.startswith("Error: Cannot write "), result.stderr
    assert "s3://bucket/new" in result.stderr and "the store refuses it" in result.stderr
    assert "Traceback" not in result.stderr and not stored(s3, "new")


def test_what_cannot_be_uploaded_at_the_end_stays_here(
    write_new: Callable[[], Result], s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    began: list[str] = []
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def begin(*_: object) -> None:
        began.append("it")
        s3.fail("403", "PUT", "/new/page.html", times=99)
        s3.fail("403", "PUT", "/new/sheet.pdf", times=99)
        s3.fail("403", "PUT", "/new/sanity", times=99)

    for place, function in ((startup, "open_model"), (Runner, "run")):
        plain = getattr(place, function)
        monkeypatch.setattr(place, function, lambda *a, plain=plain: (begin(), plain(*a))[1])
    result = write_new()
    assert began and result.exit_code == 1, result.stderr
    place = re.search(r"What was to be there is in (\S+)\. ", result.stderr)
    assert place is not None, result.stderr
    kept = tree(Path(place[1]))
    assert any(
        len(data) > 1000 for file, data in kept.items() if file.split(".")[-1] in ("html", "pdf", "png")
    )
    assert write_new().exit_code == 1  # the rights are still missing: said before any work
