"""The windows of the oracle: against numbers on paper, their own loops, and what a transpose has to be."""

import doctest

import numpy as np
import pytest

from oracle import windows
from oracle.windows import col2im, col2im_loops, extent, grid, im2col, im2col_loops, places

SHAPE = (2, 7, 6, 3)

# Window, strides, dilation: strides below, at and above the window, other ones for rows than for columns.
WALKS = [
    ((1, 1), (1, 1), (1, 1)),
    ((2, 2), (2, 2), (1, 1)),
    ((3, 3), (1, 1), (1, 1)),
    ((3, 2), (2, 1), (1, 1)),
    ((2, 4), (1, 3), (1, 1)),
    ((1, 2), (3, 4), (1, 1)),
    ((2, 2), (3, 5), (1, 1)),
    ((7, 6), (1, 1), (1, 1)),
    ((3, 2), (1, 1), (2, 3)),
    ((2, 3), (3, 2), (4, 2)),
]
PADDINGS = ["valid", "same"]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def test_the_examples_in_the_text():
    found = doctest.testmod(windows)
    assert (found.failed, found.attempted) == (0, 9)


# --- One axis ------------------------------


@pytest.mark.parametrize(
    ("size", "window", "stride", "dilation", "padding", "expected"),
    [
        (4, 2, 2, 1, "valid", (2, 0, 0)),
        (5, 2, 2, 1, "valid", (2, 0, 0)),  # the fifth pixel fills no window
        (5, 2, 3, 1, "valid", (2, 0, 0)),  # the third stands between the windows
        (5, 2, 2, 3, "valid", (1, 0, 0)),  # pixels 0 and 3; 2 and 5 is one too far
        (4, 3, 1, 1, "same", (4, 1, 1)),
        (4, 3, 2, 1, "same", (2, 0, 1)),  # 2 windows take 5 pixels
        (4, 2, 1, 1, "same", (4, 0, 1)),
        (4, 4, 1, 1, "same", (4, 1, 2)),  # 4 windows take 7 pixels
        (5, 3, 2, 1, "same", (3, 1, 1)),  # 3 windows take 7 pixels
        (5, 1, 3, 1, "same", (2, 0, 0)),  # 2 windows take 4 pixels: nothing is missing
        (5, 2, 1, 3, "same", (5, 1, 2)),  # a span of 4; 5 windows take 8 pixels
    ],
)
def test_extent_by_hand(size, window, stride, dilation, padding, expected):
    assert extent(size, window, stride, padding, dilation) == expected


def test_places_by_hand():
    # [0 | 0 1 2 3 4 | 0]: three windows of three
    expected = [[(1, 0), (2, 1)], [(0, 1), (1, 2), (2, 3)], [(0, 3), (1, 4)]]
    assert places(5, 3, 2, "same") == expected
    assert places(5, 2, 1, "valid", dilation=3) == [[(0, 0), (1, 3)], [(0, 1), (1, 4)]]


@pytest.mark.parametrize(("size", "dilation"), [(2, 1), (4, 2)])
def test_a_window_larger_than_the_image_is_refused(size, dilation):
    with pytest.raises(ValueError, match=f"does not fit into {size}"):
        extent(size, 3, 1, "valid", dilation)
    assert extent(size, 3, 1, "same", dilation)[0] == size


def test_another_padding_is_refused():
    with pytest.raises(ValueError, match="'full' is neither"):
        extent(4, 2, 1, "full")


# --- Both axes ------------------------------


def test_entries_of_a_window_lie_in_the_order_of_a_kernel():
    # Two images of 2 x 3 with the channels (v, 10 v): windows of 1 x 2, image by image, row by row.
    values = np.arange(1.0, 13).reshape(2, 2, 3)
    columns = im2col(np.stack([values, 10 * values], axis=-1), (1, 2), (1, 1), "valid")
    firsts = [1, 2, 4, 5, 7, 8, 10, 11]
    np.testing.assert_array_equal(columns, [[v, 10 * v, v + 1, 10 * (v + 1)] for v in firsts])


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize(("size", "strides", "dilation"), WALKS)
def test_im2col_equals_its_loops(rng, size, strides, dilation, padding):
    x, walk = rng.normal(size=SHAPE), (size, strides, padding, dilation)
    found = im2col(x, *walk, fill=-7.0)
    rows, cols = grid(SHAPE, *walk)
    assert found.shape == (2 * rows * cols, size[0] * size[1] * 3)
    np.testing.assert_array_equal(found, im2col_loops(x, *walk, fill=-7.0))


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize(("size", "strides", "dilation"), WALKS)
def test_col2im_equals_its_loops(rng, size, strides, dilation, padding):
    walk = (size, strides, padding, dilation)
    rows, cols = grid(SHAPE, *walk)
    columns = rng.normal(size=(2 * rows * cols, size[0] * size[1] * 3))
    found = col2im(columns, SHAPE, *walk)
    np.testing.assert_allclose(found, col2im_loops(columns, SHAPE, *walk), rtol=0, atol=1e-12)


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize(("size", "strides", "dilation"), WALKS)
def test_col2im_is_the_transpose_of_im2col(rng, size, strides, dilation, padding):
    """<im2col(x), y> = <x, col2im(y)> for any x and y."""
    walk, x = (size, strides, padding, dilation), rng.normal(size=SHAPE)
    columns = im2col(x, *walk)
    y = rng.normal(size=columns.shape)
    np.testing.assert_allclose((columns * y).sum(), (x * col2im(y, SHAPE, *walk)).sum(), rtol=0, atol=1e-12)


def test_the_whole_image_is_one_window(rng):
    x = rng.normal(size=SHAPE)
    np.testing.assert_array_equal(im2col(x, (7, 6), (1, 1), "valid"), x.reshape(2, -1))
