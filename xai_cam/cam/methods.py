"""The methods: what each needs of the model, and the pure NumPy function that makes maps of it.

A method is a row of `METHODS`. Its evidence is what is asked of the model, its function makes maps of that:

- `weights`, of a class activation map: (activations, evidence) -> weights that broadcast to the activations
  of a layer. The map is their weighted sum (`channel_weights`).
- `maps`, of any other method: evidence -> sums (n, h, w), at the resolution of the input or on a grid of the
  method's own (`pixel_maps`).

Of both the sign that was asked for is cut out afterwards. Evidence that needs no layer is of the model's
input: there is one map for each class, however many layers are named.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from xai_cam.cam.channel_weights import (
    Ablated,
    Array,
    ablation_cam,
    combine,
    eigen_cam,
    grad_cam,
    grad_cam_plus_plus,
    hires_cam,
    layer_cam,
    score_cam,
    score_cam_official,
    xgrad_cam,
)
from xai_cam.cam.pixel_maps import gradient_input, integrated_gradients, saliency
from xai_cam.cam.weighting import Weighting

__all__ = ["METHODS", "Ablated", "Evidence", "Method", "combine"]


class Evidence(Enum):
    """The kinds of evidence that methods need; those of layers come with the layer's activations."""

    GRADIENTS = "gradients"
    MASKED_SCORES = "masked scores"
    ABLATED_SCORES = "ablated scores"
    ACTIVATIONS = "the activations alone"
    INPUT_GRADIENTS = "gradients at the input"
    PATH_GRADIENTS = "gradients on the way from a black picture"
    NOISY_GRADIENTS = "gradients at noisy inputs"

    @property
    def by_channel(self) -> bool:
        """Whether the model is run once for each channel."""
        return self in (Evidence.MASKED_SCORES, Evidence.ABLATED_SCORES)

    @property
    def needs_layer(self) -> bool:
        """Whether it is of a layer; else of the model's input alone."""
        return self not in OF_THE_INPUT


OF_THE_INPUT = frozenset((Evidence.INPUT_GRADIENTS, Evidence.PATH_GRADIENTS, Evidence.NOISY_GRADIENTS))
"""Evidence that no layer is asked about: `InputEvidence` has it."""


@dataclass(frozen=True)
class Method:
    """One method: the evidence it needs, its function, and its paper.

    `scores` lists the class scores the method may use, the default first: `logit` or `probability`.
    `weighting`, of a method that scores each channel, says how a channel's weight follows from its score.
    `absolute` maps say where, but not whether for or against the class: they have one sign. `samples` is how
    many inputs are made of an image where nothing was asked for; 0: none. `random` ones are drawn by a seed.
    """

    name: str
    evidence: Evidence
    weights: Callable[[Array, Any], Array] | None
    scores: tuple[str, ...]
    summary: str
    cost: str
    paper: str
    weighting: Weighting | None = None
    maps: Callable[[Any], Array] | None = None
    absolute: bool = False
    samples: int = 0
    random: bool = False

    @property
    def needs_layer(self) -> bool:
        """Whether its maps are of a layer; else they are of the model's input."""
        return self.evidence.needs_layer


BOTH_SCORES = ("logit", "probability")
ONE_BACKWARD = "1 forward and backward pass per image"
EACH_CHANNEL = "1 forward pass per image and live channel"
EACH_CHANNEL_ON = "1 forward pass of the layers after the target per image and live channel"

METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            *("grad-cam", Evidence.GRADIENTS, grad_cam, BOTH_SCORES),
            "mean gradient of each channel",
            ONE_BACKWARD,
            "Selvaraju et al. 2017, arXiv:1610.02391",
        ),
        Method(
            *("grad-cam++", Evidence.GRADIENTS, grad_cam_plus_plus, BOTH_SCORES),
            "positive gradients, weighted so that each part of an object counts alike",
            ONE_BACKWARD,
            "Chattopadhay et al. 2018, arXiv:1710.11063",
        ),
        Method(
            *("xgrad-cam", Evidence.GRADIENTS, xgrad_cam, BOTH_SCORES),
            "mean gradient of each channel, weighted by its activations",
            ONE_BACKWARD,
            "Fu et al. 2020, arXiv:2008.02312",
        ),
        Method(
            *("hires-cam", Evidence.GRADIENTS, hires_cam, BOTH_SCORES),
            "gradient, position by position",
            ONE_BACKWARD,
            "Draelos & Carin 2020, arXiv:2011.08891",
        ),
        Method(
            *("layer-cam", Evidence.GRADIENTS, layer_cam, BOTH_SCORES),
            "positive gradient, position by position",
            ONE_BACKWARD,
            "Jiang et al. 2021, doi:10.1109/TIP.2021.3089943",
        ),
        Method(
            *("score-cam", Evidence.MASKED_SCORES, score_cam, ("logit",)),
            "softmax over channels of the logit of the input masked by each",
            EACH_CHANNEL,
            "Wang et al. 2020, arXiv:1910.01279",
            Weighting.SOFTMAX,
        ),
        Method(
            *("score-cam-official", Evidence.MASKED_SCORES, score_cam_official, ("probability",)),
            "probability of the input masked by each channel, as in the authors' code",
            EACH_CHANNEL,
            "Wang et al. 2020, arXiv:1910.01279",
            Weighting.PROBABILITY,
        ),
        Method(
            *("ablation-cam", Evidence.ABLATED_SCORES, ablation_cam, BOTH_SCORES),
            "share of the score that is lost when a channel is set to 0",
            EACH_CHANNEL_ON,
            "Desai & Ramaswamy 2020, doi:10.1109/WACV45572.2020.9093360",
            Weighting.DIFFERENCE,
        ),
        Method(
            *("eigen-cam", Evidence.ACTIVATIONS, eigen_cam, BOTH_SCORES),
            "first singular vector of the activations; the same for every class",
            "1 forward pass per image",
            "Muhammad & Yeasin 2020, arXiv:2008.00299",
        ),
        Method(
            *("saliency", Evidence.INPUT_GRADIENTS, None, BOTH_SCORES),
            "largest absolute gradient of the channels of each pixel",
            ONE_BACKWARD,
            "Simonyan et al. 2014, arXiv:1312.6034",
            maps=saliency,
            absolute=True,
        ),
        Method(
            *("gradient-input", Evidence.INPUT_GRADIENTS, None, BOTH_SCORES),
            "gradient times input, summed over the channels of each pixel",
            ONE_BACKWARD,
            "Shrikumar et al. 2016, arXiv:1605.01713",
            maps=gradient_input,
        ),
        Method(
            *("integrated-gradients", Evidence.PATH_GRADIENTS, None, BOTH_SCORES),
            "what each pixel adds to the score on the way from a black picture",
            "50 forward and backward passes per image, or as many as are asked for",
            "Sundararajan et al. 2017, arXiv:1703.01365",
            maps=integrated_gradients,
            samples=50,
        ),
        Method(
            *("smooth-grad", Evidence.NOISY_GRADIENTS, None, BOTH_SCORES),
            "saliency of the mean gradient of 50 noisy copies of the image",
            "50 forward and backward passes per image, or as many as are asked for",
            "Smilkov et al. 2017, arXiv:1706.03825",
            maps=saliency,
            absolute=True,
            samples=50,
            random=True,
        ),
    )
}
"""All methods by name, in the order in which they are listed everywhere."""
