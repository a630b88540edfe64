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
from xai_cam.cam.occlusion import occlusion
from xai_cam.cam.pixel_maps import gradient_input, integrated_gradients, saliency
from xai_cam.cam.position_maps import recipro_cam
from xai_cam.cam.random_masks import rise
from xai_cam.cam.weighting import Weighting

__all__ = ["METHODS", "Ablated", "Evidence", "Method", "combine"]


class Evidence(Enum):
    """The kinds of evidence that methods need; those of layers come with the layer's activations."""

    GRADIENTS = "gradients"
    MASKED_SCORES = "masked scores"
    ABLATED_SCORES = "ablated scores"
    ACTIVATIONS = "the activations alone"
    POSITION_SCORES = "position scores"
    SPREAD_POSITION_SCORES = "spread position scores"
    INPUT_GRADIENTS = "gradients at the input"
    PATH_GRADIENTS = "gradients on the way from a black picture"
    NOISY_GRADIENTS = "gradients at noisy inputs"
    OCCLUDED_SCORES = "occluded scores"
    SAMPLED_SCORES = "scores under random masks"

    @property
    def by_channel(self) -> bool:
        """Whether the model is run once for each channel."""
        return self in (Evidence.MASKED_SCORES, Evidence.ABLATED_SCORES)

    @property
    def by_position(self) -> bool:
        """Whether the layers behind are run once for each position of a layer."""
        return self in (Evidence.POSITION_SCORES, Evidence.SPREAD_POSITION_SCORES)

    @property
    def by_masks(self) -> bool:
        """Whether it is scores of images of which a part is covered or dimmed."""
        return self in (Evidence.OCCLUDED_SCORES, Evidence.SAMPLED_SCORES)

    @property
    def by_pixel(self) -> bool:
        """Whether it is gradients at the model's input, which jump from pixel to pixel."""
        return self in (Evidence.INPUT_GRADIENTS, Evidence.PATH_GRADIENTS, Evidence.NOISY_GRADIENTS)

    @property
    def needs_layer(self) -> bool:
        """Whether it is of a layer; else of the model's input alone."""
        return not (self.by_pixel or self.by_masks)


@dataclass(frozen=True)
class Method:
    """One method: the evidence it needs, its function, and its paper.

    `scores` lists the class scores the method may use, the default first: `logit` or `probability`.
    `weighting`, of a method that scores each channel, says how a channel's weight follows from its score.
    `absolute` maps say where, but not whether for or against the class: they have one sign.
    `not_negative` says why nothing in a map can speak against the class, where that is so by construction.
    `samples` is how many inputs are made of an image where nothing was asked for; 0: none. `random` ones are
    drawn by a seed. `covers` says that patches of the image are covered. A method that takes probabilities
    first, and logits too, explains a value where there is no probability.
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
    covers: bool = False
    not_negative: str = ""

    @property
    def needs_layer(self) -> bool:
        """Whether its maps are of a layer; else they are of the model's input."""
        return self.evidence.needs_layer


BOTH_SCORES = ("logit", "probability")
ONE_BACKWARD = "1 forward and backward pass per image"
EACH_CHANNEL = "1 forward pass per image and live channel"
EACH_CHANNEL_ON = "1 forward pass of the layers after the target per image and live channel"
EACH_POSITION_ON = "1 forward pass of the layers after the target per image and position of the layer"
PROBABILITY_OR_VALUE = ("probability", "logit")
FROM_THE_LEAST = "{} counts from the position on that gives the class least"
RECIPRO = "Byun & Lee 2022, arXiv:2209.14074"

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
            *("recipro-cam", Evidence.POSITION_SCORES, None, PROBABILITY_OR_VALUE),
            "probability that each position of the layer alone gives to the class",
            EACH_POSITION_ON,
            RECIPRO,
            maps=recipro_cam,
            not_negative=FROM_THE_LEAST,
        ),
        Method(
            *("recipro-cam-spread", Evidence.SPREAD_POSITION_SCORES, None, PROBABILITY_OR_VALUE),
            "the same of each position with a 3 x 3 Gaussian around it",
            EACH_POSITION_ON,
            RECIPRO,
            maps=recipro_cam,
            not_negative=FROM_THE_LEAST,
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
        Method(
            *("occlusion", Evidence.OCCLUDED_SCORES, None, BOTH_SCORES),
            "what the score loses when a patch around the pixel is covered",
            "1 forward pass per image and patch, by default about 225",
            "Zeiler & Fergus 2014, arXiv:1311.2901",
            maps=occlusion,
            covers=True,
        ),
        Method(
            *("rise", Evidence.SAMPLED_SCORES, None, PROBABILITY_OR_VALUE),
            "mean of random masks, each times the probability that it leaves",
            "1 forward pass per image and sample, by default 4000",
            "Petsiuk et al. 2018, arXiv:1806.07421",
            maps=rise,
            not_negative="{} adds masks up with probabilities, of which none is below 0",
            samples=4000,
            random=True,
        ),
    )
}
"""All methods by name, in the order in which they are listed everywhere."""
