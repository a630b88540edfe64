"""The examples of everything public: each has some, and they run as written, from nothing."""

from __future__ import annotations

import doctest
import inspect
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import xai_cam
import xai_cam.keras
import xai_cam.runs.sample
from xai_cam.cam.explanations import Explanations

TABLES = {"BASELINES", "METHODS", "METRICS"}
"""Plain dicts, whose docstring is that of all dicts."""

PUBLIC = {name: getattr(xai_cam, name) for name in set(xai_cam.__all__) - TABLES - {"__version__"}}
SHOWN = {**PUBLIC, "Explanations": Explanations, "keras.Watch": xai_cam.keras.Watch}
CHANGING = {"keras.Watch"}
"""Examples that change the sample model."""


@pytest.fixture(scope="module")
def cached_model() -> Any:
    return cache(xai_cam.runs.sample.load_model)


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_the_examples_run(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cached_model: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    if name not in CHANGING:
        monkeypatch.setattr(xai_cam.runs.sample, "load_model", cached_model)
    told = inspect.getdoc(SHOWN[name]) or ""
    _, found, examples = told.partition("\nExamples\n--------\n")
    assert found and ">>> " in examples, f"{name} has no examples"
    told_apart = doctest.OutputChecker(), doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    runner = doctest.DocTestRunner(told_apart[0], verbose=False, optionflags=told_apart[1])
    said: list[str] = []
    runner.run(doctest.DocTestParser().get_doctest(examples, {}, name, None, 0), out=said.append)
    assert not runner.failures, "".join(said)


def test_the_first_page_names_all_and_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cached_model: Any
) -> None:
    page = xai_cam.__doc__ or ""
    for name in {*SHOWN, *TABLES} - {"Explanations"}:
        assert re.search(rf"^ +{re.escape(name)} +\S", page, re.MULTILINE), name
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(xai_cam.runs.sample, "load_model", cached_model)
    runner = doctest.DocTestRunner(verbose=False)
    said: list[str] = []
    runner.run(doctest.DocTestParser().get_doctest(page, {}, "xai_cam", None, 0), out=said.append)
    assert runner.tries > 3 and not runner.failures, "".join(said)
