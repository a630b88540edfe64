"""Works of which nothing is gathered but what is reported of each image."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from xai_cam.runs.passes import Watch, unwatched


class Unspoken:
    """A work that has nothing to say of the model, and finds nothing but what each image's state holds."""

    writes: ClassVar[bool] = False
    beside: tuple[Path, ...] = ()
    watch: Watch = staticmethod(unwatched)

    def notices(self) -> list[str]:
        """Nothing."""
        return []

    def hand_over(self) -> Any:
        """Nothing."""
        return None

    def take_in(self, found: Any) -> None:
        """Nothing was found."""
