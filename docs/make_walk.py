"""Write the walk from a filter to a decision: `walk.md` from its template, and its pictures in `walk/`.

python docs/make_walk.py docs
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from xai_cam import Explainer, Explanation, draw_overlay, load_model
from xai_cam.drawing.colormaps import colour
from xai_cam.drawing.panels import Panel, draw_panels
from xai_cam.drawing.text import font
from xai_cam.runs.demo import sample_model
from xai_cam.sample_models.train_digits import as_inputs, load_split

SEED, NUMBER, FILTER = 0, 222, 0
"""The split of the digits, the test picture that is walked with, and the filter."""

SIDE = 364
"""Height of the grey pictures: a whole number of pixels for each of 28, 26 and 13 cells."""

ORANGE = (255, 120, 0)


@dataclass(frozen=True)
class Walk:
    """Everything that the page shows of one digit.

    `picture` (28, 28) uint8, `kernel` (3, 3), `feature_map` (26, 26), `pooled` (13, 13, 8), `scores` and
    `probabilities` (10,), `weights` (8,) of Grad-CAM. `window` is the one that the filter answers most to.
    """

    picture: np.ndarray
    digit: int
    kernel: np.ndarray
    bias: float
    feature_map: np.ndarray
    pooled: np.ndarray
    scores: np.ndarray
    probabilities: np.ndarray
    weights: np.ndarray
    grad_cam: Explanation
    hires_cam: Explanation

    @property
    def window(self) -> tuple[int, int]:
        """Row and column of the upper left corner, which are those of the answer in the feature map."""
        row, column = np.unravel_index(self.feature_map.argmax(), self.feature_map.shape)
        return int(row), int(column)


def walk_through(number: int, chosen: int) -> Walk:
    """Ask the model about one test picture."""
    files = sample_model("digits")
    model, test = load_model(files.model, files.weights), load_split(SEED)[2]
    images = as_inputs(test.pictures[number : number + 1])
    convolution, pooling = Explainer(model, "conv"), Explainer(model, "pool")
    [[grad_cam, hires_cam]] = pooling.explain(images, ["grad-cam", "hires-cam"])
    forward, gradients = pooling.engine.gradients(images, np.array([[grad_cam.target_class]]), "logit")
    kernels, biases = model.get_layer("conv").get_weights()
    return Walk(
        test.pictures[number],
        int(test.digits[number]),
        kernels[:, :, 0, chosen],
        float(biases[chosen]),
        convolution.engine.forward(images).activations[0, :, :, chosen],
        forward.activations[0],
        forward.logits[0],
        forward.probabilities[0],
        gradients[0, 0].mean(axis=(0, 1)),
        grad_cam,
        hires_cam,
    )


# --- Pictures ----------------------------------------------------------------------------------------


def grey(
    cells: np.ndarray, most: float, marked: tuple[int, int, int] | None = None, side: int = SIDE
) -> np.ndarray:
    """Cells (h, w) as grey squares, black for 0 and white for `most`.

    Parameters
    ----------
    marked : (row, column, size), optional
        A square of cells to draw an orange line around.
    """
    levels = np.rint(np.clip(cells / most, 0, 1) * 255).astype(np.uint8)
    step = side // len(cells)
    image = Image.fromarray(np.kron(levels, np.ones((step, step), np.uint8))).convert("RGB")
    if marked:
        top, left, size = (step * place for place in marked)
        box = left - 2, top - 2, left + size + 1, top + size + 1
        ImageDraw.Draw(image).rectangle(box, outline=ORANGE, width=4)
    return np.asarray(image)


def signed(cells: np.ndarray) -> np.ndarray:
    """Weights (h, w) as squares with their numbers: red above 0, blue below, white at 0."""
    step, most = SIDE // len(cells), np.abs(cells).max()
    image = Image.new("RGB", (SIDE, SIDE), "white")
    draw = ImageDraw.Draw(image)
    for (row, column), weight in np.ndenumerate(cells):
        faded = round(255 * (1 - 0.6 * abs(weight) / most))
        fill = (255, faded, faded) if weight > 0 else (faded, faded, 255)
        left, top = column * step, row * step
        draw.rectangle((left, top, left + step - 3, top + step - 3), fill=fill)
        draw.text((left + step / 2, top + step / 2), f"{weight:.3f}", "black", font(30), anchor="mm")
    return np.asarray(image)


def bars(probabilities: np.ndarray) -> np.ndarray:
    """A bar for each digit, as long as its probability."""
    image = Image.new("RGB", (560, 10 * 30 + 8), "white")
    draw = ImageDraw.Draw(image)
    for digit, p in enumerate(probabilities):
        middle = digit * 30 + 19
        draw.text((16, middle), str(digit), "black", font(20), anchor="mm")
        draw.rectangle((36, middle - 11, 36 + round(400 * p), middle + 11), fill=ORANGE)
        draw.text((46 + round(400 * p), middle), f"{p:.3f}", "black", font(20), anchor="lm")
    return np.asarray(image)


def draw_pictures(walk: Walk, folder: Path) -> None:
    """Write the digit itself and the pictures of every step."""
    (row, column), features = walk.window, f"feature map of filter {FILTER}, 26 x 26"
    most, large = walk.feature_map.max(), grey(walk.picture, 255, side=196)
    maps = [grey(one, one.max()) for one in walk.pooled.transpose(2, 0, 1)]
    captions = [f"map {number}: weight {weight:+.3f}" for number, weight in enumerate(walk.weights)]
    squares = colour(np.kron(walk.grad_cam.saliency_map, np.ones((15, 15))))
    squares = np.pad(squares, ((0, 1), (0, 1), (0, 0)), constant_values=255)
    rows = {
        "filter": [
            [
                Panel(grey(walk.picture, 255, (row, column, 3)), "the digit, 28 x 28, with one window"),
                Panel(signed(walk.kernel), f"filter {FILTER}: red adds, blue takes away"),
                Panel(grey(walk.feature_map, most, (row, column, 1)), features),
            ]
        ],
        "pool": [
            [
                Panel(grey(walk.feature_map, most, (row // 2 * 2, column // 2 * 2, 2)), features),
                Panel(grey(walk.pooled[..., FILTER], most, (row // 2, column // 2, 1)), "pooled, 13 x 13"),
            ]
        ],
        "decision": [[Panel(bars(walk.probabilities), "probability of each digit")]],
        "maps": [
            [Panel(maps[number], captions[number]) for number in half] for half in (range(4), range(4, 8))
        ],
        "overlay": [
            [
                Panel(squares, "Grad-CAM: map, 13 x 13"),
                Panel(draw_overlay(large, walk.grad_cam.saliency_map), "Grad-CAM: the overlay"),
                Panel(draw_overlay(large, walk.hires_cam.saliency_map), "HiRes-CAM: the overlay"),
            ]
        ],
    }
    heights = {"decision": 308, "maps": 182, "overlay": 196}
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(walk.picture).save(folder / "digit.png")
    for name, panels in rows.items():
        figure = Image.fromarray(draw_panels(panels, heights.get(name, SIDE)))
        figure.save(folder / f"{name}.png", optimize=True)


# --- The page ----------------------------------------------------------------------------------------


def window_sum(walk: Walk) -> str:
    """The nine products of one window, a row of the window a line, and what becomes of their sum."""
    row, column = walk.window
    window = walk.picture[row : row + 3, column : column + 3] / 255
    lines = [
        " + ".join(f"{pixel:.3f} x {weight:6.3f}" for pixel, weight in zip(pixels, weights, strict=True))
        for pixels, weights in zip(window, walk.kernel, strict=True)
    ]
    total, answer = float((window * walk.kernel).sum()), walk.feature_map[row, column]
    products = "\n+ ".join(lines)
    return f"""  {products}
= {total:.3f}

{total:.3f} + bias {walk.bias:.3f} = {total + walk.bias:.3f}
relu: {answer:.3f}"""


def block(walk: Walk) -> str:
    """The four numbers that are pooled."""
    row, column = (place // 2 * 2 for place in walk.window)
    four = walk.feature_map[row : row + 2, column : column + 2]
    upper, lower = (" ".join(f"{value:.3f}" for value in line) for line in four)
    return f"{upper}\n{lower}\nlargest: {walk.pooled[row // 2, column // 2, FILTER]:.3f}"


def ranking(walk: Walk) -> str:
    """Rows of a table: digit, score, probability, the likeliest first."""
    order = np.argsort(-walk.scores)
    return "\n".join(f"| {d} | {walk.scores[d]:.3f} | {walk.probabilities[d]:.3f} |" for d in order)


def map_sum(walk: Walk) -> str:
    """The eight products of Grad-CAM at the place that was pooled, and what becomes of their sum."""
    row, column = (place // 2 for place in walk.window)
    products = [f"{w:6.3f} x {a:.3f}" for w, a in zip(walk.weights, walk.pooled[row, column], strict=True)]
    cam, most = walk.grad_cam.cam[row, column], walk.grad_cam.cam.max()
    return f"""  {" + ".join(products[:4])}
+ {" + ".join(products[4:])}
= {float(walk.weights @ walk.pooled[row, column]):.3f}
relu: {cam:.3f}
divided by the largest of the map, {most:.3f}: {cam / most:.3f}"""


def page(walk: Walk) -> str:
    """The whole page: the template with its numbers."""
    template = Path(__file__).with_name("walk_template.md").read_text(encoding="utf-8")
    row, column = walk.window
    return template.format(
        truth=walk.digit,
        digit=walk.grad_cam.target_class,
        second=int(np.argsort(walk.scores)[-2]),
        filter=FILTER,
        row=row,
        column=column,
        window_sum=window_sum(walk),
        block=block(walk),
        ranking=ranking(walk),
        map_sum=map_sum(walk),
    )


def main(folder: Path) -> None:
    walk = walk_through(NUMBER, FILTER)
    draw_pictures(walk, folder / "walk")
    (folder / "walk.md").write_text(page(walk), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
