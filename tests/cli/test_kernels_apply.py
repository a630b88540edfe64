"""`xai-cam kernels apply`: the filtered pictures against loops, Keras and OpenCV, and how they are drawn."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from oracle import filtering as oracle
from support import convolutions
from support.commands import apply, counted, named, provenance
from support.small_models import save_model

Files = tuple[Path, Path]


@pytest.fixture
def photo(tmp_path: Path, make_photo: Callable[..., Path]) -> Path:
    return make_photo(tmp_path / "photos" / "p.png", (12, 14))


@pytest.fixture(scope="module")
def zoo_model() -> Any:
    return convolutions.build()


@pytest.fixture(scope="module")
def zoo(zoo_model: Any, tmp_path_factory: pytest.TempPathFactory) -> Files:
    return save_model(zoo_model, tmp_path_factory.mktemp("zoo"))


def colours_of(photo: Path) -> np.ndarray:
    return np.asarray(Image.open(photo).convert("RGB")) / 255


def grey_of(photo: Path) -> np.ndarray:
    return np.asarray(Image.open(photo).convert("L"))[..., None] / 255


def raw(photo: Path, name: str) -> np.ndarray:
    return np.load(photo.with_name(f"{photo.stem}_{name}_filtered.npy"))


def without_bias(layer: Any, values: np.ndarray) -> np.ndarray:
    """What a layer of Keras gives for one picture (H, W, c), its bias taken off: (H, W, filters)."""
    found = np.asarray(layer(values[None].astype(np.float32)))[0]
    return found - np.asarray(layer.bias)


# --- What is computed --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "count"), [("plain", 4), ("dilated", 3), ("grouped", 3), ("depthwise", 6), ("separable", 5)]
)
def test_all_filters_of_a_layer_as_the_layer_itself(
    layer: str, count: int, zoo: Files, zoo_model: Any, photo: Path
) -> None:
    options = ("-l", layer, "--filters", f"0-{count - 1}", "--border", "zero", "--save", "raw")
    assert counted(apply(*named(zoo), *options, photo), 1)
    expected = without_bias(zoo_model.get_layer(layer), colours_of(photo))
    for number in range(count):
        found = raw(photo, f"{layer}.{number}")
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected[..., number], atol=1e-5)


def test_a_filter_as_the_loops_say(zoo: Files, zoo_model: Any, photo: Path) -> None:
    """The colours one by one with the mirrored border, and their sum."""
    result = apply(*named(zoo), "-l", "plain", "--filters", "2", "--save", "raw", photo)
    assert counted(result, 1)
    kernels = zoo_model.get_layer("plain").get_weights()[0][..., 2].transpose(2, 0, 1)
    expected = oracle.filter_planes(colours_of(photo), kernels, "reflect").sum(axis=2)
    np.testing.assert_allclose(raw(photo, "plain.2"), expected, atol=1e-5)
    assert "Layer plain (Conv2D): 3 x 3 x 3 x 4 (height x width x input channels x filters)." in result.stderr


def test_strides_are_left_out(zoo: Files, zoo_model: Any, photo: Path) -> None:
    result = apply(*named(zoo), "-l", "strided", "--filters", "1", "--save", "raw", photo)
    assert "The layer has strides; here its filters are applied at every pixel." in result.stderr
    kernels = zoo_model.get_layer("strided").get_weights()[0][..., 1].transpose(2, 0, 1)
    expected = oracle.filter_planes(colours_of(photo), kernels, "reflect").sum(axis=2)
    np.testing.assert_allclose(raw(photo, "strided.1"), expected, atol=1e-5)


def test_a_transposed_kernel_is_laid_over_as_it_is(zoo: Files, zoo_model: Any, photo: Path) -> None:
    result = apply(*named(zoo), "-l", "transposed", "--filters", "1", "--save", "raw", photo)
    assert "A transposed convolution scatters its input" in result.stderr
    kernels = zoo_model.get_layer("transposed").get_weights()[0][:, :, 1].transpose(2, 0, 1)
    expected = oracle.filter_planes(colours_of(photo), kernels, "reflect").sum(axis=2)
    np.testing.assert_allclose(raw(photo, "transposed.1"), expected, atol=1e-5)


def test_a_deeper_filter_meets_the_grey_picture(zoo: Files, zoo_model: Any, photo: Path) -> None:
    options = ("-l", "block/conv", "--filters", "1", "--save", "raw,figure")
    result = apply(*named(zoo), *options, photo)
    assert "It reads 9 feature maps, not colours: the grey picture stands in for" in result.stderr
    kernels = zoo_model.get_layer("block").get_layer("conv").get_weights()[0][..., 1].transpose(2, 0, 1)
    expected = oracle.filter_planes(grey_of(photo).repeat(9, axis=2), kernels, "reflect").sum(axis=2)
    np.testing.assert_allclose(raw(photo, "block.conv.1"), expected, atol=1e-4)


def test_a_deeper_depthwise_filter_is_no_colour(zoo: Files, photo: Path) -> None:
    result = apply(*named(zoo), "-l", "deepwise", "--filters", "2", "--save", "raw", photo)
    assert counted(result, 1) and "It reads 9 feature maps, not colours" in result.stderr


@pytest.mark.parametrize("part", ["depthwise", "pointwise"])
def test_parts_of_a_separable_convolution(part: str, zoo: Files, zoo_model: Any, photo: Path) -> None:
    options = ("-l", "separable", "--part", part, "--filters", "3", "--save", "raw")
    assert counted(apply(*named(zoo), *options, photo), 1)
    found = raw(photo, f"separable.{part}.3")
    deep, point = zoo_model.get_layer("separable").get_weights()[:2]
    if part == "depthwise":  # number 3 is the second filter of green
        expected = oracle.filter_planes(colours_of(photo)[..., 1:2], deep[None, :, :, 1, 1], "reflect")
    else:
        expected = grey_of(photo) * point[0, 0, :, 3].sum()
    np.testing.assert_allclose(found, expected[..., 0], atol=1e-5)


def test_a_model_that_takes_blue_first(zoo: Files, zoo_model: Any, photo: Path) -> None:
    options = ("-l", "plain", "--filters", "0", "--border", "zero", "--channel-order", "bgr", "--save", "raw")
    assert counted(apply(*named(zoo), *options, photo), 1)
    expected = without_bias(zoo_model.get_layer("plain"), colours_of(photo)[..., ::-1])
    np.testing.assert_allclose(raw(photo, "plain.0"), expected[..., 0], atol=1e-5)


def test_a_grey_model(model_files: Callable[..., Files], photo: Path) -> None:
    result = apply(*named(model_files(channels=1)), "-l", "conv_1", "--filters", "0", "--save", "raw", photo)
    assert counted(result, 1) and "feature map" not in result.stderr
    import h5py

    with h5py.File(model_files(channels=1)[1]) as file:
        kernel = file["layers/conv2d/vars/0"][..., 0, 0]
    expected = oracle.filter_planes(grey_of(photo), kernel[None], "reflect")[..., 0]
    np.testing.assert_allclose(raw(photo, "conv_1.0"), expected, atol=1e-5)


@pytest.mark.parametrize("spec", ["sharpen:1", "sobel-x", "gaussian:1.5"])
def test_named_kernels_in_colour_as_opencv(spec: str, photo: Path) -> None:
    import cv2

    assert counted(apply("--fir", spec, "--planes", "colour", "--save", "raw", photo), 1)
    smoothing, slope = np.array([1.0, 2, 1]), np.array([-1.0, 0, 1])
    bell = np.exp(-(np.arange(-5, 6) ** 2) / 4.5)  # three deviations, rounded up
    kernel = {
        "sharpen:1": np.array([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]]),
        "sobel-x": np.outer(smoothing, slope),
        "gaussian:1.5": np.outer(bell, bell) / bell.sum() ** 2,
    }[spec]
    expected = cv2.filter2D(colours_of(photo).astype(np.float32), -1, kernel)
    np.testing.assert_allclose(raw(photo, spec.replace(":", "-")), expected, atol=1e-5)


def test_16_bits_keep_their_depth(tmp_path: Path) -> None:
    values = np.random.default_rng(0).integers(0, 65536, (9, 11), np.uint16)
    Image.fromarray(values).save(tmp_path / "deep.png")
    assert counted(apply("--fir", "delta", "--save", "raw", tmp_path / "deep.png"), 1)
    np.testing.assert_allclose(raw(tmp_path / "deep.png", "delta"), values / 65535, atol=1e-7)


# --- What is drawn -----------------------------------------------------------------------------------


def test_a_sharpened_photo_is_in_colour_and_clipped(photo: Path) -> None:
    result = apply("--fir", "sharpen:1", photo)
    assert "in colour, no bias. First image p.png: " in result.stderr
    path = photo.with_name("p_sharpen-1_filtered.png")
    kernel = np.array([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]])
    answer = oracle.filter_planes(colours_of(photo), kernel[None].repeat(3, axis=0), "reflect")
    found, expected = np.asarray(Image.open(path)).astype(int), np.rint(answer.clip(0, 1) * 255)
    assert found.shape == (12, 14, 3) and np.abs(found - expected).max() <= 1
    said = provenance(path)
    assert (said["combine"], said["scale"], said["border"]) == ("colour", "clip", "reflect")
    assert said["shown"] == "0 to 1 as it is, the rest clipped"
    assert said["low"] == pytest.approx(answer.min(), abs=1e-5)
    assert said["high"] == pytest.approx(answer.max(), abs=1e-5)


def test_an_edge_filter_is_summed_and_symmetric(photo: Path) -> None:
    apply("--fir", "sobel-x", photo)
    answer = oracle.filter_planes(
        colours_of(photo), np.outer([1.0, 2, 1], [-1.0, 0, 1])[None].repeat(3, axis=0), "reflect"
    ).sum(axis=2)
    largest = np.abs(answer).max()
    expected = [oracle.grey_level(v, -largest, largest) for v in answer.ravel()]
    found = np.asarray(Image.open(photo.with_name("p_sobel-x_filtered.png")))
    assert found.shape == (12, 14)
    np.testing.assert_allclose(found.ravel(), expected, atol=0.51)


@pytest.mark.parametrize(
    ("scale", "combine"), [("stretch", "sum"), ("clip", "colour"), ("symmetric", "colour")]
)
def test_what_is_asked_for_is_done(scale: str, combine: str, photo: Path) -> None:
    apply("--fir", "box", "--scale", scale, "--planes", combine, photo)
    path = photo.with_name("p_box_filtered.png")
    said, shown = provenance(path), np.asarray(Image.open(path))
    assert (said["scale"], said["combine"]) == (scale, combine)
    assert shown.ndim == (2 if combine == "sum" else 3)
    if scale == "stretch":
        assert (shown.min(), shown.max()) == (0, 255)
    if scale == "symmetric":
        assert shown.min() >= 127 and shown.max() == 255


def test_a_kernel_for_each_colour_keeps_the_brightness(photo: Path, tmp_path: Path) -> None:
    """Red as it is, green and blue from the pixel to the right."""
    kernels = np.zeros((3, 1, 3))
    kernels[[0, 1, 2], 0, [1, 2, 2]] = 1
    np.save(tmp_path / "shift.npy", kernels)
    apply("--fir", tmp_path / "shift.npy", "--planes", "colour", photo)
    path, pixels = photo.with_name("p_shift_filtered.png"), np.asarray(Image.open(photo))
    found = np.asarray(Image.open(path))
    assert provenance(path)["scale"] == "clip"
    assert np.array_equal(found[..., 0], pixels[..., 0])
    assert np.array_equal(found[:, :-1, 1:], pixels[:, 1:, 1:])


def test_a_grey_picture_has_one_plane(tmp_path: Path) -> None:
    """Of three equal planes the sum would be three times the answer."""
    values = np.random.default_rng(0).integers(0, 256, (9, 11), np.uint8)
    Image.fromarray(values).save(tmp_path / "g.png")
    Image.fromarray(values).convert("RGB").save(tmp_path / "rgb.png")
    apply("--fir", "sobel-y", "--save", "raw", tmp_path)
    kernel = np.outer([-1.0, 0, 1], [1.0, 2, 1])
    expected = oracle.filter_planes(values[..., None] / 255, kernel[None], "reflect")[..., 0]
    for name in ("g.png", "rgb.png"):
        np.testing.assert_allclose(raw(tmp_path / name, "sobel-y"), expected, atol=1e-5)


@pytest.mark.parametrize(("layer", "panels"), [("plain", 6), ("block/conv", 9), ("depthwise", 3)], ids=str)
def test_the_figure_has_a_row_more_for_its_planes(
    layer: str, panels: int, zoo: Files, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Picture, kernel and result, and the planes where there are several: of 9 channels 6."""
    captions: list[list[str]] = []

    def note(rows: Any, height: int) -> np.ndarray:
        captions.extend([panel.caption for panel in row] for row in rows)
        return np.zeros((5, 5, 3), np.uint8)

    monkeypatch.setattr("xai_cam.kernels.filtered_figure.draw_panels", note)
    assert counted(apply(*named(zoo), "-l", layer, "--filters", "1", photo), 1)
    assert sum(map(len, captions)) == panels and captions[0][0].startswith("p.png\n")
    assert f"{layer}, filter 1" in captions[0][1]
    if layer == "plain":
        assert [c.split("\n")[0] for c in captions[1]] == ["red", "green", "blue"]
    if layer == "block/conv":
        assert "with 3 channels not shown" in captions[0][2]


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 2), (28, 28), (400, 300)], ids=str)
def test_figures_of_odd_shapes_are_legible_and_not_huge(
    size: tuple[int, int], zoo: Files, tmp_path: Path
) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "p.png")
    assert counted(
        apply("--fir", "prewitt-x", "--kernel-size", "5", "--save", "figure", tmp_path / "p.png"), 1
    )
    with Image.open(tmp_path / "p_prewitt-x-5x5_filtered_figure.png") as figure:
        assert 280 < figure.height < 2000 and 500 < figure.width < 10_000
