"""A few faults of every kind, with one start of TensorFlow for most of them; `make faults` tries all."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from support import TESTS
from support.commands import clean_environment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the campaign forks, and limits files")


def test_nothing_is_lost_under_a_few_faults_of_every_kind(tmp_path: Path):
    figures = tmp_path / "figures.json"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "faults", "--share", "0", "--json", figures),
            *("--only", "explain", "--only", "kernels edit"),
        ],
        cwd=tmp_path,
        env=clean_environment(PYTHONPATH=f"{TESTS}:{TESTS.parent}"),
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    counted = json.loads(figures.read_text(encoding="utf-8"))
    assert counted["all"]["losses"] == 0
    assert counted["all"]["faults"] >= 8
    for kind in (
        "killed at a rename",
        "killed at random",
        "no room for a file",
        "2 at once",
        "little memory",
    ):
        assert counted[kind]["runs"] >= 2, kind
