"""The table of targets, filled from what plain Keras answers."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from support.target_networks import AGES, X, model, network
from xai_cam.cam.aim import Aim
from xai_cam.cam.targets import Targets
from xai_cam.errors import InputError
from xai_cam.models.network import Network


def table_of(targets: Targets, *extras: Any, regions: Any = ()) -> tuple[Any, Any]:
    def run(images: Any, *others: Any) -> Any:
        return targets.read(targets.network.run(images, extras=others), regions)

    return tf.function(run, autograph=False)(tf.constant(X), *map(tf.constant, extras))


def test_several_outputs_side_by_side() -> None:
    targets = Targets(network("several", "amount", "kind"))
    kind, amount, _ = (np.asarray(one) for one in model("several")([X, AGES]))
    table, held = table_of(targets, AGES)
    assert [block.name for block in targets.blocks] == ["amount", "kind"] and held == []
    np.testing.assert_allclose(table.logits[:, :2], np.hstack([amount, -amount]), rtol=1e-5)
    np.testing.assert_allclose(table.probabilities[:, 2:], kind, rtol=1e-5)
    assert np.isnan(table.probabilities[:, :2]).all()
    assert table.predicted.numpy().tolist() == [[0, k] for k in kind.argmax(1)]


def test_one_output_has_no_name() -> None:
    assert [block.name for block in Targets(network("several", "mask")).blocks] == [""]


def test_regions_and_groups_of_places() -> None:
    targets = Targets(network("places"), Aim(groups=((0, 2),)))
    p = np.asarray(model("places")(X))
    table, held = table_of(targets)
    won = p.argmax(-1)
    np.testing.assert_array_equal(held[0][..., 3], (won == 0) | (won == 2))
    for column, chances in enumerate((p[..., 0], p[..., 1], p[..., 2], p[..., 0] + p[..., 2])):
        for i, region in enumerate(np.asarray(held[0])[..., column]):
            if region.any():
                mean = chances[i][region == 1].mean()
                assert float(table.probabilities[i, column]) == pytest.approx(mean, rel=1e-4)
    np.testing.assert_allclose(table.output[:, 3], ((won == 0) | (won == 2)).mean((1, 2)), rtol=1e-5)


def test_masks_ride_along_and_nothing_is_held() -> None:
    targets = Targets(network("places"), Aim(region="masks"))
    assert targets.regions == [(12, 12)] and targets.held == []
    masks = np.zeros((3, 12, 12), np.uint8)
    masks[:, 2:4, 5] = 1
    table, _ = table_of(targets, regions=[tf.constant(masks)])
    p = np.asarray(model("places")(X))
    np.testing.assert_allclose(table.probabilities, p[:, 2:4, 5].mean(1), rtol=1e-5)


def test_likeness_is_a_cosine() -> None:
    reference = np.arange(7, dtype=np.float32)
    table, _ = table_of(Targets(network("embedding"), Aim(reference=reference)))
    y = np.asarray(model("embedding")(X))
    cosine = y @ reference / np.linalg.norm(y, axis=1) / np.linalg.norm(reference)
    np.testing.assert_allclose(table.logits[:, 0], cosine, rtol=1e-5)


def test_functions_of_all_outputs() -> None:
    aim = Aim(functions=(lambda y: y[0][:, 1], lambda y: y[1][:, 0] + y[2][:, 0, 0, 0]))
    targets = Targets(network("several", "*"), aim)
    table, _ = table_of(targets, AGES)
    kind, amount, mask = (np.asarray(one) for one in model("several")([X, AGES]))
    expected = np.stack([kind[:, 1], amount[:, 0] + mask[:, 0, 0, 0]], 1)
    np.testing.assert_allclose(table.logits, expected, rtol=1e-5)


def test_a_graph_of_many_classes_is_no_larger_than_one_of_few() -> None:
    def operations(classes: int) -> int:
        head = [keras.layers.Flatten(), keras.layers.Dense(classes, activation="softmax")]
        targets = Targets(Network(keras.Sequential([keras.Input((4, 4, 3)), *head])))

        @tf.function(input_signature=[tf.TensorSpec((None, 4, 4, 3), tf.float32)], autograph=False)
        def table(images: Any) -> Any:
            return targets.read(targets.network.run(images))[0]

        return len(table.get_concrete_function().graph.get_operations())

    assert operations(300) == operations(3)


def test_further_groups_are_columns_behind() -> None:
    targets = Targets(network("classes"))
    more = targets.with_groups([(0, 1), (2, 3)])
    assert more.blocks[0].width == 7 and more.with_groups([(2, 3)]) is more
    assert targets.with_groups([]) is targets


@pytest.mark.parametrize(
    ("kind", "aim", "message"),
    [
        ("values", Aim(against=(1,)), "compares classes"),
        ("places", Aim(against="similar"), "differs from place"),
        ("classes", Aim(against=(5,)), "no class 5"),
        ("values", Aim(groups=((0, 1),)), "needs probabilities"),
    ],
)
def test_what_cannot_be_asked(kind: str, aim: Aim, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Targets(network(kind), aim)
