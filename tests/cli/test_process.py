"""What a command does to its process: what it imports, what it keeps out, the memory that it allows."""

from __future__ import annotations

import atexit
import gc
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import h5py
import pytest

from support.commands import clean_environment, fresh, named
from xai_cam.cli.process import lock_ray, missing, uncollected

HEAVY = ("tensorflow", "keras", "h5py", "cv2", "openvino")
UNUSED = ("matplotlib", "sklearn", "scipy", "pandas", "jinja2", "skimage", "openvino", "tensorboard")
REPORT = "xai_cam.report"

SCRIPT = """
import sys
from xai_cam.cli import main
try:
    main(sys.argv[1:])
finally:
    print("loaded:", *(name for name, module in sys.modules.items() if module is not None), file=sys.stderr)
"""


def loaded_by(*arguments: object) -> set[str]:
    """Names of the modules that a process has loaded when a command ends well."""
    done = fresh("-c", SCRIPT, *arguments)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.rpartition("loaded: ")[2].split())


def test_what_answers_without_a_model_loads_nothing_heavy() -> None:
    for command in (["--help"], ["--version"], ["methods"], ["explain", "--help"]):
        assert not loaded_by(*command) & set(HEAVY), command


def test_grad_cam_loads_nothing_of_other_commands(
    model_files: Callable[..., tuple[Path, Path]], make_photo: Callable[..., Path], tmp_path: Path
) -> None:
    """Whatever Keras and TensorFlow import by the way where it is installed."""
    command = ["explain", *named(model_files()), make_photo(tmp_path / "a.png"), "-q"]
    dry = loaded_by(*command, "--dry-run")
    assert not dry & {"tensorflow", "keras", "cv2", *UNUSED, REPORT}
    found = loaded_by(*command, "--no-cache")
    assert {"tensorflow", "keras", "cv2"} <= found, "the list does not tell what was loaded"
    assert not found & {*UNUSED, REPORT}


def test_what_was_missing_is_there_again() -> None:
    """A module that is not yet loaded is missing for a while; one that is loaded stays."""
    sys.modules.pop("this", None)
    before = dict(sys.modules)
    with pytest.raises(ZeroDivisionError), missing(("this", "json", "no_such_module")):
        with pytest.raises(ImportError):
            import this  # noqa: F401
        import json

        assert json.loads("[1]") == [1]
        raise ZeroDivisionError
    assert sys.modules == before


def test_garbage_is_collected_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is set aside is TensorFlow's import alone: later ones would set aside a caller's garbage."""
    frozen: list[str] = []
    monkeypatch.setattr(gc, "freeze", lambda: frozen.append("now"))
    monkeypatch.setattr(atexit, "register", lambda function: frozen.append("at the end"))
    monkeypatch.setitem(sys.modules, "tensorflow", sys)
    with uncollected():
        assert gc.isenabled()
    monkeypatch.delitem(sys.modules, "tensorflow")
    with pytest.raises(KeyboardInterrupt), uncollected():
        assert not gc.isenabled()
        raise KeyboardInterrupt
    assert gc.isenabled() and not frozen
    with uncollected():
        assert not gc.isenabled()
    assert gc.isenabled() and frozen == ["now", "at the end"]


def test_ctrl_c_while_modules_are_imported(tmp_path: Path) -> None:
    """The signal comes when the first of the package's dependencies is looked for."""
    if os.name == "nt":
        pytest.skip("Windows has no SIGINT for another process")
    (tmp_path / "click.py").write_text(
        "print('here', flush=True)\nimport time\ntime.sleep(60)\n", encoding="utf-8"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "xai_cam", "methods"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(PYTHONPATH=str(tmp_path)),
    )
    assert process.stdout is not None and process.stdout.readline() == "here\n"
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr) == (130, "Interrupted.\n")


def test_openvino_reports_to_nobody(
    model_files: Callable[..., tuple[Path, Path]], make_photo: Callable[..., Path], tmp_path: Path
) -> None:
    pytest.importorskip("openvino")
    photo = make_photo(tmp_path / "a.png")
    command = ["explain", *named(model_files()), photo, "--method", "score-cam", "-q", "--engine", "openvino"]
    found = loaded_by(*command)
    assert "openvino" in found and "openvino_telemetry" not in found


GUARDED = """
import resource, sys
from xai_cam.cli.process import bounded_memory
from xai_cam.errors import ModelError
from xai_cam.models.loading.load import load_model
limits = resource.getrlimit(resource.RLIMIT_AS)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    load_model(sys.argv[1], guard=bounded_memory)
except ModelError as error:
    print("refused" if "damaged" in error.message else error.message)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000)
print(resource.getrlimit(resource.RLIMIT_AS) == limits)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells how much a process has")
def test_text_that_says_it_has_4_gb(tmp_path: Path) -> None:
    """HDF5 would take them before it sees that they are not there."""
    path, text = tmp_path / "m.h5", "z" * 12345
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = text
    length = struct.pack("<I", len(text))
    data = bytearray(path.read_bytes())
    start = data.index(length)  # of the attribute; the heap that holds the text comes behind it
    data[start : start + 4] = b"\xf0\xff\xff\xff"
    path.write_bytes(data)
    done = fresh("-c", GUARDED, path)
    assert done.stdout == "refused\nTrue\nTrue\n", done.stderr


def test_the_cluster_of_a_command_lets_nobody_else_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "ray", raising=False)
    names = ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")
    tokens = set()
    for _ in range(2):
        for name in names:
            monkeypatch.setenv(name, "")
            monkeypatch.delenv(name)
        lock_ray()
        assert os.environ["RAY_AUTH_MODE"] == "token" and len(os.environ["RAY_AUTH_TOKEN"]) == 64
        tokens.add(os.environ["RAY_AUTH_TOKEN"])
    assert len(tokens) == 2


@pytest.mark.parametrize(
    "own", [{"RAY_AUTH_TOKEN": "own"}, {"RAY_AUTH_TOKEN_PATH": "/own"}, {"RAY_AUTH_MODE": "disabled"}]
)
def test_how_the_user_locks_ray_stays(own: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "ray", raising=False)
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    lock_ray()
    found = {name: value for name, value in os.environ.items() if name.startswith("RAY_AUTH")}
    assert found == {"RAY_AUTH_MODE": "token", **own}


def test_a_process_that_has_ray_keeps_to_what_it_was_imported_with(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setitem(sys.modules, "ray", ModuleType("ray"))
    lock_ray()
    assert not [name for name in os.environ if name.startswith("RAY_AUTH")]
