"""`make install` and `make uninstall`, with stand-ins for pipx, uv and Python that leave files behind."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from support.systems import posix

pytestmark = posix

ROOT = Path(__file__).resolve().parents[1]

PROGRAM = '#!/bin/sh\\necho "xai-cam, version 9"\\n'

PIPX = f"""#!/bin/sh
echo "pipx $*" >>"$HOME/calls"
case $1 in
    install)
        mkdir -p "$HOME/.local/bin"
        printf '{PROGRAM}' >"$HOME/.local/bin/xai-cam"
        chmod +x "$HOME/.local/bin/xai-cam" ;;
    environment) echo "$HOME/.local/bin" ;;
    list) [ -e "$HOME/.local/bin/xai-cam" ] && echo "xai-cam 9" ;;
    uninstall) rm "$HOME/.local/bin/xai-cam" ;;
esac
"""

UV = (
    PIPX.replace("pipx $*", "uv $*").replace("case $1 in", "case ${2%--*} in").replace("environment)", "dir)")
)

PYTHON = f"""#!/bin/sh
echo "python $*" >>"$HOME/calls"
[ "$2" = venv ] || exit 0
mkdir -p "$4/bin"
cp "$0" "$4/bin/python"
printf '{PROGRAM}' >"$4/bin/xai-cam"
chmod +x "$4/bin/xai-cam"
"""


class Home:
    """A user's home, and what the two commands say and leave in it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.tools = folder / "home", folder / "tools"
        self.folder.mkdir()
        self.tools.mkdir()
        self.add("python3", PYTHON)

    def add(self, name: str, text: str) -> None:
        (self.tools / name).write_text(text, encoding="utf-8")
        (self.tools / name).chmod(0o755)

    def run(self, what: str, *, path: str = "", **more: str) -> subprocess.CompletedProcess[str]:
        environment = {"HOME": str(self.folder), "PATH": f"{self.tools}:{path}:/usr/bin:/bin", **more}
        command = ["sh", str(ROOT / "release" / "install.sh"), what]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    @property
    def command(self) -> Path:
        return self.folder / ".local" / "bin" / "xai-cam"

    @property
    def calls(self) -> str:
        return (self.folder / "calls").read_text(encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.mark.parametrize(
    ("name", "tool", "calls"),
    [
        ("pipx", PIPX, ("pipx install --force --python {python} {root}[fast]", "pipx uninstall xai-cam")),
        ("uv", UV, ("--python {python} {root}[fast]", "uv tool uninstall xai-cam")),
    ],
)
def test_the_tool_that_is_here_installs_and_undoes_it(
    name: str, tool: str, calls: tuple[str, str], home: Home
) -> None:
    home.add(name, tool)
    done = home.run("install", EXTRAS="fast", WITH=name)
    assert done.returncode == 0, done.stderr
    assert calls[0].format(python=home.tools / "python3", root=ROOT) in home.calls
    assert f"Installed xai-cam, version 9 with {name}: {home.command}" in done.stdout
    assert f"{home.command.parent} is not on PATH." in done.stdout
    assert home.run("uninstall").returncode == 0
    assert calls[1] in home.calls and not home.command.exists()


def test_pipx_comes_first(home: Home) -> None:
    home.add("uv", UV)
    home.add("pipx", PIPX)
    assert "with pipx" in home.run("install").stdout and "uv" not in home.calls


def test_without_them_it_is_an_environment_with_a_link(home: Home) -> None:
    done = home.run("install", path=str(home.command.parent), WITH="venv", EXTRAS="report")
    assert done.returncode == 0, done.stderr
    own = home.folder / ".local" / "share" / "xai-cam"
    assert home.command.readlink() == own / "bin" / "xai-cam"
    assert f"-m pip install --quiet {ROOT}[report]" in home.calls
    assert done.stdout.endswith("Run: xai-cam demo\n")
    assert home.run("install", WITH="venv").returncode == 0, "again, to update"
    assert f"Removed {own}" in home.run("uninstall").stdout
    assert not own.exists() and not home.command.is_symlink()
    assert home.run("uninstall").stdout == "xai-cam is not installed for this user.\n"


def test_a_command_of_others_stays(home: Home) -> None:
    home.command.parent.mkdir(parents=True)
    home.command.write_text("mine", encoding="utf-8")
    done = home.run("install", WITH="venv")
    assert done.returncode == 1 and "is not of this install. Remove it first." in done.stderr
    assert (
        home.command.read_text(encoding="utf-8") == "mine" and not (home.folder / ".local" / "share").exists()
    )


def test_another_that_comes_first_is_named(home: Home) -> None:
    home.add("xai-cam", "#!/bin/sh\n")
    done = home.run("install", path=str(home.command.parent), WITH="venv")
    assert f"`xai-cam` is {home.tools / 'xai-cam'}, which comes first on PATH" in done.stdout


def test_without_venv_nothing_is_left(home: Home) -> None:
    home.add("python3", '#!/bin/sh\nmkdir -p "$4/bin"\necho "ensurepip is not available" >&2\nexit 1\n')
    done = home.run("install", WITH="venv")
    assert done.returncode == 1 and "ensurepip" in done.stderr
    assert not (home.folder / ".local" / "share" / "xai-cam").exists()


def test_other_words_are_refused(home: Home) -> None:
    assert "WITH is pipx, uv or venv, not conda." in home.run("install", WITH="conda").stderr
    assert "Say install or uninstall." in home.run("remove").stderr
    assert os.listdir(home.folder) == []
