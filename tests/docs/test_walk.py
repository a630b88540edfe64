"""The walk from a filter to a decision: the page's numbers are the shipped model's, by plain loops."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from support.commands import counted, run
from xai_cam import load_model
from xai_cam.runs.demo import sample_model

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "walk.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
ROUNDING = 0.00051


def numbers(text: str) -> list[float]:
    """Every number with three decimals, in order."""
    return [float(found) for found in re.findall(r"-?\d+\.\d{3}", text)]


def close(said: list[float], expected: list[float]) -> None:
    assert len(said) == len(expected)
    np.testing.assert_allclose(said, expected, rtol=0, atol=ROUNDING)


@pytest.fixture(scope="module")
def pixels() -> list[list[float]]:
    with Image.open(DOCS / "walk" / "digit.png") as image:
        assert (image.mode, image.size) == ("L", (28, 28))
        return [[value / 255 for value in row] for row in np.asarray(image).tolist()]


@pytest.fixture(scope="module")
def weights() -> dict[str, Any]:
    """Kernels and biases by layer, as nested lists."""
    files = sample_model("digits")
    layers = load_model(files.model, files.weights).layers
    return {layer.name: [w.tolist() for w in layer.get_weights()] for layer in layers}


@pytest.fixture(scope="module")
def place() -> tuple[int, int, int]:
    """Filter, row and column that the page names."""
    chosen = re.search(r"Filter (\d) adds", PAGE)[1]
    row, column = re.search(r"at row (\d+) and column (\d+)\.", PAGE).groups()
    return int(chosen), int(row), int(column)


def products(pixels: Any, weights: Any, number: int, row: int, column: int) -> list[float]:
    """A window's pixels times the weights over them."""
    kernel = weights["conv"][0]
    return [pixels[row + i][column + j] * kernel[i][j][0][number] for i in range(3) for j in range(3)]


@pytest.fixture(scope="module")
def maps(pixels: Any, weights: Any) -> list[Any]:
    """The eight feature maps, rows of columns."""
    biases = weights["conv"][1]
    return [
        [
            [max(0.0, sum(products(pixels, weights, k, row, column)) + biases[k]) for column in range(26)]
            for row in range(26)
        ]
        for k in range(8)
    ]


@pytest.fixture(scope="module")
def pooled(maps: Any) -> Any:
    """The largest of every 2 x 2: rows, columns, maps."""
    return [
        [
            [max(maps[k][2 * y + i][2 * x + j] for i in (0, 1) for j in (0, 1)) for k in range(8)]
            for x in range(13)
        ]
        for y in range(13)
    ]


@pytest.fixture(scope="module")
def decision(pooled: Any, weights: Any) -> tuple[list[float], list[float]]:
    """The 100 units' sums before relu, and the ten scores."""
    flat = [value for row in pooled for cell in row for value in cell]
    kernel, biases = weights["dense"]
    sums = [biases[u] + sum(flat[i] * kernel[i][u] for i in range(1352)) for u in range(100)]
    kernel, biases = weights["scores"]
    scores = [biases[c] + sum(max(0.0, sums[u]) * kernel[u][c] for u in range(100)) for c in range(10)]
    return sums, scores


def test_the_window(pixels: Any, weights: Any, maps: Any, place: tuple[int, int, int]) -> None:
    number, row, column = place
    total, bias = sum(products(pixels, weights, *place)), weights["conv"][1][number]
    factors = [
        value
        for i in range(3)
        for j in range(3)
        for value in (pixels[row + i][column + j], weights["conv"][0][i][j][0][number])
    ]
    answer = maps[number][row][column]
    assert answer == max(map(max, maps[number]))
    close(numbers(BLOCKS[0]), [*factors, total, total, bias, total + bias, answer])
    assert f"rows from\n{row} and the columns from {column} on" in PAGE


def test_the_filter_is_one_of_lower_edges(weights: Any, place: tuple[int, int, int]) -> None:
    upper, _, lower = ([w[0][place[0]] for w in row] for row in weights["conv"][0])
    assert min(upper) > 0 > max(lower)


def test_the_pooling(maps: Any, pooled: Any, place: tuple[int, int, int]) -> None:
    number, row, column = place
    y, x = row // 2, column // 2
    four = [maps[number][2 * y + i][2 * x + j] for i in (0, 1) for j in (0, 1)]
    close(numbers(BLOCKS[1]), [*four, pooled[y][x][number]])


def test_the_decision(decision: tuple[list[float], list[float]]) -> None:
    scores = decision[1]
    total = sum(math.exp(score) for score in scores)
    order = sorted(range(10), key=lambda digit: -scores[digit])
    rows = re.findall(r"^\| (\d) \| (-?\d+\.\d{3}) \| (\d\.\d{3}) \|$", PAGE, re.MULTILINE)
    assert [int(digit) for digit, _, _ in rows] == order
    close([float(score) for _, score, _ in rows], [scores[digit] for digit in order])
    close([float(p) for _, _, p in rows], [math.exp(scores[digit]) / total for digit in order])
    assert f"The model says {order[0]}, and a little {order[1]}." in PAGE
    assert f"It shows a {order[0]} that the model was not trained on." in PAGE


def test_the_map(pooled: Any, weights: Any, decision: Any, place: tuple[int, int, int]) -> None:
    """Grad-CAM by the chain rule: through the units that relu let pass, to every place of every map."""
    sums, scores = decision
    best, first, second = scores.index(max(scores)), weights["dense"][0], weights["scores"][0]
    passing = [u for u in range(100) if sums[u] > 0]
    gradients = [sum(first[i][u] * second[u][best] for u in passing) for i in range(1352)]
    means = [sum(gradients[k::8]) / 169 for k in range(8)]
    sums_ = [[sum(w * a for w, a in zip(means, cell, strict=True)) for cell in row] for row in pooled]
    here, cell = (grid[place[1] // 2][place[2] // 2] for grid in (sums_, pooled))
    most = max(map(max, sums_))
    factors = [value for pair in zip(means, cell, strict=True) for value in pair]
    close(numbers(BLOCKS[2]), [*factors, here, max(0.0, here), most, max(0.0, here) / most])


def test_the_digit_is_one_that_the_model_was_not_trained_on(pixels: Any) -> None:
    pytest.importorskip("sklearn", reason="scikit-learn brings the digits")
    from xai_cam.sample_models.train_digits import load_split

    test, shown = load_split(0)[2], np.rint(np.array(pixels) * 255)
    digits = [
        d for picture, d in zip(test.pictures, test.digits, strict=True) if np.array_equal(picture, shown)
    ]
    assert len(digits) == 1 and f"It shows a {digits[0]} that" in PAGE


def test_the_page_is_made_of_its_template() -> None:
    texts = re.split(r"\{\w+\}", (DOCS / "walk_template.md").read_text(encoding="utf-8"))
    assert re.fullmatch(".+?".join(map(re.escape, texts)), PAGE, re.DOTALL)


def test_the_pictures_are_there_and_small() -> None:
    names = set(re.findall(r"\]\((walk/\w+\.png)\)", PAGE))
    assert {f"walk/{path.name}" for path in (DOCS / "walk").iterdir()} == names | {"walk/digit.png"}
    assert all((DOCS / name).stat().st_size < 60_000 for name in names)


def test_the_command_does_what_the_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(DOCS.parent)
    words = re.search(r"```sh\nxai-cam (.*?)```", PAGE, re.DOTALL)[1].replace("\\\n", " ").split()
    result = run(*(str(tmp_path) if word == "maps" else word for word in words))
    assert counted(result, 1), result.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"digit_grad-cam.png", "digit_hires-cam.png"}
    assert all(Image.open(path).size == (224, 224) for path in tmp_path.iterdir())
