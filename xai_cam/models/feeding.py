"""How pictures are fed to a model: fitted to its input, and scaled as it was trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xai_cam.images.labels import name_of
from xai_cam.models.classifier import open_network
from xai_cam.models.network import Network
from xai_cam.models.preprocessing import Preprocessing, choose_preprocessing


@dataclass(frozen=True)
class FeedingRequest:
    """What was asked of the feeding of a model.

    Attributes
    ----------
    preprocess : str
        A scaling by name, or `auto`.
    channel_order : str, optional
        `rgb` or `bgr`; default: that of the scaling.
    fit : str
        How a picture of another shape is brought to the input's: `stretch`, `crop` or `letterbox`.
    size : (int, int), optional
        Height and width of the input where the model leaves them open.
    labels : sequence of str, optional
        Names of the classes, one for each.
    """

    preprocess: str = "auto"
    channel_order: str | None = None
    fit: str = "stretch"
    size: tuple[int, int] | None = None
    labels: Sequence[str] | None = None

    def open(self, model: Any) -> Feeding:
        """How pictures are fed to a loaded model.

        Raises
        ------
        ModelError
            It is no classifier, or takes neither grey nor RGB.
        InputError
            The request does not fit it.
        """
        network = open_network(model, self.size, self.labels)
        preprocessing = choose_preprocessing(network, self.preprocess, self.channel_order)
        return Feeding(network, preprocessing, self.fit, self.labels)


@dataclass(frozen=True)
class Feeding:
    """A network, how pictures become its input, and the names of its classes."""

    network: Network
    preprocessing: Preprocessing
    fit: str = "stretch"
    labels: Sequence[str] | None = None

    def describe_first(
        self,
        name: str,
        span: tuple[float, float],
        ranking: Sequence[tuple[int, float]],
        labels: Sequence[str] | None,
    ) -> str:
        """What the model was fed and what it predicted of the first image, so that a wrong scaling is seen.

        Parameters
        ----------
        name : str
            The image's file name.
        span : (float, float)
            The lowest and the highest number of its input.
        ranking : sequence of (class, score)
            Its first classes.
        labels : sequence of str, optional
            Names of the classes.
        """
        scaling, (low, high) = self.preprocessing, span
        order = scaling.channel_order if self.network.input_shape[-1] == 3 else "grey"
        best = ", ".join(f"{name_of(c, labels)} {p:.3g}" for c, p in ranking[:3])
        return (
            f"Preprocessing {scaling.name}, {order} ({scaling.reason}). First image {name}: "
            f"input {low:.3g} to {high:.3g}, predicted {best}."
        )

    def describe(self) -> str:
        """The scaling, the order of channels and the fit, as three words."""
        return f"{self.preprocessing.name} {self.preprocessing.channel_order} {self.fit}"
