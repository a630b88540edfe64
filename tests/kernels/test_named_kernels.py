"""Named kernels: against arrays written by hand, and OpenCV."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from support.s3_server import S3Server
from xai_cam.errors import InputError
from xai_cam.kernels.named_kernels import NAMED_KERNELS, make_kernel

SOBEL_3 = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]
SOBEL_5 = [
    [-1, -2, 0, 2, 1],
    [-4, -8, 0, 8, 4],
    [-6, -12, 0, 12, 6],
    [-4, -8, 0, 8, 4],
    [-1, -2, 0, 2, 1],
]
PREWITT_5 = [[-2, -1, 0, 1, 2]] * 5
BY_HAND = {
    ("delta", 3): [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    ("delta", 1): [[1]],
    ("box", 3): [[1 / 9] * 3] * 3,
    ("box", 1): [[1]],
    ("gaussian", 1): [[1]],
    ("sobel-x", 3): SOBEL_3,
    ("sobel-y", 3): np.transpose(SOBEL_3),
    ("sobel-x", 5): SOBEL_5,
    ("sobel-y", 5): np.transpose(SOBEL_5),
    ("prewitt-x", 3): [[-1, 0, 1]] * 3,
    ("prewitt-y", 3): [[-1] * 3, [0] * 3, [1] * 3],
    ("prewitt-x", 5): PREWITT_5,
    ("prewitt-y", 5): np.transpose(PREWITT_5),
    ("laplacian", 3): [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    ("laplacian", 5): np.divide(
        [[0, 0, 1, 0, 0], [0, 1, 2, 1, 0], [1, 2, -16, 2, 1], [0, 1, 2, 1, 0], [0, 0, 1, 0, 0]], 4
    ),
    ("laplacian-8", 3): [[1, 1, 1], [1, -8, 1], [1, 1, 1]],
    ("sharpen", 3): [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    ("sharpen:0.5", 3): [[0, -0.5, 0], [-0.5, 3, -0.5], [0, -0.5, 0]],
    ("sharpen:-1", 3): [[0, 1, 0], [1, -3, 1], [0, 1, 0]],
    ("dilation", 3): [[1] * 3] * 3,
}
ODD = (3, 5, 7, 15, 31)


@pytest.mark.parametrize(("name", "size"), BY_HAND, ids=str)
def test_kernels_are_those_of_the_textbooks(name: str, size: int) -> None:
    np.testing.assert_allclose(make_kernel(name, size), [BY_HAND[name, size]], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("size", [3, 5, 7])
def test_sobel_is_opencvs(size: int) -> None:
    along, down = cv2.getDerivKernels(1, 0, size)
    np.testing.assert_array_equal(make_kernel("sobel-x", size)[0], np.outer(down, along))
    along, down = cv2.getDerivKernels(0, 1, size)
    np.testing.assert_array_equal(make_kernel("sobel-y", size)[0], np.outer(down, along))


@pytest.mark.parametrize(("size", "sigma"), [(11, None), (13, None), (3, 0.5), (5, 1.0), (15, 2.5)])
def test_the_gaussian_is_opencvs(size: int, sigma: float | None) -> None:
    # up to 9 OpenCV has tables of rounded values where no deviation is given
    bell = cv2.getGaussianKernel(size, -1 if sigma is None else sigma)
    name = "gaussian" if sigma is None else f"gaussian:{sigma}"
    np.testing.assert_allclose(make_kernel(name, size)[0], bell @ bell.T, rtol=1e-12)


def test_the_gaussian_spelled_out() -> None:
    sigma = 0.3 * ((3 - 1) / 2 - 1) + 0.8
    weights = [math.exp(-(step**2) / (2 * sigma**2)) for step in (-1, 0, 1)]
    expected = [[a * b / sum(weights) ** 2 for b in weights] for a in weights]
    np.testing.assert_allclose(make_kernel("gaussian")[0], expected, rtol=1e-12)


@pytest.mark.parametrize("size", ODD)
@pytest.mark.parametrize(
    ("name", "total"),
    {
        **dict.fromkeys(("delta", "box", "gaussian", "sharpen", "sharpen:3", "unsharp", "unsharp:2"), 1),
        **dict.fromkeys(("sobel-x", "sobel-y", "prewitt-x", "prewitt-y", "laplacian", "laplacian-8"), 0),
    }.items(),
)
def test_the_sums_of_all_sizes(name: str, total: float, size: int) -> None:
    kernel = make_kernel(name, size)
    assert kernel.shape == (1, size, size)
    assert kernel.sum() == pytest.approx(total, abs=1e-12 * np.abs(kernel).sum())


def test_unsharp_is_the_picture_and_what_a_blur_takes_from_it() -> None:
    delta, blur = make_kernel("delta", 5), make_kernel("gaussian", 5)
    np.testing.assert_allclose(make_kernel("unsharp:0.7", 5), delta + 0.7 * (delta - blur), rtol=1e-12)


def test_a_kernel_without_a_size_is_3_and_a_gaussian_as_wide_as_its_deviation_asks() -> None:
    sizes = {name: make_kernel(name).shape for name in NAMED_KERNELS}
    assert set(sizes.values()) == {(1, 3, 3)}
    assert make_kernel("gaussian:2").shape == (1, 13, 13)  # 3 deviations to each side
    assert make_kernel("gaussian:1000").shape == (1, 99, 99)


@pytest.mark.parametrize(
    ("spec", "size", "words"),
    [
        ("sobel", None, "There is no kernel 'sobel'. Nearest names: sobel-"),
        ("", None, "There is no kernel ''"),
        ("sobel-x:2", None, "takes no number"),
        ("sharpen:", None, "'' is not a valid amount"),
        ("sharpen:much", None, "'much' is not a valid amount"),
        ("sharpen:nan", None, "'nan' is not a valid amount"),
        ("sharpen:1e7", None, "'1e7' is not a valid amount"),
        ("gaussian:0", None, "Give a number above 0"),
        ("box", 4, "There is no box kernel of 4 x 4. Use an odd `kernel_size` from 1 to 99."),
        ("box", 101, "from 1 to 99"),
        ("sobel-x", 1, "from 3 to 31"),
        ("none.npy", None, "There is no file none.npy"),
        ("none.npy", 3, "has a size of its own"),
    ],
)
def test_what_names_no_kernel(spec: str, size: int | None, words: str) -> None:
    with pytest.raises(InputError) as raised:
        make_kernel(spec, size)
    assert words in raised.value.message


@pytest.mark.parametrize("shape", [(2, 3), (1, 2, 3), (3, 5, 5)])
def test_a_kernel_from_a_file(shape: tuple[int, ...], tmp_path: Path) -> None:
    values = np.arange(np.prod(shape), dtype=np.int16).reshape(shape)
    np.save(tmp_path / "k.npy", values)
    kernel = make_kernel(str(tmp_path / "k.npy"))
    assert kernel.dtype == np.float64
    np.testing.assert_array_equal(kernel, values.reshape(-1, *shape[-2:]))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.zeros(3), "which is not a kernel"),
        (np.zeros((0, 3)), "which is not a kernel"),
        (np.zeros((100, 1)), "at most 99 x 99"),
        (np.zeros((3, 3), complex), "which is not a kernel"),
        (np.array([["a"]]), "which is not a kernel"),
        (np.array([[1, np.inf]]), "NaN or infinity"),
        (np.array([[None]]), "cannot be read as an array"),
    ],
)
def test_files_without_a_kernel(values: np.ndarray, words: str, tmp_path: Path) -> None:
    np.save(tmp_path / "k.npy", values)
    with pytest.raises(InputError) as raised:
        make_kernel(str(tmp_path / "k.npy"))
    assert words in raised.value.message


def test_a_file_that_is_no_array(tmp_path: Path) -> None:
    (tmp_path / "k.npy").write_bytes(b"text")
    with pytest.raises(InputError, match="cannot be read as an array"):
        make_kernel(str(tmp_path / "k.npy"))


def test_an_array_that_claims_more_than_there_is_memory(tmp_path: Path) -> None:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000, 1000000, 1000), }"
    (tmp_path / "k.npy").write_bytes(b"\x93NUMPY\x01\x00\x76\x00" + header.ljust(117) + b"\n")
    with pytest.raises(InputError, match="damaged or too large"):
        make_kernel(str(tmp_path / "k.npy"))


def test_a_text_is_not_recommended_to_be_opened_unsafely(tmp_path: Path) -> None:
    """NumPy takes whatever it does not know for a pickle, and names the option that would run it."""
    (tmp_path / "k.npy").write_text("1 2 3\n4 5 6", encoding="utf-8")
    with pytest.raises(InputError) as raised:
        make_kernel(str(tmp_path / "k.npy"))
    assert "pickle" not in raised.value.message and "numpy.save" in raised.value.message


def test_a_file_in_a_store_that_is_too_large_is_not_fetched(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(tmp_path / "k.npy", np.eye(3))
    s3.put("bucket/k.npy", (tmp_path / "k.npy").read_bytes())
    assert (make_kernel("s3://bucket/k.npy")[0] == np.eye(3)).all()
    s3.forget()
    monkeypatch.setattr("xai_cam.kernels.named_kernels.MAX_BYTES", 10)
    with pytest.raises(InputError, match=r"s3://bucket/k\.npy cannot be read as an array"):
        make_kernel("s3://bucket/k.npy")
    assert s3.count("GET") == 0
