"""CRC-32C, the checksum of TensorFlow's files, of which Python has none."""

from __future__ import annotations

import numpy as np

POLYNOMIAL = 0x82F63B78
"""Of Castagnoli, the lowest bit first."""

MASK = 0xA282EAD8

LANES = 4096
"""Parts of a large text that are worked on side by side."""


def _table() -> np.ndarray:
    """(8, 256): what a byte does to the sum when so many bytes follow it."""
    first = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        first = np.where(first & 1, (first >> 1) ^ POLYNOMIAL, first >> 1).astype(np.uint32)
    rows = [first]
    for _ in range(7):
        rows.append((rows[-1] >> 8) ^ first[rows[-1] & 0xFF])
    return np.stack(rows)


TABLE = _table()


def crc32c(data: bytes | memoryview) -> int:
    """The CRC-32C of some bytes.

    They are cut into `LANES` parts of one length, whose sums are taken together; see `_joined`.
    """
    values = np.frombuffer(data, np.uint8)
    length = len(values) // LANES // 8 * 8
    state = np.uint32(0xFFFF_FFFF)
    if length:
        sums = np.zeros(LANES, np.uint32)
        sums[0] = state
        words = values[: length * LANES].reshape(LANES, length // 8, 8)
        for step in range(length // 8):
            sums = _eight_bytes(sums, words[:, step])
        state = _joined(sums, length)
        values = values[length * LANES :]
    whole = len(values) // 8 * 8
    number = int(state)
    rows = TABLE.tolist() if whole else []
    for word in values[:whole].reshape(-1, 8).tolist():
        mixed = [byte ^ (number >> 8 * i & 0xFF if i < 4 else 0) for i, byte in enumerate(word)]
        number = 0
        for i, byte in enumerate(mixed):
            number ^= rows[7 - i][byte]
    for byte in values[whole:].tolist():
        number = number >> 8 ^ int(TABLE[0, (number ^ byte) & 0xFF])
    return number ^ 0xFFFF_FFFF


def masked_crc32c(data: bytes | memoryview) -> int:
    """The sum as it is stored: that of data which hold sums themselves would be weak otherwise."""
    number = crc32c(data)
    return ((number >> 15 | number << 17) + MASK) & 0xFFFF_FFFF


def _eight_bytes(sums: np.ndarray, bytes_: np.ndarray) -> np.ndarray:
    found = np.zeros_like(sums)
    for i in range(8):
        index = bytes_[:, i] ^ (sums >> np.uint32(8 * i) & np.uint32(0xFF)) if i < 4 else bytes_[:, i]
        found ^= TABLE[7 - i, index]
    return found


def _joined(sums: np.ndarray, length: int) -> np.uint32:
    """The sum of all parts from the sum of each.

    A sum is linear: that of two parts is the first one, moved on over the zeros that the second is long, and
    the second one. To move it on by one byte is to multiply by a matrix of bits, by n bytes by its power.
    """
    matrix = _power(length)
    while len(sums) > 1:
        sums = _times(matrix, sums[0::2]) ^ sums[1::2]
        matrix = _times(matrix, matrix)
    return np.uint32(sums[0])


def _power(count: int) -> np.ndarray:
    """(32,): what `count` bytes of zeros make of each bit of a sum."""
    bits = np.uint32(1) << np.arange(32, dtype=np.uint32)
    square = bits >> np.uint32(8) ^ TABLE[0, bits & 0xFF]
    found = bits
    while count:
        found = _times(square, found) if count & 1 else found
        square, count = _times(square, square), count >> 1
    return found


def _times(matrix: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """What a matrix, given by what it makes of each bit, makes of sums."""
    found = np.zeros_like(sums)
    for bit in range(32):
        found ^= np.where(sums >> np.uint32(bit) & np.uint32(1), matrix[bit], np.uint32(0))
    return found
