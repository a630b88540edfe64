"""The pictures of a report: thumbnails and full sizes in a folder beside the page."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from pathlib import Path
from urllib.parse import quote

import numpy as np
from PIL import Image

from xai_cam._version import __version__
from xai_cam.errors import OutputError
from xai_cam.files.patience import discard
from xai_cam.files.provenance import Provenance, encode_picture, read_provenance
from xai_cam.files.seal import is_intact
from xai_cam.files.stores.listings import Listings
from xai_cam.files.stores.paths import StorePath, at_hand
from xai_cam.files.writing import write_whole
from xai_cam.report.model import Asset

THUMB, FULL = 320, 1600
"""Longest side of a thumbnail and of a full size, in pixels."""

KIND = "picture of a report"
NAME = re.compile(r"xai-cam-([0-9a-f]+)(-thumb)?\.jpg")


def folder_of(path: Path) -> Path:
    """Where the pictures of the report `path` lie: `report_files` beside `report.html`."""
    return path.with_name(f"{path.stem}_files")


class AssetStore:
    """Pictures by a key, a hexadecimal digest of everything that determines what they look like.

    A picture of an earlier run is found again, so that nothing is made twice.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self._known = folder, dict[str, Asset]()
        self._listings = Listings()
        self._base = quote(os.fsencode(folder.name))

    def put(self, key: str, pixels: np.ndarray) -> Asset:
        """Write a picture in both sizes; one that is as small as a thumbnail needs a single file.

        Parameters
        ----------
        key : str
            The file's name without its ending; the same picture has the same key in every run.
        pixels : (H, W, 3) uint8
            RGB.

        Raises
        ------
        OutputError
        """
        full = _at_most(pixels, FULL)
        height, width = full.shape[:2]
        provenance: Provenance = {"tool": f"xai-cam {__version__}", "kind": KIND, "size": [height, width]}
        if max(height, width) > THUMB:
            self._write(key, "-thumb", _at_most(full, THUMB), provenance)
        self._write(key, "", full, provenance)  # last: it tells that both are there
        return self._keep(key, height, width)

    def get(self, key: str, anew: bool = True) -> Asset | None:
        """The picture of an earlier run; None unless it is there, whole, and made by this tool.

        What is in a store and known by no listing, another process may have made since: it is asked for
        where somebody may have made it `anew`.
        """
        if isinstance(self.folder, StorePath):
            return self._in_store(key, anew)
        provenance = _read_own(self._path(key))
        if provenance is None:
            return None
        height, width = provenance["size"]
        if max(height, width) > THUMB and _read_own(self._path(key, "-thumb")) != provenance:
            return None
        return self._asset(key, height, width)

    def _in_store(self, key: str, anew: bool) -> Asset | None:
        """The same in a store, where each look into a picture is a request: of small ones it is listed."""
        if key in self._known:
            return self._known[key]
        try:
            listed = self._listings.may_have(self._path(key))
            if not listed and not anew:
                return None
            with at_hand(self._path(key)) as path:
                provenance = _read_own(path)
            if provenance is None:
                return None
            height, width = provenance["size"]
            if listed and max(height, width) > THUMB:
                listed = self._listings.may_have(self._path(key, "-thumb"))
                provenance = provenance if listed else None
        except OSError:  # it is not there, or cannot be had
            return None
        return self._keep(key, height, width) if provenance else None

    def _keep(self, key: str, height: int, width: int) -> Asset:
        """The picture; in a store it is known from now on, so that nobody has to ask for it."""
        asset = self._asset(key, height, width)
        if isinstance(self.folder, StorePath):
            self._known[key] = asset
        return asset

    def copy(self, other: AssetStore, key: str) -> Asset | None:
        """A picture of another report; None where that has it no more.

        Raises
        ------
        OutputError
        """
        there = other.get(key)
        if there is None or (here := self.get(key, anew=False)):
            return there and here
        for size in ("-thumb", "") if max(there.height, there.width) > THUMB else ("",):
            write_whole(self._path(key, size), other._path(key, size).read_bytes(), "`report`")
        return self.get(key)

    def prune(self, kept: Collection[str]) -> int:
        """Delete the pictures of other keys, of those that this tool wrote; how many files that were."""
        count = 0
        for path in self._paths():
            match = NAME.fullmatch(path.name)
            if match and match[1] not in kept and not path.is_symlink() and _fetched_own(path):
                discard(path)
                count += 1
        return count

    def _paths(self) -> list[Path]:
        """All files in the folder, sorted by name."""
        try:
            return [self.folder / name for name in Listings().names(self.folder)]
        except OSError:  # of a store: what cannot be listed stays
            return []

    def _write(self, key: str, size: str, pixels: np.ndarray, provenance: Provenance) -> None:
        write_whole(self._path(key, size), encode_picture(pixels, provenance, "jpg"), "`report`")

    def _path(self, key: str, size: str = "") -> Path:
        return self.folder / f"xai-cam-{key}{size}.jpg"

    def _asset(self, key: str, height: int, width: int) -> Asset:
        full = f"{self._base}/xai-cam-{key}.jpg"
        thumb = f"{self._base}/xai-cam-{key}-thumb.jpg" if max(height, width) > THUMB else full
        return Asset(key, thumb, full, width, height)


def _at_most(pixels: np.ndarray, longest: int) -> np.ndarray:
    """The picture, made smaller if its longer side is longer than that."""
    height, width = pixels.shape[:2]
    if max(height, width) <= longest:
        return pixels
    factor = longest / max(height, width)
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS, reducing_gap=3))


def _is_size(found: object) -> bool:
    return isinstance(found, list) and len(found) == 2 and all(_is_side(side) for side in found)


def _is_side(found: object) -> bool:
    return type(found) is int and 1 <= found <= FULL


def _fetched_own(path: Path) -> bool:
    """Whether it is a picture of a report, be it in a store."""
    try:
        with at_hand(path):
            return _read_own(path) is not None
    except (OSError, OutputError):
        return False


def _read_own(path: Path) -> Provenance | None:
    """Provenance of a report's picture; None for another file, or one that is no longer what was written."""
    provenance = read_provenance(path)
    if provenance is None or provenance.get("kind") != KIND or not _is_size(provenance.get("size")):
        return None
    return provenance if is_intact(path) else None
