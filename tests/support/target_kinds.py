"""Every kind of target and input. Targets of one model that can be asked together are one kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import numpy as np
import pytest

from oracle.arrays import Array
from oracle.targets import Contrast, Group, OneClass, Own, Region, Similarity, Target, Value
from support import cuts
from support.by_tape import ByHand
from support.cut_models import Cut
from support.target_kind import Kind, at, by_hand, kind, of_images

# --- One image, one output ---------------------------------------------------------------------------

KINDS: dict[str, Kind] = {
    "classes": kind(
        cuts.classes,
        [OneClass(2, "softmax"), Group((1, 4), "softmax"), Group((0, 3, 5), "softmax")],
        target_class=[2, "1+4", "0+3+5"],
    ),
    "classes without activation": kind(
        cuts.open_classes, [OneClass(3, "softmax"), Group((1, 4), "softmax")], target_class=[3, "1+4"]
    ),
    "labels": kind(cuts.labels, [OneClass(2, "sigmoid"), Group((1, 4), "sigmoid")], target_class=[2, "1+4"]),
    "one unit": kind(cuts.one_unit, [OneClass(1, "one unit"), OneClass(0, "one unit")], target_class=[1, 0]),
    "values": kind(
        cuts.values,
        [Value(2, -1), Value(1, 1), Value(0, 1)],
        chances=False,
        target_class=["2:down", "1:up", 0],
    ),
    "one value": kind(
        cuts.one_value, [Value(0, 1), Value(0, -1)], chances=False, target_class=["up", "down"]
    ),
    "contrast": kind(
        cuts.classes,
        [Contrast(2, "softmax", (0, 4)), Contrast(0, "softmax", (0, 4))],
        chances=False,
        target_class=[2, 0],
        against=[0, 4],
    ),
    "contrast with similar classes": kind(
        cuts.classes,
        [Contrast(1, "softmax"), Contrast(3, "softmax")],
        chances=False,
        target_class=[1, 3],
        against="similar",
    ),
    "contrast of labels": kind(
        cuts.labels, [Contrast(5, "sigmoid", (1,))], chances=False, target_class=5, against=[1]
    ),
    "contrast of one unit": kind(
        cuts.one_unit, [Contrast(1, "one unit", (0,))], chances=False, target_class=1, against=[0]
    ),
    "function": kind(
        cuts.classes,
        [Own(lambda y: y["y"][3] - y["y"][5], {"y": "softmax"})],
        chances=False,
        target=lambda y: y[:, 3] - y[:, 5],
    ),
    "function an image": of_images(
        cuts.classes,
        lambda i: [Own(lambda y: (i + 1) * y["y"][i] - y["y"][5] ** 2, {"y": "softmax"})],
        chances=False,
        target=[
            lambda y: y[:, 0] - y[:, 5] ** 2,
            lambda y: 2 * y[:, 1] - y[:, 5] ** 2,
            lambda y: 3 * y[:, 2] - y[:, 5] ** 2,
        ],
    ),
}

# --- What the image decides --------------------------------------------------------------------------


def _ranked(cut: Callable[[], Cut], i: int, output: str = "y") -> list[int]:
    """The classes of image i, the likeliest first."""
    return [int(c) for c in np.argsort(-by_hand(cut).whole[i][output])]


def _above(i: int) -> list[Target]:
    """The labels with a chance above a half: their logits are positive."""
    z = by_hand(cuts.labels).whole[i]["y"]
    return [OneClass(c, "sigmoid") for c in _ranked(cuts.labels, i) if z[c] > 0]


def _largest(i: int) -> list[Target]:
    """The class that is the highest at most pixels."""
    regions = [at(c, "softmax") for c in range(3)]
    return [max(regions, key=lambda region: len(region.held(by_hand(cuts.pixels).whole[i])))]


def _predicted(i: int) -> list[Target]:
    return [OneClass(_ranked(cuts.case, i, "kind")[0], "softmax", "kind"), Value(0, 1, "amount")]


KINDS |= {
    "likeliest classes": of_images(
        cuts.classes,
        lambda i: [OneClass(c, "softmax") for c in _ranked(cuts.classes, i)[:2]],
        target_class="top2",
    ),
    "labels above a half": of_images(cuts.labels, _above, target_class="above:0.5"),
    "largest region": of_images(cuts.pixels, _largest),
    "several outputs as predicted": of_images(
        cuts.case, _predicted, chances=False, output_name=["kind", "amount"]
    ),
}

REFERENCE = np.random.default_rng(9).normal(0, 1, (16, 16, 3)).astype(np.float32)


def _of_reference(_: int) -> list[Target]:
    found = ByHand(cuts.embedding(), {"image": REFERENCE[None]})
    return [Similarity(found.whole[0]["y"])]


KINDS["similarity"] = of_images(cuts.embedding, _of_reference, chances=False, like=REFERENCE)

# --- Several inputs, several outputs -----------------------------------------------------------------

HEADS = {"kind": "softmax", "amount": "values", "tags": "sigmoid"}

KINDS |= {
    "output of classes": kind(
        cuts.case,
        [OneClass(3, "softmax", "kind"), Group((0, 2), "softmax", "kind")],
        output_name="kind",
        target_class=[3, "0+2"],
    ),
    "output of values": kind(
        cuts.case, [Value(1, -1, "amount")], chances=False, output_name="amount", target_class="1:down"
    ),
    "output by index": kind(cuts.case, [OneClass(0, "sigmoid", "tags")], output_name=2, target_class=0),
    "outputs by name of a dict": kind(
        cuts.named_case, [OneClass(1, "softmax", "kind")], output_name="kind", target_class=1
    ),
    "several outputs": kind(
        cuts.case,
        [
            *(OneClass(2, "softmax", "kind"), Group((0, 1), "softmax", "kind")),
            *(OneClass(2, "sigmoid", "tags"), Group((0, 1), "sigmoid", "tags")),
        ],
        output_name=["kind", "tags"],
        target_class=[2, "0+1"],
    ),
    "function of a list of outputs": kind(
        cuts.case,
        [Own(lambda y: y["kind"][3] * y["amount"][0] - y["tags"][1], HEADS)],
        chances=False,
        target=lambda y: y[0][:, 3] * y[1][:, 0] - y[2][:, 1],
    ),
    "function of a dict of outputs": kind(
        cuts.named_case,
        [Own(lambda y: y["tags"][2] + y["kind"][0] * y["amount"][1], HEADS)],
        chances=False,
        target=lambda y: y["tags"][:, 2] + y["kind"][:, 0] * y["amount"][:, 1],
    ),
    "function of a named output": kind(
        cuts.case,
        [Own(lambda y: y["amount"][1] - 2 * y["amount"][0], HEADS)],
        chances=False,
        output_name="amount",
        target=lambda y: y[:, 1] - 2 * y[:, 0],
    ),
    "left of two images": kind(cuts.left, [OneClass(1, "softmax")], target_class=1, image_input="left"),
    "right of two images": kind(
        cuts.right,
        [OneClass(1, "softmax"), Group((0, 2), "softmax")],
        target_class=[1, "0+2"],
        image_input="right",
    ),
}

# --- An answer for every pixel -----------------------------------------------------------------------

MASKS = np.zeros((3, 12, 14), bool)
MASKS[0, 2:7, 3:9] = MASKS[1, 6:, :5] = MASKS[2, ::2, 9:] = True


KINDS |= {
    "predicted pixels": kind(
        cuts.pixels,
        [*(at(c, "softmax") for c in (0, 1, 2)), Region(Group((0, 2), "softmax"))],
        target_class=[0, 1, 2, "0+2"],
        region="predicted",
    ),
    "all pixels": kind(cuts.pixels, [at(1, "softmax", "all")], target_class=1, region="all"),
    "pixels of masks": of_images(
        cuts.pixels,
        lambda i: [at(2, "softmax", MASKS[i]), Region(Group((0, 1), "softmax"), MASKS[i])],
        target_class=[2, "0+1"],
        masks=MASKS,
    ),
    "contrast of pixels": kind(
        cuts.pixels,
        [Region(Contrast(c, "softmax", (0, 2))) for c in (1, 2)],
        chances=False,
        target_class=[1, 2],
        against=[0, 2],
    ),
    "pixels without activation": kind(
        cuts.open_pixels, [at(0, "softmax")], target_class=0, region="predicted"
    ),
    "pixels of labels": kind(
        cuts.pixel_labels,
        [at(0, "sigmoid"), at(2, "sigmoid"), Region(Group((1, 2), "sigmoid"))],
        target_class=[0, 2, "1+2"],
        region="predicted",
    ),
    "pixels of one channel": kind(
        cuts.one_channel, [at(1, "one unit"), at(0, "one unit")], target_class=[1, 0], region="predicted"
    ),
    "all pixels of one channel": kind(
        cuts.one_channel,
        [at(1, "one unit", "all"), at(0, "one unit", "all")],
        target_class=[1, 0],
        region="all",
    ),
    "values at pixels": of_images(
        cuts.pixel_values,
        lambda i: [Region(Value(0, 1), MASKS[i]), Region(Value(1, -1), MASKS[i])],
        chances=False,
        target_class=["0:up", "1:down"],
        masks=MASKS,
    ),
}


@cache
def expected(name: str) -> dict[tuple[str, int, int], Array]:
    """The right maps of a kind, by method and by the numbers of the image and the target."""
    kind, hand = KINDS[name], KINDS[name].by_hand()
    return {
        (method, i, column): cam
        for i in range(hand.count)
        for column, target in enumerate(kind.targets(i))
        for method, cam in hand.cams(kind.methods, i, target).items()
    }


# --- How often they are tried ------------------------------------------------------------------------

QUICK = {
    "tensorflow": [
        *("classes", "labels", "one unit", "values", "contrast with similar classes", "function an image"),
        *(
            "similarity",
            "several outputs",
            "right of two images",
            "predicted pixels",
            "pixels of one channel",
        ),
    ],
    "openvino": [
        *("classes", "contrast with similar classes", "several outputs", "right of two images"),
        *("predicted pixels", "pixels of one channel"),
    ],
}
"""Kinds that are tried always; the others are much like one of these, and are tried at night."""


def tried(engine: str, names: Iterable[str] = tuple(KINDS)) -> list[Any]:
    """Names of kinds, as parameters of tests by an engine."""
    marks = {name: () if name in QUICK[engine] else pytest.mark.nightly for name in names}
    return [pytest.param(name, marks=mark) for name, mark in marks.items()]
