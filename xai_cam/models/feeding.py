"""Preprocessing of pictures for a model: fitted to its input, and scaled as it was trained."""

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
    """The requested preprocessing of a model's input.

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
    head : str
        What the output means, one of `HEADS`.
    """

    preprocess: str = "auto"
    channel_order: str | None = None
    fit: str = "stretch"
    size: tuple[int, int] | None = None
    labels: Sequence[str] | None = None
    head: str = "auto"

    def open(self, model: Any) -> Feeding:
        """The preprocessing for a loaded model.

        Raises
        ------
        ModelError
            It is no classifier, or takes neither grey nor RGB.
        InputError
            The request does not fit it.
        """
        network = open_network(model, self.size, self.labels, self.head)
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
        """A line on the first image's input and prediction, in which a wrong scaling shows.

        Parameters
        ----------
        name : str
            The image's file name.
        span : (float, float)
            The lowest and the highest number of its input.
        ranking : sequence of (class, score)
            Its first classes; of a regression its first values.
        labels : sequence of str, optional
            Names of the classes.
        """
        scaling, (low, high) = self.preprocessing, span
        order = scaling.channel_order if self.network.input_shape[-1] == 3 else "grey"
        head = self.network.head
        best = head.describe_scores([(name_of(c, labels), score) for c, score in ranking[:3]])
        return (
            f"Preprocessing {scaling.name}, {order} ({scaling.reason}). First image {name}: "
            f"input {low:.3g} to {high:.3g}, {best}.{f' {head.note}' if head.note else ''}"
        )

    def describe(self) -> str:
        """The scaling, the order of channels and the fit, as three words."""
        return f"{self.preprocessing.name} {self.preprocessing.channel_order} {self.fit}"
