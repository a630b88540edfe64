"""Where a map is high, in pixels of the original picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xai_cam.cam.box import Box, box_of
from xai_cam.cam.components import COMPONENTS, Component, components_of
from xai_cam.cam.drawn_map import DrawnMap
from xai_cam.cam.threshold import SHARE
from xai_cam.images.picture import Region


@dataclass(frozen=True, repr=False, eq=False)
class LocatedMap(DrawnMap):
    """A map that tells the parts of it that lie above a threshold."""

    def box(self, threshold: float | str = SHARE) -> Box | None:
        """The box of the largest part of the map from the threshold on, and the map's peak.

        Parameters
        ----------
        threshold : float or str
            As for `regions`.

        Returns
        -------
        box : Box, optional
            `x0`, `y0`, `x1`, `y1` and `peak` in pixels of the original picture; where no picture is known, in
            cells of the map. `size` tells which. None for a map that shows nothing. Of a volume, the box in
            the slice where the map is highest.

        Raises
        ------
        InputError
            The threshold is none.
        """
        return box_of(self.saliency_map, threshold, *self._placed)

    def regions(self, threshold: float | str = SHARE, components: str = COMPONENTS[0]) -> list[Component]:
        """The parts of the map from the threshold on, the largest first; none of a map that shows nothing.

        Parameters
        ----------
        threshold : float or str
            A share of the map's maximum, above 0 and at most 1; `otsu`; or a percentile of it, as `p80`.
        components : str
            `largest` or `all`.

        Returns
        -------
        regions : list of Component
            Each with `x0`, `y0`, `x1`, `y1`, `area`, `peak` and `mask` in pixels of the original picture;
            where no picture is known, in cells of the map. `size` tells which.

        Raises
        ------
        InputError
            There is no such threshold or choice, or the map is that of a volume.
        """
        return components_of(self.saliency_map, threshold, components, *self._placed)

    @property
    def _placed(self) -> tuple[Region | None, Sequence[int]]:
        """Where the map lies in its picture, and how large that is; without one, the map alone."""
        if self.source is None:
            return None, self.cam.shape
        shown = self._shown(None, None)
        return shown.region.part(self.part), shown.pixels.shape[:-1]
