"""A work that does nothing with an image: what is left of a run's time and memory is its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from xai_cam.cam.engines.ahead import Ahead
from xai_cam.cam.engines.choices import Choices
from xai_cam.images.image_files import ImageFile, ImageFiles

COLUMNS = ("image", "outcome", "message")

IN_A_FOLDER = 1000
"""Images, none of which is there."""


def planned(count: int) -> ImageFiles:
    """So many images, in folders of `/data/photos`."""
    return ImageFiles(_images(count))


def _images(count: int) -> Iterator[ImageFile]:
    for number in range(count):
        folder = Path(f"class_{number // IN_A_FOLDER:05}")
        yield ImageFile(Path("/data/photos") / folder / f"img_{number:09}.jpg", folder, among=True)


class StubWork:
    """Finds every image up to date; for workers too."""

    writes = False
    beside: tuple[Path, ...] = ()

    def __init__(self) -> None:
        self.blank = dict.fromkeys(COLUMNS)
        self.computing: Any = SimpleNamespace(ahead=Ahead(), choices=Choices(), engine="tensorflow")

    def look_up(self, state: Any) -> None:
        state.add_row("up to date", {})

    def prepare(self) -> StubWork:
        return self

    def ask(self, states: list[Any]) -> None:
        """Nothing is computed."""

    def write(self, state: Any) -> None:
        """Nothing is written."""

    def finish(self, state: Any) -> None:
        """Nothing is kept."""

    def for_worker(self) -> StubWork:
        return StubWork()

    def notices(self) -> list[str]:
        return []

    def hand_over(self) -> Iterable[Any]:
        return ()

    def take_in(self, found: Any) -> None:
        """Nothing was found."""
