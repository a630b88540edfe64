"""The measures of a comparison, a row each."""

from __future__ import annotations

from collections.abc import Mapping

from xai_cam.metrics.measure import CURVE, DIMMED, IMPUTED, MASKED_AGAIN, SHAKEN, Metric, Need

CHATTOPADHAY = "Chattopadhay et al. 2018, arXiv:1710.11063"
PETSIUK = "Petsiuk et al. 2018, arXiv:1806.07421"
RONG = "Rong et al. 2022, arXiv:2202.00449"
POPPI = "Poppi et al. 2021, arXiv:2104.10252"
CHOE = "Choe et al. 2020, arXiv:2007.04178"
CHANGED = Need.SCORES, Need.PROBABILITY

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            "drop",
            "average drop",
            "lower",
            "how much of its probability the class loses in the image multiplied by the map",
            CHATTOPADHAY,
            "%",
            "A map that is high everywhere hides nothing, and loses nothing.",
            (Need.SCORES,),
            DIMMED,
            usual=True,
        ),
        Metric(
            "increase",
            "average increase",
            "higher",
            "share of images whose class is more probable in the image multiplied by the map",
            CHATTOPADHAY,
            "%",
            "Any rise counts, however small, also one that nothing but the darker image brings about.",
            CHANGED,
            DIMMED,
            usual=True,
            answers=("p does not rise", "p rises"),
        ),
        Metric(
            "gain",
            "average gain",
            "higher",
            "how much of what its probability lacks the class gains in the image multiplied by the map",
            "Zhang et al. 2024, arXiv:2301.07002",
            "%",
            "Where the class is nearly certain, the last digits of its probability decide.",
            CHANGED,
            DIMMED,
        ),
        Metric(
            "deletion",
            "deletion",
            "lower",
            "area under the probability while pixels are removed, most salient first",
            PETSIUK,
            "",
            "The model never saw images with holes: its answer may fall for these, not for what they hide.",
            CHANGED,
            CURVE,
            usual=True,
        ),
        Metric(
            "insertion",
            "insertion",
            "higher",
            "area under the probability while pixels are put back, most salient first",
            PETSIUK,
            "",
            "What the blurred image still shows counts for every map, and small maps gain by it.",
            CHANGED,
            CURVE,
            usual=True,
        ),
        Metric(
            "road",
            "ROAD",
            "higher",
            "half of what the class loses more when the most salient pixels are filled in than the least",
            RONG,
            "",
            "Blurry maps score better, whatever they know of the model (arXiv:2304.13836).",
            CHANGED,
            IMPUTED,
            library="scipy",
        ),
        Metric(
            "road_morf",
            "ROAD MoRF",
            "lower",
            "mean probability while pixels are filled in from around them, the most salient first",
            RONG,
            "",
            "Pixels in one piece are filled in worse than scattered ones, so that smooth maps score better.",
            CHANGED,
            IMPUTED,
            library="scipy",
        ),
        Metric(
            "road_lerf",
            "ROAD LeRF",
            "higher",
            "mean probability while pixels are filled in from around them, the least salient first",
            RONG,
            "",
            "A map that is 0 nearly everywhere leaves to chance which pixels go first.",
            CHANGED,
            IMPUTED,
            library="scipy",
        ),
        Metric(
            "energy_pointing",
            "energy pointing",
            "higher",
            "share of the map's sum that lies inside the object's mask",
            "Wang et al. 2020, arXiv:1910.01279",
            "",
            "A model that goes by what stands beside the object has true maps that score badly.",
            (Need.TRUTH,),
            usual=True,
        ),
        Metric(
            "pointing_game",
            "pointing game",
            "higher",
            "share of images whose most salient pixel lies inside the object's mask",
            "Zhang et al. 2016, arXiv:1608.00507",
            "%",
            "One pixel decides, and the middle of the picture often wins.",
            (Need.TRUTH,),
            usual=True,
            answers=("peak beside the object", "peak on the object"),
        ),
        Metric(
            "relevance_rank",
            "relevance rank",
            "higher",
            "share of the map's highest pixels, as many as the object has, that lie inside it",
            "Arras et al. 2022, arXiv:2003.07258",
            "",
            "How high the pixels are is lost, and a box counts the background in its corners.",
            (Need.TRUTH,),
        ),
        Metric(
            "iou",
            "IoU",
            "higher",
            "intersection over union of the object's box and that of the largest part above a threshold",
            "Selvaraju et al. 2017, arXiv:1610.02391",
            "",
            "The threshold is a choice that suits some methods better than others.",
            (Need.TRUTH,),
        ),
        Metric(
            "max_box_acc",
            "MaxBoxAcc",
            "higher",
            "share of images whose box has an IoU of at least 0.5, at the threshold that is best for all",
            CHOE,
            "%",
            "The threshold is chosen on the images that it is judged by, which flatters few of them.",
            (Need.TRUTH,),
            pooled=True,
        ),
        Metric(
            "max_box_acc_v2",
            "MaxBoxAccV2",
            "higher",
            "the same for the best of all parts, as a mean over IoUs of at least 0.3, 0.5 and 0.7",
            CHOE,
            "%",
            "A map in many parts has as many tries.",
            (Need.TRUTH,),
            pooled=True,
        ),
        Metric(
            "complexity",
            "complexity",
            "lower",
            "mean of the map over the image's pixels",
            POPPI,
            "",
            "It knows nothing of the model: the best map is an empty one.",
            (Need.MAP,),
        ),
        Metric(
            "entropy",
            "entropy",
            "lower",
            "how evenly the map's sum is spread over the pixels, in nats",
            "Bhatt et al. 2020, arXiv:2005.00631",
            "",
            "It knows nothing of the model: the best map is one pixel, wherever it lies.",
            (Need.MAP,),
        ),
        Metric(
            "sparseness",
            "sparseness",
            "higher",
            "how unequal the pixels' shares of the map are: their Gini coefficient",
            "Chalasani et al. 2020, arXiv:1810.06583",
            "",
            "It knows nothing of the model: the best map is one pixel, wherever it lies.",
            (Need.MAP,),
        ),
        Metric(
            "coherency",
            "coherency",
            "higher",
            "how alike the map stays when the image multiplied by it is explained: (1 + correlation) / 2",
            POPPI,
            "",
            "A map that does not depend on the image stays as it is, and is perfectly coherent.",
            (Need.AGAIN,),
            MASKED_AGAIN,
        ),
        Metric(
            "adcc",
            "ADCC",
            "higher",
            "harmonic mean of coherency, 1 - complexity and 1 - drop",
            POPPI,
            "",
            "A small fixed blob at the place where objects usually are scores well without any model.",
            (Need.AGAIN, Need.SCORES, Need.MAP),
            uses=("drop", "complexity", "coherency"),
        ),
        Metric(
            "max_sensitivity",
            "max-sensitivity",
            "lower",
            "how far the map changes at most when the image hardly does: 10 draws, within 2 % of its range",
            "Yeh et al. 2019, arXiv:1901.09392",
            "",
            "A map that does not depend on the image is never sensitive.",
            (Need.AGAIN,),
            SHAKEN,
        ),
    )
}

USUAL = tuple(name for name, metric in METRICS.items() if metric.usual)

BY_BOX = frozenset({"iou", "max_box_acc", "max_box_acc_v2"})
"""Those that compare boxes, which there are of pictures alone."""

_PRINTED = "drop", "increase", "gain", "deletion", "insertion", "adcc"

PRESETS: Mapping[str, tuple[str, ...]] = {
    "all": tuple(METRICS),
    "paper": tuple(name for name in METRICS if name in _PRINTED),
    "localisation": tuple(name for name, metric in METRICS.items() if Need.TRUTH in metric.needs),
}
"""Names for several measures: all, those of the tables that papers print, those of where the object is."""
