"""The two cat-and-dog networks as the script builds them."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "sample_models"


@pytest.fixture
def networks(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import networks

    return networks


@pytest.mark.parametrize(("name", "grid"), [("classic", 37), ("small", 10)])
def test_last_maps_are_as_fine_as_the_card_says(name: str, grid: int, networks: ModuleType) -> None:
    kind = networks.NETWORKS[name]
    network = kind.build(kind.side)
    averaged = network.get_layer("average").input
    assert averaged.shape[1:3] == (grid, grid)
    assert network.name == kind.folder
    assert network.count_params() * 4 < 2e6  # bytes


def test_each_cell_of_the_small_network_lies_over_the_middle_of_what_it_sees(networks: ModuleType) -> None:
    """With positive weights alone, a row of light changes a cell exactly if the cell sees the row.

    A cell sees 4 pixels after the first convolution, 10 after the second, 8 more with each 3 x 3 convolution
    of the first block, and so on: 166 in all, of which 16 are its own.
    """
    import keras

    network = networks.build_small()
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2D):
            layer.set_weights([np.ones(layer.kernel.shape, np.float32) / 100])
    last = keras.Model(network.input, network.get_layer("block4").output)
    cell, reach = 10, (166 - 16) // 2
    first, beyond = cell * 16 - reach, (cell + 1) * 16 + reach
    for axis in (1, 2):
        images = np.zeros((4, 336, 336, 3), np.float32)
        for image, place in zip(images, (first - 1, first, beyond - 1, beyond), strict=True):
            np.moveaxis(image, axis - 1, 0)[place] = 1
        maps = np.moveaxis(np.asarray(last(images)), axis, 1)
        assert maps[:, cell].any(axis=(1, 2)).tolist() == [False, True, True, False]
