"""The oracle's own targets: worked out on paper, written twice, and their gradients by differences."""

from __future__ import annotations

import json
import math
from itertools import product
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from oracle.targets import Contrast, Group, OneClass, Own, Region, Similarity, Target, Value
from support.by_tape import ByHand, taped, taped_probability
from support.cut_models import Cut, Halves
from support.small_models import shared
from support.target_kind import OFFICIAL, at
from support.target_kinds import KINDS, expected, tried

# --- On paper ----------------------------------------------------------------------------------------

Z = {"y": np.log([1.0, 2, 3, 4])}
"""Four classes with p = 1/10 … 4/10; as labels p = 1/2, 2/3, 3/4, 4/5; one unit: its first."""

PLANE = {"y": np.array([[[2.0, 1], [0, 3]], [[-1, -2], [5, 4]]])}
"""Two classes on 2 x 2 pixels: the first is higher in (0, 0), (1, 0) and (1, 1)."""

SIDES = {"y": np.array([[[1.0], [-2]], [[0], [-4]]])}
"""One channel on 2 x 2 pixels: class 1 where it is not negative."""


@pytest.mark.parametrize(
    ("target", "z", "score", "probability"),
    [
        (OneClass(1, "softmax"), Z, math.log(2), 2 / 10),
        (OneClass(1, "sigmoid"), Z, math.log(2), 2 / 3),
        (OneClass(1, "one unit"), {"y": np.log([3.0])}, math.log(3), 3 / 4),
        (OneClass(0, "one unit"), {"y": np.log([3.0])}, -math.log(3), 1 / 4),
        (Value(3, -1), Z, -math.log(4), math.nan),
        (Group((1, 3), "softmax"), Z, math.log(6), 6 / 10),
        # 1 - 1/3 * 1/5 = 14/15; (1 + 2) * (1 + 4) - 1 = 14
        (Group((1, 3), "sigmoid"), Z, math.log(14), 14 / 15),
        (Contrast(2, "softmax", (1, 2, 3)), Z, math.log(3) - 0.3 * math.log(8), 3 / 10),
        # of log 1, log 2, log 4 all are the closest
        (Contrast(2, "softmax"), Z, math.log(3) - 0.2 * math.log(8), 3 / 10),
        (Contrast(0, "softmax"), {"y": np.array([0, 5.0, -1, 2, -3])}, 0 + 0.6 * 2 / 3, None),
        (at(0, "softmax"), PLANE, 2 - 1 + 5, None),
        (at(1, "softmax"), PLANE, 3, 1 / (1 + math.exp(-3))),
        (at(1, "sigmoid"), PLANE, 1 + 3 + 4, None),
        (at(0, "softmax", "all"), PLANE, 6, None),
        (at(0, "softmax", np.array([[False, True], [True, False]])), PLANE, -1, None),
        (Region(Contrast(0, "softmax", (1,))), PLANE, 6 - 0.6 * (1 - 2 + 4), None),
        (Region(Group((0, 1), "sigmoid")), {"y": np.log([[[1.0, 2]], [[0.5, 0.2]]])}, math.log(5), 5 / 6),
        (Region(Value(1, -1)), PLANE, -6, math.nan),
        (at(1, "one unit"), SIDES, 1, (1 / (1 + math.exp(-1)) + 1 / 2) / 2),
        (at(0, "one unit"), SIDES, 6, None),
        (at(0, "one unit", "all"), SIDES, 5, None),
        (at(1, "one unit"), {"y": -1 - SIDES["y"] ** 2}, 0, math.nan),
        (Similarity(np.array([3.0, 4])), {"y": np.array([10.0, 0])}, 3 / 5, math.nan),
        (Own(lambda y: y["y"][3] - y["y"][0] ** 2, {"y": "softmax"}), Z, 0.39, math.nan),
    ],
    ids=lambda value: type(value).__name__,  # what prints a function prints where it lies
)
def test_worked_out_on_paper(
    target: Target, z: dict[str, np.ndarray], score: float, probability: float | None
) -> None:
    held = target.held(z)
    assert target.score(z, held) == pytest.approx(score, abs=1e-12)
    if probability is not None:
        assert target.probability(z, held) == pytest.approx(probability, abs=1e-12, nan_ok=True)


def test_what_is_held_is_that_of_the_unaltered_image() -> None:
    other = {"y": -PLANE["y"]}
    region = at(1, "softmax")
    assert region.held(PLANE) == [(0, 1)] and region.score(other, region.held(PLANE)) == -3
    similar = Contrast(0, "softmax")
    whole = {"y": np.array([0, 1.0, 2, 3, 9])}
    assert similar.held(whole) == [1, 2, 3]


# --- Written twice -----------------------------------------------------------------------------------

every = pytest.mark.parametrize("name", tried("tensorflow"))


@every
def test_loops_and_operations_give_the_same_number(name: str) -> None:
    """For the images as they are, and for other outputs with what they hold."""
    kind, hand = KINDS[name], KINDS[name].by_hand()
    for i, image in enumerate(hand.whole):
        for target in kind.targets(i):
            numbers = [(target.score, taped)]
            numbers += [(target.probability, taped_probability)] * (kind.methods == OFFICIAL)
            for (loops, operations), z in product(numbers, (image, hand.whole[i - 1])):
                found = float(operations(target, tensors(z), tensors(image)))
                assert loops(z, target.held(image)) == pytest.approx(found, rel=1e-9)


def tensors(z: Any) -> dict[str, tf.Tensor]:
    return {name: tf.constant(values) for name, values in z.items()}


@every
def test_gradients_are_those_of_central_differences(name: str) -> None:
    """Along a random direction, of maps that are moved a little; what is held stays as it is."""
    kind, hand = KINDS[name], KINDS[name].by_hand()
    maps = hand.maps(1)
    step = np.random.default_rng(3).normal(0, 1e-6, maps.shape)
    ahead, behind = (
        {n: v.numpy() for n, v in hand.tensors(1, tf.constant((maps + sign * step)[None])).items()}
        for sign in (1, -1)
    )
    for target in kind.targets(1):
        held = target.held(hand.whole[1])
        slope = (target.score(ahead, held) - target.score(behind, held)) / 2
        exact = (hand.gradient(1, target) * step).sum()
        assert slope == pytest.approx(exact, rel=1e-4, abs=1e-11)


@every
def test_the_two_halves_are_the_model(name: str) -> None:
    """Keras' own outputs, in float32, are those of the halves behind their final activations."""
    hand = KINDS[name].by_hand()
    cut = hand.cut
    found = cut.model(hand.inputs if len(hand.inputs) > 1 else hand.inputs["image"])
    if not isinstance(found, dict):
        found = dict(zip(cut.heads, found if isinstance(found, (list, tuple)) else [found], strict=True))
    for output, values in found.items():
        activation = cut.model.get_layer(output).activation
        right = np.stack([activation(whole[output]) for whole in hand.whole])
        np.testing.assert_allclose(values, right, rtol=1e-5, atol=1e-5)


@every
def test_maps_of_a_kind_differ(name: str) -> None:
    """Without that, maps that were mixed up could agree. A method may give a blank map for some images."""
    for method in KINDS[name].methods:
        maps = [cam for (found, _, _), cam in expected(name).items() if found == method]
        shown = [cam / cam.max() for cam in maps if cam.max() > 0]
        gaps = [np.abs(a - b).max() for n, a in enumerate(shown) for b in shown[:n]]
        assert shown and min(gaps, default=1) > 1e-3, method


def test_rivals_and_regions_differ_from_image_to_image() -> None:
    """Without that, those of another image would do."""
    for name in ("contrast with similar classes", "predicted pixels"):
        kind, hand = KINDS[name], KINDS[name].by_hand()
        held = [[target.held(hand.whole[i]) for target in kind.targets(i)] for i in range(hand.count)]
        assert all(a != b for n, a in enumerate(held) for b in held[:n])


# --- Cases with known maps ---------------------------------------------------------------------------


def test_case_of_segmentation() -> None:
    folder = shared("cases/segmentation-u-net")
    model, case, right = opened(folder)
    names = ["encode", "max_pooling2d", "bottleneck", "up_sampling2d", "concatenate", "decode", "scores"]
    encode, pool, bottleneck, larger, joined, decode, scores = map(model.get_layer, names)

    def front(x: Any) -> tuple[Any, Any]:
        fine = encode(x["image"])
        return bottleneck(pool(fine)), fine

    halves = Halves(front, lambda maps, fine: doubled({"y": scores(decode(joined([larger(maps), fine])))}))
    hand = seen(model, halves, {"image": right["x"]}, {"y": "softmax"})
    target = at(case["predicted"], "softmax")
    assert hand.score(0, target) == pytest.approx(case["score"], rel=1e-5)
    expect(hand, target, right["grad-cam"])


@pytest.mark.parametrize(
    ("target", "key"), [(OneClass(2, "softmax", "kind"), "grad-cam"), (Value(0, 1, "amount"), "grad-cam@1")]
)
def test_case_of_an_image_and_a_vector(target: Target, key: str) -> None:
    model, case, right = opened(shared("cases/image-and-vector-two-outputs"))
    names = ["conv2d", "last", "global_average_pooling2d", "table", "concatenate", "kind", "amount"]
    first, last, mean, table, joined, kind, amount = map(model.get_layer, names)

    def back(maps: Any, past: Any) -> dict[str, Any]:
        seen = joined([mean(maps), past])
        return doubled({"kind": seen @ kind.kernel + kind.bias, "amount": amount(seen)})

    halves = Halves(lambda x: (last(first(x["image"])), table(x["table"])), back)
    inputs = {"image": right["x"], "table": right["extra"]}
    hand = seen(model, halves, inputs, {"kind": "softmax", "amount": "values"})
    if key == "grad-cam":
        assert hand.probability(0, target) == pytest.approx(case["probability"], rel=1e-5)
    else:
        assert hand.score(0, target) == pytest.approx(case["outputs"]["amount"]["value"], rel=1e-5)
    expect(hand, target, right[key])


def opened(folder: Any) -> tuple[Any, dict[str, Any], Any]:
    import keras

    case = json.loads((folder / "case.json").read_text(encoding="utf-8"))
    model = keras.saving.load_model(folder / case["model"], compile=False)
    return model, case, np.load(folder / "expected.npz")


def doubled(outputs: dict[str, Any]) -> dict[str, Any]:
    return {name: tf.cast(values, tf.float64) for name, values in outputs.items()}


def seen(model: Any, halves: Halves, inputs: dict[str, np.ndarray], heads: dict[str, str]) -> ByHand:
    shapes = {name: values.shape[1:] for name, values in inputs.items()}
    return ByHand(Cut(model, halves, "", shapes, dict.fromkeys(shapes, "float32"), heads), inputs)


def expect(hand: ByHand, target: Target, right: np.ndarray) -> None:
    assert right.max() > 0
    np.testing.assert_allclose(hand.cam("grad-cam", 0, target), right, rtol=0, atol=1e-4 * right.max())
