"""What is made of one image: its files, its row, and what is said of the first."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from oracle.network import read_network
from support.small_models import build_tiny, save_model
from xai_cam import load_model
from xai_cam.errors import InputError
from xai_cam.features.renderer import COLUMNS, FeatureRenderer
from xai_cam.features.request import FeatureRequest
from xai_cam.images.finding import ImageFile
from xai_cam.models.loading.model_files import ModelFiles
from xai_cam.runs.image_state import ImageState
from xai_cam.runs.picture_run import Rendered
from xai_cam.runs.tasks import Task

LAYERS = ("conv_1", "pool")


@pytest.fixture
def task(make_photo: Callable[..., Path], tmp_path: Path) -> Task:
    path = make_photo(tmp_path / "a.png", (16, 16))
    return Task(ImageFile(path, Path()), tmp_path / "out", "a")


@pytest.fixture
def files(tmp_path: Path) -> ModelFiles:
    return ModelFiles(*save_model(build_tiny(), tmp_path / "model"))


def renderer(files: ModelFiles, request: FeatureRequest) -> FeatureRenderer:
    return FeatureRenderer(request.tidy(), files, lambda: load_model(files.model, files.weights))


def asked_of(renderer: FeatureRenderer, task: Task) -> ImageState:
    """The image when the model was asked of it, as in a run."""
    state = ImageState(task, dict.fromkeys(("image", "outcome", "message")), todo=True)
    renderer.prepare().read(state, lambda weight: None)
    renderer.ask([state])
    return state


def render(renderer: FeatureRenderer, task: Task) -> Rendered:
    return renderer.render(asked_of(renderer, task))


def fed(task: Task) -> np.ndarray:
    return np.asarray(Image.open(task.image.path).convert("RGB"), np.float64)[None] / 255


def test_files_and_row_follow_the_network(files: ModelFiles, task: Task) -> None:
    request = FeatureRequest(layers=LAYERS, top=2, saves=("grid", "npy"))
    rendering = renderer(files, request)
    rendered = render(rendering, task)
    assert set(rendered.files) == set(rendering.paths(task)) == {"grid", "npy0", "npy1"}
    outputs = read_network(files.model, files.weights).outputs(fed(task))
    for number, name in enumerate(LAYERS):
        found = np.load(io.BytesIO(rendered.files[f"npy{number}"]({})))
        np.testing.assert_allclose(found, outputs[name][0], rtol=1e-4, atol=1e-5)
    with Image.open(io.BytesIO(rendered.files["grid"]({}))) as figure:
        assert figure.format == "PNG" and figure.width >= 640
    assert tuple(rendered.values) == COLUMNS == rendering.columns
    row = rendered.values
    assert (row["layers"], row["channels"], row["shown"]) == ("conv_1;pool", "6;6", "2;2")
    best = int(outputs["head"][0].argmax())
    assert (row["order"], row["predicted_index"], row["class_index"]) == ("energy", best, None)
    assert row["probability"] == pytest.approx(outputs["head"][0][best], rel=1e-4)


def test_without_a_figure_no_channel_is_shown(files: ModelFiles, task: Task) -> None:
    rendered = render(renderer(files, FeatureRequest(layers=("pool",), saves=("npy",))), task)
    assert set(rendered.files) == {"npy0"} and rendered.values["shown"] == "0"


def test_the_first_image_alone_is_told_of(files: ModelFiles, task: Task) -> None:
    rendering = renderer(files, FeatureRequest())
    notices = asked_of(rendering, task).opening
    assert notices[0] == "Layer conv_2 (Conv2D, 8 x 8 x 8, the default)." and len(notices) == 2
    assert asked_of(rendering, task).opening == []


def test_what_was_asked_for_tells_requests_apart(files: ModelFiles, task: Task) -> None:
    requests = [
        FeatureRequest(),
        FeatureRequest(layers=("pool",)),
        FeatureRequest(top=1),
        FeatureRequest(target="1"),
        FeatureRequest(colormap="magma"),
        FeatureRequest(scale="layer"),
        FeatureRequest(fit="crop"),
    ]
    asked = [renderer(files, request).describe_request(task) for request in requests]
    assert all(one != other for i, one in enumerate(asked) for other in asked[:i])
    assert renderer(files, FeatureRequest()).describe_request(task) == asked[0]


def test_a_class_that_is_not_there_and_values_that_are_no_numbers(files: ModelFiles, task: Task) -> None:
    with pytest.raises(InputError):
        asked_of(renderer(files, FeatureRequest(target="7")), task)
    model = build_tiny()
    model.get_layer("conv_2").set_weights([np.zeros((3, 3, 6, 8)), np.full(8, np.inf)])
    failed = asked_of(FeatureRenderer(FeatureRequest(), files, lambda: model), task)
    assert "NaN or infinity" in failed.failure and failed.answer is None
