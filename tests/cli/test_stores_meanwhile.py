"""What somebody else does in a store while a run goes on, and runs that a store refuses to serve."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support.commands import clean_environment, counted, explain, fresh, named, run
from support.s3_server import S3Server
from support.stored_runs import stored
from xai_cam.files.leftovers import OLD
from xai_cam.files.stores.paths import StorePath
from xai_cam.runs.batch import Batch

Files = Callable[..., tuple[Path, Path]]


def plant(monkeypatch: pytest.MonkeyPatch, s3: S3Server, objects: dict[str, bytes]) -> None:
    """Put objects there between the listing of the outputs and their upload."""
    plain = Batch.name

    def name(batch: Batch, stop: bool = False) -> list[object]:
        while objects:
            s3.put(*objects.popitem())
        return [*plain(batch, stop)]

    monkeypatch.setattr(Batch, "name", name)


HOLDING = """
import os
from xai_cam.files.stores.fetched import fetched
from xai_cam.files.stores.paths import as_path
picture = as_path("s3://bucket/photos/a.png")
print(picture.hold(), fetched(as_path("s3://bucket/saved")), flush=True)
os._exit(9)
"""
"""A process that is killed while it has a picture and the folder of a model."""


def test_what_killed_runs_had_fetched_is_deleted_by_a_later_one(
    stored_photos: Path, s3: S3Server, model_files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a run has that goes on stays, and nothing is looked for where a run has nothing in a store."""
    (temporary := tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    s3.put("bucket/saved/saved_model.pb", b"1")
    there = {"TMPDIR": str(temporary), **{name: os.environ[name] for name in os.environ if "AWS" in name}}
    places = fresh("-c", HOLDING, env=clean_environment(**there)).stdout.split()
    assert len(places) == 2 and all(Path(place).exists() for place in places)
    (left,) = temporary.iterdir()
    going_on = StorePath("s3://bucket/photos/a.png")
    held = going_on.hold()
    for place in temporary.iterdir():
        os.utime(place, (time.time() - 2 * OLD,) * 2)
    assert counted(explain(model_files(), stored_photos / "a.png", "-o", tmp_path / "maps"), 1)
    assert left.exists()
    assert counted(explain(model_files(), "s3://bucket/photos/a.png", "-o", tmp_path / "more"), 1)
    assert [*temporary.iterdir()] == [held.parent] and held.exists()
    going_on.release()
    assert not [*temporary.iterdir()]


@pytest.mark.parametrize(
    ("classes", "ignores"), [(["-c", "predicted"], False), (["-c", "top2"], False), (["-c", "top2"], True)]
)
def test_what_others_put_there_during_a_run_stays(
    stored_photos: Path,
    s3: S3Server,
    model_files: Files,
    monkeypatch: pytest.MonkeyPatch,
    classes: list[str],
    ignores: bool,
) -> None:
    """Also where a server ignores the condition that there is nothing."""
    s3.ignores_conditions = ignores
    command = ["s3://bucket/photos/", "-r", "-o", "s3://bucket/maps/", *classes]
    assert counted(explain(model_files(), *command), 4)
    written = stored(s3, "maps")
    other, own = (next(name for name in written if name.startswith(start)) for start in ("cats/b", "dogs/d"))
    again = [part.replace("maps", "more") for part in command]
    planted = {f"bucket/more/{other}": b"theirs", f"bucket/more/{own}": written[own]}
    plant(monkeypatch, s3, dict(planted))
    result = explain(model_files(), *again)
    assert result.exit_code == 1 and counted(result, 3, failed=1)
    assert f"{Path(other).name} exists and was not written by xai-cam. Use --overwrite" in result.stderr
    assert stored(s3, "more") == {**written, other: b"theirs"}
    plant(monkeypatch, s3, dict(planted))
    assert counted(explain(model_files(), *again, "--overwrite"), 4) and stored(s3, "more") == written


@pytest.mark.parametrize("command", ["compare", "features"])
def test_panels_replace_nothing_of_others_either(
    stored_photos: Path, s3: S3Server, model_files: Files, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    options = {"compare": ["--method", "grad-cam"], "features": []}[command]
    words = [command, *named(model_files()), *options, "s3://bucket/photos/a.png", "-o"]
    assert counted(run(*words, "s3://bucket/maps/"), 1)
    (panel,) = (name for name in stored(s3, "maps") if name.startswith("a"))
    plant(monkeypatch, s3, {f"bucket/more/{panel}": b"theirs"})
    result = run(*words, "s3://bucket/more/")
    assert result.exit_code == 1 and "exists and was not written by xai-cam" in result.stderr
    assert s3.get(f"bucket/more/{panel}") == b"theirs"


def many_photos(s3: S3Server, count: int) -> None:
    photo = s3.get("bucket/photos/a.png")
    for number in range(count):
        s3.put(f"bucket/many/{number:02}.png", photo)
    s3.forget()


def test_without_rights_to_write_no_model_is_loaded(
    stored_photos: Path, s3: S3Server, model_files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xai_cam.cli.startup.open_model", lambda *_: pytest.fail("the model was loaded"))
    many_photos(s3, 40)
    s3.fail("403", "PUT", times=999)
    result = explain(model_files(), "s3://bucket/many/", "-o", "s3://bucket/maps/")
    assert result.exit_code == 1 and "0 written, 0 up to date, 3 failed, 37 not tried" in result.stderr
    assert (
        "Cannot write to the folder s3://bucket/maps: the store refuses it: there are no rig" in result.stderr
    )
    assert "Stopped after 3 of 40 images: s3://bucket takes no outputs" in result.stderr
    assert s3.count("PUT") == 1


def test_without_rights_to_list_the_outputs_the_run_ends(
    stored_photos: Path, s3: S3Server, model_files: Files
) -> None:
    many_photos(s3, 40)
    s3.fail("403", "LIST", " maps", times=999)
    result = explain(model_files(), "s3://bucket/many/", "-o", "s3://bucket/maps/")
    assert result.exit_code == 1 and "0 written, 0 up to date, 3 failed, 37 not tried" in result.stderr
    assert "Cannot list s3://bucket/maps, to find what outputs are there: the store re" in result.stderr
    assert s3.count("PUT") == 0
    dry = explain(model_files(), "s3://bucket/photos/", "-o", "s3://bucket/maps/", "--dry-run")
    assert "a_grad-cam.png (Cannot list s3://bucket/maps, to find what outputs" in dry.stdout


@pytest.mark.parametrize("batch", ["1", "8"])
@pytest.mark.parametrize("fault", ["403", "404", "507"])
def test_a_store_that_refuses_all_outputs_ends_the_run(
    stored_photos: Path, s3: S3Server, model_files: Files, fault: str, batch: str
) -> None:
    many_photos(s3, 40)
    s3.fail(fault, "PUT", "_grad-cam", times=999)
    command = ["s3://bucket/many/", "-o", "s3://bucket/maps/", "-b", batch]
    result = explain(model_files(), *command)
    assert result.exit_code == 1 and "Stopped after 3 of 40 images: s3://bucket takes no" in result.stderr
    assert s3.count("PUT") < 30 and "0 written, 0 up to date, 3 failed" in result.stderr
    s3.faults.clear()
    assert counted(explain(model_files(), *command), 40)


def test_the_rights_are_tried_by_what_leaves_nothing(
    stored_photos: Path, s3: S3Server, model_files: Files
) -> None:
    command = ["s3://bucket/photos/", "-o", "s3://bucket/maps/"]
    assert counted(explain(model_files(), *command), 1)
    assert s3.count("PUT", "trial") == 2 and s3.count("DELETE", "trial") == 1
    assert list(stored(s3, "maps")) == ["a_grad-cam.png"]
    s3.fail("403", "DELETE", times=99)
    for _ in range(2):
        assert counted(explain(model_files(), *command, "--overwrite"), 1)
        assert sorted(stored(s3, "maps")) == [".xai-cam-trial.tmp", "a_grad-cam.png"]
    s3.forget()
    explain(model_files(), *command)
    explain(model_files(), *command, "--overwrite", "--dry-run")
    assert s3.count("PUT") == 0, "nor is anything written where there is nothing to do"


def test_no_output_goes_where_half_of_one_could_be_seen(stored_photos: Path, model_files: Files) -> None:
    fsspec = pytest.importorskip("fsspec")
    from fsspec.implementations.memory import MemoryFileSystem

    class Copying(MemoryFileSystem):  # type: ignore[misc]
        protocol = "copying"

    fsspec.register_implementation("copying", Copying, clobber=True)
    for options in ([], ["--dry-run"]):
        result = explain(model_files(), stored_photos / "a.png", "-o", "copying://host/maps", *options)
        assert "copying://host: a store of this kind would show half of an output" in result.output
        assert result.exit_code == 1 or options
