"""The source of the user's own classes and functions: read once, hashed, and executed as it was read."""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import os
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cached_property
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

from xai_cam.errors import InputError


@dataclass(frozen=True)
class CustomCode:
    """The source that `custom_objects` names on the command line.

    Attributes
    ----------
    source : str
        `package.module`, looked up from the current folder too, or the path of a `.py` file.
    files : mapping of str to bytes
        What its files held when it was read, by their real paths.
    sha256 : str
        Of the file; where there are several, of their hashes and names, as `sha256sum` lists them.
    origin : str
        The URL of what `source` is a copy of; empty where it is none.
    """

    source: str
    files: Mapping[str, bytes] = field(repr=False, compare=False)
    sha256: str
    origin: str = field(default="", compare=False)

    @cached_property
    def objects(self) -> dict[str, Any]:
        """The classes and functions that a model may use, by name; the source is executed, once.

        The module's `CUSTOM_OBJECTS` where it has that dict; else its public functions and its classes
        that are Keras objects (layers, initialisers, regularisers, constraints), by their names.

        Raises
        ------
        InputError
            It fails when it is imported, or it holds nothing of that kind.
        """
        module = self._execute()
        declared = getattr(module, "CUSTOM_OBJECTS", None)
        if isinstance(declared, dict):
            return {str(name): item for name, item in declared.items()}
        found = {name: item for name, item in vars(module).items() if _is_custom_object(name, item)}
        if not found:
            raise InputError(
                f"{self.source} contains no Keras layers or functions. Name the module that defines the "
                "model's own layers."
            )
        return found

    def _execute(self) -> ModuleType:
        as_read = _AsRead(self.files)
        with _importing(self.source):
            sys.meta_path.insert(0, as_read)
            try:
                if not _is_file(self.source):
                    return importlib.import_module(self.source)
                path = Path(self.source).absolute()
                spec = importlib.util.spec_from_file_location(path.stem, path)
                assert spec is not None, "a .py file has a loader"
                module = importlib.util.module_from_spec(as_read.served(spec))
                assert spec.loader is not None
                spec.loader.exec_module(module)
                return module
            finally:
                sys.meta_path.remove(as_read)


def read_code(source: str, origin: str = "") -> CustomCode:
    """The source that is named so, and what it imports from beside it; nothing is executed.

    Of a package all its files count, since any of them may be imported. `origin` is what it is a copy of.

    Raises
    ------
    InputError
        There is no such module or file, or it cannot be read.
    """
    with _importing(source) as folder:
        if _is_file(source):
            path = Path(source).resolve()
            if not path.is_file():
                raise InputError(
                    f"There is no file {source}. Name a .py file, or a module as package.module."
                )
            names = {path: path.name}
        else:
            top = source.partition(".")[0]
            spec = importlib.util.find_spec(top)
            if spec is None:
                raise ModuleNotFoundError(f"No module named {top!r}")
            names = _files_of(spec)
        files = {path: path.read_bytes() for path in names}
        pending = [path for path, name in names.items() if path == folder / name]
        while pending:
            for module in _imported(files[pending.pop()]):
                more = _beside(module, folder)
                new = {path: path.read_bytes() for path in more if path not in files}
                names, files, pending = names | more, files | new, [*pending, *new]
    found = _hash({names[path]: data for path, data in files.items()})
    return CustomCode(source, {str(path): data for path, data in files.items()}, found, origin)


def _hash(files: Mapping[str, bytes]) -> str:
    """Hash of the only file; of several, that of the lines that `sha256sum` prints for them."""
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())}
    if len(hashes) == 1:
        return next(iter(hashes.values()))
    lines = "".join(f"{found}  {name}\n" for name, found in hashes.items())
    return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()


class _AsRead(MetaPathFinder):
    """Finds modules where Python finds them, but gives them the contents that were read."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(name, path, target)
            if spec is not None:
                return self.served(spec)
        return None

    def served(self, spec: ModuleSpec) -> ModuleSpec:
        """The same module, loaded from what was read if it was."""
        data = self.files.get(os.path.realpath(spec.origin)) if spec.has_location and spec.origin else None
        if data is not None and spec.origin and spec.origin.endswith(".py"):
            spec.loader = _Loader(spec.name, spec.origin, data)
        return spec


class _Loader(SourceFileLoader):
    """Loads a module from its source as it was read; Python's cache of compiled files may hold another."""

    def __init__(self, name: str, path: str, data: bytes) -> None:
        super().__init__(name, path)
        self._data = data

    def get_data(self, path: str) -> bytes:
        return self._data if path == self.path else super().get_data(path)

    def path_stats(self, path: str) -> Mapping[str, Any]:
        raise OSError(f"{path} is not looked up in the cache")


@contextmanager
def _importing(source: str) -> Iterator[Path]:
    """Look for modules beside the source first, in the folder that is given; what fails is an InputError."""
    folder = Path(source).resolve().parent if _is_file(source) else Path.cwd().resolve()
    sys.path.insert(0, str(folder))
    try:
        yield folder
    except InputError:
        raise
    except Exception as error:  # whatever the user's own code raises
        raise InputError(
            f"{source} cannot be imported ({type(error).__name__}: {error}). Name a .py file, or a module as "
            "package.module."
        ) from error
    finally:
        with suppress(ValueError):  # code may change the path itself
            sys.path.remove(str(folder))


def _is_file(source: str) -> bool:
    return Path(source).suffix == ".py"


def _files_of(spec: ModuleSpec) -> dict[Path, str]:
    """The files of a module, or of all of a package, and their names from its folder on; none if built in."""
    if spec.submodule_search_locations is None:
        path = Path(os.path.realpath(spec.origin)) if spec.has_location and spec.origin else None
        return {path: path.name} if path is not None and path.is_file() else {}
    found: dict[Path, str] = {}
    for location in map(os.path.realpath, spec.submodule_search_locations):
        for folder, inner, names in os.walk(location):
            inner[:] = [name for name in inner if name.isidentifier()]  # others cannot be imported
            paths = [Path(folder, name) for name in names if name.endswith(".py")]
            above = os.path.dirname(location)
            found |= {path: path.relative_to(above).as_posix() for path in paths if path.is_file()}
    return found


def _beside(module: str, folder: Path) -> dict[Path, str]:
    """As `_files_of`, where the module lies in this very folder; what is installed has versions."""
    try:
        spec = importlib.util.find_spec(module)
    except ValueError:  # of a module that was made by hand
        return {}
    found = {} if spec is None else _files_of(spec)
    return {path: name for path, name in found.items() if path == folder / name}


def _imported(code: bytes) -> set[str]:
    """First parts of the names of the modules that a file imports by their full names."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # executing it tells
        try:
            nodes = list(ast.walk(ast.parse(code)))
        except (SyntaxError, ValueError, RecursionError, MemoryError):  # executing it tells
            return set()
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [
        node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level
    ]
    return {name.partition(".")[0] for name in names}


def _is_custom_object(name: str, item: Any) -> bool:
    import keras

    if name.startswith("_") or getattr(item, "__module__", "").split(".")[0] in ("keras", "tensorflow"):
        return False
    if isinstance(item, type):
        kinds = (
            keras.layers.Layer,
            keras.initializers.Initializer,
            keras.regularizers.Regularizer,
            keras.constraints.Constraint,
        )
        return issubclass(item, kinds)
    return callable(item) and hasattr(item, "__name__")
