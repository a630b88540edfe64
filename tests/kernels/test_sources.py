"""Where kernels come from: their names in files, what decides them, and what is remarked on a layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from support import convolutions
from support.commands import sha256
from xai_cam.errors import InputError
from xai_cam.kernels.sources import LayerKernels, NamedKernels, is_file, steps_of
from xai_cam.models.loading.model_files import ModelFiles

# --- Names and files ---------------------------------------------------------------------------------


def test_kernels_by_name() -> None:
    kernels = NamedKernels(["sobel-x", "sharpen:1", "sobel-x"])
    assert kernels.names == ["sobel-x", "sharpen-1"], "each once, as a disk takes it"
    assert [one.name for one in kernels.filters] == ["sobel-x", "sharpen:1"]
    assert kernels.filters[0].values.tolist() == [[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]]
    assert kernels.origin["fir"] == "sobel-x;sharpen:1" and kernels.paths == []


def test_a_size_is_part_of_the_name() -> None:
    kernels = NamedKernels(["box"], 5)
    assert kernels.names == ["box-5x5"] and kernels.filters[0].values.shape == (1, 5, 5)


def test_a_kernel_of_a_file_has_its_name_and_is_known_by_its_values(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    paths = [tmp_path / "own.npy", tmp_path / "other" / "own.npy"]
    for path in paths:
        np.save(path, np.ones((2, 3)))
    first, second = (NamedKernels([str(path)]) for path in paths)
    assert first.names == ["own"] and first.paths == [paths[0]]
    assert first.origin == second.origin
    np.save(paths[1], np.zeros((2, 3)))
    assert NamedKernels([str(paths[1])]).origin != first.origin


def test_two_kernels_of_one_name_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "box.npy", np.ones((3, 3)))
    with pytest.raises(InputError, match="have the same name"):
        NamedKernels(["box", str(tmp_path / "box.npy")])


def test_files_are_known_by_their_suffix() -> None:
    assert is_file("a/b.NPY") and not is_file("box")


# --- Layers ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model() -> Any:
    return convolutions.build()


@pytest.fixture
def files(tmp_path: Path) -> ModelFiles:
    (tmp_path / "model.json").write_text("model", encoding="utf-8")
    (tmp_path / "weights.h5").write_text("weights", encoding="utf-8")
    return ModelFiles(tmp_path / "model.json", tmp_path / "weights.h5")


def kernels_of(files: ModelFiles, model: Any, layer: str, numbers: str = "0", **options: Any) -> LayerKernels:
    return LayerKernels(files, lambda: model, layer, numbers, **options)


def test_names_and_origin_need_no_model(files: ModelFiles) -> None:
    def refuse() -> None:
        raise AssertionError("the model was opened")

    kernels = LayerKernels(files, refuse, "block/conv", "0-1,7", "depthwise", "bgr")
    assert kernels.names == ["block.conv.depthwise.0", "block.conv.depthwise.1", "block.conv.depthwise.7"]
    assert kernels.origin == {
        "model_sha256": sha256(files.model),
        "weights_sha256": sha256(files.weights or files.model),
        "layer": "block/conv",
        "part": "depthwise",
        "channel_order": "bgr",
    }


def test_the_model_is_opened_once(files: ModelFiles, model: Any) -> None:
    opened: list[Any] = []
    kernels = LayerKernels(files, lambda: opened.append(model) or model, "plain", "1")
    first = kernels.filters
    assert kernels.filters is first and len(opened) == 1


def test_filters_are_those_of_the_layer(files: ModelFiles, model: Any) -> None:
    stored = model.get_layer("plain").get_weights()[0]
    found = kernels_of(files, model, "plain", "2,0").filters
    assert [one.name for one in found] == ["plain, filter 2", "plain, filter 0"]
    for one, number in zip(found, (2, 0), strict=True):
        for channel in range(3):
            assert (one.values[channel] == stored[:, :, channel, number]).all()


def test_a_dilated_kernel_is_spread(files: ModelFiles, model: Any) -> None:
    """2 x 4 at a rate of 2 is 3 x 7, with zeros between."""
    (found,) = kernels_of(files, model, "dilated").filters
    stored = model.get_layer("dilated").get_weights()[0]
    assert found.values.shape == (3, 3, 7)
    assert (found.values[0, ::2, ::2] == stored[:, :, 0, 0]).all() and not found.values[:, 1].any()


@pytest.mark.parametrize(
    ("layer", "remark"),
    [
        ("plain", ""),
        ("strided", "The layer has strides; here its filters are applied at every pixel."),
        (
            "transposed",
            "A transposed convolution scatters its input; here its kernels are applied as in a Conv2D.",
        ),
        (
            "block/conv",
            "It reads 9 feature maps, not colours: the grey picture stands in for each.",
        ),
        ("deepwise", "It reads 9 feature maps, not colours"),
    ],
)
def test_what_is_remarked_on_a_layer(
    layer: str, remark: str, files: ModelFiles, model: Any, caplog: pytest.LogCaptureFixture
) -> None:
    kernels = kernels_of(files, model, layer)
    assert kernels.filters
    first, *remarks = [record.message for record in caplog.records]
    assert first.startswith(f"Layer {layer} (")
    if remark:
        assert any(line.startswith(remark) for line in remarks)
    else:
        assert not [line for line in remarks if "may not be colours" not in line]


def test_a_second_convolution_of_three_channels_may_read_no_colours(
    files: ModelFiles, caplog: pytest.LogCaptureFixture
) -> None:
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Conv2D(3, 3, name="first"), layers.Conv2D(1, 3, name="second")]
    )
    assert kernels_of(files, model, "second").filters[0].reads == "colours"
    assert "the 3 channels that it reads may not be colours" in caplog.text
    caplog.clear()
    assert kernels_of(files, model, "first").filters[0].reads == "grey"
    assert len(caplog.records) == 1, "a grey picture is what it reads"


@pytest.mark.parametrize(
    ("layer", "numbers", "options", "words"),
    [
        ("plain", "9", {}, "is not among the layer's 4 filters"),
        ("plain", "0", {"part": "depthwise"}, "is for SeparableConv2D; plain is a Conv2D"),
        ("block/conv", "0", {"channel_order": "bgr"}, "block/conv does not read colours"),
    ],
)
def test_what_a_layer_does_not_have(
    layer: str, numbers: str, options: dict[str, str], words: str, files: ModelFiles, model: Any
) -> None:
    with pytest.raises(InputError, match=words):
        _ = kernels_of(files, model, layer, numbers, **options).filters


def test_a_list_of_filters_is_read_before_the_model(files: ModelFiles) -> None:
    with pytest.raises(InputError, match="is not a list of filters"):
        LayerKernels(files, lambda: None, "conv", "first")


@pytest.mark.parametrize(("steps", "expected"), [(2, (2, 2)), ((1, 3), (1, 3)), ([4], (4, 4))])
def test_steps_along_rows_and_columns(steps: Any, expected: tuple[int, int]) -> None:
    class Layer:
        strides = steps

    assert steps_of(Layer(), "strides") == expected
    assert steps_of(Layer(), "dilation_rate") == (1, 1)
