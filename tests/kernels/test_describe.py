"""What kernels are like: the classics by name, the numbers by hand and by the Fourier sum as a loop."""

from __future__ import annotations

import math

import numpy as np
import pytest

from oracle.kernels import BANDS, SIDES, correlation, energies
from xai_cam.kernels.describe import Character, classics_of, describe

SOBEL = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]


def waves(frequency: float, deviation: float) -> list[list[float]]:
    """Waves of one frequency from all sides under a bell."""
    turn = 2 * math.pi * frequency
    return [
        [
            sum(math.cos(turn * (x * math.cos(a) + y * math.sin(a))) for a in range(32))
            * math.exp(-(x**2 + y**2) / (2 * deviation**2))
            for x in range(-7, 8)
        ]
        for y in range(-7, 8)
    ]


EXPECTED = {
    "low-pass": {
        "box": [[1, 1, 1]] * 3,
        "a large box": [[1] * 7] * 7,
        "gaussian": [[1, 2, 1], [2, 4, 2], [1, 2, 1]],
        "binomial": np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]),
        "2 x 2": [[1, 1], [1, 1]],
        "a row": [[1, 2, 1]],
        "a bell off its place": np.pad([[1, 2, 1], [2, 4, 2], [1, 2, 1]], ((0, 4), (0, 4))),
    },
    "vertical edge": {
        "sobel": SOBEL,
        "prewitt": [[-1, 0, 1]] * 3,
        "sobel 5": np.outer([1, 4, 6, 4, 1], [-1, -2, 0, 2, 1]),
        "scharr": [[-3, 0, 3], [-10, 0, 10], [-3, 0, 3]],
        "2 x 2": [[-1, 1], [-1, 1]],
        "a difference": [[-1, 1]],
        "off its place": np.pad(SOBEL, ((0, 4), (4, 0))),
    },
    "horizontal edge": {
        "sobel": np.transpose(SOBEL),
        "prewitt": [[-1] * 3, [0] * 3, [1] * 3],
        "a column": [[-1], [0], [1]],
        "a step of 4 rows": [[-1] * 4, [-1] * 4, [1] * 4, [1] * 4],
        "off its place": np.pad(np.transpose(SOBEL), ((0, 4), (4, 0))),
    },
    "diagonal edge": {
        "sobel turned": [[0, 1, 2], [-1, 0, 1], [-2, -1, 0]],
        "roberts": [[1, 0], [0, -1]],
        "sobel of both": np.add(SOBEL, np.transpose(SOBEL)),
    },
    "vertical line": {"a line": [[-1, 2, -1]] * 3, "off its place": np.pad([[-1, 2, -1]] * 3, 2)},
    "horizontal line": {"a line": [[-1] * 3, [2] * 3, [-1] * 3]},
    "Laplacian-like": {
        "4": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
        "8": [[1, 1, 1], [1, -8, 1], [1, 1, 1]],
        "second difference": [[1, -2, 1]],
    },
    "sharpening": {
        "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
        "8": [[-1, -1, -1], [-1, 16, -1], [-1, -1, -1]],
    },
    "identity": {"delta": [[0, 0, 0], [0, 1, 0], [0, 0, 0]], "5": np.pad([[1.0]], 2)},
    "high-pass": {"a checkerboard": [[1, -1, 1], [-1, 1, -1], [1, -1, 1]]},
    "band-pass": {"1/4 cycle per pixel": waves(0.25, 3)},
    "mixed": {
        "a blur along the rows": [[0, 0, 0], [1, 1, 1], [0, 0, 0]],
        "a point aside": [[0, 0], [0, 1]],
        "of a broad band": waves(0.25, 1.5),
        "between middle and high": waves(0.32, 2.5),
    },
    "zero": {"zeros": np.zeros((3, 3))},
    "gain": {"1 x 1": [[-0.3]]},
    "not finite": {"nan": [[1, math.nan]], "infinity": [[math.inf, 1]]},
}
KERNELS = {(name, which): kernel for name, all_of in EXPECTED.items() for which, kernel in all_of.items()}


@pytest.mark.parametrize(("name", "which"), KERNELS, ids=str)
@pytest.mark.parametrize("factor", [1, -1, 1e-12, -3e6])
def test_kernels_are_named_whatever_their_scale_and_sign(name: str, which: str, factor: float) -> None:
    found = describe(np.multiply(KERNELS[name, which], factor))
    assert found.name == name


NOISY = ("low-pass", "vertical edge", "horizontal edge", "Laplacian-like", "sharpening", "identity")


@pytest.mark.parametrize(("name", "which"), [k for k in KERNELS if k[0] in NOISY], ids=str)
def test_a_little_noise_changes_no_name(name: str, which: str) -> None:
    kernel, rng = np.array(KERNELS[name, which], float), np.random.default_rng(7)
    noise = 0.02 * math.sqrt((kernel**2).mean())
    assert {describe(kernel + rng.normal(0, noise, kernel.shape)).name for _ in range(20)} == {name}


@pytest.mark.parametrize(
    ("kernel", "nearest", "expected"),
    [
        (SOBEL, "sobel-x", 1),
        (np.multiply(SOBEL, -0.1), "sobel-x", -1),
        ([[-1, -2, -1], [0, 0, 0], [1, 2, 1]], "sobel-y", 1),
        ([[-1, 0, 1]] * 3, "prewitt-x", 1),
        ([[0, 2, 0], [2, -8, 2], [0, 2, 0]], "laplacian", 1),
        ([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], "laplacian-8", -1),
        ([[3, 3, 3]] * 3, "box", 1),
        ([[0, 0, 0], [0, -5, 0], [0, 0, 0]], "delta", -1),
        ([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], "sharpen", 1),
        # Scharr with Prewitt: 52 / sqrt(236 * 6); with Sobel: (12 + 40 + 12) / sqrt(236 * 12)
        ([[-3, 0, 3], [-10, 0, 10], [-3, 0, 3]], "sobel-x", 52 / math.sqrt(236 * 12)),
        # what is left of Sobel in one row is (-2, 0, 2)
        ([[-1, 0, 1]], "sobel-x", 1),
        # what is left of it between its columns and rows is (-0.75, 0.75) twice
        ([[-1, 1], [-1, 1]], "sobel-x", 1),
    ],
)
def test_the_nearest_classic_and_its_sign(kernel: list[list[float]], nearest: str, expected: float) -> None:
    found = describe(np.array(kernel, float))
    if np.shape(kernel) == (3, 3) and abs(expected) < 1:
        expected = correlation(kernel, SOBEL)
    assert found.nearest == nearest
    assert found.correlation == pytest.approx(expected, abs=1e-9)


def test_the_classics_in_an_even_size_and_in_another_shape() -> None:
    """Between rows and columns of the next odd size: neighbours averaged. The middle rows of the square."""
    sobel_5 = np.outer([1, 4, 6, 4, 1], [-1, -2, 0, 2, 1])
    between = (sobel_5[1:] + sobel_5[:-1]) / 2
    between = (between[:, 1:] + between[:, :-1]) / 2
    for shape, expected in {(4, 4): between, (1, 5): sobel_5[2:3], (3, 5): sobel_5[1:4]}.items():
        found = classics_of(*shape)["sobel-x"]
        np.testing.assert_allclose(found, expected / np.sqrt((expected**2).sum()), atol=1e-12)
    assert "sobel-y" not in classics_of(1, 5)  # its middle row is 0
    assert set(classics_of(1, 1)) == {"box", "gaussian", "delta"}
    assert not classics_of(3, 101)


RANDOM = np.random.default_rng(11).normal(size=(4, 3))


@pytest.mark.parametrize(
    "kernel",
    [SOBEL, [[0, 1, 0], [1, -4, 1], [0, 1, 0]], [[1, -1]], RANDOM],
    ids=["sobel", "lap", "1x2", "4x3"],
)
def test_energies_are_those_of_the_fourier_sum(kernel: list[list[float]]) -> None:
    found, expected = describe(np.array(kernel, float)), energies(np.array(kernel, float))
    for name in (*BANDS, *SIDES, "peak"):
        assert getattr(found, name) == pytest.approx(expected[name], abs=1e-9), name


def test_a_lone_point_has_the_shares_of_the_plane() -> None:
    """Discs of radius 1/6 and 1/3 in a square of side 1, and a third for each orientation."""
    found = describe(np.pad([[2.0]], 1))
    assert (found.low, found.middle, found.high) == pytest.approx(
        (math.pi / 36, math.pi / 12, 1 - math.pi / 9), abs=5e-3
    )
    assert (found.horizontal, found.vertical, found.diagonal) == pytest.approx([1 / 3] * 3, abs=5e-3)
    assert (found.dc_gain, found.peak, found.odd) == (2, pytest.approx(2), 0)


def test_sums_and_halves_by_hand() -> None:
    found = describe(np.array([[1.0, -2.0], [4.0, 0.5]]))
    assert found.dc_gain == pytest.approx(3.5)
    # turned about its middle, 2 * 1 * 0.5 - 2 * 2 * 4 = -15; about the 4, 4 * 4 = 16 is larger
    assert found.odd == pytest.approx((1 - 16 / 21.25) / 2)
    # about its middle: 2 * 1 * 0.5 - 2 * 2 * 2 = -7 is larger than 2 * 2, and than 2 * 1 * 2
    assert describe(np.array([[1.0, -2.0], [2.0, 0.5]])).odd == pytest.approx((1 + 7 / 9.25) / 2)
    assert describe(np.array(SOBEL)).odd == pytest.approx(1)
    assert describe(np.pad(SOBEL, ((0, 5), (3, 0)))).odd == pytest.approx(1)


def test_a_gain_has_no_nearest_and_zeros_have_no_shares() -> None:
    gain, zero = describe(np.array([[-0.3]])), describe(np.zeros((3, 3)))
    assert (gain.nearest, gain.dc_gain, gain.peak) == ("", -0.3, pytest.approx(0.3))
    assert zero == Character("zero", 0, 0, 0, 0, 0, 0, 0, 0, 0, "", 0)


def test_kernels_larger_than_the_grid_and_than_the_classics() -> None:
    found = describe(np.ones((120, 110)))
    assert (found.name, found.nearest) == ("low-pass", "")
    assert found.dc_gain == pytest.approx(120 * 110) and found.peak == pytest.approx(120 * 110)
