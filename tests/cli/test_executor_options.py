"""Where a run is carried out: what cannot be combined is refused, and a local run imports nothing of Ray."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import xai_cam.extras
from support.commands import named, run, tree
from support.s3_server import S3Server
from xai_cam.cli.executor_options import ADDRESS, ExecutorOptions
from xai_cam.cli.groups import ComputeOptions
from xai_cam.errors import InputError
from xai_cam.runs.executors.executor import LocalExecutor

Files = Callable[..., tuple[Path, Path]]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, make_photo: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    make_photo(tmp_path / "photos" / "a.png")
    return tmp_path


REFUSED = {
    "fail fast": (("--executor", "ray", "--fail-fast"), "--fail-fast stops at the first image that fails"),
    "one GPU": (("--executor", "ray", "--device", "gpu:1"), "Ray gives each worker its own"),
    "no GPU": (("--executor", "ray", "--device", "cpu", "--gpus-per-worker", 0.5), "but --device is cpu"),
    "workers": (("--workers", 2), "--workers is for workers of Ray. Add --executor ray."),
    "share": (("--gpus-per-worker", 1), "--gpus-per-worker is for workers of Ray"),
    "address": (("--ray-address", "auto"), "--ray-address is for workers of Ray"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_combined_is_refused(case: str, model_files: Files) -> None:
    words, message = REFUSED[case]
    result = run("explain", *named(model_files()), *words, "photos")
    assert result.exit_code == 2 and message in " ".join(result.stderr.split())


def test_without_ray_it_is_told_how_to_get_it(model_files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xai_cam.extras, "is_there", lambda module: module != "ray")
    result = run("explain", *named(model_files()), "--executor", "ray", "photos")
    assert result.exit_code == 1 and "This needs Ray, which is not installed." in result.stderr
    assert "pip install" in result.stderr


def test_a_dry_run_starts_nothing(model_files: Files) -> None:
    result = run("explain", *named(model_files()), "--executor", "ray", "--dry-run", "photos")
    assert result.exit_code == 0 and "a_grad-cam.png (to do)" in result.stdout.replace("\n", " ")


NOWHERE = ("--executor", "ray", "--ray-address", "127.0.0.1:1")

DONE = {
    "explain": ("explain", "-b", 2, "-c", "top2", "--save", "overlay,raw", "--report", "page/report.html"),
    "compare": ("compare", "-b", 2, "--steps", 2, "--json", "--report", "page/report.html"),
    "features": ("features", "-l", "conv_1"),
}


@pytest.mark.parametrize("verb", DONE)
def test_where_all_is_up_to_date_no_cluster_is_asked_for(
    verb: str, here: Path, make_photo: Callable[..., Path], model_files: Files
) -> None:
    """All that is printed and written is that of a run without workers; nobody answers at the address."""
    pytest.importorskip("ray")
    for seed, name in enumerate(("b.png", "c.png", "d.png")):
        make_photo(here / "photos" / name, seed=seed)
    (here / "photos" / "bad.png").write_bytes(b"no picture")
    first, *options = DONE[verb]
    words = [first, *named(model_files()), *options, "-o", "out", "--results", "rows.csv", "photos"]
    assert run(*words).exit_code == 1
    found = {}
    for name, more in (("alone", ()), ("ray", NOWHERE)):
        done = run(*words, *more)
        said = re.sub(r" in \d+ s$", "", done.stderr.strip())
        found[name] = done.exit_code, done.stdout, said, tree(here)
    assert found["ray"] == found["alone"]
    assert found["ray"][2].endswith("0 written, 4 up to date, 1 failed")
    for path in (here / "out").glob("d_*"):
        path.unlink()
    again = run(*words, *NOWHERE)
    assert again.exit_code == 2 and "Nobody answers at 127.0.0.1:1" in again.stderr


def test_a_store_is_asked_no_more_than_by_one_process(here: Path, model_files: Files, s3: S3Server) -> None:
    pytest.importorskip("ray")
    photo = (here / "photos" / "a.png").read_bytes()
    for number in range(20):
        s3.put(f"bucket/photos/{number % 3}/{number:02}.png", photo)
    words = ["explain", *named(model_files()), "-b", 4, "-o", "s3://bucket/maps", "-r", "s3://bucket/photos"]
    assert run(*words).exit_code == 0
    found = {}
    for name, more in (("alone", ()), ("ray", NOWHERE)):
        s3.forget()
        done = run(*words, *more)
        assert done.exit_code == 0 and "0 written, 20 up to date" in done.stderr
        found[name] = sorted(s3.asked)
    assert found["ray"] == found["alone"]
    s3.forget()
    assert run(*words, "--opacity", 0.3, *NOWHERE).exit_code == 2
    assert s3.count("GET", "photos/") <= 1, (
        "what has something to do is looked up by workers, but for the first"
    )


BY_FOLDER = ("--labels", "labels.txt")

RUNS = {
    **{verb: [(*words, "-o", "out", "photos"), 1] for verb, words in DONE.items()},
    "explain --only": [("explain", "--only", "wrong", "-c", "folder", *BY_FOLDER, "-r", "."), 2],
    "evaluate": [("evaluate", *BY_FOLDER, "."), 1],
}


@pytest.mark.parametrize("name", RUNS)
def test_the_console_shows_how_far_workers_are(
    name: str, here: Path, model_files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In each run of a command."""
    pytest.importorskip("ray")

    def run_here(self: object, runner: Any) -> Any:
        runner.work.watch("rise", 1, 4, 0.5)
        return runner.summary

    seen: list[tuple[Any, ...]] = []
    monkeypatch.setattr("xai_cam.runs.executors.ray_executor.RayExecutor.run", run_here)
    monkeypatch.setattr("xai_cam.cli.console.Console.watch", lambda self, *given: seen.append(given))
    (here / "labels.txt").write_text("photos\nb\nc\n", encoding="utf-8")
    (verb, *words), runs = RUNS[name]
    done = run(verb, *named(model_files()), *words, *NOWHERE)
    assert seen == [("rise", 1, 4, 0.5)] * runs, done.stderr


def test_only_needs_no_gpu_where_workers_have_them(
    model_files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray")

    def reached(self: object, runner: object) -> None:
        raise InputError("the workers are asked")

    monkeypatch.setattr("xai_cam.runs.executors.ray_executor.RayExecutor.run", reached)
    words = ("--executor", "ray", "--ray-address", "head:1", "--device", "gpu", "--only", "wrong")
    result = run("explain", *named(model_files()), *words, "-c", "folder", "photos")
    assert "the workers are asked" in result.stderr


def test_the_environment_names_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    computing = ComputeOptions("auto")
    monkeypatch.setenv(ADDRESS, "head:6379")
    found = ExecutorOptions("ray", 2, 0.5).make(computing)
    assert (found.workers, found.gpus_per_worker, found.address, found.on_gpu) == (2, 0.5, "head:6379", True)  # type: ignore[attr-defined]
    found = ExecutorOptions("ray", ray_address="other:1").make(ComputeOptions("cpu"))
    assert found.address == "other:1" and not found.on_gpu  # type: ignore[attr-defined]
    assert isinstance(ExecutorOptions().make(computing), LocalExecutor)


def test_a_setting_of_workers_does_not_hurt_a_local_run(
    model_files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XAI_CAM_WORKERS", "2")
    result = run("explain", *named(model_files()), "photos")
    assert result.exit_code == 0, result.stderr


def test_a_local_run_imports_nothing_of_ray(model_files: Files) -> None:
    words = ["explain", *map(str, named(model_files())), "photos"]
    code = (
        "import sys\nfrom xai_cam.cli import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit as end:\n    assert not end.code\n"
        "names = [n for n in sys.modules if n.partition('.')[0] == 'ray' or '.executors.ray_' in n]\n"
        "assert names == [], names\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
