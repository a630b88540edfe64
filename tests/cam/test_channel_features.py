"""What tells channels apart, against NumPy's own singular value decomposition and plain loops."""

from __future__ import annotations

import numpy as np
import pytest

from xai_cam.cam.channel_features import PATTERNS, channel_features, farthest, leading, principal_components

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(6, 20), (20, 6), (5, 5)])
def test_principal_components_are_those_of_a_singular_value_decomposition(shape: tuple[int, int]) -> None:
    rows = RNG.normal(size=shape)
    rows -= rows.mean(axis=0)
    found = principal_components(rows, 3)
    left, sizes, _ = np.linalg.svd(rows, full_matrices=False)
    expected = (left * sizes)[:, :3]
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-8)  # a direction has either sign


def test_the_leading_directions_of_a_large_matrix_are_about_those_of_all() -> None:
    """Of maps that are smooth, as those of a layer are: the largest eigenvalues stand apart."""
    waves = np.cos(np.outer(np.arange(49), np.arange(49)) * np.pi / 49)
    rows = (RNG.normal(size=(200, 49)) * 0.8 ** np.arange(49)) @ waves
    matrix = rows.T @ rows
    values, vectors = leading(matrix, PATTERNS)
    exact, directions = np.linalg.eigh(matrix)
    np.testing.assert_allclose(values, exact[::-1][:PATTERNS], rtol=1e-4)
    np.testing.assert_allclose(
        np.abs((directions[:, ::-1][:, :PATTERNS] * vectors).sum(axis=0)), 1, atol=1e-3
    )
    again = leading(matrix, PATTERNS)
    np.testing.assert_array_equal(again[1], vectors)  # a map is the same each time


def test_features_describe_the_mask_of_each_channel() -> None:
    maps = RNG.normal(size=(9, 30)).astype(np.float32)
    found = channel_features(maps)
    assert found.shape == (30, 3 + PATTERNS)
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(found.std(axis=0), 1, atol=1e-9)
    means = []
    for k in range(30):
        channel = maps[:, k].astype(float)
        means.append(((channel - channel.min()) / (channel.max() - channel.min())).mean())
    assert np.corrcoef(found[:, 0], means)[0, 1] == pytest.approx(1, abs=1e-6)


def test_a_channel_may_be_any_number_of_times_as_strong() -> None:
    """Its mask stays the same, and so do all features but that of its strength."""
    maps = RNG.uniform(size=(9, 12))
    stronger = maps * np.linspace(1, 50, 12)
    found, expected = (np.delete(channel_features(one), 2, axis=1) for one in (stronger, maps))
    np.testing.assert_allclose(np.abs(found), np.abs(expected), atol=1e-6)


def test_the_farthest_are_taken_one_by_one() -> None:
    """On a line: of 0 and 4 the farthest is 10, and then 7, in the middle of what is left."""
    line = np.array([[0.0], [4], [5], [7], [10]])
    assert farthest(line, np.array([0, 1]), 2).tolist() == [0, 1, 4, 3]
