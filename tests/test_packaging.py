"""What is installed: the wheel holds all that a user needs and nothing else, and runs by itself."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from support.commands import clean_environment, fresh

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ("xai_cam", "sample_models", "setup.cfg", "setup.py", "pyproject.toml", "README.md", "LICENSE")


MODELS = ("shapes", "shapes_binary", "digits", "dogcat")
BUILD = ("--no-deps", "--no-build-isolation", "--quiet", "--disable-pip-version-check")
"""Options of pip with which nothing is fetched from the network."""


def copied(folder: Path) -> Path:
    """The sources alone, so that a build writes nothing into the repository."""
    missing = [tool for tool in ("pip", "setuptools", "wheel") if not find_spec(tool)]
    if missing:
        pytest.skip(f"building a wheel needs {', '.join(missing)}")
    folder.mkdir(exist_ok=True)
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of the sources, without the network."""
    source, out = copied(tmp_path_factory.mktemp("source")), tmp_path_factory.mktemp("wheel")
    done = fresh("-m", "pip", "wheel", *BUILD, "-w", out, source)
    assert done.returncode == 0, done.stderr
    return next(out.glob("*.whl"))


def test_the_wheel_holds_the_package_and_its_models(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        info = next(name.partition("/")[0] for name in names if ".dist-info/" in name)
        entry_points = archive.read(f"{info}/entry_points.txt").decode()
        metadata = archive.read(f"{info}/METADATA").decode()
    package = (path for path in (ROOT / "xai_cam").rglob("*") if path.is_file())
    code = {p.relative_to(ROOT).as_posix() for p in package if p.suffix != ".pyc"}
    models = {
        f"xai_cam/sample_models/{model}/{file}"
        for model in MODELS
        for file in ("model.json", "model.weights.h5", "labels.txt", "CARD.md")
    }
    models |= {f"xai_cam/sample_models/dogcat/{f}" for f in ("keras2/model.json", "keras2/model.h5")}
    models |= {f"xai_cam/{p.relative_to(ROOT).as_posix()}" for p in (ROOT / "sample_models").glob("*.py")}
    assert {"xai_cam/py.typed", "xai_cam/report/page/viewer.js"} <= code
    assert code | models <= names
    assert {name.split("/")[0] for name in names} == {"xai_cam", info}
    assert not [name for name in names if "test" in name.lower()]
    assert "xai-cam = xai_cam.cli:main" in entry_points
    assert "Classifier: Typing :: Typed" in metadata
    required = set(re.findall(r"^Requires-Dist: ([\w-]+)[^;\n]*$", metadata, re.MULTILINE))
    assert required == {
        "tensorflow",
        "keras",
        "numpy",
        "opencv-python-headless",
        "pillow",
        "click",
        "h5py",
        "platformdirs",
    }


def test_an_editable_install_finds_the_sources(tmp_path: Path) -> None:
    """Every module of the package and the sample models beside it, from any folder."""
    source, here = copied(tmp_path / "source"), tmp_path / "here"
    here.mkdir()
    venv.create(tmp_path / "venv", with_pip=False, symlinks=os.name != "nt")
    scripts = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    site = Path(sysconfig.get_path("purelib", vars={"base": os.fspath(tmp_path / "venv")}))
    shared = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    (site / "shared.pth").write_text("\n".join(shared), encoding="utf-8")
    done = fresh("-m", "pip", "--python", scripts / "python", "install", *BUILD, "--editable", source)
    assert done.returncode == 0, done.stderr
    modules = sorted(
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / "xai_cam").rglob("*.py")
        if path.stem != "__init__"
    )
    code = "import sys, importlib.util as u; [print(u.find_spec(name).origin) for name in sys.argv[1:]]"
    command = [scripts / "python", "-c", code, *modules, "xai_cam.sample_models.make_shapes"]
    found = subprocess.run(
        command,
        cwd=here,
        env=clean_environment(PYTHONPATH=""),  # what was installed, and nothing beside it
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    paths = [Path(line).relative_to(source) for line in found.stdout.splitlines()]
    assert paths == [
        *(Path(*module.split(".")).with_suffix(".py") for module in modules),
        Path("sample_models/make_shapes.py"),
    ]


def test_the_wheel_runs_the_demo_from_nothing(wheel: Path, tmp_path: Path) -> None:
    site, here = tmp_path / "site", tmp_path / "here"
    here.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    environment = clean_environment(PYTHONPATH=os.fspath(site), PYTHONSAFEPATH="1")
    origin = fresh("-c", "import xai_cam; print(xai_cam.__file__)", cwd=here, env=environment)
    assert Path(origin.stdout.strip()) == site / "xai_cam" / "__init__.py"

    done = fresh("-m", "xai_cam", "demo", "--count", "2", cwd=here, env=environment)
    assert done.returncode == 0, done.stderr
    overlays = {path.name for path in (here / "xai-cam-demo").glob("*-cam.png")}
    assert overlays == {
        f"{name}_{m}-cam.png" for name in ("01_circle", "02_square") for m in ("grad", "score")
    }
    for method in ("grad-cam", "score-cam"):
        assert re.search(rf"^{method}: .* in [12] of 2 pictures$", done.stdout, re.MULTILINE)

    command = shlex.split(done.stdout.rpartition("\n  xai-cam ")[2].replace("\\\n", " "))
    assert Path(command[2]) == site / "xai_cam" / "sample_models" / "shapes" / "model.json"
    again = fresh("-m", "xai_cam", *command, cwd=here, env=environment)
    assert "0 written, 2 up to date, 0 failed" in again.stderr
