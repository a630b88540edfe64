"""Edits of filters: what they do to kernels and biases, worked out by hand, and how they are written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from xai_cam.errors import InputError
from xai_cam.kernels.editing.edits import (
    Edit,
    Replace,
    Scale,
    Zero,
    parse_edits,
    parse_scale,
    parse_set,
    parse_zero,
)


def changed(edit: Edit, chosen: list[int], size: tuple[int, int] = (3, 3)) -> tuple[np.ndarray, np.ndarray]:
    """Kernels (3 filters, 2 channels) of ones and biases 1, 2 and 3 after an edit."""
    kernels, biases = np.ones((3, 2, *size)), np.array([1.0, 2.0, 3.0])
    edit.change(kernels, biases, chosen)
    return kernels, biases


# --- What they do ------------------------------------------------------------------------------------


def test_zero_clears_kernel_and_bias_of_the_chosen_filters_alone() -> None:
    kernels, biases = changed(Zero("conv", "0,2"), [0, 2])
    assert biases.tolist() == [0, 2, 0]
    assert not kernels[[0, 2]].any() and (kernels[1] == 1).all()


def test_scale_multiplies_kernel_and_bias() -> None:
    kernels, biases = changed(Scale("conv", "1-2", -0.5), [1, 2])
    assert biases.tolist() == [1, -1, -1.5]
    assert (kernels[0] == 1).all() and (kernels[1:] == -0.5).all()


def test_a_named_kernel_is_shared_out_over_the_channels() -> None:
    """Half of it for each of two channels; the bias goes."""
    kernels, biases = changed(Replace("conv", "1", "sobel-x"), [1])
    assert kernels[1].tolist() == 2 * [[[-0.5, 0, 0.5], [-1, 0, 1], [-0.5, 0, 0.5]]]
    assert biases.tolist() == [1, 0, 3] and (kernels[[0, 2]] == 1).all()


def test_a_named_kernel_takes_the_size_of_the_filters() -> None:
    kernels, _ = changed(Replace("conv", "0", "box"), [0], (5, 5))
    np.testing.assert_allclose(kernels[0], np.full((2, 5, 5), 1 / 25 / 2))


def test_a_file_with_a_kernel_for_each_channel_is_taken_as_it_is(tmp_path: Path) -> None:
    own = np.arange(12.0).reshape(2, 2, 3)
    np.save(tmp_path / "own.npy", own)
    kernels, _ = changed(Replace("conv", "2", str(tmp_path / "own.npy")), [2], (2, 3))
    assert (kernels[2] == own).all()


@pytest.mark.parametrize("shape", [(3, 3, 3), (2, 2), (2, 2, 2)], ids=str)
def test_a_file_of_another_shape_is_refused(shape: tuple[int, ...], tmp_path: Path) -> None:
    np.save(tmp_path / "odd.npy", np.ones(shape))
    with pytest.raises(InputError, match=r"but a filter of conv has \(2, 3, 3\)"):
        changed(Replace("conv", "0", str(tmp_path / "odd.npy")), [0])


@pytest.mark.parametrize(("kernel", "size"), [("box", (3, 2)), ("sobel-x", (4, 4))])
def test_a_named_kernel_that_has_no_such_size_is_refused(kernel: str, size: tuple[int, int]) -> None:
    rows, columns = size
    with pytest.raises(
        InputError, match=f"There is no {kernel} kernel of {rows} x {columns}, the kernel size of"
    ):
        changed(Replace("conv", "0", kernel), [0], size)


def test_an_unknown_kernel_is_not_blamed_on_the_size() -> None:
    with pytest.raises(InputError, match="bxo"):
        changed(Replace("conv", "0", "bxo"), [0], (4, 4))


def test_edits_in_words() -> None:
    assert Zero("conv", "0-2").describe() == "conv: 0-2 zeroed"
    assert Scale("conv", "7", 0.5).describe() == "conv: 7 times 0.5"
    assert Replace("conv", "5", "sobel-x").describe() == "conv: 5 set to sobel-x, bias 0"
    assert Replace("conv", "5", "/somewhere/own.npy").describe() == "conv: 5 set to own.npy, bias 0"


# --- How they are written ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parse", "text", "edit"),
    [
        (parse_zero, "a:b/conv:0-2, 7", Zero("a:b/conv", "0-2, 7")),
        (parse_zero, "conv: 3 ", Zero("conv", "3")),
        (parse_scale, "conv2d_1:7=-1e-2", Scale("conv2d_1", "7", -0.01)),
        (parse_scale, "x:1:7=2", Scale("x:1", "7", 2)),
        (parse_set, "in/conv:5=sharpen:1", Replace("in/conv", "5", "sharpen:1")),
    ],
)
def test_how_edits_are_written(parse: Callable[[str], Edit], text: str, edit: Edit) -> None:
    assert parse(text) == edit


def test_a_files_name_may_hold_an_equal_sign(tmp_path: Path) -> None:
    path = tmp_path / "a=b.npy"
    np.save(path, np.ones((3, 3)))
    assert parse_set(f"conv:2={path}") == Replace("conv", "2", str(path))


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_zero, "conv"),
        (parse_zero, "conv:"),
        (parse_zero, ":3"),
        (parse_zero, "conv:3-1"),
        (parse_zero, "conv:a"),
        (parse_scale, "conv:3"),
        (parse_scale, "conv:3=nan"),
        (parse_scale, "conv:3=inf"),
        (parse_scale, "conv:3=two"),
        (parse_set, "conv=box"),
        (parse_set, "conv:0=bxo"),
        (parse_set, "conv:0=nothing.npy"),
    ],
)
def test_what_is_no_edit(parse: Callable[[str], Edit], text: str) -> None:
    with pytest.raises(InputError):
        parse(text)


def test_sets_come_first_then_scales_then_zeros() -> None:
    edits = parse_edits(["a:0=box"], ["b:1=2", "c:2=3"], ["d:3"])
    assert edits == [Replace("a", "0", "box"), Scale("b", "1", 2), Scale("c", "2", 3), Zero("d", "3")]
