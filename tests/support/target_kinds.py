"""Every kind of target and input: the model, what `explain` is asked, and the numbers that this means.

Targets of one model that can be asked together are one kind: the model is traced once for them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from oracle.arrays import Array
from oracle.targets import Contrast, Group, OneClass, Own, Region, Similarity, Target, Value
from support.by_tape import METHODS, ByHand
from support.cut_models import Cut, patient, plain, segmenting, views

OFFICIAL = [*METHODS, "score-cam-official"]
"""The methods that take a number which has a probability."""


@dataclass(frozen=True)
class Kind:
    """One call of `explain` and what it must find.

    `asked` are arguments of `explain` besides those of the methods; `targets` says for image i what each of
    its maps is of, in their order.
    """

    cut: Callable[[], Cut]
    asked: dict[str, Any]
    targets: Callable[[int], list[Target]]
    methods: list[str] = field(default_factory=lambda: METHODS)

    def by_hand(self) -> ByHand:
        """What the model says of the inputs, computed once a session."""
        return _by_hand(self.cut)


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


@cache
def _by_hand(cut: Callable[[], Cut]) -> ByHand:
    return ByHand(cut(), cut().inputs())


def kind(cut: Any, targets: list[Target], *, chances: bool = True, **asked: Any) -> Kind:
    """A kind whose targets are the same for all images."""
    return Kind(cut, asked, lambda _: targets, OFFICIAL if chances else METHODS)


def of_images(cut: Any, targets: Callable[[int], list[Target]], chances: bool = True, **asked: Any) -> Kind:
    """A kind whose targets differ from image to image."""
    return Kind(cut, asked, targets, OFFICIAL if chances else METHODS)


# --- The models, one object each, so that what they say is computed once -----------------------------


def classes() -> Cut:
    return plain("softmax")


def open_classes() -> Cut:
    return plain("softmax", without=True)


def labels() -> Cut:
    return plain("sigmoid")


def one_unit() -> Cut:
    return plain("one unit", 1)


def values() -> Cut:
    return _trained(plain("values", 3), "mse")


def one_value() -> Cut:
    return plain("values", 1)


def embedding() -> Cut:
    return plain("values", 7)


def case() -> Cut:
    losses = {"kind": "categorical_crossentropy", "amount": "mse", "tags": "binary_crossentropy"}
    return _trained(patient(), losses)


def named_case() -> Cut:
    return patient(named=True)


def left() -> Cut:
    return views("left")


def right() -> Cut:
    return views("right")


def pixels() -> Cut:
    return segmenting("softmax")


def open_pixels() -> Cut:
    return segmenting("softmax", without=True)


def pixel_labels() -> Cut:
    return segmenting("sigmoid")


def one_channel() -> Cut:
    return segmenting("one unit", 1)


def pixel_values() -> Cut:
    return _trained(segmenting("values", 2), "mse")


def _trained(cut: Cut, loss: Any) -> Cut:
    """The model says what it was trained with."""
    if getattr(cut.model, "loss", None) is None:
        cut.model.compile(loss=loss)
    return cut


# --- One image, one output ---------------------------------------------------------------------------

KINDS: dict[str, Kind] = {
    "classes": kind(
        classes,
        [OneClass(2, "softmax"), Group((1, 4), "softmax"), Group((0, 3, 5), "softmax")],
        target_class=[2, "1+4", "0+3+5"],
    ),
    "classes without activation": kind(
        open_classes, [OneClass(3, "softmax"), Group((1, 4), "softmax")], target_class=[3, "1+4"]
    ),
    "labels": kind(labels, [OneClass(2, "sigmoid"), Group((1, 4), "sigmoid")], target_class=[2, "1+4"]),
    "one unit": kind(one_unit, [OneClass(1, "one unit"), OneClass(0, "one unit")], target_class=[1, 0]),
    "values": kind(values, [Value(2, -1), Value(1, 1)], chances=False, target_class=["2:down", "1:up"]),
    "one value": kind(one_value, [Value(0, 1), Value(0, -1)], chances=False, target_class=["up", "down"]),
    "contrast": kind(
        classes,
        [Contrast(2, "softmax", (0, 4)), Contrast(0, "softmax", (0, 4))],
        chances=False,
        target_class=[2, 0],
        against=[0, 4],
    ),
    "contrast with similar classes": kind(
        classes,
        [Contrast(1, "softmax"), Contrast(3, "softmax")],
        chances=False,
        target_class=[1, 3],
        against="similar",
    ),
    "contrast of labels": kind(
        labels, [Contrast(5, "sigmoid", (1,))], chances=False, target_class=5, against=[1]
    ),
    "contrast of one unit": kind(
        one_unit, [Contrast(1, "one unit", (0,))], chances=False, target_class=1, against=[0]
    ),
    "function": kind(
        classes,
        [Own(lambda y: y["y"][3] - y["y"][5], {"y": "softmax"})],
        chances=False,
        target=lambda y: y[:, 3] - y[:, 5],
    ),
    "function an image": of_images(
        classes,
        lambda i: [Own(lambda y: (i + 1) * y["y"][i] - y["y"][5] ** 2, {"y": "softmax"})],
        chances=False,
        target=[
            lambda y: y[:, 0] - y[:, 5] ** 2,
            lambda y: 2 * y[:, 1] - y[:, 5] ** 2,
            lambda y: 3 * y[:, 2] - y[:, 5] ** 2,
        ],
    ),
}

REFERENCE = np.random.default_rng(9).normal(0, 1, (16, 16, 3)).astype(np.float32)


def _of_reference(_: int) -> list[Target]:
    found = ByHand(embedding(), {"image": REFERENCE[None]})
    return [Similarity(found.whole[0]["y"])]


KINDS["similarity"] = of_images(embedding, _of_reference, chances=False, like=REFERENCE)

# --- Several inputs, several outputs -----------------------------------------------------------------

HEADS = {"kind": "softmax", "amount": "values", "tags": "sigmoid"}

KINDS |= {
    "output of classes": kind(
        case,
        [OneClass(3, "softmax", "kind"), Group((0, 2), "softmax", "kind")],
        output="kind",
        target_class=[3, "0+2"],
    ),
    "output of values": kind(
        case, [Value(1, -1, "amount")], chances=False, output="amount", target_class="1:down"
    ),
    "output by index": kind(case, [OneClass(0, "sigmoid", "tags")], output=2, target_class=0),
    "outputs by name of a dict": kind(
        named_case, [OneClass(1, "softmax", "kind")], output="kind", target_class=1
    ),
    "function of all outputs": kind(
        case,
        [Own(lambda y: y["kind"][3] * y["amount"][0] - y["tags"][1], HEADS)],
        chances=False,
        target=lambda y: y["kind"][:, 3] * y["amount"][:, 0] - y["tags"][:, 1],
    ),
    "left of two images": kind(left, [OneClass(1, "softmax")], target_class=1, image_input="left"),
    "right of two images": kind(
        right,
        [OneClass(1, "softmax"), Group((0, 2), "softmax")],
        target_class=[1, "0+2"],
        image_input="right",
    ),
}

# --- An answer for every pixel -----------------------------------------------------------------------

MASKS = np.zeros((3, 12, 14), bool)
MASKS[0, 2:7, 3:9] = MASKS[1, 6:, :5] = MASKS[2, ::2, 9:] = True


def at(index: int, head: str, where: str | np.ndarray = "predicted") -> Region:
    """A class over some pixels."""
    return Region(OneClass(index, head), where)


KINDS |= {
    "predicted pixels": kind(
        pixels,
        [*(at(c, "softmax") for c in (0, 1, 2)), Region(Group((0, 2), "softmax"))],
        target_class=[0, 1, 2, "0+2"],
        region="predicted",
    ),
    "all pixels": kind(pixels, [at(1, "softmax", "all")], target_class=1, region="all"),
    "pixels of masks": of_images(
        pixels,
        lambda i: [at(2, "softmax", MASKS[i]), Region(Group((0, 1), "softmax"), MASKS[i])],
        target_class=[2, "0+1"],
        masks=MASKS,
    ),
    "contrast of pixels": kind(
        pixels,
        [Region(Contrast(c, "softmax", (0, 2))) for c in (1, 2)],
        chances=False,
        target_class=[1, 2],
        against=[0, 2],
    ),
    "pixels without activation": kind(open_pixels, [at(0, "softmax")], target_class=0, region="predicted"),
    "pixels of labels": kind(
        pixel_labels,
        [at(0, "sigmoid"), at(2, "sigmoid"), Region(Group((1, 2), "sigmoid"))],
        target_class=[0, 2, "1+2"],
        region="predicted",
    ),
    "pixels of one channel": kind(
        one_channel, [at(1, "one unit"), at(0, "one unit")], target_class=[1, 0], region="predicted"
    ),
    "all pixels of one channel": kind(
        one_channel,
        [at(1, "one unit", "all"), at(0, "one unit", "all")],
        target_class=[1, 0],
        region="all",
    ),
    "values at pixels": of_images(
        pixel_values,
        lambda i: [Region(Value(0, 1), MASKS[i]), Region(Value(1, -1), MASKS[i])],
        chances=False,
        target_class=["0:up", "1:down"],
        masks=MASKS,
    ),
}
