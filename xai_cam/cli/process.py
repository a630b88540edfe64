"""What the command line does to its own process, which no library may do to a host program.

Environment, warnings, standard error, garbage collector, modules that are kept out, address space: all of it
lies here, with its reasons, and is done by the commands alone, before they load a model. The package works
without it in a program that uses it as a library.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import logging
import os
import secrets
import sys
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, cast

from xai_cam.cli.status_line import waiting
from xai_cam.errors import OutOfMemoryError, XaiCamError
from xai_cam.installation import cure_of_tensorflow

NOT_USED = ("IPython", "cv2", "huggingface_hub", "jax", "matplotlib", "pandas", "scipy", "sklearn")
"""What TensorFlow and Keras import where it is installed, and need for nothing that is done here.

They work without any of them. Scikit-learn and Matplotlib take nearly as long as TensorFlow.
"""

MAX_MEMORY = 2**29
"""Bytes of address space that looking through a file may take; attributes take a few megabytes."""

M_ARENA_MAX = -8
"""What the C library calls the number of places in which threads allocate."""

LEAST_LEFT = 600 * 2**20
"""Bytes of address space that a small model takes, with the libraries that read and write pictures.

Without them these end the process, and say nothing.
"""

NO_MEMORY = (
    "There is too little memory to {}, which takes about 2.5 GB of address space. Close other programs, or "
    "raise the limit (`ulimit -v`)."
)


def start_tensorflow(verbose: bool = False, device: str = "auto") -> None:
    """Import TensorFlow for this process, and keep it to the device asked for.

    Raises
    ------
    XaiCamError
        TensorFlow is missing, or the device is, or there is too little memory.
    """
    from xai_cam.files.memory import ran_out_of_memory
    from xai_cam.models.devices import claim_device

    prepare_process(verbose)
    with waiting("Starting TensorFlow"), quiet_start(verbose):
        few_arenas()
        try:
            with missing(NOT_USED), uncollected():
                import keras
                import tensorflow  # noqa: F401
        except Exception as error:  # without memory, of any class
            if ran_out_of_memory(error):
                raise OutOfMemoryError(NO_MEMORY.format("start TensorFlow")) from error
            if not isinstance(error, ImportError):
                raise
            cure = cure_of_tensorflow(error)
            raise XaiCamError(f"TensorFlow cannot be imported ({error}). {cure}") from error
        if address_space_left() < LEAST_LEFT:
            raise OutOfMemoryError(NO_MEMORY.format("run a model"))
        claim_device(device)
    if keras.backend.backend() != "tensorflow":
        raise XaiCamError(
            f"Keras runs on {keras.backend.backend()}, but xai-cam needs TensorFlow. Unset KERAS_BACKEND."
        )
    if not verbose:
        logging.getLogger("tensorflow").setLevel(logging.ERROR)


def prepare_process(verbose: bool = False) -> None:
    """Set what holds for the whole process before anything is computed in it; imports no TensorFlow."""
    hide_telemetry()
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    os.environ["MPLBACKEND"] = "agg"  # Matplotlib, where charts need it, fails if a window cannot be had
    if not verbose:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        warnings.simplefilter("ignore")


def hide_telemetry() -> None:
    """Keep OpenVINO from telling its makers that it was imported here, and what is converted.

    To OpenVINO it is as if its telemetry were not installed, which it need not be.
    """
    modules = cast(dict[str, Any], sys.modules)
    modules.setdefault("openvino_telemetry", None)


def hide_ray() -> None:
    """Keep Ray from telling its makers that it is used here, and from writing to the user's terminal.

    It prints on standard output what its machines have to say, and tables of results may go there.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", ".")


def lock_ray() -> None:
    """Let nobody but this command into the cluster that it starts on this machine, before Ray is imported.

    Else every user of the machine could run code in it. What the user has set about that stays. In a process
    that has Ray already nothing is changed: it keeps to what it was imported with, and would not get in.
    """
    if "ray" in sys.modules:
        return
    mode = os.environ.setdefault("RAY_AUTH_MODE", "token")
    if mode == "token" and not {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & os.environ.keys():
        os.environ["RAY_AUTH_TOKEN"] = secrets.token_hex(32)


@contextmanager
def quiet_start(verbose: bool = False) -> Iterator[None]:
    """Hold back what TensorFlow's native code writes while it starts; if it fails that is shown after all."""
    with ExitStack() as leaving:
        held = None if verbose or _is_windows_console() else _redirected(leaving)
        try:
            yield
        except XaiCamError:
            raise
        except BaseException:
            if held is not None:
                held.seek(0)
                words = held.read()
                leaving.close()
                with suppress(OSError):  # the terminal is gone
                    os.write(2, words)
            raise


def _redirected(leaving: ExitStack) -> IO[bytes] | None:
    """Where standard error leads until `leaving` ends; None if it is closed, or nothing can be held."""
    try:
        terminal = os.dup(2)
        leaving.callback(os.close, terminal)
        held = leaving.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
    except OSError:
        return None
    if sys.stderr is not None:
        sys.stderr.flush()
    os.dup2(held.fileno(), 2)
    leaving.callback(os.dup2, terminal, 2)
    return held


def _is_windows_console() -> bool:
    """Whether messages go to a console of Windows: it is a handle there, which is closed with its number."""
    return os.name == "nt" and sys.stderr is not None and sys.stderr.isatty()


@contextmanager
def missing(names: Sequence[str]) -> Iterator[None]:
    """Let modules that are not yet loaded be missing to whatever is imported meanwhile."""
    modules = cast(dict[str, Any], sys.modules)
    hidden = [name for name in names if name not in modules]
    modules.update(dict.fromkeys(hidden))  # None: Python says of it that there is no such module
    try:
        yield
    finally:
        for name in hidden:
            del modules[name]


@contextmanager
def uncollected() -> Iterator[None]:
    """Import TensorFlow without looking for garbage among its modules, now and when the process ends.

    They stay to the end, half a million objects. To look through them over and over takes a tenth of the
    import, and a second more when Python ends.
    """
    enabled = gc.isenabled() and "tensorflow" not in sys.modules
    if not enabled:
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
    gc.freeze()
    atexit.register(gc.freeze)


def address_space_left() -> int:
    """Bytes of address space that this process may still take; without a limit, more than there are."""
    try:
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    except ImportError:  # Windows
        return sys.maxsize
    taken = _address_space()
    return sys.maxsize if taken is None or limit == resource.RLIM_INFINITY else limit - taken


def _address_space() -> int | None:
    """Bytes of address space that this process has taken, where the system tells."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0]) * os.sysconf(
            "SC_PAGE_SIZE"
        )
    except (OSError, ValueError):  # neither Windows nor macOS tell
        return None


def few_arenas() -> None:
    """Where the address space is limited, let threads allocate in one place.

    The C library of Linux reserves 64 MB of it for each of TensorFlow's threads otherwise.
    """
    if address_space_left() < sys.maxsize:
        with suppress(OSError, AttributeError, TypeError):  # another C library
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


@contextmanager
def bounded_memory(more: int = MAX_MEMORY) -> Iterator[None]:
    """Let the process take at most `more` bytes of address space, where the system can see to that.

    A damaged attribute may declare text of 4 GB, which HDF5 allocates before it looks.
    """
    taken = _address_space()
    if taken is None:
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = taken + more
    if soft != resource.RLIM_INFINITY and soft < limit:
        yield
        return
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
