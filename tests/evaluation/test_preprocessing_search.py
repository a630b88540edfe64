"""`evaluate --try-preprocess`: which scaling a model was trained with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from oracle import figures as oracle
from support import colours
from support.commands import evaluate, strict
from support.small_models import save_model, shared
from xai_cam.evaluation.preprocessing_search import MAX_IMAGES, choose_images

Files = Callable[..., tuple[Path, Path]]
IMAGES = 60
MEANS, DEVIATIONS = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])

SCALED: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "raw": lambda x: x,
    "unit": lambda x: x / 255,
    "signed": lambda x: x / 127.5 - 1,
    "caffe": lambda x: x - [123.68, 116.779, 103.939],
    "torch": lambda x: (x / 255 - MEANS) / DEVIATIONS,
    "standardize": lambda x: (x - x.mean()) / x.std(),
}
"""As the papers and the authors' code have them, of RGB or grey from 0 to 255."""
COLOURED = list(product(SCALED, ("rgb", "bgr")))
GREY = [(name, "rgb") for name in ("raw", "unit", "signed", "standardize")]


def mean_colour(path: Path, name: str, order: str, channels: int = 3) -> np.ndarray:
    """What the judge sees of a picture."""
    pixels = np.asarray(Image.open(path).convert("RGB" if channels == 3 else "L"), float)
    values = SCALED[name](pixels.reshape(-1, channels)).mean(axis=0)
    return values[::-1] if order == "bgr" else values


class Judge:
    """A judge for one scaling, and pictures in folders of the classes that it sees when it is fed so."""

    def __init__(self, folder: Path, name: str, order: str, channels: int = 3) -> None:
        self.channels = channels
        self.paths = [colours.paint(folder / "new" / f"{seed:02}.png", seed) for seed in range(IMAGES)]
        seen = np.array([mean_colour(path, name, order, channels) for path in self.paths])
        self.kernel = np.random.default_rng(5).normal(0, 4, (channels, 3)) / seen.std(axis=0)[:, None]
        self.bias = -seen.mean(axis=0) @ self.kernel
        self.truth = (seen @ self.kernel + self.bias).argmax(axis=1).tolist()
        for number, (path, c) in enumerate(zip(self.paths, self.truth, strict=True)):
            (folder / "test" / str(c)).mkdir(parents=True, exist_ok=True)
            self.paths[number] = path.rename(folder / "test" / str(c) / path.name)
        model = colours.build(channels=channels)
        model.set_weights([*model.get_weights()[:2], self.kernel, self.bias])
        self.files = save_model(model, folder / "judge")

    def expected(self, name: str, order: str) -> tuple[float, float]:
        """Accuracy and log loss when it is fed so."""
        z = np.array([mean_colour(path, name, order, self.channels) for path in self.paths])
        z = z @ self.kernel + self.bias
        scores = np.exp(z - z.max(axis=1, keepdims=True))
        scores /= scores.sum(axis=1, keepdims=True)
        return float((z.argmax(axis=1) == self.truth).mean()), oracle.log_loss(self.truth, scores.tolist())


# --- Figures ------------------------------


@pytest.mark.parametrize(
    ("name", "order", "channels"),
    [*((*c, 3) for c in COLOURED), *((*g, 1) for g in GREY[:-1])],  # grey, standardized, is 0 in the mean
)
def test_the_scaling_that_a_model_was_made_for_is_the_best(
    name: str, order: str, channels: int, tmp_path: Path
) -> None:
    judge = Judge(tmp_path, name, order, channels)
    result = evaluate(judge.files, tmp_path / "test", "--try-preprocess", "--json", "-b", 7)
    assert result.exit_code == 0, result.stderr
    trials = strict(result.stdout)
    tried = {(trial["preprocess"], trial["channel_order"]): trial for trial in trials}
    assert set(tried) == set(COLOURED if channels == 3 else GREY) and len(trials) == len(tried)
    for key, trial in tried.items():
        accuracy, loss = judge.expected(*key)
        assert trial["accuracy"] == pytest.approx(accuracy, abs=1 / IMAGES + 1e-9), key  # a near tie may turn
        assert trial["log_loss"] == pytest.approx(loss, rel=1e-2), key
        assert trial["current"] == (key == ("unit", "rgb"))
    order_of = [(-t["accuracy"], t["log_loss"]) for t in trials]
    assert order_of == sorted(order_of)
    assert (trials[0]["preprocess"], trials[0]["channel_order"]) == (name, order)
    assert trials[0]["accuracy"] == 1 > trials[1]["accuracy"]


def test_no_log_loss_without_probabilities(judges: Files, painted: Path) -> None:
    result = evaluate(judges(activation="relu"), painted, "--try-preprocess", "--json")
    assert {trial["log_loss"] for trial in strict(result.stdout)} == {None}
    table = evaluate(judges(activation="relu"), painted, "--try-preprocess").stdout.splitlines()
    assert all(line.endswith("  -") for line in table[2:14])


def test_a_scaling_that_gives_no_numbers_is_the_worst(painted: Path, tmp_path: Path) -> None:
    model = colours.build(activation=None)
    kernel, bias = (weights * 1e36 for weights in colours.weights(3))
    model.set_weights([*model.get_weights()[:2], kernel, bias])  # too large for pictures from 0 to 255
    files = save_model(model, tmp_path / "large")
    asked = (colours.mistakes(painted)[0], "--labels", "labels.txt", "--try-preprocess", "--json")
    losses = [trial["log_loss"] for trial in strict(evaluate(files, *asked).stdout) if not trial["accuracy"]]
    known = [loss for loss in losses if loss is not None]
    assert 0 < len(known) < len(losses) and losses == [*sorted(known), *[None] * (len(losses) - len(known))]


# --- Which images ------------------------------


def test_few_images_are_all_taken() -> None:
    assert choose_images([]) == []
    assert choose_images([1, 0, 1]) == [0, 1, 2]
    assert choose_images([0] * MAX_IMAGES) == list(range(MAX_IMAGES))


@pytest.mark.parametrize("sizes", [(1000, 1000), (1000, 3, 50), (150, 150, 150), (1,) * 300])
def test_of_many_images_as_many_of_each_class_as_there_are(sizes: tuple[int, ...]) -> None:
    truth = np.random.default_rng(1).permutation(np.repeat(np.arange(len(sizes)), sizes)).tolist()
    chosen = choose_images(truth)
    assert chosen == sorted(set(chosen)) and len(chosen) == MAX_IMAGES
    assert chosen == choose_images(truth), "another choice in another run"
    taken = Counter(truth[position] for position in chosen)
    fullest = max(taken.values())
    for c, size in enumerate(sizes):
        assert taken[c] >= min(size, fullest - 1), "a class was left behind"


def test_images_are_not_the_first_of_their_folders() -> None:
    assert max(choose_images([0] * 5000)) > 4000


# --- What is printed ------------------------------


def test_the_table(tmp_path: Path) -> None:
    judge = Judge(tmp_path, "signed", "bgr")
    result = evaluate(judge.files, tmp_path / "test", "--try-preprocess")
    lines = result.stdout.splitlines()
    assert lines[0] == "60 images, 3 classes."
    assert lines[1].split() == ["--preprocess", "--channel-order", "accuracy", "log", "loss"]
    assert lines[2].split()[:3] == ["signed", "bgr", "1.000"] and len(lines) == 15
    assert [line.split()[:3] for line in lines if line.startswith("*")] == [["*", "unit", "rgb"]]
    best = "Best: --preprocess signed --channel-order bgr"
    assert lines[-1] == f"{best}; what would be used is marked by *."
    assert result.stderr.startswith("60 tried, 0 failed in ")
    options = ("--preprocess", "signed", "--channel-order", "bgr")
    again = evaluate(judge.files, tmp_path / "test", "--try-preprocess", *options).stdout.splitlines()
    assert again[-1] == f"{best}, which is what would be used (*)." and again[2].startswith("*")


def test_grey_has_no_order_of_channels(tmp_path: Path) -> None:
    judge = Judge(tmp_path, "raw", "rgb", 1)
    lines = evaluate(judge.files, tmp_path / "test", "--try-preprocess").stdout.splitlines()
    assert len(lines) == 7 and lines[-1].startswith("Best: --preprocess raw; ")
    assert lines[2].split()[:3] == ["raw", "grey", "1.000"]


def test_a_model_that_guesses_is_not_praised(judges: Files, painted: Path) -> None:
    for number, path in enumerate(sorted(painted.rglob("*.png"))):
        path.rename(painted / colours.NAMES[number % 3] / f"new_{path.name}")
    lines = evaluate(judges(), painted, "--try-preprocess").stdout.splitlines()
    assert lines[-1] == "But that is hardly better than guessing: try more images, or check the labels."


def test_at_most_200_images(judges: Files, painted: Path) -> None:
    for number in range(230):
        (painted / "ant" / f"x{number}.png").write_bytes((painted / "ant" / "00.png").read_bytes())
    result = evaluate(judges(), painted, "--try-preprocess")
    assert result.stdout.startswith("200 images, 3 classes.\n")
    assert "No --labels: classes are in" in result.stderr


def test_broken_and_missing_images_are_named(judges: Files, painted: Path) -> None:
    (painted / "bee" / "a.png").write_text("no picture", encoding="utf-8")
    result = evaluate(judges(), painted, "gone.png", "--try-preprocess")
    assert result.exit_code == 1 and result.stdout.startswith("18 images, 3 classes.\n")
    for line in (
        "Failed: gone.png: there is no such file.",
        "Failed: test/bee/a.png: not an image file, de",
    ):
        assert line in result.stderr
    assert result.stderr.splitlines()[-1].startswith("18 tried, 2 failed in ")


# --- Models that people trained ------------------------------


@pytest.mark.zoo
@pytest.mark.parametrize(("name", "scaling"), [("ardamavi_digit_k204", "raw"), ("giang_mnist_tfjs", "unit")])
def test_digits(name: str, scaling: str, tmp_path: Path) -> None:
    """Two models of digits: one was fed 0 to 255 by its author, the other 0 to 1."""
    with np.load(shared("data/digits") / "mnist_style.npz") as file:
        for number, (pixels, digit) in enumerate(zip(file["x"], file["y"], strict=True)):
            path = tmp_path / "test" / str(digit) / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.rint(pixels[..., 0] * 255).astype(np.uint8)).save(path)
    model = shared(f"zoo/{name}")
    files = model / "model.json", model / "weights.h5"
    result = evaluate(files, tmp_path / "test", "--try-preprocess", "--json")
    best, *others = strict(result.stdout)
    assert best["preprocess"] == scaling and best["accuracy"] > 0.95
    if scaling == "raw":
        unit = next(trial for trial in others if trial["preprocess"] == "unit")
        assert unit["accuracy"] < 0.15 and unit["current"]
