"""Ctrl-C: what was finished stays, nothing half-written is left, and the same command goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from support.commands import clean_environment, counted, named, provenance, run
from support.gates import READING
from support.small_models import build_tiny, save_model

COUNT = 30


def test_ctrl_c_leaves_whole_files_and_the_same_command_goes_on(
    make_photo: Callable[..., Path], tmp_path: Path
) -> None:
    if os.name == "nt":
        pytest.skip("Windows has no SIGINT for another process")
    photos = tmp_path / "photos"
    for number in range(COUNT):
        make_photo(photos / f"{number:02}.png", (240, 360), seed=number)
    files = save_model(build_tiny(), tmp_path / "model")
    rows = tmp_path / "rows.jsonl"
    command = ["explain", *named(files), photos, "--method", "score-cam", "-b", "1", "--chunk-size", "1"]
    command += ["--results", rows]
    gate = tmp_path / "open"
    reading = {"module": "xai_cam.models.input.feeding", "function": "read_file"}
    program = READING.format(**reading, name=f"{COUNT - 1}.png", place=str(gate))
    process = subprocess.Popen(
        [sys.executable, "-c", program, *map(str, command)],
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(),
    )
    deadline = time.monotonic() + 600
    while len(outputs(photos)) < 2 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    gate.touch()
    _, stderr = process.communicate(timeout=600)
    assert process.returncode == 130, stderr
    assert "Traceback" not in stderr
    interrupted, count = stderr.splitlines()[-2:]
    assert interrupted == "Interrupted. Finished work is kept; run the same command again to continue."
    assert count.endswith(" s") and " written, 0 up to date, 0 failed in " in count

    finished = outputs(photos)
    assert 2 <= len(finished) < COUNT
    assert {path.name for path in photos.iterdir()} - {path.name for path in finished} == {
        f"{number:02}.png" for number in range(COUNT)
    }, "a temporary file stayed"
    for path in finished:
        assert np.asarray(Image.open(path)).shape == (240, 360, 3)
        assert provenance(path)["method"] == "score-cam"
    told = [json.loads(line) for line in rows.read_text(encoding="utf-8").splitlines()]
    assert len(finished) - 1 <= len(told) <= len(finished)

    result = run(*command)
    assert result.exit_code == 0
    assert counted(result, COUNT - len(finished), up_to_date=len(finished))
    assert len(outputs(photos)) == len(rows.read_text(encoding="utf-8").splitlines()) == COUNT


def outputs(folder: Path) -> list[Path]:
    return sorted(folder.glob("*_score-cam.png"))
