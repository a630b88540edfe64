"""Commands that fit how this copy was installed: by pipx, by uv, or by pip in one of several places."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import venv
from importlib import metadata
from pathlib import Path

import pytest

from support.systems import link, make_home, posix
from xai_cam import installation
from xai_cam.installation import (
    as_typed,
    install_command,
    newest,
    path_from_here,
    repair_command,
    requirements,
    versions_of,
)

pytestmark = posix

STATED = [
    "tensorflow>=2.16",
    "keras!=3.13.*,>=3.12.2",
    'one>=1.2; extra == "some"',
    "two ; extra == 'some'",
    'three>=3; extra == "others"',
    'xai-cam[others,some]; extra == "all"',
    'four; extra == "all"',
]
"""As a wheel's metadata states what it needs; both kinds of quotes have been in use."""


@pytest.fixture
def stated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "requires", lambda name: STATED if name == "xai-cam" else None)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment below the user's home, and another folder to be in, without any tool on the path."""
    prefix, here = tmp_path / "home" / "venvs" / "xai-cam", tmp_path / "here"
    (prefix / "bin").mkdir(parents=True)
    here.mkdir()
    for name in ("python", "xai-cam"):
        (prefix / "bin" / name).touch(mode=0o755)
    monkeypatch.chdir(here)
    make_home(monkeypatch, tmp_path / "home")
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr(sys, "prefix", str(prefix))
    monkeypatch.setattr(sys, "executable", str(prefix / "bin" / "python"))
    return prefix


def on_the_path(place: Path, name: str) -> Path:
    """A program of that name where the shell looks."""
    tool = place.parents[2] / "path" / name
    tool.parent.mkdir(exist_ok=True)
    tool.touch(mode=0o755)
    return tool


# --- What is needed -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("stated")
def test_requirements_of_the_package_and_of_an_extra() -> None:
    assert requirements() == STATED[:2]
    assert requirements("some") == ["one>=1.2", "two"]
    assert requirements("none") == []
    assert requirements("all") == ["three>=3", "one>=1.2", "two", "four"], "none is xai-cam itself"


def test_nothing_is_stated_by_sources_that_are_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def requires(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", requires)
    assert requirements() == requirements("fast") == []


# --- The command --------------------------------------------------------------------------------------


def test_with_pip_it_is_that_of_the_environment(place: Path) -> None:
    python = place / "bin" / "python"
    assert install_command(["one>=1.2", "two"]) == f"{python} -m pip install 'one>=1.2' two"
    assert install_command(["two"], upgrade=True) == f"{python} -m pip install --upgrade two"


def test_with_pipx(place: Path) -> None:
    (place / "pipx_metadata.json").touch()
    assert install_command(["two"]) == f"{place}/bin/python -m pip install two", "pipx is not on the path"
    on_the_path(place, "pipx")
    assert install_command(["one>=1.2", "two"]) == "pipx inject xai-cam 'one>=1.2' two"
    assert install_command(["two"], upgrade=True) == "pipx runpip xai-cam install --upgrade two"


def test_with_pipx_for_all_users(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (place / "pipx_metadata.json").touch()
    on_the_path(place, "pipx")
    make_home(monkeypatch, place / "elsewhere")
    assert install_command(["two"]) == f"{place}/bin/python -m pip install two"


def test_with_uv(place: Path) -> None:
    (place / "uv-receipt.toml").touch()
    on_the_path(place, "uv")
    expected = f"uv pip install --python {place}/bin/python"
    assert install_command(["one>=1.2"]) == f"{expected} 'one>=1.2'"
    assert install_command(["two"], upgrade=True) == f"{expected} --upgrade two"


def test_without_pip_uv_takes_its_place(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "find_spec", lambda name: None)
    assert install_command(["two"]).endswith("/bin/python -m pip install two")
    on_the_path(place, "uv")
    assert install_command(["two"]) == f"uv pip install --python {place}/bin/python two"


def test_beside_debians_packages(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "base_prefix", sys.prefix)
    monkeypatch.setattr(sysconfig, "get_path", lambda name: str(place))
    assert "--break-system-packages" not in install_command(["two"])
    (place / "EXTERNALLY-MANAGED").touch()
    assert install_command(["two"]) == f"{place}/bin/python -m pip install --break-system-packages two"


@pytest.mark.usefixtures("stated")
def test_what_is_broken_is_installed_anew(place: Path) -> None:
    pip = f"{place}/bin/python -m pip install --upgrade"
    assert repair_command(["keras", "unheard-of"]) == f"{pip} 'keras!=3.13.*,>=3.12.2' unheard-of"


def test_the_command_works_when_it_is_pasted(tmp_path: Path) -> None:
    """In an environment with a space in its name, from outside, for a library that lies on the disk."""
    library, folder = tmp_path / "library", tmp_path / "my environment"
    library.mkdir()
    (library / "setup.py").write_text(
        "from setuptools import setup; setup(name='tiny', version='1', py_modules=['tiny'])", encoding="utf-8"
    )
    (library / "tiny.py").write_text("", encoding="utf-8")
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    site = Path(sysconfig.get_path("purelib", vars={"base": os.fspath(folder)}))
    shared = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    (site / "shared.pth").write_text(
        "\n".join([*shared, str(Path(installation.__file__).parents[1])]), encoding="utf-8"
    )
    python = folder / "bin" / "python"
    code = f"from xai_cam.installation import install_command; print(install_command([{str(library)!r}]))"
    printed = subprocess.run(
        [python, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    ).stdout
    assert shlex.split(printed)[:2] == ["my environment/bin/python", "-m"]
    offline = {**os.environ, "PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_DEPS": "1"}
    subprocess.run(printed, shell=True, check=True, capture_output=True, cwd=tmp_path, env=offline)
    assert (site / "tiny.py").is_file()


# --- What there is for a system ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "machine", "python", "said", "gpu"),
    [
        ("linux", "x86_64", (3, 13), "Run `", "none that TensorFlow can use"),
        ("win32", "AMD64", (3, 13), "Run `", "WSL 2"),
        ("win32", "ARM64", (3, 12), "none for Windows on ARM: use Python for x64", "WSL 2"),
        ("darwin", "arm64", (3, 13), "Run `", "none on macOS"),
        ("darwin", "x86_64", (3, 12), "Run `", "none on macOS"),
        ("darwin", "x86_64", (3, 13), "use Python 3.12", "none on macOS"),
    ],
)
def test_systems(
    system: str, machine: str, python: tuple[int, int], said: str, gpu: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(sys, "version_info", python)
    monkeypatch.setattr("platform.machine", lambda: machine)
    monkeypatch.setattr(installation, "WINDOWS", system == "win32")
    missing, broken = ImportError("No module named 'tensorflow'"), ImportError("DLL load failed while ...")
    assert said in installation.cure_of_tensorflow(missing)
    assert ("redistributable" in installation.cure_of_tensorflow(broken)) == (system == "win32")
    assert gpu in installation.why_no_gpu()


# --- Paths --------------------------------------------------------------------------------------------


def test_a_program_on_the_path_is_its_name(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = place / "bin" / "xai-cam"
    assert as_typed(program) == str(program)
    (place.parents[2] / "path").mkdir()
    link(place.parents[2] / "path" / "xai-cam", program)  # as pipx does
    assert shutil.which("xai-cam") and as_typed(program) == "xai-cam"
    assert as_typed(place / "other" / "xai-cam") == str(place / "other" / "xai-cam"), "another of that name"


def test_a_python_is_told_by_its_place_not_by_what_it_links_to(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system, python = on_the_path(place, "python"), place / "bin" / "python"
    python.unlink()
    link(python, system)
    assert as_typed(python) == str(python)
    monkeypatch.setenv("PATH", str(python.parent))
    assert as_typed(python) == "python"


def test_paths_lead_from_the_current_folder(place: Path) -> None:
    here = Path.cwd()
    assert path_from_here(here / "my maps" / "a.png") == "'my maps/a.png'"
    assert path_from_here(here / "-x") == "./-x"
    assert path_from_here("maps") == "maps"
    assert path_from_here(here.parent / "b.png") == str(here.parent / "b.png")
    assert as_typed(here / "tool") == "./tool"
    os.chdir("/")
    assert path_from_here(here / "c.png") == str(here / "c.png")
    os.chdir(here)
    assert as_typed(here / "bin" / "tool") == "bin/tool"


def test_versions_are_those_that_metadata_tells() -> None:
    names = ("keras", "numpy", "opencv-python-headless", "no-such-package")
    assert versions_of(names) == {name: metadata.version(name) for name in names[:3]}


def test_versions_stand_in_the_names_of_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first place that Python looks in counts; a name that only begins alike is another package."""
    folders = "a/Some_Name-1.2.0.dist-info", "b/some_name-2.0.dist-info", "b/some.name.more-3.0.dist-info"
    for name in (*folders, "b/other-4.1+cpu.dist-info"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "b" / "egg-5.0-py3.11.egg-info").write_text("", encoding="utf-8")
    monkeypatch.setattr(sys, "path", [str(tmp_path / name) for name in ("missing", "a", "b")])
    expected = {"some-name": "1.2.0", "other": "4.1+cpu", "egg": "5.0"}
    assert versions_of([*expected, "missing"]) == expected


def test_where_no_name_says_a_version_metadata_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "one":
            return "1.0"
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", version)
    assert versions_of(["one", "two"]) == {"one": "1.0"}


def test_the_newest_module(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("xai_cam._version.__file__", str(tmp_path / "_version.py"))
    (tmp_path / "models" / "inner").mkdir(parents=True)
    module = tmp_path / "models" / "inner" / "one.py"
    module.write_text("", encoding="utf-8")
    assert newest() == module.stat().st_mtime_ns
