"""What a package's modules import of each other, where their tests lie and how long the files are."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from importlib.util import resolve_name
from pathlib import Path

PACKAGE = "xai_cam"
BESIDE = ("benchmarks", "docs", "sample_models")
"""Folders beside the package; their tests lie in folders of the same names."""

ACROSS = ("faults", "hostile", "platforms")
"""Folders of tests about what befalls the whole tool, not one of its rooms."""

MAX_LINES = 300


class House:
    """The package of a repository, read from the source: nothing is run.

    An import counts wherever it stands: in a function, or for types alone.

    Parameters
    ----------
    root : Path
        The repository.
    rooms : sequence of str
        What may lie directly in the package, modules and folders, from the bottom up.
    """

    def __init__(self, root: Path, rooms: Sequence[str]) -> None:
        self.root = root
        self.rooms = rooms
        self.files = {_name(file.relative_to(root)): file for file in sorted((root / PACKAGE).rglob("*.py"))}
        self.imports = {module: sorted(self._imports(module)) for module in self.files}

    def _imports(self, module: str) -> Iterator[tuple[int, str]]:
        """Line and target of each import of one of the package's modules."""
        package = module if self.files[module].stem == "__init__" else module.rpartition(".")[0]
        for node in ast.walk(ast.parse(self.files[module].read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [(alias.name, "") for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                source = resolve_name("." * node.level + (node.module or ""), package)
                names = [(f"{source}.{alias.name}", source) for alias in node.names]
            else:
                continue
            targets = {name if name in self.files else source for name, source in names}
            yield from ((node.lineno, target) for target in targets & self.files.keys())

    def upwards(self) -> list[str]:
        """Imports of a higher room; the root of the package lies as high as the highest."""
        return [
            f"{self.files[module].relative_to(self.root)}:{line} imports {target}"
            for module, targets in self.imports.items()
            for line, target in targets
            if self._floor(target) > self._floor(module)
        ]

    def _floor(self, module: str) -> int:
        room = module.split(".")[1] if "." in module else ""
        return self.rooms.index(room if room in self.rooms else self.rooms[-1])

    def circle(self) -> list[str]:
        """Modules that import each other in a ring, with the first again at the end."""
        try:
            TopologicalSorter({m: {t for _, t in targets} for m, targets in self.imports.items()}).prepare()
        except CycleError as error:
            return error.args[1]
        return []

    def lie_in_it(self) -> set[str]:
        """The modules and folders that lie directly in the package."""
        return {module.split(".")[1] for module in self.files if "." in module} - {"__main__"}

    def untested(self) -> set[str]:
        """Modules `room/name.py` without a `tests/room/test_name.py` or `tests/room/test_name_more.py`.

        The tests of `room/part/name.py` may also be `tests/room/test_part_name.py`.
        """
        named = {m for m, file in self.files.items() if file.stem not in ("__init__", "__main__")}
        return {module for module in named if not any(self._tests_of(module))}

    def _tests_of(self, module: str) -> Iterator[Path]:
        parts = module.split(".")[1:]
        for cut in range(min(1, len(parts) - 1), len(parts)):
            folder, name = self.root.joinpath("tests", *parts[:cut]), "_".join(parts[cut:]).strip("_")
            yield from (*folder.glob(f"test_{name}.py"), *folder.glob(f"test_{name}_*.py"))

    def stray_tests(self) -> set[str]:
        """Folders with tests that are named for no room, nothing beside the package, nor the whole tool."""
        tests = self.root / "tests"
        folders = {file.parent.relative_to(tests).as_posix() for file in tests.rglob("test_*.py")}
        return {f for f in folders - {*BESIDE, *ACROSS} if not (self.root / PACKAGE / f).is_dir()}

    def long_files(self) -> list[str]:
        """Files with too many lines, and how many."""
        files = [
            f for folder in (PACKAGE, "tests", *BESIDE) for f in sorted((self.root / folder).rglob("*.py"))
        ]
        lines = {f: len(f.read_text(encoding="utf-8").splitlines()) for f in files}
        return [f"{f.relative_to(self.root)}: {count}" for f, count in lines.items() if count > MAX_LINES]


def _name(file: Path) -> str:
    return ".".join(file.with_suffix("").parts).removesuffix(".__init__")
