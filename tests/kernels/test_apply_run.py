"""What is written of a picture that is filtered: names, values, provenance, and the image's row."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from oracle import filtering as oracle
from support.commands import provenance
from xai_cam.errors import InputError
from xai_cam.images.finding import ImageFile
from xai_cam.images.fitting import fit_picture
from xai_cam.images.picture import Picture
from xai_cam.kernels import picture_filter
from xai_cam.kernels.apply_run import KernelRenderer
from xai_cam.kernels.sources import NamedKernels
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.tasks import Task

PIXELS = np.random.default_rng(0).integers(0, 256, (9, 11, 3)).astype(np.uint8)
SOBEL = np.outer([1.0, 2, 1], [-1.0, 0, 1])
TASK = Task(ImageFile(Path("photos/p.png"), Path()), Path("out"), "p")


def state_of(pixels: np.ndarray = PIXELS) -> ImageState:
    return ImageState(TASK, {}, picture=Picture(pixels, pixels))


def renderer(*specs: str, **options: Any) -> KernelRenderer:
    return KernelRenderer(NamedKernels(specs), **options)


def test_names_of_outputs() -> None:
    made = renderer("sobel-x", "sharpen:1", saves=("picture", "figure", "raw"))
    assert made.stems(TASK) == ["p_sobel-x", "p_sharpen-1"]
    assert made.paths(TASK) == {
        "picture sobel-x": Path("out/p_sobel-x_filtered.png"),
        "figure sobel-x": Path("out/p_sobel-x_filtered_figure.png"),
        "raw sobel-x": Path("out/p_sobel-x_filtered.npy"),
        "picture sharpen-1": Path("out/p_sharpen-1_filtered.png"),
        "figure sharpen-1": Path("out/p_sharpen-1_filtered_figure.png"),
        "raw sharpen-1": Path("out/p_sharpen-1_filtered.npy"),
    }


def test_what_was_asked_for_decides_the_outputs() -> None:
    plain = renderer("box").describe_request(TASK)
    for options in ({"border": "zero"}, {"scale": "clip"}, {"combine": "sum"}):
        assert renderer("box", **options).describe_request(TASK) != plain
    assert (
        renderer("sobel-x").describe_request(TASK) != plain
        and renderer("box").describe_request(TASK) == plain
    )


def test_values_are_those_of_the_loops_and_say_what_made_them(tmp_path: Path) -> None:
    rendered = renderer("sobel-x", saves=("raw",), border="zero").render(state_of())
    path = tmp_path / "p.npy"
    path.write_bytes(rendered.files["raw sobel-x"]({"tool": "xai-cam 0"}))
    expected = oracle.filter_planes(PIXELS / 255, SOBEL[None].repeat(3, axis=0), "zero").sum(axis=2)
    np.testing.assert_allclose(np.load(path), expected, atol=1e-5)
    made_by = provenance(path)
    assert made_by["low"] == pytest.approx(expected.min(), abs=1e-5)
    assert made_by["high"] == pytest.approx(expected.max(), abs=1e-5)
    del made_by["low"], made_by["high"]
    assert len(made_by.pop("file_sha256")) == 64
    assert made_by == {
        "tool": "xai-cam 0",
        "filter": "sobel-x",
        "kernel_shape": [1, 3, 3],
        "reads": "each",
        "combine": "sum",
        "border": "zero",
        "scale": "symmetric",
        "shown": "0 is mid grey, black and white are minus and plus the largest magnitude",
    }


def test_a_picture_and_its_figure() -> None:
    """The identity gives the picture back; the figure shows more than that."""
    rendered = renderer("delta", saves=("picture", "figure")).render(state_of())
    picture, figure = (
        np.asarray(Image.open(io.BytesIO(rendered.files[f"{save} delta"]({}))))
        for save in ("picture", "figure")
    )
    assert (picture == PIXELS).all()
    assert figure.shape[0] > PIXELS.shape[0] and figure.shape[1] > 3 * PIXELS.shape[1]


def test_the_row_of_an_image_spans_all_kernels() -> None:
    """A white row above black ones: the identity from 0 to 1; second differences from -2 to 1.

    The border is mirrored, so that the white row has black ones above and below.
    """
    pixels = np.zeros((4, 4, 3), np.uint8)
    pixels[0] = 255
    values = renderer("delta", "laplacian").render(state_of(pixels)).values
    assert (values["kernel"], values["combine"]) == ("delta;laplacian", "sum")
    assert (values["border"], values["scale"]) == ("reflect", "clip;symmetric")
    assert (values["low"], values["high"]) == pytest.approx((-2, 1), abs=1e-6)


def test_the_first_image_alone_is_described() -> None:
    made = renderer("sobel-x")
    states = [state_of(), state_of()]
    made.ask(states)
    made.ask([state_of()])
    for state in states:
        made.render(state)
    (notice,) = states[0].notices
    assert notice.startswith("Pixels 0 to 1, border reflect, summed, no bias. First image p.png: ")
    assert not states[1].notices


def test_colours_that_cannot_be_are_refused_before_a_picture_is_read(tmp_path: Path) -> None:
    np.save(tmp_path / "two.npy", np.ones((2, 3, 3)))
    made = renderer(str(tmp_path / "two.npy"), combine="colour")
    with pytest.raises(InputError, match="not a picture in colour"):
        made.prepare()


def test_the_planes_of_a_picture_are_made_once_for_all_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    monkeypatch.setattr(
        picture_filter, "fit_picture", lambda *given: made.append(given[2]) or fit_picture(*given)
    )
    renderer("sobel-x", "sobel-y", "box").render(state_of())
    assert made == [3]
