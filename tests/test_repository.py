"""The files around the package: they are well-formed, and name what is there."""

from __future__ import annotations

import os
import re
import subprocess
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.systems import posix
from xai_cam import __version__

ROOT = Path(__file__).resolve().parents[1]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml"))
PAGES = ("CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md")
FILE = re.compile(r"`((?:\.?\w[\w-]*/)+[\w.-]*|\w+\.(?:md|cfg|toml|txt)|LICENSE)`")
"""A path in a text: with a slash, or with the ending of a file at the top."""

TOOLS = ("docs", "test", "lint", "types")
"""Extras of which the oldest versions are not tried."""


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def parsed(name: str) -> Any:
    return yaml.safe_load(read(name))


@pytest.fixture(scope="module")
def setup() -> ConfigParser:
    found = ConfigParser()
    found.read_string(read("setup.cfg"))
    return found


def test_the_workflow_runs_the_checks_on_the_oldest_and_the_newest_versions(setup: ConfigParser) -> None:
    job = parsed(".github/workflows/ci.yml")["jobs"]["check"]
    assert [step.get("run", "") for step in job["steps"]][2:4] == ["bash .ci/run", ".venv/bin/xai-cam doctor"]
    assert (ROOT / ".ci" / "run").is_file()
    rows = {(row["python"], row["constraints"]) for row in job["strategy"]["matrix"]["include"]}
    named = re.findall(r"Python :: (3\.\d+)", setup["metadata"]["classifiers"])
    oldest, newest = named[0], named[-1]
    assert rows == {(oldest, "constraints/oldest.txt"), (oldest, ""), (newest, "")}
    assert job["env"] == {"PIP_CONSTRAINT": "${{ matrix.constraints }}"}


def test_the_workflow_runs_the_tests_on_windows_and_macos() -> None:
    job = parsed(".github/workflows/ci.yml")["jobs"]["systems"]
    rows = [(row["system"].partition("-")[0], row["python"]) for row in job["strategy"]["matrix"]["include"]]
    assert {("windows", "3.10"), ("windows", "3.12"), ("windows", "3.13")} <= set(rows)
    assert {("macos", "3.11"), ("macos", "3.13")} <= set(rows)
    steps = " ".join(step.get("run", "") for step in job["steps"])
    wanted = ('pip install ".[test]"', "xai-cam doctor", "xai-cam demo", "pytest -m")
    assert [step for step in wanted if step not in steps] == []
    assert "make " not in steps, "Windows has none"
    assert "PYTHONUTF8" not in read(".github/workflows/ci.yml"), "users have not set it either"


def test_files_are_the_same_on_every_system() -> None:
    """Hashes are of bytes, and git would give text the line ends of Windows."""
    rules = dict(line.split(maxsplit=1) for line in read(".gitattributes").splitlines() if line[0] != "#")
    assert rules["*"] == "text=auto eol=lf"
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    paths = [ROOT / os.fsdecode(name) for name in listed.stdout.split(b"\0") if name]
    binary = {path.suffix for path in paths if path.is_file() and b"\0" in path.read_bytes()}
    assert {suffix for suffix in binary if rules.get(f"*{suffix}") != "binary"} == set()


def test_the_workflow_tries_the_release_and_the_container() -> None:
    steps = [step.get("run", "") for step in parsed(".github/workflows/ci.yml")["jobs"]["release"]["steps"]]
    assert "make release-check TESTS=" in " ".join(steps) and "docker build --tag xai-cam ." in steps
    copied = re.findall(r"^!(.+)$", read(".dockerignore"), re.MULTILINE)
    assert {"xai_cam", "sample_models", "setup.cfg", "setup.py", "pyproject.toml", "README.md"} <= set(copied)
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_the_changelog_begins_with_this_version_and_has_days() -> None:
    heads = re.findall(r"^## (.*)$", read("CHANGELOG.md"), re.MULTILINE)
    to_come = "unreleased" in heads[0].lower()
    assert any(head.startswith(f"{__version__} (") for head in heads[: 1 + to_come])
    released = heads[to_come:]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+ \(\d{4}-\d\d-\d\d\)", head) for head in released), released


@posix
def test_the_release_scripts_are_shell_as_sh_reads_it() -> None:
    for script in sorted((ROOT / "release").glob("*.sh")):
        subprocess.run(["sh", "-n", script], check=True)
        assert os.access(script, os.X_OK), script


def test_the_oldest_libraries_are_the_lower_bounds(setup: ConfigParser) -> None:
    extras = setup["options.extras_require"]
    stated = "\n".join([setup["options"]["install_requires"], *(extras[e] for e in extras if e not in TOOLS)])
    bounds = dict(re.findall(r"^([\w-]+)>=([\d.]+)", stated, re.MULTILINE))
    oldest = dict(re.findall(r"^([\w-]+)==([\d.]+)$", read("constraints/oldest.txt"), re.MULTILINE))
    assert bounds.keys() <= oldest.keys()
    assert [name for name in bounds if f"{oldest[name]}.".removeprefix(bounds[name])[0] != "."] == []


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.stem)
def test_issue_forms_are_as_github_reads_them(form: Path) -> None:
    content = yaml.safe_load(form.read_text(encoding="utf-8"))
    assert {"name", "description", "body"} <= content.keys()
    fields = [field for field in content["body"] if field["type"] != "markdown"]
    assert {field["type"] for field in fields} <= {"textarea", "input", "dropdown", "checkboxes"}
    assert all(field["attributes"]["label"] for field in fields)
    identifiers = [field["id"] for field in fields]
    assert len(set(identifiers)) == len(identifiers)


def test_a_bug_is_told_with_what_it_takes_to_see_it() -> None:
    assert len(FORMS) == 3
    fields = parsed(".github/ISSUE_TEMPLATE/bug.yml")["body"]
    required = {field["id"] for field in fields if field.get("validations", {}).get("required")}
    assert {"command", "output", "doctor", "model"} <= required


def test_hooks_run_the_same_checks_as_make() -> None:
    repos = parsed(".pre-commit-config.yaml")["repos"]
    assert [repo["repo"] for repo in repos] == ["local"]
    assert [hook["id"] for hook in repos[0]["hooks"]] == ["ruff", "ruff-format", "mypy"]


def test_the_citation_is_of_this_version() -> None:
    citation = parsed("CITATION.cff")
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == __version__
    assert {"message", "title", "authors", "license"} <= citation.keys()
    assert citation["authors"] == [{"name": "The xai-cam authors"}]


@pytest.mark.parametrize("page", PAGES)
def test_pages_name_what_is_there(page: str) -> None:
    """From the top of the repository, or from a room on: `loading/`."""
    within = (ROOT, ROOT / "xai_cam", *(ROOT / "xai_cam").iterdir())
    named = [name for name in FILE.findall(read(page)) if not name.startswith("build/")]  # made by a command
    missing = sorted(name for name in named if not any((folder / name).exists() for folder in within))
    assert not missing, f"{page} names what is not there: {', '.join(missing)}"


def test_names_in_the_contributing_page_are_in_the_code() -> None:
    """`METHODS`, `_MapProbe.judge` and the like."""
    code = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "xai_cam").rglob("*.py"))
    names = re.findall(r"`(?!LICENSE|\w+\.(?:md|cff)`)(_?[A-Z]\w*)(?:\.([a-z]+))?`", read("CONTRIBUTING.md"))
    assert ("METHODS", "") in names and ("METRICS", "") in names
    parts = sorted({part for name in names for part in name if part})
    assert [part for part in parts if not re.search(rf"\b{part}\b", code)] == []


def test_the_make_targets_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    named = {name for page in PAGES for name in re.findall(r"\bmake ([a-z-]+)", read(page))}
    assert named <= targets
