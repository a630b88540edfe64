"""What somebody else does in a store while a run goes on, and runs that a store refuses to serve."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from support.commands import counted, explain, named, run
from support.s3_server import S3Server
from support.stored_runs import stored
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


@pytest.mark.parametrize("classes", [["-c", "predicted"], ["-c", "top2"]])
def test_what_others_put_there_during_a_run_stays(
    stored_photos: Path,
    s3: S3Server,
    model_files: Files,
    monkeypatch: pytest.MonkeyPatch,
    classes: list[str],
) -> None:
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
