"""The checksum of TensorFlow's files."""

from __future__ import annotations

import numpy as np
import pytest

from support.checkpoint_files import crc, masked
from xai_cam.models.loading.containers.crc32c import LANES, crc32c, masked_crc32c


def test_the_check_value_of_the_standard():
    assert crc32c(b"123456789") == 0xE3069283


def test_the_vectors_of_rfc_3720():
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(b"\xff" * 32) == 0x62A8AB43
    assert crc32c(bytes(range(32))) == 0x46DD794E


@pytest.mark.parametrize("size", [0, 1, 7, 8, 9, 1000, 8 * LANES - 1, 8 * LANES, 8 * LANES + 13])
def test_it_is_that_of_the_definition(size: int):
    data = np.random.default_rng(size).bytes(size)
    assert crc32c(data) == crc(data)
    assert masked_crc32c(memoryview(data)) == masked(data)


def test_one_bit_changes_it():
    data = bytearray(np.random.default_rng(0).bytes(16 * LANES + 3))
    before = crc32c(data)
    for place in (0, LANES, len(data) - 1):
        data[place] ^= 4
        assert crc32c(data) != before
        data[place] ^= 4
