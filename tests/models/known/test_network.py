"""A network by its facts says what the network says that they are from."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from threading import Barrier
from time import sleep
from typing import Any

import keras
import pytest
from keras import layers as make

from support.small_models import build_held, build_tiny
from support.target_networks import model
from xai_cam.errors import ModelError
from xai_cam.models.facts import NetworkFacts
from xai_cam.models.known.codec import from_json, to_json
from xai_cam.models.known.network import FactsRecord, KnownNetwork, record_of
from xai_cam.models.network import Network


def shared() -> Any:
    """A convolution that is called twice, and two branches whose maps are the last."""
    image, one = keras.Input((16, 16, 3)), make.Conv2D(3, 3, padding="same", name="one")
    a, b = make.Conv2D(4, 3, name="left")(one(one(image))), make.Conv2D(4, 3, name="right")(image)
    pooled = [make.GlobalMaxPooling2D()(x) for x in (a, b)]
    return keras.Model(image, make.Dense(2, name="head")(make.Concatenate()(pooled)))


def tokens() -> Any:
    """Patches in a row, with a token before them of which the model does not tell what it is."""
    image = keras.Input((16, 16, 1))
    x = make.Reshape((17, 3))(make.Dense(51)(make.Flatten()(image)))
    return keras.Model(image, make.Dense(3)(make.Flatten()(make.LayerNormalization(name="norm")(x))))


MADE: dict[str, Callable[[], Network]] = {
    "classifier": lambda: Network(build_tiny()),
    "grey": lambda: Network(build_tiny(1, "sigmoid", 1)),
    "bands": lambda: Network(build_tiny(2, None, 6)),
    "held": lambda: Network(build_held()),
    "several": lambda: Network(model("several"), outputs=["mask"]),
    "all of several": lambda: Network(model("several"), outputs=["*"]),
    "branches": lambda: Network(shared()),
    "at a call": lambda: Network(shared(), call=1),
    "tokens": lambda: Network(tokens(), reshape=(4, 4)),
    "no such grid": lambda: Network(tokens(), reshape=(5, 5)),
}


@cache
def networks(name: str) -> tuple[Network, KnownNetwork]:
    """A network, and what is known of it when it was written and read again."""
    network = MADE[name]()
    record: FactsRecord = from_json(FactsRecord, to_json(record_of(network)))
    assert record.is_sound
    return network, KnownNetwork(record, "its identity", lambda: pytest.fail("it was opened"))


def outcome(of: Callable[[], Any]) -> Any:
    """What is returned, layers by where they are; or the message that is raised."""

    def plain(found: Any) -> Any:
        if isinstance(found, list | tuple):
            return [plain(one) for one in found]
        return {**vars(found), "layer": found.kind} if hasattr(found, "placement") else found

    try:
        return plain(of())
    except ModelError as error:
        return error.message


ASKED: dict[str, Callable[[NetworkFacts], Any]] = {
    "entrance": lambda n: (list(n.entrance.inputs), n.entrance.image, n.entrance.shape),
    "input_shape": lambda n: n.input_shape,
    "batch_size": lambda n: n.batch_size,
    "outputs": lambda n: [vars(one) for one in n.outputs],
    "all_outputs": lambda n: [vars(one) for one in n.all_outputs],
    "channels_first": lambda n: n.channels_first,
    "image_name": lambda n: n.image_name,
    "extras": lambda n: n.extras,
    "call": lambda n: n.call,
    "layers": lambda n: n.layers,
    "spatial_layers": lambda n: n.spatial_layers(),
    "default_layer": lambda n: n.default_layer(),
    "find": lambda n: n.find(),
    "find none": lambda n: n.find("nowhere"),
    "bottleneck": lambda n: n.bottleneck,
    "side_by_side": lambda n: n.side_by_side(),
    "head": lambda n: n.head,
    "reshape": lambda n: n.reshape,
    "numbered": lambda n: n.numbered,
    "expected_scaling": lambda n: n.expected_scaling(),
    "scaling_of_bands": lambda n: n.scaling_of_bands(),
    "memory": lambda n: n.memory,
}


@pytest.mark.parametrize("name", MADE)
def test_facts_say_what_the_network_says(name: str) -> None:
    network, known = networks(name)
    for what, of in ASKED.items():
        assert outcome(lambda of=of: of(known)) == outcome(lambda of=of: of(network)), what  # type: ignore[misc]


def test_what_the_layers_are_follows_too() -> None:
    network, known = networks("branches")
    for info, same in zip(network.layers, known.layers, strict=True):
        assert (same.kind, same.is_convolution, same.title) == (info.kind, info.is_convolution, info.title)
    assert [network.own(one).layer for one in known.layers] == [one.layer for one in network.layers]


def test_too_little_memory_is_told_in_the_same_words(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    network, known = networks("classifier")
    monkeypatch.setattr("xai_cam.models.activations.largest_tensor", lambda: int(network.memory[0].bytes * 3))
    assert known.at_most(64) == network.at_most(64) == 3
    assert len(caplog.messages) == 2 and caplog.messages[0] == caplog.messages[1]
    assert "conv_2" in caplog.messages[0] or "conv_1" in caplog.messages[0]


def test_the_model_is_opened_once_when_it_is_asked_for() -> None:
    network, opened = networks("classifier")[0], list[int]()

    def open_live() -> Network:
        opened.append(1)
        return network

    known = KnownNetwork(record_of(network), None, open_live)
    assert known.find().path == "conv_2" and not opened
    assert known.live() is known.live() is network.live() is network and opened == [1]


def test_two_threads_open_one_model() -> None:
    network, opened, start = networks("classifier")[0], list[int](), Barrier(2)

    def open_live() -> Network:
        opened.append(1)
        sleep(0.05)
        return network

    known = KnownNetwork(record_of(network), None, open_live)

    def ask(_: int) -> Network:
        start.wait()
        return known.live()

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(ask, range(2))) == [network, network] and opened == [1]


@pytest.mark.parametrize(
    "change",
    [
        {"outputs": ()},
        {"outputs": (1,)},
        {"outputs": (-1,)},
        {"all_outputs": ()},
        {"input_shape": (16, 16)},
        {"input_shape": (16, 0, 3)},
        {"batch_size": 0},
    ],
)
def test_a_record_whose_parts_do_not_belong_together_is_told(change: dict[str, Any]) -> None:
    record = networks("classifier")[1].record
    assert record.is_sound and not replace(record, **change).is_sound


def test_so_is_one_whose_maps_lie_nowhere() -> None:
    record = networks("classifier")[1].record
    info = next(one for one in record.layers if one.placement)
    assert info.placement is not None
    wrong = replace(info, placement=replace(info.placement, order=(1, 2, 9)))
    assert not replace(record, layers=(wrong,)).is_sound
