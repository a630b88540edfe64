"""The layers that weights belong to, by their names alone."""

from __future__ import annotations

from typing import Any

import pytest

from xai_cam.models.loading.containers.owners import (
    MAX_PARTS,
    Owned,
    UnknownOwnerError,
    owners_of,
    plain_chain,
)


def layer(name: str, class_name: str = "Conv2D", **config: Any) -> dict[str, Any]:
    return {"class_name": class_name, "config": {"name": name, **config}}


def model(name: str, *layers: dict[str, Any]) -> dict[str, Any]:
    return layer(name, "Sequential", layers=list(layers))


NESTED = model(
    "outer",
    layer("conv"),
    model("a", layer("block/conv"), model("inner", layer("deep"), layer("same"))),
    layer("each", "TimeDistributed", layer=model("b", layer("same"), layer("own"))),
    layer("both", "Bidirectional", layer=layer("lstm", "LSTM")),
    layer("scaled", "Normalization"),
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("conv/kernel", Owned(("conv",), (), "kernel")),
        ("conv/kernel:0", Owned(("conv",), (), "kernel")),
        ("conv/kernel_3", Owned(("conv",), (), "kernel")),
        ("conv/my_weight_3", Owned(("conv",), (), "my_weight_3")),
        ("outer/conv/kernel", Owned(("conv",), (), "kernel")),
        ("block/conv/kernel", Owned(("a", "block/conv"), (), "kernel")),
        ("outer/a/block/conv/kernel", Owned(("a", "block/conv"), (), "kernel")),
        ("deep/bias", Owned(("a", "inner", "deep"), (), "bias")),
        ("own/bias", Owned(("each", "b", "own"), (), "bias")),
        ("each/own/bias", Owned(("each",), ("own",), "bias")),
        ("inner/same/bias", Owned(("a", "inner", "same"), (), "bias")),
        ("b/same/bias", Owned(("each", "b", "same"), (), "bias")),
        ("both/forward_lstm/lstm_cell_4/bias", Owned(("both",), ("forward_lstm", "lstm_cell_4"), "bias")),
        ("variance", Owned(("scaled",), (), "variance")),
    ],
)
def test_the_owner_of_a_weight(name: str, expected: Owned):
    assert owners_of([name], NESTED) == [expected]


@pytest.mark.parametrize(
    "name",
    [
        *("kernel", "nobody/kernel", "outer/kernel", "", "/", "conv", "same/kernel"),
        *("conv/" * MAX_PARTS + "conv/kernel", "conv/" + "x" * 1000),
    ],
)
def test_weights_that_have_none_or_several(name: str):
    with pytest.raises(UnknownOwnerError) as error:
        owners_of(["conv/bias", name], NESTED)
    assert error.value.names == [name]


def test_weights_of_one_name_follow_their_layers():
    twice = model("outer", model("a", layer("c")), model("b", layer("c")), layer("d"))
    names = ["c/kernel", "c/kernel", "d/kernel", "c/moving_mean", "c/moving_mean"]
    chains = [("a", "c"), ("b", "c")]
    assert [found.chain for found in owners_of(names, twice)] == [*chains, ("d",), *chains]
    numbered = ["c/kernel_2", "d/kernel", "c/kernel_5"]
    assert [found.chain for found in owners_of(numbered, twice)] == [("a", "c"), ("d",), ("b", "c")]
    with pytest.raises(UnknownOwnerError):  # numbers tell the order of making, and files that of the layers
        owners_of(["c/kernel_5", "d/kernel", "c/kernel_2"], twice)


def test_weights_of_one_name_in_another_order_are_not_guessed():
    twice = model("outer", model("a", layer("c")), model("b", layer("c")), layer("d"))
    with pytest.raises(UnknownOwnerError):
        owners_of(["c/kernel", "d/kernel", "c/kernel"], twice)
    with pytest.raises(UnknownOwnerError):
        owners_of(["c/kernel", "d/kernel"], twice)


def test_configurations_of_strangers():
    for odd in ({"class_name": "x", "config": {}}, model("x", layer(3)), model("x", {"config": {}})):  # type: ignore[arg-type]
        with pytest.raises(UnknownOwnerError):
            owners_of(["a/kernel"], odd)
    assert plain_chain(["conv1/bn", "x"]) == ("conv1_bn", "x")
