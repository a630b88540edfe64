"""What is installed: the wheel holds all that a user needs and nothing else, and runs by itself."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from support.commands import clean_environment, fresh
from xai_cam.cli.demo import SAMPLES

ROOT = Path(__file__).resolve().parents[1]
SOURCES = (
    "xai_cam",
    "sample_models",
    "setup.cfg",
    "setup.py",
    "pyproject.toml",
    "MANIFEST.in",
    "README.md",
    "LICENSE",
)
MODELS = sorted(path.parent.relative_to(ROOT) for path in (ROOT / "sample_models").rglob("model.json"))
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


def beside_the_samples() -> list[Path]:
    """Pictures, masks and tables that come with sample models."""
    folders = [ROOT / "sample_models" / name for name in SAMPLES]
    found = [path for folder in folders for path in (*folder.rglob("*.png"), *folder.glob("*.csv"))]
    assert len({path.suffix for path in found}) == 2
    return found


def test_the_wheel_holds_the_package_and_its_models(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        info = next(name.partition("/")[0] for name in names if ".dist-info/" in name)
        entry_points = archive.read(f"{info}/entry_points.txt").decode()
        metadata = archive.read(f"{info}/METADATA").decode()
    package = (path for path in (ROOT / "xai_cam").rglob("*") if path.is_file())
    code = {p.relative_to(ROOT).as_posix() for p in package if p.suffix != ".pyc"}
    files = ("model.json", "model.weights.h5", "labels.txt", "CARD.md")
    models = {
        f"xai_cam/{m}/{f}" for m in map(Path.as_posix, MODELS) if not m.endswith("keras2") for f in files
    }
    models |= {f"xai_cam/sample_models/dogcat/{f}" for f in ("keras2/model.json", "keras2/model.h5")}
    models |= {f"xai_cam/{p.relative_to(ROOT).as_posix()}" for p in (ROOT / "sample_models").glob("*.py")}
    pictures = (ROOT / "sample_models" / "pictures").iterdir()
    models |= {f"xai_cam/sample_models/pictures/{path.name}" for path in pictures}
    models |= {f"xai_cam/{path.relative_to(ROOT).as_posix()}" for path in beside_the_samples()}
    assert len(MODELS) >= 5 and {"xai_cam/py.typed", "xai_cam/report/page/viewer.js"} <= code
    assert names == code | models | {name for name in names if name.startswith(f"{info}/")}
    assert "xai-cam = xai_cam.cli:main" in entry_points
    assert "Classifier: Typing :: Typed" in metadata and "License-Expression: MIT" in metadata
    page = metadata.partition("\n\n")[2]
    assert "# xai-cam" in page and not re.findall(r"""(?:\]\(|src="|href=")(?![a-z]+:|#)[^)"]*""", page)
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

    command = shlex.split(done.stdout.rpartition(" -m xai_cam ")[2].replace("\\\n", " "))
    assert Path(command[2]) == site / "xai_cam" / "sample_models" / "shapes" / "model.json"
    again = fresh("-m", "xai_cam", *command, cwd=here, env=environment)
    assert "0 written, 2 up to date, 0 failed" in again.stderr


# --- The source distribution --------------------------------------------------------------------------


def committed() -> list[str]:
    """Every file of the repository."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("this is no clone, so that nothing tells what belongs to it")
    return [name for name in listed.stdout.split("\0") if (ROOT / name).is_file()]


def test_the_source_distribution_is_the_repository(tmp_path: Path) -> None:
    """With all that it takes to build, to test and to read, and without what tools leave behind."""
    source, names = tmp_path / "source", committed()
    for name in names:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    (source / "tests" / "__pycache__").mkdir()
    (source / "tests" / "__pycache__" / "junk.pyc").touch()
    code = "import sys; from setuptools.build_meta import build_sdist; build_sdist(sys.argv[1])"
    done = fresh("-c", code, tmp_path, cwd=source)
    assert done.returncode == 0, done.stderr
    (made,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(made) as archive:
        inside = {member.name.partition("/")[2] for member in archive if member.isfile()}
    own = {name for name in inside if name == "PKG-INFO" or name.startswith("xai_cam.egg-info/")}
    assert inside - own == set(names)


# --- The page of an index ------------------------------------------------------------------------------

PAGE = (
    "[![p](a.png)](b.md) ![p](c.png) [text](d.md#e) [w](https://w.org) [h](#h) "
    '<a href="f">g</a><img src="i.png">'
)
AT = "https://r.org/x"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (None, "  text [w](https://w.org) [h](#h) <a>g</a>"),
        (
            AT,
            f"[![p]({AT}/raw/v1.0/a.png)]({AT}/blob/v1.0/b.md) ![p]({AT}/raw/v1.0/c.png) "
            f"[text]({AT}/blob/v1.0/d.md#e) [w](https://w.org) [h](#h) "
            f'<a href="{AT}/blob/v1.0/f">g</a><img src="{AT}/raw/v1.0/i.png">',
        ),
    ],
)
def test_links_and_pictures_of_the_readme_on_an_index(url: str | None, expected: str) -> None:
    code = f"import runpy; print(runpy.run_path('setup.py')['for_an_index']({PAGE!r}, {url!r}, '1.0'))"
    assert fresh("-c", code, cwd=ROOT).stdout == f"{expected}\n"
