"""Pages that become one PDF or several PNG files, all of them or none."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from PIL import Image, PdfParser

from xai_cam._version import __version__
from xai_cam.drawing.text import one_line
from xai_cam.errors import InputError, OutputError
from xai_cam.files.creatable import check_creatable
from xai_cam.files.leftovers import complete
from xai_cam.files.names import real_path
from xai_cam.files.patience import discard
from xai_cam.files.provenance import check_replaceable, encode_picture, read_provenance
from xai_cam.files.real_paths import RealPaths
from xai_cam.files.regular import open_regular
from xai_cam.files.seal import is_intact
from xai_cam.files.staging import Staging
from xai_cam.files.stores.drafts import try_place
from xai_cam.files.stores.paths import at_hand
from xai_cam.files.writing import cannot_write, check_none_is_input, check_writable

SUFFIXES = (".png", ".pdf")
TOOL = f"xai-cam {__version__}"
DOTS_PER_INCH = 200
TAIL = 1 << 16
PRODUCER = b"/Producer (" + PdfParser.encode_text("xai-cam")
"""What the last bytes of a PDF of this tool hold."""

QUALITY = 90
"""Of the pictures in a PDF, which are JPEG."""


def check_sheet(path: Path, overwrite: bool, dry_run: bool = False) -> None:
    """Check before any work is done that a sheet can be written to `path`.

    Raises
    ------
    InputError
        It has another suffix, or would replace what this tool did not write.
    OutputError
        Its folder cannot be written to.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"`sheet={str(path)!r}` does not end in .png or .pdf. Name such a file.")
    check_replaceable(path, lambda found: found.is_file() and (overwrite or _is_own(found)), "`sheet`")
    check = check_creatable if dry_run else check_writable
    check(path.parent, "`sheet`")
    if not dry_run:
        try_place(path, "`sheet`")


def _is_own(path: Path) -> bool:
    """Whether a file is a sheet, or another picture, of this tool."""
    try:
        with at_hand(path):
            if path.suffix.lower() != ".pdf":
                return read_provenance(path) is not None
            with open_regular(path) as file:
                file.seek(max(0, path.stat().st_size - TAIL))
                return PRODUCER in file.read(TAIL)
    except OSError:
        return False


class SheetFile:
    """The pages of a sheet, written one by one under temporary names; only the last step gives them theirs.

    Parameters
    ----------
    path : Path
        `sheet.pdf`, or `sheet.png` whose further pages are `sheet-2.png` and so on.
    overwrite : bool
        Replace the file of that path even if this tool did not write it; of further pages, which nobody
        named, that is never done.
    inputs : iterable of paths
        No page replaces one of them.
    """

    def __init__(
        self, path: Path, overwrite: bool = False, inputs: Iterable[Path | str | None] | RealPaths = ()
    ) -> None:
        self.path, self.overwrite = path, overwrite
        self.inputs = inputs if isinstance(inputs, RealPaths) else RealPaths(inputs)
        self.pages = 0
        self._temporaries: list[Path] = []
        self._staging: Staging | None = None
        self._leaving = ExitStack()

    def add(self, page: np.ndarray) -> None:
        """Write the next page.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        self.pages += 1
        try:
            if self.path.suffix.lower() == ".pdf":
                self._append(page)
            else:
                provenance = {"tool": TOOL, "sheet": self.pages}
                self._temporary().write_bytes(encode_picture(page, provenance, "png"))
        except OSError as error:
            raise cannot_write(self.path, error, "`sheet`") from error

    def _append(self, page: np.ndarray) -> None:
        """Add a page to the PDF; it holds no time, so that equal runs write equal files."""
        said = {"producer": TOOL, "title": one_line(self.path.stem), "creationDate": None, "modDate": None}
        again = bool(self._temporaries)
        target = self._temporaries[0] if again else self._temporary()
        image = Image.fromarray(page)
        image.save(target, "PDF", append=again, resolution=DOTS_PER_INCH, quality=QUALITY, **said)

    def _temporary(self) -> Path:
        if self._staging is None:
            self._staging = self._leaving.enter_context(Staging(self.path.parent))
        self._temporaries.append(self._staging.new())
        return self._temporaries[-1]

    def finish(self) -> list[Path]:
        """Give all pages their names, and delete the further pages of an earlier sheet; returns the names.

        Raises
        ------
        InputError
            One would replace an input, or a file that this tool did not write.
        OutputError
            One cannot be written.
        """
        names = [self._name(number) for number in range(1, len(self._temporaries) + 1)]
        try:
            check_none_is_input(names, self.inputs)
            for name in names[1:] if self.overwrite else names:
                check_replaceable(name, lambda found: found.is_file() and _is_own(found), "`sheet`")
            if self._staging is not None:
                complete(names)
                self._staging.name(dict(zip(self._temporaries, names, strict=True)))
            if self.path.suffix.lower() != ".pdf":
                self._delete_pages_from(len(names) + 1)
        except OSError as error:
            raise cannot_write(self.path, error, "`sheet`") from error
        finally:
            self.discard()
        return names

    def discard(self) -> None:
        """Delete what was written under temporary names."""
        self._leaving.close()
        self._temporaries, self._staging = [], None

    def _name(self, number: int) -> Path:
        return (
            self.path if number == 1 else self.path.with_name(f"{self.path.stem}-{number}{self.path.suffix}")
        )

    def _delete_pages_from(self, number: int) -> None:
        while self._is_page(name := self._name(number), number) and real_path(name) not in self.inputs:
            discard(name)
            number += 1

    def _is_page(self, path: Path, number: int) -> bool:
        """Whether a file is the page of that number of a sheet, as it was written."""
        try:
            with at_hand(path):
                return (read_provenance(path) or {}).get("sheet") == number and is_intact(path)
        except (OSError, OutputError):  # of a store, where it may not be there
            return False
