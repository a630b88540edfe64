"""The scripts import each other as they do where one runs them."""

from __future__ import annotations

from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "sample_models"


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the scripts, from which modules can be imported."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    return SCRIPTS
